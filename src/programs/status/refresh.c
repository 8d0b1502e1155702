/* SPDX-License-Identifier: MIT */
#include "status/refresh.h"

#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "common/messages.h"
#include "common/signals.h"
#include "status/display.h"
#include "status/screen.h"

/* The second snapshot, and with it the first rates, comes after this time at most. */
#define FIRST_NS INT64_C(500000000)

static bool draw(const struct cli_snapshot *snapshot, const struct cli_view *view)
{
	size_t width, lines;
	char *frame;
	bool drawn;

	cli_terminal_size(STDOUT_FILENO, &width, &lines);
	lines = lines == 0 ? 24 : lines;
	frame = cli_display_frame(snapshot, view, width == 0 ? 80 : width, lines);
	drawn = frame != NULL && cli_screen_draw(frame, lines);
	free(frame);
	return drawn;
}

static bool print_block(const struct cli_snapshot *snapshot, const struct cli_refresh *refresh, bool first)
{
	size_t width;
	char text[256];

	if (refresh->json) {
		cli_display_json(stdout, snapshot, true);
		return cli_flush_stdout();
	}
	cli_terminal_size(STDOUT_FILENO, &width, NULL);
	if (refresh->view.headings)
		printf("%s%s\n", first ? "" : "\n", cli_display_summary(text, sizeof text, snapshot, width));
	cli_display(stdout, snapshot, &refresh->view, refresh->view.raw ? 0 : width, SIZE_MAX);
	return cli_flush_stdout();
}

static void sleep_until(int64_t until_ns)
{
	struct timespec left;

	nanosleep(sv_time_left(until_ns, &left), NULL);
}

/*
 * Show one snapshot until the next one is due.  False: it was the last one, and *status is the status to exit
 * with.
 */
static bool show(const struct cli_snapshot *snapshot, const struct cli_refresh *refresh, bool screen,
                 int turn, int *status)
{
	int64_t every = (int64_t)refresh->every_ms * 1000000;
	bool last = refresh->count > 0 && turn + 1 >= refresh->count;
	enum cli_screen_event event = CLI_SCREEN_TIME;

	if (!screen) {
		*status = print_block(snapshot, refresh, turn == 0) ? CLI_OK : CLI_FAILED;
		if (*status != CLI_OK || last)
			return false;
		sleep_until(snapshot->at_ns + every);
		return true;
	}
	if (turn == 0 && every > FIRST_NS)
		every = FIRST_NS;
	do {
		if (!draw(snapshot, &refresh->view)) {
			*status = CLI_FAILED;
			return false;
		}
		event = cli_screen_wait(snapshot->at_ns + every);
	} while (event == CLI_SCREEN_REDRAW);
	return event != CLI_SCREEN_QUIT && event != CLI_SCREEN_SIGNAL && !last;
}

int cli_refresh(const struct cli_refresh *refresh)
{
	static struct cli_snapshot snapshots[2];
	struct cli_snapshot *now = &snapshots[0], *before = &snapshots[1], *other;
	bool screen = !refresh->json && cli_screen_possible(), more = true;
	int turn, status = CLI_OK;

	if (screen)
		cli_screen_begin();
	for (turn = 0; more; turn++) {
		status = cli_snapshot_take(now, &refresh->choice);
		if (status != CLI_OK)
			break;
		if (turn > 0)
			cli_snapshot_rates(now, before);
		if (!refresh->json && !cli_choice_is_named(&refresh->choice))
			cli_snapshot_sort_by_rate(now);
		more = show(now, refresh, screen, turn, &status);
		other = now;
		now = before;
		before = other;
	}
	if (screen)
		cli_screen_end();
	/* Print the message after leaving the screen, which would otherwise take the message away. */
	if (more)
		cli_say("%s", now->failure);
	cli_snapshot_free(now);
	cli_snapshot_free(before);
	if (screen && cli_signal != 0)
		cli_die_by(cli_signal);
	return cli_close_stdout(status);
}
