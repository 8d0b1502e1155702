/* SPDX-License-Identifier: MIT */
/* progress.h - how far a transfer has got: one line on a terminal, or lines of JSON for scripts. */
#ifndef SV_TRANSFER_PROGRESS_H
#define SV_TRANSFER_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transfer/figures.h"

enum cli_progress_how {
	CLI_PROGRESS_NONE,
	CLI_PROGRESS_AUTO,  /* a line, if standard error is a terminal */
	CLI_PROGRESS_FORCE, /* a line, whatever standard error is */
	CLI_PROGRESS_JSON   /* one object a line, once a second */
};

#define CLI_SAMPLES 5 /* the rate now is the one of the last four ticks */

struct cli_progress {
	enum cli_progress_how how;
	const char *name; /* from --name: begins the line, which then ends with a newline; or NULL */
	bool lines;       /* show a line on a terminal, not JSON */
	bool plain;       /* the terminal knows no escape sequence */
	size_t drawn;     /* columns of the last line */
	double last;      /* seconds at the last line of JSON */
	size_t count;
	struct {
		double seconds;
		uint64_t moved;
	} sample[CLI_SAMPLES];
	bool stalled; /* nothing moved since the last tick */
};

/* Parse the argument of --progress (NULL: none); false if it is not valid. */
bool cli_progress_parse(struct cli_progress *p, const char *how);

/*
 * A transfer begins: start ticking, if there is anything to show. cli_progress_reset(): the first byte can
 * flow, rates are measured from now on.
 */
void cli_progress_begin(struct cli_progress *p);
void cli_progress_reset(struct cli_progress *p);

/* Draw, or print a line of JSON. */
void cli_progress_show(struct cli_progress *p, const struct cli_figures *figures);

/*
 * The transfer has ended with this status, or by a signal: 128 plus its number.  Ticking stops.  The line is
 * cleared, unless a signal has ended the transfer.  The last line of JSON has the status and, unless it is 0,
 * the error in words.
 */
void cli_progress_end(struct cli_progress *p, const struct cli_figures *figures, int status,
                      const char *error);

/* Clear the line, if one is shown. */
void cli_progress_clear(void);

/* Write the line, at most width columns wide, into text; name begins it. */
void cli_progress_format(char *text, size_t size, size_t width, const char *name,
                         const struct cli_figures *figures, double rate);

#endif
