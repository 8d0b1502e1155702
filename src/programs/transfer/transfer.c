/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "transfer/transfer.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/advice.h"
#include "common/reasons.h"
#include "common/numbers.h"
#include "common/signals.h"
#include "transfer/watch.h"

/* How long to wait for the other side before telling a person whom to start. */
#define HINT_MS 1000

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static const char *other_role(const struct cli_transfer *t)
{
	return t->role == SV_WRITER ? "reader" : "writer";
}

void cli_transfer_init(struct cli_transfer *t, enum sv_role role)
{
	static const struct sv_options defaults = SV_OPTIONS_INIT;

	cli_keep_standard_streams();
	memset(t, 0, sizeof *t);
	t->role = role;
	t->options = defaults;
	t->options.cancel = &cli_signal;
	t->timeout_ms = -1;
	t->start_ns = now_ns();
	t->total = SV_UNKNOWN;
}

/* Far as the transfer is. */
static struct cli_sight look(const struct cli_transfer *t, const char *waiting)
{
	bool bytes = (t->options.flags & SV_MESSAGES) == 0;
	struct cli_sight sight = { .channel = t->options.path != NULL ? t->options.path : t->options.name,
		                   .waiting = waiting };

	if (sight.channel == NULL)
		sight.channel = "default";
	sight.moved = bytes && t->ch != NULL ? sv_position(t->ch) - t->resumed : t->moved;
	sight.done = t->resumed + sight.moved;
	sight.messages = t->messages;
	sight.total = t->total;
	sight.seconds = (double)(now_ns() - t->start_ns) / 1e9;
	return sight;
}

static void say_how_far(const struct cli_transfer *t, const struct cli_sight *sight)
{
	char amount[32], rate[32], count[40] = "", number[40] = "";

	if ((t->options.flags & SV_MESSAGES) != 0)
		snprintf(count, sizeof count, "%llu messages, ", (unsigned long long)sight->messages);
	if (t->number > 0)
		snprintf(number, sizeof number, "transfer %llu: ", (unsigned long long)t->number);
	cli_say("%s: %s%s%llu bytes (%s) in %.3f s, %s/s%s%s", t->label, number, count,
	        (unsigned long long)sight->moved, cli_bytes(amount, sizeof amount, (double)sight->moved),
	        sight->seconds,
	        cli_bytes(rate, sizeof rate, sight->seconds > 0 ? (double)sight->moved / sight->seconds : 0),
	        sight->waiting != NULL ? ", " : "", sight->waiting != NULL ? sight->waiting : "");
}

void cli_attend(struct cli_transfer *t, const char *waiting)
{
	struct cli_sight sight;

	/* First, so that a signal that comes from here on is not lost. */
	cli_attention = 0;
	sight = look(t, waiting);
	if (cli_report) {
		cli_report = 0;
		say_how_far(t, &sight);
	}
	cli_progress_show(&t->progress, &sight);
}

int cli_transfer_failed(struct cli_transfer *t, int code)
{
	const struct sv_error *error = sv_last_error(t->ch);
	char reason[80];

	if (code == SV_EPEER && cli_reason_text(reason, sizeof reason, error->sys_errno) != NULL)
		cli_say("%s: the %s (pid %ld): %s; the transfer is incomplete", t->label, other_role(t),
		        error->peer_pid, reason);
	else if (code != SV_EINTR)
		cli_report_error(error, t->options.name, t->options.path, t->options.project);
	return cli_status(code);
}

int cli_unwaited(struct cli_transfer *t, int code)
{
	if (code != SV_OK && code != SV_EAGAIN)
		cli_transfer_failed(t, code);
	return code;
}

/* What is left of the time-out of a wait that began at start, in milliseconds; -1 for ever. */
static int time_left(const struct cli_transfer *t, int64_t start)
{
	int64_t passed;

	if (t->timeout_ms <= 0)
		return t->timeout_ms;
	passed = (now_ns() - start) / 1000000;
	/* Over is a time-out too, not a call that must not wait. */
	return passed < t->timeout_ms ? t->timeout_ms - (int)passed : 1;
}

/*
 * Enough to make a system call cheap, and within half of a common second-level cache.  The writer fills half
 * of the ring while the reader empties the other, which it gives back in halves again, so that the writer
 * need not wait for all of it.
 */
static size_t block_of(const struct cli_transfer *t)
{
	uint64_t most = t->role == SV_WRITER ? UINT64_C(512) << 10 : UINT64_C(256) << 10;
	uint64_t share = sv_capacity(t->ch) / (t->role == SV_WRITER ? 2 : 4);

	return (size_t)(share < most ? share : most);
}

