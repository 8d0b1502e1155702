/* SPDX-License-Identifier: MIT */
#include "status/table.h"

#include <stdlib.h>
#include <string.h>

#include "common/memory.h"
#include "common/text.h"

#define NARROWEST 4

void cli_table_start(struct cli_table *table)
{
	memset(table, 0, sizeof *table);
}

void cli_table_column(struct cli_table *table, const struct cli_column *column)
{
	if (table->columns < CLI_TABLE_COLUMNS)
		table->column[table->columns++] = *column;
}

void cli_table_free(struct cli_table *table)
{
	size_t i;

	for (i = 0; i < table->cells; i++)
		free(table->cell[i]);
	free(table->cell);
	memset(table, 0, sizeof *table);
}

void cli_table_add(struct cli_table *table, const char *text)
{
	if (table->cells == table->room) {
		table->room = table->room * 2 + 256;
		table->cell = cli_must(realloc(table->cell, table->room * sizeof *table->cell));
	}
	table->cell[table->cells++] = cli_must(strdup(text));
}

static size_t gap(size_t width)
{
	return width == 0 || width > 60 ? 2 : 1;
}

/* Measure the width that each column needs for its widest cell. */
static void measure(const struct cli_table *table, bool headings, size_t *need)
{
	size_t i, width;

	for (i = 0; i < table->columns; i++)
		need[i] = headings ? strlen(table->column[i].heading) : 0;
	for (i = 0; i < table->cells; i++) {
		width = cli_text_width(table->cell[i]);
		if (width > need[i % table->columns])
			need[i % table->columns] = width;
	}
}

static size_t least(const struct cli_table *table, size_t i, bool headings, size_t need)
{
	const struct cli_column *column = &table->column[i];
	size_t floor = column->least;

	if (floor == 0)
		return need;
	if (headings && strlen(column->heading) > floor)
		floor = strlen(column->heading);
	return floor < need ? floor : need;
}

static size_t sum(const size_t *widths, size_t columns, size_t between)
{
	size_t total = columns > 0 ? (columns - 1) * between : 0, i;

	for (i = 0; i < columns; i++)
		total += widths[i];
	return total;
}

long cli_table_spare(const struct cli_table *table, bool headings, size_t width)
{
	size_t need[CLI_TABLE_COLUMNS], i;

	measure(table, headings, need);
	for (i = 0; i < table->columns; i++)
		need[i] = least(table, i, headings, need[i]);
	return (long)width - (long)sum(need, table->columns, gap(width));
}

/* Repeatedly narrow the column that can spare most, until the line fits or no column can spare anything. */
static void shrink(const struct cli_table *table, size_t width, size_t *widths, const size_t *floor)
{
	while (sum(widths, table->columns, gap(width)) > width) {
		size_t best = table->columns, spare = 0, i;

		for (i = 0; i < table->columns; i++)
			if (widths[i] > floor[i] && widths[i] - floor[i] > spare) {
				spare = widths[i] - floor[i];
				best = i;
			}
		if (best == table->columns)
			return;
		widths[best]--;
	}
}

/* Choose the widths to print with.  If even the least widths do not fit, columns that may be cut get less. */
static void fit(const struct cli_table *table, bool headings, size_t width, size_t *widths)
{
	size_t floor[CLI_TABLE_COLUMNS] = { 0 }, i;

	measure(table, headings, widths);
	if (width == 0)
		return;
	for (i = 0; i < table->columns; i++)
		floor[i] = least(table, i, headings, widths[i]);
	shrink(table, width, widths, floor);
	for (i = 0; i < table->columns; i++)
		if (table->column[i].least != 0 && floor[i] > NARROWEST)
			floor[i] = NARROWEST;
	shrink(table, width, widths, floor);
}

static bool in_character(const char *text)
{
	return ((unsigned char)*text & 0xc0) == 0x80;
}

/* Cut a text to width columns; "~" marks the place of the cut. */
static const char *cut(char *out, size_t size, const char *text, size_t width, bool tail)
{
	size_t at = 0;

	if (width == 0)
		return "";
	if (tail) {
		while (cli_text_width(text + at) > width - 1 || in_character(text + at))
			at++;
		snprintf(out, size, "~%s", text + at);
	} else {
		snprintf(out, size - 1, "%s", text);
		for (at = strlen(out); cli_text_width(out) > width - 1 || in_character(text + at);
		     out[--at] = '\0')
			;
		strcat(out, "~");
	}
	return out;
}

/* Print a text in exactly width columns; blanks follow it only if the line continues. */
static void put_cell(FILE *out, const char *text, size_t width, const struct cli_column *column, bool last)
{
	size_t own = cli_text_width(text);
	char shorter[2500];

	if (own > width) {
		text = cut(shorter, sizeof shorter, text, width, column->tail);
		own = cli_text_width(text);
	}
	fprintf(out, "%*s%s%*s", column->right ? (int)(width - own) : 0, "", text,
	        column->right || last ? 0 : (int)(width - own), "");
}

/* Print a line of cells.  What is beyond limit columns (0: no limit) is left out. */
static void put_row(const struct cli_table *table, FILE *out, char *const *cell, const size_t *widths,
                    size_t between, size_t limit)
{
	size_t i, used = 0, width;
	bool last = false;

	for (i = 0; i < table->columns && !last; i++) {
		width = widths[i];
		if (limit > 0 && used + width > limit)
			width = limit - used;
		last = i + 1 == table->columns || (limit > 0 && used + width + between >= limit);
		put_cell(out, cell != NULL ? cell[i] : table->column[i].heading, width, &table->column[i],
		         last);
		used += width + between;
		if (!last)
			fprintf(out, "%*s", (int)between, "");
	}
	putc('\n', out);
}

void cli_table_print(const struct cli_table *table, FILE *out, bool headings, size_t width, size_t most)
{
	size_t widths[CLI_TABLE_COLUMNS], between = gap(width), row;

	fit(table, headings, width, widths);
	if (headings)
		put_row(table, out, NULL, widths, between, width);
	for (row = 0; row < table->cells / table->columns && row < most; row++)
		put_row(table, out, table->cell + row * table->columns, widths, between, width);
}

void cli_print_cut(FILE *out, const char *text, size_t width)
{
	static const struct cli_column plain = { .heading = "" };
	size_t own = cli_text_width(text);

	put_cell(out, text, width == 0 || own < width ? own : width, &plain, true);
}
