/* SPDX-License-Identifier: MIT */
/* columns.h - the possible columns of a table, and the text of a cell. */
#ifndef SV_STATUS_COLUMNS_H
#define SV_STATUS_COLUMNS_H

#include "status/facts.h"
#include "status/table.h"

#define CLI_COLUMNS_MOST CLI_TABLE_COLUMNS

/* How to show a snapshot. */
struct cli_view {
	int columns[CLI_COLUMNS_MOST]; /* as cli_columns_parse() returns them */
	size_t count;                  /* how many; 0: those that fit into the window */
	bool watching;                 /* if they are chosen by the window: include rates and a bar */
	bool owner;                    /* if they are chosen by the window: include the owner */
	bool exact;                    /* print bytes and seconds in full */
	bool headings;
	bool raw;    /* no blank within a cell, and the words of JSON */
	bool detail; /* several lines for each channel, no table */
};

/* Parse names separated by commas, in upper or lower case; false if one is unknown, or there are too many. */
bool cli_columns_parse(const char *list, int *chosen, size_t *count);

/* Print the name and meaning of each column, one a line. */
void cli_columns_help(FILE *out);

/* How a column is laid out. */
const struct cli_column *cli_columns_layout(int column);

/* The text of a cell.  bar: the width available for a bar. */
char *cli_columns_cell(char *out, size_t size, const struct cli_channel *channel, int column,
                       const struct cli_view *view, size_t bar);

#endif
