/* SPDX-License-Identifier: MIT */
/* display.h - a snapshot as text: a table or details, a summary line, JSON, or a frame of a screen. */
#ifndef SV_STATUS_DISPLAY_H
#define SV_STATUS_DISPLAY_H

#include "status/columns.h"
#include "status/snapshot.h"

/*
 * Print the table with at most this many rows, or the details.  No line is wider than width.  Width 0: there
 * is no limit, and the table has the columns that fit into 80.
 */
void cli_display(FILE *out, const struct cli_snapshot *snapshot, const struct cli_view *view, size_t width,
                 size_t rows);

/* "3 channels, 1 running, 12M/s  17:03:21": as much of it as fits into width columns (0: all). */
char *cli_display_summary(char *out, size_t size, const struct cli_snapshot *snapshot, size_t width);

/* A screenful: the summary, and below it what cli_display() prints.  To be freed; NULL: no memory. */
char *cli_display_frame(const struct cli_snapshot *snapshot, const struct cli_view *view, size_t width,
                        size_t lines);

void cli_display_json(FILE *out, const struct cli_snapshot *snapshot, bool on_one_line);

#endif
