/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* syscall */
#include "transfer/watch.h"

#include <errno.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/signals.h"

/* pidfd_open(2), since Linux 5.3; -1: unknown here, or the reader is in another pid namespace. */
static int open_pid(long pid)
{
#ifdef SYS_pidfd_open
	return pid > 0 ? (int)syscall(SYS_pidfd_open, (pid_t)pid, 0) : -1;
#else
	(void)pid;
	return -1;
#endif
}

static void watch(struct cli_transfer *t)
{
	struct sv_info info = SV_INFO_INIT;

	t->watching = true;
	t->watch = sv_stat(t->ch, &info) == SV_OK ? open_pid(info.side[SV_READER].pid) : -1;
}

void cli_unwatch(struct cli_transfer *t)
{
	if (t->watching && t->watch != -1)
		close(t->watch);
	t->watching = false;
}

int cli_await_input(struct cli_transfer *t, int fd)
{
	struct pollfd ready[2] = { { .fd = fd, .events = POLLIN }, { .events = POLLIN } };
	int code;

	if ((t->options.flags & (SV_DETACH | SV_RESUME)) != 0)
		return SV_OK;
	if (!t->watching)
		watch(t);
	ready[1].fd = t->watch;
	while (t->watch != -1 && cli_signal == 0) {
		if (cli_attention)
			cli_attend(t, "waiting for input");
		if (poll(ready, 2, -1) == -1) {
			if (errno == EINTR)
				continue;
			return SV_OK;
		}
		if (ready[0].revents != 0)
			return SV_OK;
		/* The process that had the reader's pid has ended; only the channel knows whether that was
		 * the reader. */
		code = sv_check(t->ch);
		if (code == SV_EINTR)
			continue;
		if (code != SV_OK) {
			cli_transfer_failed(t, code);
			return code;
		}
		close(t->watch);
		t->watch = -1;
	}
	return SV_OK;
}
