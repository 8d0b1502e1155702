/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "transfer/progress.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/messages.h"
#include "common/numbers.h"
#include "common/signals.h"
#include "transfer/figures.h"

#define LINE_MS 250
#define SLOW_MS 1000 /* interval of JSON, and of whole lines */
/* Columns, with the brackets.  Below the first, less important parts of the line are left out instead. */
#define BAR_GOOD 24
#define BAR_LEAST 10
#define LINE_MOST 512

bool cli_progress_parse(struct cli_progress *p, const char *how)
{
	if (how == NULL || strcmp(how, "auto") == 0)
		p->how = CLI_PROGRESS_AUTO;
	else if (strcmp(how, "force") == 0)
		p->how = CLI_PROGRESS_FORCE;
	else if (strcmp(how, "json") == 0)
		p->how = CLI_PROGRESS_JSON;
	else
		return false;
	return true;
}

void cli_progress_begin(struct cli_progress *p)
{
	const char *terminal = getenv("TERM");

	cli_progress_reset(p);
	p->lines = p->how == CLI_PROGRESS_FORCE || (p->how == CLI_PROGRESS_AUTO && isatty(STDERR_FILENO));
	p->plain = terminal == NULL || strcmp(terminal, "dumb") == 0;
	if (p->lines && p->plain)
		cli_clear_line = "\n";
	if (p->lines || p->how == CLI_PROGRESS_JSON)
		cli_tick(p->lines && p->name == NULL ? LINE_MS : SLOW_MS);
}

void cli_progress_reset(struct cli_progress *p)
{
	p->count = 0;
	p->stalled = false;
}

/* Shorter than cli_bytes(), so that fewer digits move on the screen. */
static const char *amount(char *text, size_t size, double bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	size_t i = 0;

	for (; bytes >= 1023.95 && i + 1 < sizeof units / sizeof *units; i++)
		bytes /= 1024;
	snprintf(text, size, i == 0 ? "%.0f %s" : "%.1f %s", bytes, units[i]);
	return text;
}

/* Hours, minutes and seconds: "0:07", "1:02:03". */
static const char *duration(char *text, size_t size, double seconds)
{
	unsigned long whole = seconds < 0 ? 0 : seconds > 3.6e9 ? 3600000000UL : (unsigned long)seconds;

	if (whole >= 3600)
		snprintf(text, size, "%lu:%02lu:%02lu", whole / 3600, whole / 60 % 60, whole % 60);
	else
		snprintf(text, size, "%lu:%02lu", whole / 60, whole % 60);
	return text;
}

/*
 * The parts of the line from left to right.  On a narrow terminal the least important parts are left out
 * first.
 */
enum part { PROGRAM, BYTES, TOTAL, ELAPSED, RATE, AVERAGE, BAR, PERCENT, ETA, PARTS };
static const enum part least_first[] = { PROGRAM, TOTAL, BAR, AVERAGE, ETA, ELAPSED, PERCENT };

static size_t width_of(char part[][64])
{
	size_t used = 0, i;

	for (i = 0; i < PARTS; i++)
		if (part[i][0] != '\0')
			used += strlen(part[i]) + (used > 0);
	return used;
}

static void draw_bar(char *bar, size_t width, double share)
{
	size_t inner = width - 2, full = (size_t)(share * (double)inner), i;

	bar[0] = '[';
	for (i = 0; i < inner; i++)
		bar[1 + i] = i < full ? '=' : i == full ? '>' : ' ';
	bar[1 + inner] = ']';
	bar[2 + inner] = '\0';
}

void cli_progress_format(char *text, size_t size, size_t width, const char *name,
                         const struct cli_figures *figures, double rate)
{
	char part[PARTS][64] = { { 0 } }, number[32], bar[LINE_MOST];
	double left = cli_figure_remaining(figures);
	size_t i, used = 0;

	snprintf(part[PROGRAM], sizeof part[PROGRAM], "%.20s:", name);
	snprintf(part[BYTES], sizeof part[BYTES], "%s", amount(number, sizeof number, (double)figures->done));
	snprintf(part[ELAPSED], sizeof part[ELAPSED], "%s",
	         duration(number, sizeof number, figures->seconds));
	if (figures->waiting != NULL) {
		snprintf(part[RATE], sizeof part[RATE], "%s", figures->waiting);
	} else {
		snprintf(part[RATE], sizeof part[RATE], "%s/s", amount(number, sizeof number, rate));
		snprintf(part[AVERAGE], sizeof part[AVERAGE], "avg %s/s",
		         amount(number, sizeof number, cli_figure_average(figures)));
	}
	if (cli_figure_total_known(figures)) {
		snprintf(part[TOTAL], sizeof part[TOTAL], "of %s",
		         amount(number, sizeof number, (double)figures->total));
		snprintf(part[BAR], sizeof part[BAR], "%*s", BAR_GOOD, "");
		snprintf(part[PERCENT], sizeof part[PERCENT], "%d%%", (int)cli_figure_percent(figures));
		if (left >= 0 && figures->waiting == NULL)
			snprintf(part[ETA], sizeof part[ETA], "ETA %s",
			         duration(number, sizeof number, left));
	}
	for (i = 0; i < sizeof least_first / sizeof *least_first && width_of(part) > width; i++) {
		if (least_first[i] == BAR)
			part[BAR][part[BAR][0] != '\0' ? BAR_LEAST : 0] = '\0';
		if (width_of(part) > width)
			part[least_first[i]][0] = '\0';
	}
	if (part[BAR][0] != '\0') {
		size_t room = width - width_of(part) + strlen(part[BAR]);

		draw_bar(bar, room < sizeof bar ? room : sizeof bar - 1, cli_figure_percent(figures) / 100);
	}
	text[0] = '\0';
	for (i = 0; i < PARTS && used + 1 < size; i++)
		if (part[i][0] != '\0')
			used += (size_t)snprintf(text + used, size - used, "%s%s", used > 0 ? " " : "",
			                         i == BAR ? bar : part[i]);
	if (strlen(text) > width)
		text[width] = '\0';
}

