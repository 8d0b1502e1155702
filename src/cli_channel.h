/* SPDX-License-Identifier: MIT */
/* cli_channel.h - one channel as seen by svstat: in columns, in detail, as JSON. */
#ifndef SV_CLI_CHANNEL_H
#define SV_CLI_CHANNEL_H

#include "cli.h"
#include "cli_json.h"
#include "cli_table.h"

/* A channel and what two looks at it tell. */
struct cli_channel {
	struct sv_info info;
	double rate;         /* bytes a second that the reader released; negative: not known */
	char command[2][72]; /* of the attached sides */
};

/* One look: the facts, and the commands of the processes. */
void cli_channel_take(struct cli_channel *channel, const struct sv_info *info);

#define CLI_BAR_LEAST 11 /* "[####] 100%" */
#define CLI_BAR_MOST 27

/* Bytes in the ring now, and how much of its capacity that is, 0 to 100. */
uint64_t cli_channel_fill(const struct sv_info *info);
unsigned cli_channel_percent(const struct sv_info *info);

/* Name, or path, with ":ID" if the project id is not the default; escaped. */
char *cli_channel_label(char *out, size_t size, const struct sv_info *info);

/* The columns there are: name and meaning, NULL at the end.  Number of a column by its name, -1: there is none. */
const char *cli_channel_column(size_t number, const char **meaning);
int cli_channel_column_find(const char *name, size_t length);
const struct cli_column *cli_channel_column_layout(int number);

/* A cell.  exact: numbers in full, times in seconds.  bar: columns for a bar, where the column is one. */
char *cli_channel_cell(char *out, size_t size, const struct cli_channel *channel, int column, bool exact, size_t bar);

/* Several lines, at most width columns each (0: any). */
void cli_channel_detail(FILE *out, const struct cli_channel *channel, size_t width);

/* The members of an object that is open. */
void cli_channel_json(struct cli_json *json, const struct cli_channel *channel);

#endif