int cli_transfer_open(struct cli_transfer *t)
{
	struct sv_error error = SV_ERROR_INIT;
	int code;

	t->start_ns = now_ns();
	t->resumed = t->moved = t->messages = 0;
	cli_progress_begin(&t->progress);
	/* A signal may come before there is a handle to be interrupted. */
	while ((code = sv_open(&t->ch, t->role, &t->options, time_left(t, t->start_ns), &error)) ==
	               SV_EINTR &&
	       cli_signal == 0)
		cli_attend(t, "waiting for the previous transfer to end");
	if (code == SV_OK) {
		cli_guard(t->ch);
		t->block = block_of(t);
		t->resumed = sv_position(t->ch);
		t->refused = 0;
		return CLI_OK;
	}
	if (code == t->refused)
		return cli_status(code);
	t->refused = code;
	if (code == SV_EMODE && strstr(error.text, "messages") != NULL)
		cli_say("%s: %s", error.text,
		        (t->options.flags & SV_MESSAGES) != 0 ? "leave out --lines or --null"
		                                              : "give --lines or --null");
	else if (code != SV_EINTR)
		cli_report_error(&error, t->options.name, t->options.path, t->options.project);
	return cli_status(code);
}

static void hint(const struct cli_transfer *t)
{
	char space[64] = "";
	ssize_t n = readlink("/proc/self/ns/ipc", space, sizeof space - 1);

	if (t->quiet || (!t->verbose && !isatty(STDERR_FILENO)))
		return;
	space[n > 0 ? n : 0] = '\0';
	cli_say("waiting for a %s on %s%s%s%s; in another terminal type: %s", other_role(t), t->label,
	        n > 0 ? " (namespace " : "", space, n > 0 ? ")" : "", t->command);
}

/* Wait in two steps, so that a person learns what the program waits for. */
static int wait_peer(struct cli_transfer *t, bool next)
{
	int64_t start = now_ns();
	/* One who serves many knows. */
	bool hinted = next || t->number > 1;
	char waiting[40];
	int code, left, first;

	snprintf(waiting, sizeof waiting, "waiting for %s %s", next ? "the next" : "a", other_role(t));
	for (;;) {
		left = time_left(t, start);
		first = HINT_MS - (int)((now_ns() - start) / 1000000);
		if (first < 1)
			first = 1;
		if (hinted || (left >= 0 && left <= first))
			code = sv_wait_peer(t->ch, left);
		else
			code = sv_wait_peer(t->ch, first);
		if (code == SV_ETIMEDOUT && !hinted && (left < 0 || left > first)) {
			hinted = true;
			hint(t);
			continue;
		}
		if (code != SV_EINTR || cli_signal != 0)
			return code;
		if (cli_attention)
			cli_attend(t, waiting);
	}
}

int cli_transfer_meet(struct cli_transfer *t)
{
	int code = wait_peer(t, false);
	struct sv_info info = SV_INFO_INIT;

	t->start_ns = now_ns();
	cli_progress_reset(&t->progress);
	if (t->role == SV_READER)
		t->total = SV_UNKNOWN;
	if (code != SV_OK)
		return cli_transfer_failed(t, code);
	if (t->role == SV_READER && t->progress.how != CLI_PROGRESS_NONE && sv_stat(t->ch, &info) == SV_OK)
		t->total = info.total;
	return CLI_OK;
}

/* On a resumable channel a peer that died or was ended by a signal may come back; one that failed may not. */
static bool comes_back(const struct cli_transfer *t, int code)
{
	return (t->options.flags & SV_RESUME) != 0 &&
	       (code == SV_EDIED || (code == SV_EPEER && sv_last_error(t->ch)->signal != 0));
}

enum operation { RESERVE, PEEK, FINISH, MSG_RESERVE, MSG_PEEK };

static int call(struct cli_transfer *t, enum operation operation, int timeout_ms, size_t want, void **space,
                const void **data, size_t *got)
{
	switch (operation) {
	case RESERVE: return sv_reserve(t->ch, want, space, got, timeout_ms);
	case PEEK: return sv_peek(t->ch, want, data, got, timeout_ms);
	case MSG_RESERVE: return sv_msg_reserve(t->ch, want, space, timeout_ms);
	case MSG_PEEK: return sv_msg_peek(t->ch, data, got, timeout_ms);
	default: return sv_finish(t->ch, timeout_ms);
	}
}

static const char *waiting_in(const struct cli_transfer *t, enum operation operation)
{
	if (operation == FINISH)
		return "waiting for the reader to finish";
	return t->role == SV_WRITER ? "waiting for the reader" : "waiting for the writer";
}