static size_t columns(void)
{
	struct winsize window;
	const char *variable = getenv("COLUMNS");
	int number;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0)
		number = window.ws_col;
	else if (variable == NULL || !cli_parse_number(variable, 1, 10000, &number))
		number = 80;
	/* Some terminals wrap as soon as the last column is filled; and Ctrl-Z shows as two characters. */
	number = number > 3 ? number - 3 : 1;
	return number < LINE_MOST - 16 ? (size_t)number : LINE_MOST - 16;
}

/*
 * A program in the background must not draw, because that would stop it; and a terminal that is stopped
 * (Ctrl-S) must not block us.
 */
static bool may_draw(void)
{
	struct pollfd ready = { .fd = STDERR_FILENO, .events = POLLOUT };
	pid_t foreground = tcgetpgrp(STDERR_FILENO);

	return (foreground == -1 || foreground == getpgrp()) && poll(&ready, 1, 0) == 1;
}

static void put(const char *text, size_t length)
{
	ssize_t ignored = write(STDERR_FILENO, text, length);

	(void)ignored;
}

/* The rate over the last samples, including this one. */
static double rate_now(struct cli_progress *p, const struct cli_figures *figures)
{
	size_t last = p->count % CLI_SAMPLES, first = p->count < CLI_SAMPLES ? 0 : (last + 1) % CLI_SAMPLES;
	double passed;
	uint64_t before = p->count > 0 ? p->sample[(last + CLI_SAMPLES - 1) % CLI_SAMPLES].moved : 0;

	p->stalled = p->count > 0 && before == figures->moved;
	p->sample[last].seconds = figures->seconds;
	p->sample[last].moved = figures->moved;
	p->count++;
	passed = figures->seconds - p->sample[first].seconds;
	return passed > 0 ? (double)(figures->moved - p->sample[first].moved) / passed
	                  : cli_figure_average(figures);
}

/* Draw the line.  With a name it ends with a newline, so that several programs can share a terminal. */
static void put_line(struct cli_progress *p, const struct cli_figures *figures, double rate)
{
	char text[LINE_MOST], out[2 * LINE_MOST];
	size_t width = columns(), length;

	if (!may_draw())
		return;
	cli_progress_format(text, sizeof text, width, p->name != NULL ? p->name : cli_program, figures, rate);
	length = strlen(text);
	if (p->name != NULL)
		snprintf(out, sizeof out, "%s\n", text);
	else if (p->plain)
		snprintf(out, sizeof out, "\r%s%*s", text, (int)(p->drawn > length ? p->drawn - length : 0),
		         "");
	else
		snprintf(out, sizeof out, "\r%s\033[K", text);
	p->drawn = length;
	put(out, strlen(out));
	cli_line_shown = p->name == NULL;
}

void cli_progress_show(struct cli_progress *p, const struct cli_figures *figures)
{
	struct cli_figures shown = *figures;
	double rate;

	if (!p->lines && p->how != CLI_PROGRESS_JSON)
		return;
	/* This call was not caused by the tick, and the last line is recent. */
	if ((!p->lines || p->name != NULL) && p->count > 0 && figures->elapsed - p->last < SLOW_MS / 2e3)
		return;
	p->last = figures->elapsed;
	rate = rate_now(p, figures);
	/* A short wait between two blocks is not shown as waiting. */
	if (!p->stalled && figures->moved > 0)
		shown.waiting = NULL;
	if (p->lines)
		put_line(p, &shown, rate);
	else
		cli_progress_json(&shown, rate, -1, NULL);
}

void cli_progress_clear(void)
{
	if (cli_line_shown && may_draw())
		put(cli_clear_line, strlen(cli_clear_line));
	cli_line_shown = 0;
}

/* When a person ends the transfer, the line that the person saw last stays on the screen. */
static void keep_line(struct cli_progress *p, const struct cli_figures *figures)
{
	put_line(p, figures, cli_figure_average(figures));
	if (cli_line_shown)
		put("\n", 1);
	cli_line_shown = 0;
}

void cli_progress_end(struct cli_progress *p, const struct cli_figures *figures, int status,
                      const char *error)
{
	if (!p->lines && p->how != CLI_PROGRESS_JSON)
		return;
	cli_tick(0);
	if (!p->lines)
		cli_progress_json(figures, cli_figure_average(figures), status, error);
	else if (status > 128)
		keep_line(p, figures);
	else
		cli_progress_clear();
}
