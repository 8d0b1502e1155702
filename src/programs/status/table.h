/* SPDX-License-Identifier: MIT */
/* table.h - rows of text under headings, fitted to the width of a terminal. */
#ifndef SV_STATUS_TABLE_H
#define SV_STATUS_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define CLI_TABLE_COLUMNS 40

/* How a column is laid out.  Widths are counted in columns of a terminal. */
struct cli_column {
	const char *heading;
	bool right;   /* numbers */
	bool tail;    /* a path: when it is cut, keep its end */
	size_t least; /* the least width to which it may be cut; 0: it is never cut */
};

struct cli_table {
	size_t columns;
	struct cli_column column[CLI_TABLE_COLUMNS];
	size_t cells, room;
	char **cell; /* row by row, printable texts */
};

void cli_table_start(struct cli_table *table);
void cli_table_free(struct cli_table *table);

/* Add a column; all columns must be added before the first cell. */
void cli_table_column(struct cli_table *table, const struct cli_column *column);

/* Add the next cell, row by row; the text is copied. */
void cli_table_add(struct cli_table *table, const char *text);

/*
 * How much of width is left when all cells are cut to their least width; negative: this much is missing.
 * headings: the headings need room too.
 */
long cli_table_spare(const struct cli_table *table, bool headings, size_t width);

/*
 * Print one line for each row, at most most rows, and no line wider than width columns.  Width 0: nothing is
 * cut.
 */
void cli_table_print(const struct cli_table *table, FILE *out, bool headings, size_t width, size_t most);

/* Print a text, cut to width columns (0: not cut). */
void cli_print_cut(FILE *out, const char *text, size_t width);

#endif
