/* SPDX-License-Identifier: MIT */
/* The line that shows how far a transfer has got: what is in it, what a narrow one lacks, and how often it is
 * drawn. */
#include "common/messages.h"
#include "common/signals.h"
#include "printed.h"
#include "transfer/progress.h"

static struct cli_figures half_way(void)
{
	return (struct cli_figures){ .channel = "c",
		                     .state = SV_STATE_RUNNING,
		                     .done = 3072,
		                     .moved = 2048,
		                     .total = 6144,
		                     .elapsed = 3,
		                     .seconds = 2 };
}

static void line(const char *what, size_t width, const struct cli_figures *figures, double rate,
                 const char *expected)
{
	char text[300];

	cli_progress_format(text, sizeof text, width, "svread", figures, rate);
	same(what, text, expected);
	ok(strlen(text) <= width && (strchr(text, '[') == NULL || strlen(text) == width),
	   "a line has at most %zu columns, and a bar fills it", width);
}

static void lines(void)
{
	struct cli_figures figures = half_way();
	char text[1200];

	cli_progress_format(text, sizeof text, 1000, "svread", &figures, 512);
	is(strcspn(strchr(text, '['), "]"), 511 - 1, "of a very wide line the bar has 511 columns");

	line("a wide line has all parts", 100, &figures, 512,
	     "svread: 3.0 KiB of 6.0 KiB 0:02 512 B/s avg 1.0 KiB/s [===============>               ] 50% "
	     "ETA 0:03");
	line("the bar takes what is left", 103, &figures, 512,
	     "svread: 3.0 KiB of 6.0 KiB 0:02 512 B/s avg 1.0 KiB/s [=================>                ] 50% "
	     "ETA 0:03");
	line("a narrow line", 80, &figures, 512,
	     "3.0 KiB 0:02 512 B/s avg 1.0 KiB/s [===============>              ] 50% ETA 0:03");
	line("a narrower one", 61, &figures, 512,
	     "3.0 KiB 0:02 512 B/s avg 1.0 KiB/s [=====>     ] 50% ETA 0:03");
	line("a line without a bar", 50, &figures, 512, "3.0 KiB 0:02 512 B/s avg 1.0 KiB/s 50% ETA 0:03");
	line("a line without the average", 40, &figures, 512, "3.0 KiB 0:02 512 B/s 50% ETA 0:03");
	line("a line without the time left", 24, &figures, 512, "3.0 KiB 0:02 512 B/s 50%");
	line("a line without the time", 23, &figures, 512, "3.0 KiB 512 B/s 50%");
	line("a line without the percentage", 18, &figures, 512, "3.0 KiB 512 B/s");
	line("a line that is cut", 10, &figures, 512, "3.0 KiB 51");
	figures.total = SV_UNKNOWN;
	line("a total that is not known", 100, &figures, 512, "svread: 3.0 KiB 0:02 512 B/s avg 1.0 KiB/s");
	figures.total = 3071;
	line("a total that was too small", 100, &figures, 512, "svread: 3.0 KiB 0:02 512 B/s avg 1.0 KiB/s");
	figures.total = 3072;
	line("the end", 100, &figures, 512,
	     "svread: 3.0 KiB of 3.0 KiB 0:02 512 B/s avg 1.0 KiB/s [==============================] 100% "
	     "ETA 0:00");
	figures = half_way();
	figures.waiting = "waiting for a writer";
	line("a wait shows no rate", 60, &figures, 0,
	     "3.0 KiB 0:02 waiting for a writer [==========>         ] 50%");
	figures = half_way();
	figures.moved = 0;
	line("nothing moved yet", 90, &figures, 0,
	     "svread: 3.0 KiB of 6.0 KiB 0:02 0 B/s avg 0 B/s [==================>                 ] 50%");
}

