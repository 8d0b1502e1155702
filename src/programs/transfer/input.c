/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* syscall, posix_fadvise on all libcs */
#include "transfer/input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/messages.h"
#include "common/reasons.h"
#include "common/signals.h"
#include "transfer/calls.h"
#include "transfer/files.h"
#include "transfer/pipe.h"

/*
 * Descriptors are scarce: of many regular files, those after this number are closed again until they are
 * needed.
 */
#define KEPT_OPEN 16

static bool open_input(struct cli_transfer *t, struct cli_input *input, const char *file)
{
	bool standard = strcmp(file, "-") == 0;

	input->name = standard ? "standard input" : file;
	input->fd = standard ? STDIN_FILENO : cli_open_file(t, file, O_RDONLY);
	/* A closed stream has been replaced: see cli_keep_standard_streams(). */
	if (standard && (fcntl(input->fd, F_GETFL) & O_ACCMODE) == O_WRONLY) {
		cli_fail(EBADF, "cannot read %s", input->name);
		return false;
	}
	if (input->fd == -1 || fstat(input->fd, &input->st) == -1) {
		if (cli_signal == 0)
			cli_fail(errno, "cannot open %s", input->name);
		return false;
	}
	if (S_ISDIR(input->st.st_mode)) {
		cli_fail(EISDIR, "cannot read %s", input->name);
		return false;
	}
	posix_fadvise(input->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	cli_widen_pipe(t, input->fd);
	return true;
}

/* The bytes of a regular file that remain; another process may have read the beginning of standard input. */
static uint64_t to_come(const struct cli_input *input)
{
	off_t at = lseek(input->fd, 0, SEEK_CUR);

	return at < 0 || at > input->st.st_size ? 0 : (uint64_t)(input->st.st_size - at);
}

bool cli_inputs_open(struct cli_transfer *t, struct cli_inputs *inputs, char *const *files, size_t count)
{
	static char dash[] = "-";
	char *const standard[] = { dash };
	size_t i;

	if (count == 0) {
		files = standard;
		count = 1;
	}
	inputs->list = calloc(count, sizeof *inputs->list);
	inputs->count = count;
	inputs->total = 0;
	if (inputs->list == NULL) {
		cli_fail(ENOMEM, "cannot open %zu files", count);
		return false;
	}
	for (i = 0; i < count; i++) {
		struct cli_input *input = &inputs->list[i];

		if (!open_input(t, input, files[i]))
			return false;
		if (!S_ISREG(input->st.st_mode))
			inputs->total = SV_UNKNOWN;
		else if (inputs->total != SV_UNKNOWN)
			inputs->total += to_come(input);
		if (i >= KEPT_OPEN && S_ISREG(input->st.st_mode))
			cli_input_done(input);
	}
	return true;
}

bool cli_inputs_command(struct cli_inputs *inputs)
{
	inputs->list = calloc(1, sizeof *inputs->list);
	inputs->count = 1;
	inputs->total = SV_UNKNOWN;
	if (inputs->list == NULL) {
		cli_fail(ENOMEM, "cannot run a command");
		return false;
	}
	inputs->list[0] = (struct cli_input){ .name = "the output of the command", .fd = -1 };
	return true;
}

bool cli_input_ready(struct cli_transfer *t, struct cli_input *input)
{
	struct stat before = input->st;

	if (input->fd != -1)
		return true;
	if (!open_input(t, input, input->name)) {
		t->reason = errno;
		return false;
	}
	if (input->st.st_dev == before.st_dev && input->st.st_ino == before.st_ino &&
	    input->st.st_size >= before.st_size)
		return true;
	t->reason = CLI_REASON_CHANGED;
	cli_say("%s: %s was replaced or truncated during the transfer", t->label, input->name);
	return false;
}

void cli_input_done(struct cli_input *input)
{
	if (input->fd > STDERR_FILENO)
		close(input->fd);
	input->fd = -1;
}

/* pidfd_open(2), since Linux 5.3.  -1: the kernel lacks it, or the reader is in another pid namespace. */
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

/*
 * Wait until the input can be read, or until the reader's process ends.  SV_OK: read now (or
 * cli_must_stop()); else the reader's failure, reported.  A regular file is always ready.
 */
static int await(struct cli_transfer *t, const struct cli_input *input)
{
	struct pollfd ready[2] = { { .fd = input->fd, .events = POLLIN }, { .events = POLLIN } };
	int code;

	if (S_ISREG(input->st.st_mode) || (t->options.flags & (SV_DETACH | SV_RESUME)) != 0)
		return SV_OK;
	if (!t->watching)
		watch(t);
	ready[1].fd = t->watch;
	while (t->watch != -1 && !cli_must_stop(t)) {
		if (cli_attention)
			cli_attend(t, "waiting for input");
		if (poll(ready, 2, -1) == -1) {
			if (errno == EINTR)
				continue;
			return SV_OK;
		}
		if (ready[0].revents != 0)
			return SV_OK;
		/*
		 * The process with the reader's pid has ended; only the channel knows whether that was the
		 * reader.
		 */
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

int cli_input_read(struct cli_transfer *t, const struct cli_input *input, void *data, size_t size, size_t *n)
{
	int status = cli_call_status(t, await(t, input));
	ssize_t got;

	if (status != CLI_OK)
		return status;
	got = cli_read(t, input->fd, data, size);
	if (got == -1) {
		t->reason = errno;
		cli_fail(errno, "%s: cannot read %s", t->label, input->name);
		return CLI_FAILED;
	}
	*n = (size_t)got;
	return t->stop;
}

int cli_input_check(struct cli_transfer *t, const struct cli_input *input)
{
	const struct stat *before = &input->st;
	struct stat now;

	if (!S_ISREG(before->st_mode) || fstat(input->fd, &now) == -1)
		return CLI_OK;
	if (now.st_size < before->st_size) {
		t->reason = CLI_REASON_SHORT;
		cli_say("%s: %s was truncated during the transfer: it had %lld bytes and has %lld", t->label,
		        input->name, (long long)before->st_size, (long long)now.st_size);
		return CLI_FAILED;
	}
	/* A resumed transfer must send one and the same content. */
	if ((t->options.flags & SV_RESUME) != 0 &&
	    (now.st_size != before->st_size || now.st_mtim.tv_sec != before->st_mtim.tv_sec ||
	     now.st_mtim.tv_nsec != before->st_mtim.tv_nsec)) {
		t->reason = CLI_REASON_CHANGED;
		cli_say("%s: %s was changed during the transfer", t->label, input->name);
		return CLI_FAILED;
	}
	return CLI_OK;
}
