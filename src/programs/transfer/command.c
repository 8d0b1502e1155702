/* SPDX-License-Identifier: MIT */
#include "transfer/command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/messages.h"
#include "common/reasons.h"
#include "common/signals.h"
#include "transfer/consumer.h"
#include "clock.h"

/* A command that has closed its input probably ends soon; its status says more. */
#define CLOSING_MS 500

bool cli_command_start(struct cli_transfer *t, struct cli_process *process, const char *text, int *fd)
{
	int code;

	cli_catch_child();
	code = cli_process_start(process, text, t->role, t->number > 0 ? t->number : 1, fd);
	if (code != 0) {
		t->reason = code;
		cli_fail(code, "%s: cannot run the command", t->label);
		return false;
	}
	t->command = process;
	/* Without blocking, writing can have a time-out.  The command's end of the pipe does not change. */
	if (t->role == SV_READER && t->timeout_ms >= 0)
		fcntl(*fd, F_SETFL, O_NONBLOCK);
	return true;
}

/*
 * Open the pipe a second time, for reading: this shows what nobody has read.  -1 if there is no other reader
 * left.
 */
static int second_end(int fd)
{
	struct pollfd state = { .fd = fd, .events = 0 };
	char path[40];

	if (poll(&state, 1, 0) == 1 && (state.revents & POLLERR) != 0)
		return -1;
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static bool holds_bytes(int fd)
{
	int unread = 0;

	return ioctl(fd, FIONREAD, &unread) == 0 && unread > 0;
}

/* False: a signal or the time-out came first. */
static bool wait_for_end(struct cli_transfer *t, int timeout_ms)
{
	int64_t start = sv_now(), passed;

	while (!cli_process_ended(t->command)) {
		passed = (sv_now() - start) / 1000000;
		if (cli_signal != 0 || (timeout_ms >= 0 && passed >= timeout_ms))
			return false;
		cli_process_sleep(t->command, timeout_ms < 0 ? -1 : timeout_ms - (int)passed);
		if (cli_attention)
			cli_attend(t, "waiting for the command");
	}
	return true;
}

/* Report how the command ended, and set t->reason. */
static int judge(struct cli_transfer *t, bool unread)
{
	const struct cli_process *process = t->command;

	if (process->signal != 0) {
		t->reason = CLI_REASON_KILLED + process->signal;
		cli_say("%s: the command was killed by signal %d", t->label, process->signal);
	} else if (process->status != 0) {
		t->reason = CLI_REASON_EXIT + process->status;
		cli_say("%s: the command exited with status %d", t->label, process->status);
	} else if (unread) {
		t->reason = CLI_REASON_UNREAD;
		cli_say("%s: the command ended before it had read everything", t->label);
	} else {
		return CLI_OK;
	}
	return CLI_FAILED;
}

/* The command has got, or delivered, all of the data. */
static int end_well(struct cli_transfer *t, int fd)
{
	int second = t->role == SV_READER ? second_end(fd) : -1, status;
	bool unread = t->role == SV_READER && second == -1 && holds_bytes(fd);

	close(fd);
	if (!wait_for_end(t, t->timeout_ms)) {
		cli_process_terminate(t->command);
		if (cli_signal == 0) {
			cli_say("%s: timed out waiting for the command", t->label);
			status = CLI_TIMEOUT;
		} else {
			status = CLI_FAILED;
		}
	} else {
		status = judge(t, unread || (second != -1 && holds_bytes(second)));
		if (status != CLI_OK)
			cli_process_terminate(t->command);
	}
	if (second != -1)
		close(second);
	return status;
}

/* The transfer has failed, perhaps because of the command. */
static int end_badly(struct cli_transfer *t, int fd, int status)
{
	bool its_fault = cli_process_failed(t->command);

	if (t->consumer_gone && !its_fault && cli_signal == 0) {
		wait_for_end(t, CLOSING_MS);
		its_fault = cli_process_ended(t->command);
		if (!its_fault) {
			t->reason = CLI_REASON_CLOSED;
			cli_say("%s: the command closed its input before it had read everything", t->label);
		}
	}
	cli_process_terminate(t->command);
	close(fd);
	if (its_fault)
		status = judge(t, true);
	else
		wait_for_end(t, t->timeout_ms);
	return status;
}

int cli_command_end(struct cli_transfer *t, int fd, int status)
{
	if (t->command == NULL)
		return status;
	t->consumer = -1;
	status = status == CLI_OK ? end_well(t, fd) : end_badly(t, fd, status);
	cli_process_forget(t->command);
	t->command = NULL;
	return status;
}