static void times_and_amounts(void)
{
	struct cli_figures figures = half_way();

	figures.total = SV_UNKNOWN;
	figures.seconds = figures.moved = 3599;
	line("just below an hour", 60, &figures, 1023, "svread: 3.0 KiB 59:59 1023 B/s avg 1 B/s");
	figures.seconds = figures.moved = 3600;
	line("an hour", 60, &figures, 1024, "svread: 3.0 KiB 1:00:00 1.0 KiB/s avg 1 B/s");
	figures.seconds = figures.moved = 7384;
	line("hours, minutes and seconds", 60, &figures, 1e9,
	     "svread: 3.0 KiB 2:03:04 953.7 MiB/s avg 1 B/s");
	figures.seconds = 1e12;
	figures.moved = UINT64_MAX;
	figures.done = UINT64_MAX;
	line("a time without end", 80, &figures, 1023.96 * 1024,
	     "svread: 16.0 EiB 1000000:00:00 1.0 MiB/s avg 17.6 MiB/s");
	figures.seconds = -1;
	figures.done = 1023;
	line("no time at all", 60, &figures, 0, "svread: 1023 B 0:00 0 B/s avg 0 B/s");
	figures.seconds = 0.5;
	figures.moved = 5;
	line("half a second", 60, &figures, 0, "svread: 1023 B 0:00 0 B/s avg 10 B/s");
}

static const char *shown_at(struct cli_progress *progress, double seconds, uint64_t moved)
{
	struct cli_figures figures = half_way();

	figures.total = SV_UNKNOWN;
	figures.waiting = "waiting for input";
	figures.elapsed = figures.seconds = seconds;
	figures.done = figures.moved = moved;
	cli_progress_show(progress, &figures);
	return heard();
}

