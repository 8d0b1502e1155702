/* SPDX-License-Identifier: MIT */
/* figures.h - what follows from the figures of a transfer, and the line of JSON that holds them. */
#ifndef SV_TRANSFER_FIGURES_H
#define SV_TRANSFER_FIGURES_H

#include "transfer/progress.h"

/* A total is believed as long as the transfer keeps to it: files grow, and those of /proc say 0. */
bool cli_figure_total_known(const struct cli_sight *sight);

double cli_figure_percent(const struct cli_sight *sight);
double cli_figure_average(const struct cli_sight *sight); /* bytes a second */

/* Seconds to go, below 0 if that cannot be told. */
double cli_figure_remaining(const struct cli_sight *sight);

/* One object, written to standard error at once.  status: -1 while the transfer runs. */
void cli_progress_json(const struct cli_sight *sight, double rate, int status, const char *error);

#endif
