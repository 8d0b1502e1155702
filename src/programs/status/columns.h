/* SPDX-License-Identifier: MIT */
/* columns.h - the facts of channels as columns of a table. */
#ifndef SV_STATUS_COLUMNS_H
#define SV_STATUS_COLUMNS_H

#include "status/snapshot.h"
#include "status/table.h"

#define CLI_COLUMNS_MOST CLI_TABLE_COLUMNS

/* What a table is to show. */
struct cli_view {
	int columns[CLI_COLUMNS_MOST]; /* as cli_columns_parse() gave them */
	size_t count;                  /* 0: as many as fit */
	bool watching;                 /* of those that fit: with rates and a bar */
	bool owner;                    /* of those that fit: with the owner */
	bool exact;                    /* bytes and seconds in full */
	bool headings;
};

/* Names separated by commas, in upper or lower case; false if one is not known, or they are too many. */
bool cli_columns_parse(const char *list, int *chosen, size_t *count);

/* Name and meaning of each, one a line. */
void cli_columns_help(FILE *out);

/* The table of a look; width is what it should fit into.  To be freed. */
void cli_columns_table(struct cli_table *table, const struct cli_snapshot *look, const struct cli_view *view,
                       size_t width);

#endif
