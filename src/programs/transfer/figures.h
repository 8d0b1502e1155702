/* SPDX-License-Identifier: MIT */
/* figures.h - what follows from the figures of a transfer, and the line of JSON that holds them. */
#ifndef SV_TRANSFER_FIGURES_H
#define SV_TRANSFER_FIGURES_H

#include <stdbool.h>
#include <stdint.h>

#include "svipc.h"

/* The figures of a transfer at one moment. */
struct cli_sight {
	const char *channel; /* its name or path */
	const char *waiting; /* "waiting for a reader"; NULL: not waiting */
	enum sv_state state; /* as svstat has it */
	uint64_t number;     /* of the transfer, from 1; 0: there is only one */
	uint64_t start;      /* position at which this process began, on a resumed transfer */
	uint64_t done;       /* bytes of the whole transfer, with what an earlier process did */
	uint64_t moved;      /* bytes that this process moved */
	uint64_t total;      /* bytes that there will be, or SV_UNKNOWN */
	uint64_t messages;   /* that this process moved */
	double elapsed;      /* seconds since the transfer was begun */
	double seconds;      /* since the first byte could flow */
};

/* A total is believed as long as the transfer keeps to it: files grow, and those of /proc say 0. */
bool cli_figure_total_known(const struct cli_sight *sight);

double cli_figure_percent(const struct cli_sight *sight);
double cli_figure_average(const struct cli_sight *sight); /* bytes a second */

/* Seconds to go, below 0 if that cannot be told. */
double cli_figure_remaining(const struct cli_sight *sight);

/* One object, written to standard error at once.  status: -1 while the transfer runs. */
void cli_progress_json(const struct cli_sight *sight, double rate, int status, const char *error);

#endif
