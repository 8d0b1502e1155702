/* SPDX-License-Identifier: MIT */
#include "transfer/transfer.h"

#include <stdio.h>
#include <string.h>

#include "common/advice.h"
#include "common/messages.h"
#include "common/numbers.h"
#include "common/reasons.h"
#include "common/signals.h"
#include "clock.h"

const char *cli_other_role(const struct cli_transfer *t)
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
	t->consumer = t->alarm = t->watch = -1;
}

int cli_time_left(const struct cli_transfer *t, int64_t start_ns)
{
	int64_t passed;

	if (t->timeout_ms <= 0)
		return t->timeout_ms;
	passed = (sv_now() - start_ns) / 1000000;
	/* At least 1: with 0 a call would not wait but fail with another code than a time-out. */
	return passed < t->timeout_ms ? t->timeout_ms - (int)passed : 1;
}

struct cli_figures cli_transfer_figures(const struct cli_transfer *t, const char *waiting)
{
	bool bytes = (t->options.flags & SV_MESSAGES) == 0;
	int64_t now = sv_now();
	struct cli_figures figures = { .channel = t->options.path != NULL ? t->options.path : t->options.name,
		                       .waiting = waiting };

	if (figures.channel == NULL)
		figures.channel = "default";
	if (t->ch == NULL && waiting != NULL)
		figures.state = SV_STATE_OPENING;
	else if (t->met)
		figures.state = t->stop != CLI_OK ? SV_STATE_FINISHING : SV_STATE_RUNNING;
	else
		figures.state = t->role == SV_WRITER ? SV_STATE_WAITING_READER : SV_STATE_WAITING_WRITER;
	figures.number = t->number;
	figures.start = t->resumed;
	figures.moved = bytes && t->ch != NULL ? sv_position(t->ch) - t->resumed : t->moved;
	figures.done = t->resumed + figures.moved;
	figures.messages = t->messages;
	figures.total = t->total;
	figures.elapsed = (double)(now - t->begin_ns) / 1e9;
	figures.seconds = (double)(now - t->flow_ns) / 1e9;
	return figures;
}

static void say_how_far(const struct cli_transfer *t, const struct cli_figures *figures)
{
	char amount[32], rate[32], count[40] = "", number[40] = "";

	if ((t->options.flags & SV_MESSAGES) != 0)
		snprintf(count, sizeof count, "%llu messages, ", (unsigned long long)figures->messages);
	if (t->number > 0)
		snprintf(number, sizeof number, "transfer %llu: ", (unsigned long long)t->number);
	cli_note("%s: %s%s%llu bytes (%s) in %.3f s, %s/s%s%s", t->label, number, count,
	         (unsigned long long)figures->moved, cli_bytes(amount, sizeof amount, (double)figures->moved),
	         figures->seconds, cli_bytes(rate, sizeof rate, cli_figure_average(figures)),
	         figures->waiting != NULL ? ", " : "", figures->waiting != NULL ? figures->waiting : "");
}

void cli_attend(struct cli_transfer *t, const char *waiting)
{
	struct cli_figures figures;

	/* Clear it first, so that a signal that comes from here on is not lost. */
	cli_attention = 0;
	figures = cli_transfer_figures(t, waiting);
	if (cli_report) {
		cli_report = 0;
		say_how_far(t, &figures);
	}
	cli_progress_show(&t->progress, &figures);
}

bool cli_must_stop(struct cli_transfer *t)
{
	if (t->stop == CLI_OK && cli_signal != 0)
		t->stop = CLI_FAILED;
	if (t->stop == CLI_OK && cli_child && t->command != NULL) {
		/* Clear it first, so that a child that ends from here on is not missed. */
		cli_child = 0;
		if (cli_process_failed(t->command))
			t->stop = CLI_FAILED;
	}
	return t->stop != CLI_OK;
}

int cli_transfer_failed(struct cli_transfer *t, int code)
{
	const struct sv_error *error = sv_last_error(t->ch);
	char reason[80];

	if (code == SV_EINTR)
		return t->stop != CLI_OK ? t->stop : CLI_FAILED;
	if (code == SV_EPEER && cli_reason_text(reason, sizeof reason, error->sys_errno) != NULL)
		cli_say("%s: the %s (pid %ld): %s; the transfer is incomplete", t->label, cli_other_role(t),
		        error->peer_pid, reason);
	else
		cli_report_error(error, t->options.name, t->options.path, t->options.project);
	return cli_status(code);
}

int cli_unwaited(struct cli_transfer *t, int code)
{
	if (code != SV_OK && code != SV_EAGAIN)
		cli_transfer_failed(t, code);
	return code;
}

void cli_transfer_summary(const struct cli_transfer *t)
{
	struct cli_figures figures = cli_transfer_figures(t, NULL);

	if (!t->quiet && t->resumed > 0 && sv_position(t->ch) == t->resumed)
		cli_note("%s: all %llu bytes had arrived before: this ends the earlier transfer", t->label,
		         (unsigned long long)t->resumed);
	if ((t->verbose || t->progress.lines) && !t->quiet)
		say_how_far(t, &figures);
}
