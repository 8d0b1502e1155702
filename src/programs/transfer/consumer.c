/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* O_ASYNC */
#include "transfer/consumer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include "common/messages.h"

#define PATIENCE_MS 200

int cli_consumer_patience(const struct cli_transfer *t)
{
	return t->consumer == -1 || t->alarm != -1 ? -1 : PATIENCE_MS;
}

/* The flag belongs to the open file description, which other processes share, so open one of our own. */
static int arm(int fd)
{
	char path[40];
	int alarm;

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	alarm = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (alarm == -1)
		return -1;
	if (fcntl(alarm, F_SETOWN, getpid()) == 0 && fcntl(alarm, F_SETFL, O_NONBLOCK | O_ASYNC) == 0)
		return alarm;
	close(alarm);
	return -1;
}

bool cli_consumer_gone(struct cli_transfer *t)
{
	struct pollfd state = { .fd = t->consumer, .events = 0 };

	if (t->consumer == -1)
		return false;
	/* Arm first, then look: the signal reports a consumer that goes away after the look. */
	if (t->alarm == -1)
		t->alarm = arm(t->consumer);
	if (poll(&state, 1, 0) != 1 || (state.revents & (POLLERR | POLLHUP)) == 0)
		return false;
	cli_consumer_report(t);
	t->stop = CLI_FAILED;
	return true;
}

void cli_consumer_relax(struct cli_transfer *t)
{
	if (t->alarm != -1)
		close(t->alarm);
	t->alarm = -1;
}

void cli_consumer_report(struct cli_transfer *t)
{
	t->consumer_gone = true;
	t->reason = EPIPE;
	if (t->command == NULL && !t->quiet)
		cli_fail(EPIPE, "%s: cannot write %s", t->label, t->output);
}
