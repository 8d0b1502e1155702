/* SPDX-License-Identifier: MIT */
#include "transfer/files.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "common/messages.h"
#include "common/signals.h"
#include "transfer/consumer.h"
#include "clock.h"

int cli_open_file(struct cli_transfer *t, const char *file, int flags)
{
	int fd;

	do {
		fd = open(file, flags | O_NOCTTY | O_CLOEXEC, 0666);
		if (fd == -1 && errno == EINTR && cli_attention) {
			cli_attend(t, t->role == SV_WRITER ? "waiting for input" : "waiting for output");
			errno = EINTR;
		}
	} while (fd == -1 && errno == EINTR && !cli_must_stop(t));
	return fd;
}

/*
 * Handle an interrupted or refused call.  EAGAIN comes from another process's O_NONBLOCK on a shared terminal
 * or pipe, or from our own on the pipe to a command.
 */
static bool again(struct cli_transfer *t, int fd, short events, int timeout_ms, const char *waiting)
{
	struct pollfd ready = { .fd = fd, .events = events };
	int code = errno, found = 1;

	if (code == EAGAIN && !cli_attention)
		found = poll(&ready, 1, timeout_ms);
	if (cli_attention)
		cli_attend(t, waiting);
	if (found == 0) {
		cli_say("%s: timed out %s", t->label, waiting);
		t->stop = CLI_TIMEOUT;
	}
	errno = code;
	return code == EINTR || code == EAGAIN;
}

ssize_t cli_read(struct cli_transfer *t, int fd, void *data, size_t size)
{
	ssize_t n;

	while (!cli_must_stop(t)) {
		n = read(fd, data, size);
		if (n >= 0 || !again(t, fd, POLLIN, -1, "waiting for input"))
			return n;
	}
	return 0;
}

ssize_t cli_write(struct cli_transfer *t, int fd, const void *data, size_t size)
{
	const char *waiting = t->command != NULL ? "waiting for the command" : "waiting for output";
	bool bounded = t->command != NULL && t->timeout_ms >= 0;
	int64_t start = bounded ? sv_now() : 0;
	ssize_t n;

	while (!cli_must_stop(t)) {
		n = write(fd, data, size);
		if (n >= 0 && (size_t)n < size && cli_attention)
			cli_attend(t, waiting);
		if (n > 0 ||
		    (n == -1 && !again(t, fd, POLLOUT, bounded ? cli_time_left(t, start) : -1, waiting)))
			return n;
	}
	return 0;
}

int cli_write_failed(struct cli_transfer *t)
{
	t->reason = errno;
	if (errno == EPIPE)
		cli_consumer_report(t);
	else
		cli_fail(errno, "%s: cannot write %s", t->label, t->output);
	return CLI_FAILED;
}
