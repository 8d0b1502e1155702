/* SPDX-License-Identifier: MIT */
/* progress.h - how far a transfer is: one line on a terminal, or lines of JSON for scripts. */
#ifndef SV_TRANSFER_PROGRESS_H
#define SV_TRANSFER_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/messages.h"

enum cli_progress_how {
	CLI_PROGRESS_NONE,
	CLI_PROGRESS_AUTO,  /* a line, if standard error is a terminal */
	CLI_PROGRESS_FORCE, /* a line, whatever standard error is */
	CLI_PROGRESS_JSON   /* one object a line, once a second */
};

/* What there is to show. */
struct cli_sight {
	const char *channel; /* its name or path */
	const char *waiting; /* "waiting for a reader"; NULL: not waiting */
	uint64_t done;       /* bytes of the whole transfer, with what an earlier process did */
	uint64_t moved;      /* bytes that this process moved */
	uint64_t total;      /* bytes that there will be, or SV_UNKNOWN */
	uint64_t messages;   /* that this process moved */
	double seconds;      /* since the first byte could flow */
};

#define CLI_SAMPLES 5 /* the rate now is the one of the last four ticks */

struct cli_progress {
	enum cli_progress_how how;
	bool lines;  /* of a line on a terminal, not JSON */
	double last; /* seconds at the last line of JSON */
	size_t count;
	struct {
		double seconds;
		uint64_t moved;
	} sample[CLI_SAMPLES];
	bool stalled; /* nothing moved since the last tick */
};

/* The argument of --progress, NULL for none; false if it is none. */
bool cli_progress_parse(struct cli_progress *p, const char *how);

/* A transfer begins: start ticking, if there is anything to show.  The first byte can flow: measure from now
 * on. */
void cli_progress_begin(struct cli_progress *p);
void cli_progress_reset(struct cli_progress *p);

/* Draw, or print a line of JSON. */
void cli_progress_show(struct cli_progress *p, const struct cli_sight *sight);

/* No more ticks; a line is cleared; a last line of JSON with the status to exit with. */
void cli_progress_end(struct cli_progress *p, const struct cli_sight *sight, int status);

/* The line, at most width columns. */
void cli_progress_format(char *text, size_t size, size_t width, const struct cli_sight *sight, double rate);

#endif
