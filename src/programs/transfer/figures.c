/* SPDX-License-Identifier: MIT */
#include "transfer/figures.h"

#include <stdlib.h>
#include <unistd.h>

#include "common/json.h"
#include "common/messages.h"
#include "common/states.h"

bool cli_figure_total_known(const struct cli_figures *figures)
{
	return figures->total != SV_UNKNOWN && figures->done <= figures->total && figures->total > 0;
}

double cli_figure_percent(const struct cli_figures *figures)
{
	return 100.0 * (double)figures->done / (double)figures->total;
}

double cli_figure_average(const struct cli_figures *figures)
{
	return figures->seconds > 0 ? (double)figures->moved / figures->seconds : 0;
}

double cli_figure_remaining(const struct cli_figures *figures)
{
	return cli_figure_total_known(figures) && figures->moved > 0
	               ? (double)(figures->total - figures->done) / cli_figure_average(figures)
	               : -1;
}

static void put_members(struct cli_json *json, const struct cli_figures *figures, double rate)
{
	cli_json_unsigned(json, "start", figures->start);
	cli_json_unsigned(json, "bytes", figures->done);
	cli_json_unsigned(json, "messages", figures->messages);
	if (cli_figure_total_known(figures)) {
		cli_json_unsigned(json, "total", figures->total);
		cli_json_real(json, "percent", cli_figure_percent(figures), 1);
	} else {
		cli_json_null(json, "total");
		cli_json_null(json, "percent");
	}
	cli_json_real(json, "elapsed", figures->elapsed, 3);
	cli_json_real(json, "rate", rate, 0);
	cli_json_real(json, "average", cli_figure_average(figures), 0);
	if (cli_figure_remaining(figures) >= 0)
		cli_json_real(json, "eta", cli_figure_remaining(figures), 1);
	else
		cli_json_null(json, "eta");
}

void cli_progress_json(const struct cli_figures *figures, double rate, int status, const char *error)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);
	struct cli_json json;
	ssize_t ignored;

	if (out == NULL)
		return;
	cli_json_start(&json, out, true);
	cli_json_open(&json, NULL, '{');
	cli_json_text(&json, "program", cli_program);
	cli_json_text(&json, "channel", figures->channel);
	if (figures->number > 0)
		cli_json_unsigned(&json, "transfer", figures->number);
	else
		cli_json_null(&json, "transfer");
	cli_json_text(&json, "state",
	              status == CLI_OK  ? "complete"
	              : status > CLI_OK ? "failed"
	                                : cli_state_word(figures->state));
	cli_json_text(&json, "waiting", status >= CLI_OK ? NULL : figures->waiting);
	put_members(&json, figures, rate);
	if (status >= CLI_OK) {
		cli_json_signed(&json, "status", status);
		cli_json_text(&json, "error", status == CLI_OK || error[0] == '\0' ? NULL : error);
	}
	cli_json_close(&json, '}');
	cli_json_end(&json);
	/* One write, so that the lines of two programs do not mix. */
	if (fclose(out) == 0) {
		ignored = write(STDERR_FILENO, text, length);
		(void)ignored;
	}
	free(text);
}