static int persist(struct cli_transfer *t, enum operation operation, size_t want, void **space,
                   const void **data, size_t *got)
{
	int64_t start = t->timeout_ms > 0 ? now_ns() : 0;
	int code;

	for (;;) {
		if (cli_signal != 0)
			return SV_EINTR;
		if (cli_attention)
			cli_attend(t, NULL);
		code = call(t, operation, time_left(t, start), want, space, data, got);
		if (code == SV_OK)
			return code;
		if (comes_back(t, code)) {
			if (!t->quiet)
				cli_say("%s; waiting for the next one: %s", sv_last_error(t->ch)->text,
				        t->command);
			code = wait_peer(t, true);
			start = now_ns();
			if (code == SV_OK)
				continue;
		}
		if (code == SV_EINTR && cli_signal == 0) {
			if (cli_attention)
				cli_attend(t, waiting_in(t, operation));
			/* A command that fails while the writer is silent is reported at once. */
			if (t->command_run == NULL || !cli_child || !cli_command_failed(t->command_run))
				continue;
		}
		if (code != SV_END)
			cli_transfer_failed(t, code);
		return code;
	}
}

int cli_reserve(struct cli_transfer *t, size_t want, void **data, size_t *got)
{
	return persist(t, RESERVE, want, data, NULL, got);
}

int cli_peek(struct cli_transfer *t, const void **data, size_t *got)
{
	return persist(t, PEEK, 1, NULL, data, got);
}

int cli_finish(struct cli_transfer *t)
{
	return persist(t, FINISH, 0, NULL, NULL, NULL);
}

int cli_msg_reserve(struct cli_transfer *t, size_t size, void **data)
{
	return persist(t, MSG_RESERVE, size, data, NULL, NULL);
}

int cli_msg_peek(struct cli_transfer *t, const void **data, size_t *size)
{
	return persist(t, MSG_PEEK, 0, NULL, data, size);
}

/* After an interrupted or refused call; EAGAIN is somebody else's O_NONBLOCK on a shared terminal or pipe. */
static bool again(struct cli_transfer *t, int fd, short events, const char *waiting)
{
	struct pollfd ready = { .fd = fd, .events = events };
	int code = errno;

	if (code == EAGAIN && !cli_attention)
		poll(&ready, 1, -1);
	if (cli_attention)
		cli_attend(t, waiting);
	errno = code;
	return code == EINTR || code == EAGAIN;
}

ssize_t cli_read(struct cli_transfer *t, int fd, void *data, size_t size)
{
	ssize_t n;

	while (cli_signal == 0) {
		n = read(fd, data, size);
		if (n >= 0 || !again(t, fd, POLLIN, "waiting for input"))
			return n;
	}
	return 0;
}

ssize_t cli_write(struct cli_transfer *t, int fd, const void *data, size_t size)
{
	const char *waiting = t->command_run != NULL ? "waiting for the command" : "waiting for output";
	ssize_t n;

	while (cli_signal == 0) {
		n = write(fd, data, size);
		if (n >= 0 && (size_t)n < size && cli_attention)
			cli_attend(t, waiting);
		if (n >= 0 || !again(t, fd, POLLOUT, waiting))
			return n;
	}
	return 0;
}

int cli_write_failed(struct cli_transfer *t, const char *name, int *reason)
{
	*reason = errno;
	/* Why a command stopped reading is known when it has ended. */
	if (t->command_run == NULL || errno != EPIPE)
		cli_fail(errno, "%s: cannot write %s", t->label, name);
	return CLI_FAILED;
}

int cli_transfer_close(struct cli_transfer *t, int status, int reason)
{
	struct cli_sight sight = look(t, NULL);
	int code;

	cli_unwatch(t);
	cli_progress_end(&t->progress, &sight,
	                 cli_signal != 0 && status != CLI_OK ? 128 + cli_signal : status);
	if (t->ch == NULL) {
		if (cli_signal != 0 && status != CLI_OK)
			cli_die_by(cli_signal);
		return status;
	}
	if (cli_signal != 0)
		reason = -cli_signal;
	else if (reason == 0 && status == CLI_TIMEOUT)
		reason = ETIMEDOUT;
	else if (reason == 0 && status != CLI_OK)
		reason = ECANCELED;
	if (reason != 0)
		sv_abort(t->ch, reason);
	cli_guard(NULL);
	code = sv_close(t->ch);
	t->ch = NULL;
	if (cli_signal != 0 && status != CLI_OK)
		cli_die_by(cli_signal);
	if (code != SV_OK)
		cli_say("%s: its objects could not be removed: see svclean", t->label);
	return status;
}

void cli_transfer_summary(const struct cli_transfer *t)
{
	struct cli_sight sight = look(t, NULL);

	if ((t->verbose || t->progress.lines) && !t->quiet)
		say_how_far(t, &sight);
}
