/* SPDX-License-Identifier: MIT */
#include "transfer/join.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/advice.h"
#include "common/messages.h"
#include "common/reasons.h"
#include "common/shell.h"
#include "common/signals.h"
#include "transfer/consumer.h"
#include "transfer/peer.h"
#include "clock.h"

/* With --verbose: after how long a wait in sv_open() is reported. */
#define TELL_MS 1000

/*
 * A block is large enough to make a system call cheap, and fits into half of a common second-level cache.
 * The writer fills one half of the ring while the reader empties the other.  The reader returns its half in
 * two pieces, so the writer need not wait for all of it.
 */
static size_t block_of(const struct cli_transfer *t)
{
	uint64_t most = t->role == SV_WRITER ? UINT64_C(512) << 10 : UINT64_C(256) << 10;
	uint64_t share = sv_capacity(t->ch) / (t->role == SV_WRITER ? 2 : 4);

	return (size_t)(share < most ? share : most);
}

void cli_transfer_begin(struct cli_transfer *t)
{
	t->begin_ns = t->flow_ns = sv_now();
	t->resumed = t->moved = t->messages = 0;
	t->total = SV_UNKNOWN;
	t->met = t->consumer_gone = false;
	t->stop = CLI_OK;
	t->reason = 0;
	cli_forget_failure();
	cli_progress_begin(&t->progress);
}

/* What to show while sv_open() waits. */
struct opening {
	struct cli_transfer *t;
	int64_t start_ns;
	bool told; /* with --verbose: it was said that it waits in the queue */
};

static int while_opening(void *arg)
{
	struct opening *opening = arg;
	struct cli_transfer *t = opening->t;
	bool queues = (t->options.flags & SV_QUEUE) != 0;

	if (cli_attention)
		cli_attend(t, queues ? "waiting for its turn" : "waiting for the previous transfer to end");
	if (queues && !opening->told && sv_now() - opening->start_ns >= TELL_MS * INT64_C(1000000)) {
		opening->told = true;
		cli_note("%s: in use: waiting for its turn", t->label);
	}
	return 0;
}

/* sv_open(); with --verbose it says why it waits. */
static int open_channel(struct cli_transfer *t, struct sv_error *error)
{
	struct opening opening = { .t = t, .start_ns = sv_now(), .told = !t->verbose };
	/* A process in the queue would lose its place if it called sv_open() again. */
	bool told = !t->verbose || (t->options.flags & SV_QUEUE) != 0;
	int code, left, slice;

	t->options.cancel = &cli_signal;
	t->options.waiting = while_opening;
	t->options.waiting_arg = &opening;
	for (;;) {
		left = cli_time_left(t, opening.start_ns);
		slice = told || (left >= 0 && left <= TELL_MS) ? left : TELL_MS;
		code = sv_open(&t->ch, t->role, &t->options, slice, error);
		if (code != SV_ETIMEDOUT || slice == left)
			return code;
		told = true;
		cli_note("%s", error->text);
	}
}

int cli_transfer_open(struct cli_transfer *t)
{
	struct sv_error error = SV_ERROR_INIT;
	int code = open_channel(t, &error);

	if (code == SV_OK) {
		cli_guard(t->ch);
		t->block = block_of(t);
		t->resumed = sv_position(t->ch);
		t->refused = 0;
		return CLI_OK;
	}
	if (code != t->refused && code != SV_EINTR)
		cli_report_error(&error, t->options.name, t->options.path, t->options.project);
	t->refused = code;
	return cli_status(code);
}

int cli_transfer_meet(struct cli_transfer *t)
{
	int code = cli_wait_peer(t, false);
	struct sv_info info = SV_INFO_INIT;

	cli_consumer_relax(t);
	t->flow_ns = sv_now();
	cli_progress_reset(&t->progress);
	if (code != SV_OK)
		return cli_transfer_failed(t, code);
	t->met = true;
	if (t->role == SV_READER && t->progress.how != CLI_PROGRESS_NONE && sv_stat(t->ch, &info) == SV_OK)
		t->total = info.total;
	return CLI_OK;
}

/* What to tell the peer about a failure, as sv_abort() takes it. */
static int reason_of(const struct cli_transfer *t, int status)
{
	if (cli_signal != 0)
		return -cli_signal;
	if (t->reason != 0)
		return t->reason;
	return status == CLI_TIMEOUT ? ETIMEDOUT : ECANCELED;
}

/*
 * After an error that can be corrected, such as a full disk, a resumable transfer need not start again.  But
 * of a channel that was removed nothing is kept.
 */
static void tell_resumable(const struct cli_transfer *t, int status)
{
	char command[CLI_COMMAND_SIZE];

	if ((t->options.flags & SV_RESUME) == 0 || !t->met || cli_signal != 0 ||
	    sv_last_error(t->ch)->code == SV_EREMOVED || t->reason == CLI_REASON_CHANGED ||
	    t->reason == CLI_REASON_SHORT || t->reason == CLI_REASON_OUTPUT ||
	    (status != CLI_FAILED && status != CLI_PEER && status != CLI_TIMEOUT))
		return;
	cli_note("%s: the data is kept in memory; the same commands on both sides go on at byte %llu; to "
	         "drop it: "
	         "%s",
	         t->label, (unsigned long long)sv_position(t->ch),
	         cli_shell_command(command, sizeof command, "svclean -a", NULL, t->options.name,
	                           t->options.path, t->options.project));
}

static void end_progress(struct cli_transfer *t, int status)
{
	struct cli_figures figures = cli_transfer_figures(t, NULL);

	/* With --follow: there was no transfer that could end. */
	if (t->number > 0 && !t->met && cli_signal != 0)
		cli_progress_clear();
	else
		cli_progress_end(&t->progress, &figures,
		                 cli_signal != 0 && status != CLI_OK ? 128 + cli_signal : status,
		                 cli_last_failure());
}

int cli_transfer_close(struct cli_transfer *t, int status)
{
	int code = SV_OK;

	if (t->watch != -1)
		close(t->watch);
	t->watch = -1;
	t->watching = false;
	cli_consumer_relax(t);
	end_progress(t, status);
	if (t->ch != NULL) {
		tell_resumable(t, status);
		if (status != CLI_OK)
			sv_abort(t->ch, reason_of(t, status));
		cli_guard(NULL);
		code = sv_close(t->ch);
		t->ch = NULL;
	}
	if (cli_signal != 0 && status != CLI_OK)
		cli_die_by(cli_signal);
	if (code != SV_OK)
		cli_say("%s: its objects could not be removed: see svclean", t->label);
	return status;
}