static void drawn(void)
{
	struct cli_progress progress = { .how = CLI_PROGRESS_FORCE };
	struct cli_figures figures = half_way();
	const char *text;
	char columns[16];
	int i;

	setenv("TERM", "xterm", 1);
	setenv("COLUMNS", "60", 1);
	cli_program = "svread";
	hear(STDERR_FILENO);
	cli_progress_begin(&progress);
	same("before the first byte it waits", shown_at(&progress, 1, 0),
	     "\rsvread: 0 B 0:01 waiting for input\033[K");
	same("the rate counts from the first line", shown_at(&progress, 2, 100),
	     "\rsvread: 100 B 0:02 100 B/s avg 50 B/s\033[K");
	same("bytes that do not move wait", shown_at(&progress, 3, 100),
	     "\rsvread: 100 B 0:03 waiting for input\033[K");
	shown_at(&progress, 4, 300);
	shown_at(&progress, 5, 400);
	same("the rate is that of the last four intervals", shown_at(&progress, 6, 900),
	     "\rsvread: 900 B 0:06 200 B/s avg 150 B/s\033[K");
	ok(cli_line_shown, "a line is shown");
	figures.total = SV_UNKNOWN;
	cli_progress_end(&progress, &figures, 0, "");
	same("at the end it is cleared", heard(), cli_clear_line);
	ok(!cli_line_shown, "no line is shown");
	shown_at(&progress, 7, 901);
	cli_progress_end(&progress, &figures, 130, "");
	same("a signal leaves it", heard(), "\rsvread: 3.0 KiB 0:02 1.0 KiB/s avg 1.0 KiB/s\033[K\n");
	shown_at(&progress, 8, 902);
	cli_progress_clear();
	same("without a transfer it is cleared, too", heard(), cli_clear_line);
	cli_progress_end(&progress, &figures, 0, "");
	same("nothing is cleared twice", heard(), "");

	progress = (struct cli_progress){ .how = CLI_PROGRESS_FORCE, .name = "left" };
	cli_progress_begin(&progress);
	same("a named line ends with a newline", shown_at(&progress, 1, 0),
	     "left: 0 B 0:01 waiting for input\n");
	same("it is not repeated at once", shown_at(&progress, 1.49, 10), "");
	same("but after half a second", shown_at(&progress, 1.5, 100),
	     "left: 100 B 0:01 200 B/s avg 67 B/s\n");
	cli_progress_end(&progress, &figures, 0, "");
	same("a named line is not cleared", heard(), "");
	cli_progress_end(&progress, &figures, 130, "");
	same("after a signal it ends with one newline", heard(),
	     "left: 3.0 KiB 0:02 1.0 KiB/s avg 1.0 KiB/s\n");

	setenv("COLUMNS", "3", 1);
	progress = (struct cli_progress){ .how = CLI_PROGRESS_FORCE };
	cli_progress_begin(&progress);
	same("of a line some columns stay free, but one is used", shown_at(&progress, 1, 5), "\r5\033[K");
	cli_progress_clear();
	heard();
	for (i = 495; i <= 497; i++) {
		snprintf(columns, sizeof columns, "%d", i + 3);
		setenv("COLUMNS", columns, 1);
		figures = half_way();
		cli_progress_begin(&progress);
		cli_progress_end(&progress, &figures, 130, "");
		is(strlen(heard()), strlen("\r\033[K\n") + (size_t)(i < 496 ? i : 496),
		   "a line of %d columns, or of the most", i);
	}
	for (i = 0; i < 2; i++) {
		setenv("COLUMNS", "wide", 1);
		if (i == 1)
			unsetenv("COLUMNS");
		cli_progress_begin(&progress);
		cli_progress_end(&progress, &figures, 130, "");
		is(strlen(heard()), strlen("\r\033[K\n") + 77, "a width that is not known is 80");
	}
	setenv("COLUMNS", "60", 1);

	setenv("TERM", "dumb", 1);
	progress = (struct cli_progress){ .how = CLI_PROGRESS_FORCE };
	cli_progress_begin(&progress);
	shown_at(&progress, 1, 0);
	same("blanks clear the rest of a plain line", shown_at(&progress, 2, 5),
	     "\rsvread: 5 B 0:02 5 B/s avg 2 B/s  ");
	same("no more than needed", shown_at(&progress, 3, 10), "\rsvread: 10 B 0:03 5 B/s avg 3 B/s");
	cli_progress_end(&progress, &figures, 1, "");
	same("a newline ends a plain line", heard(), "\n");

	progress = (struct cli_progress){ .how = CLI_PROGRESS_JSON };
	cli_progress_begin(&progress);
	ok(strstr(shown_at(&progress, 1, 0), "\"elapsed\": 1.000, \"rate\": 0,") != NULL, "JSON is printed");
	same("it is not repeated at once", shown_at(&progress, 1.49, 10), "");
	ok(strstr(shown_at(&progress, 2, 20), "\"elapsed\": 2.000, \"rate\": 20,") != NULL,
	   "but after half a second");
	figures.messages = 5;
	figures.total = SV_UNKNOWN;
	cli_progress_end(&progress, &figures, 3, "why");
	text = heard();
	ok(strstr(text, "\"status\": 3, \"error\": \"why\"}") != NULL, "the last line has the status");
	ok(strstr(text, "\"bytes\": 3072, \"messages\": 5,") != NULL, "and the messages");
	cli_progress_end(&progress, &figures, 3, "");
	ok(strstr(heard(), "\"status\": 3, \"error\": null}") != NULL, "a failure may have no text");
	ok(strstr(text, "\"elapsed\": 3.000, \"rate\": 1024, \"average\": 1024, \"eta\": null,") != NULL,
	   "and the rates");

	progress = (struct cli_progress){ .how = CLI_PROGRESS_AUTO };
	cli_progress_begin(&progress);
	for (i = 0; i < 3; i++)
		same("without a terminal nothing is shown", shown_at(&progress, i, 0), "");
	cli_progress_end(&progress, &figures, 130, "");
	cli_progress_clear();
	same("nor at the end", heard(), "");
	heard_at_last();
}

static void options(void)
{
	struct cli_progress progress;

	ok(cli_progress_parse(&progress, NULL) && progress.how == CLI_PROGRESS_AUTO, "no word");
	ok(cli_progress_parse(&progress, "auto") && progress.how == CLI_PROGRESS_AUTO, "auto");
	ok(cli_progress_parse(&progress, "force") && progress.how == CLI_PROGRESS_FORCE, "force");
	ok(cli_progress_parse(&progress, "json") && progress.how == CLI_PROGRESS_JSON, "json");
	ok(!cli_progress_parse(&progress, "js"), "any other word is wrong");
}

int main(void)
{
	lines();
	times_and_amounts();
	drawn();
	options();
	return tap_done();
}
