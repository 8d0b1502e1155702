/* SPDX-License-Identifier: MIT */
/* columns.h - what the columns of a table can be, and the text of a cell. */
#ifndef SV_STATUS_COLUMNS_H
#define SV_STATUS_COLUMNS_H

#include "status/facts.h"
#include "status/table.h"

#define CLI_COLUMNS_MOST CLI_TABLE_COLUMNS

/* How a snapshot is to be shown. */
struct cli_view {
	int columns[CLI_COLUMNS_MOST]; /* as cli_columns_parse() gave them */
	size_t count;                  /* how many; 0: those that fit into the window */
	bool watching;                 /* those that fit: with rates and a bar */
	bool owner;                    /* those that fit: with the owner */
	bool exact;                    /* bytes and seconds in full */
	bool headings;
	bool raw;    /* no blank within a cell, and the words of JSON */
	bool detail; /* several lines for each channel, no table */
};

/* Names separated by commas, in upper or lower case; false if one is not known, or they are too many. */
bool cli_columns_parse(const char *list, int *chosen, size_t *count);

/* Name and meaning of each, one a line. */
void cli_columns_help(FILE *out);

/* How a column is laid out. */
const struct cli_column *cli_columns_layout(int column);

/* The text of a cell.  bar: columns that a bar may take. */
char *cli_columns_cell(char *out, size_t size, const struct cli_channel *channel, int column,
                       const struct cli_view *view, size_t bar);

#endif
