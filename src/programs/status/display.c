/* SPDX-License-Identifier: MIT */
#include "status/display.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/text.h"
#include "status/detail.h"
#include "status/layout.h"

void cli_display(FILE *out, const struct cli_snapshot *snapshot, const struct cli_view *view, size_t width,
                 size_t rows)
{
	struct cli_table table;
	size_t i;

	if (view->detail) {
		for (i = 0; i < snapshot->count; i++) {
			if (i > 0)
				putc('\n', out);
			cli_detail_print(out, &snapshot->channel[i], width);
		}
		return;
	}
	if (snapshot->count == 0)
		return;
	cli_layout_table(&table, snapshot, view, width == 0 ? 80 : width);
	cli_table_print(&table, out, view->headings, width, rows);
	cli_table_free(&table);
}

static void append(char *out, size_t size, size_t width, const char *part)
{
	size_t used = strlen(out);

	if (used == 0 || width == 0 || used + strlen(part) <= width)
		snprintf(out + used, size - used, "%s", part);
}

char *cli_display_summary(char *out, size_t size, const struct cli_snapshot *snapshot, size_t width)
{
	time_t now = time(NULL);
	size_t i, running = 0;
	char part[64], rate[16];
	struct tm tm;
	double sum = 0;

	for (i = 0; i < snapshot->count; i++) {
		running += snapshot->channel[i].info.state == SV_STATE_RUNNING;
		if (snapshot->channel[i].rate > 0)
			sum += snapshot->channel[i].rate;
	}
	out[0] = '\0';
	snprintf(part, sizeof part, "%zu channel%s", snapshot->count, snapshot->count == 1 ? "" : "s");
	append(out, size, width, part);
	snprintf(part, sizeof part, ", %zu running", running);
	append(out, size, width, part);
	snprintf(part, sizeof part, ", %zu not there", snapshot->missing);
	if (snapshot->missing > 0)
		append(out, size, width, part);
	snprintf(part, sizeof part, ", %s/s", cli_short_bytes(rate, sizeof rate, sum));
	append(out, size, width, part);
	if (localtime_r(&now, &tm) != NULL && strftime(part, sizeof part, "  %H:%M:%S", &tm) != 0)
		append(out, size, width, part);
	return out;
}

char *cli_display_frame(const struct cli_snapshot *snapshot, const struct cli_view *view, size_t width,
                        size_t lines)
{
	char text[256], *frame = NULL;
	size_t size, room = lines > 2 ? lines - 2 : 1; /* lines left below the summary and the headings */
	FILE *out = open_memstream(&frame, &size);

	if (out == NULL)
		return NULL;
	/* The line "... and N more" needs room too. */
	if (snapshot->count > room && room > 1)
		room--;
	cli_print_cut(out, cli_display_summary(text, sizeof text, snapshot, width), width);
	putc('\n', out);
	if (snapshot->count == 0)
		cli_print_cut(out, "no channels", width);
	cli_display(out, snapshot, view, width, room);
	if (!view->detail && snapshot->count > room) {
		snprintf(text, sizeof text, "... and %zu more", snapshot->count - room);
		cli_print_cut(out, text, width);
	}
	if (fclose(out) == 0)
		return frame;
	free(frame);
	return NULL;
}

void cli_display_json(FILE *out, const struct cli_snapshot *snapshot, bool on_one_line)
{
	struct cli_json json;
	size_t i;

	cli_json_start(&json, out, on_one_line);
	cli_json_open(&json, NULL, '{');
	cli_json_signed(&json, "time", (int64_t)time(NULL));
	cli_json_open(&json, "channels", '[');
	for (i = 0; i < snapshot->count; i++) {
		cli_json_open(&json, NULL, '{');
		cli_channel_json(&json, &snapshot->channel[i]);
		cli_json_close(&json, '}');
	}
	cli_json_close(&json, ']');
	cli_json_close(&json, '}');
	cli_json_end(&json);
}
