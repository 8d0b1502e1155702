/* SPDX-License-Identifier: MIT */
/* figures.h - the figures of a transfer, what is computed from them, and the line of JSON that holds them. */
#ifndef SV_TRANSFER_FIGURES_H
#define SV_TRANSFER_FIGURES_H

#include <stdbool.h>
#include <stdint.h>

#include "svipc.h"

/* The figures of a transfer at one moment. */
struct cli_figures {
	const char *channel; /* its name or path */
	const char *waiting; /* "waiting for a reader"; NULL: not waiting */
	enum sv_state state; /* as svstat shows it */
	uint64_t number;     /* number of the transfer, from 1; 0: there is only one */
	uint64_t start;      /* position at which this process began a resumed transfer */
	uint64_t done;       /* bytes of the whole transfer, including those of earlier processes */
	uint64_t moved;      /* bytes that this process moved */
	uint64_t total;      /* bytes in all, or SV_UNKNOWN */
	uint64_t messages;   /* messages that this process moved */
	double elapsed;      /* seconds since the transfer was begun */
	double seconds;      /* since the first byte could flow */
};

/*
 * Is the total known?  It counts only while the transfer stays within it, because files grow, and those of
 * /proc have size 0.
 */
bool cli_figure_total_known(const struct cli_figures *figures);

double cli_figure_percent(const struct cli_figures *figures);
double cli_figure_average(const struct cli_figures *figures); /* bytes a second */

/* Seconds until the end; below 0 if not known. */
double cli_figure_remaining(const struct cli_figures *figures);

/* Write one object to standard error, in one piece.  status: -1 while the transfer runs. */
void cli_progress_json(const struct cli_figures *figures, double rate, int status, const char *error);

#endif
