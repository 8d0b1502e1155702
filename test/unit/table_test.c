/* SPDX-License-Identifier: MIT */
/* Tables: columns as wide as their cells, cut where the window is too narrow. */
#define _GNU_SOURCE /* newlocale */
#include <locale.h>

#include "common/text.h"
#include "leaks.h"
#include "printed.h"
#include "status/table.h"

static const struct cli_column plain = { "TEXT", false, false, 0 }, number = { "NO", true, false, 0 },
			       head = { "HEAD", false, false, 6 }, tail = { "TAIL", false, true, 6 };

static struct cli_table two_rows(void)
{
	static const char *const cells[] = { "abcdefghij", "1", "0123456789", "b", "1000", "" };
	struct cli_table table;
	int i;

	cli_table_start(&table);
	cli_table_column(&table, &head);
	cli_table_column(&table, &number);
	cli_table_column(&table, &tail);
	for (i = 0; i < 6; i++)
		cli_table_add(&table, cells[i]);
	return table;
}

static void prints(const char *what, bool headings, size_t width, size_t most, const char *expected)
{
	struct cli_table table = two_rows();
	FILE *out = open_stream();

	cli_table_print(&table, out, headings, width, most);
	must(fclose(out) == 0);
	same(what, streamed, expected);
	free(streamed);
	cli_table_free(&table);
}

static void widths(void)
{
	struct cli_table table = two_rows();

	prints("columns are as wide as their cells", true, 0, 2,
	       "HEAD          NO  TAIL\nabcdefghij     1  0123456789\nb           1000  \n");
	prints("headings and rows may be left out", false, 0, 1, "abcdefghij     1  0123456789\n");
	prints("two blanks part columns in a wide window", false, 61, 1, "abcdefghij     1  0123456789\n");
	prints("one in a narrow window", false, 60, 1, "abcdefghij    1 0123456789\n");
	prints("nothing is cut if all fits", false, 26, 1, "abcdefghij    1 0123456789\n");
	prints("the first of those that can spare most is cut first", false, 25, 1,
	       "abcdefgh~    1 0123456789\n");
	prints("then the next", false, 24, 1, "abcdefgh~    1 ~23456789\n");
	prints("down to the least width", false, 18, 1, "abcde~    1 ~56789\n");
	prints("and below, if even that does not fit", false, 17, 1, "abcd~    1 ~56789\n");
	prints("but not below four", false, 14, 1, "abc~    1 ~789\n");
	prints("what is left is beyond the window", false, 12, 1, "abc~    1 ~9\n");
	prints("a column that would be empty is left out", false, 10, 1, "abc~    1\n");
	prints("a number is cut, too", false, 7, 1, "abc~  1\n");
	is(cli_table_spare(&table, false, 30), 12, "so much may be spared");
	is(cli_table_spare(&table, false, 17), -1, "so much is missing");
	is(cli_table_spare(&table, false, 61), 41, "a wide window has wider gaps");
	cli_table_free(&table);
}

static void headings(void)
{
	struct cli_table table;

	cli_table_start(&table);
	cli_table_column(&table, &number);
	cli_table_column(&table, &plain);
	cli_table_add(&table, "1");
	cli_table_add(&table, "");
	is(cli_table_spare(&table, true, 20), 20 - 7, "headings need room");
	is(cli_table_spare(&table, false, 20), 20 - 2, "unless they are not shown");
	cli_table_free(&table);
	is(table.columns + table.cells, 0, "a table that was freed is empty");
	is(cli_table_spare(&table, true, 20), 20, "and needs no room");
}

static void cut(const char *what, const char *text, size_t width, const char *expected)
{
	FILE *out = open_stream();

	cli_print_cut(out, text, width);
	must(fclose(out) == 0);
	same(what, streamed, expected);
	free(streamed);
}

static void cuts(void)
{
	locale_t utf8;

	cut("a text that fits", "abc", 3, "abc");
	cut("a text without a limit", "abc", 0, "abc");
	cut("a text that is cut", "abcd", 3, "ab~");
	cut("a text that is cut to its mark", "abcd", 1, "~");
	/* The first text that is not ASCII sets the locale of the environment, see text_test.c. */
	must(setenv("LC_ALL", "C.UTF-8", 1) == 0);
	utf8 = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	if (utf8 != (locale_t)0) {
		freelocale(utf8);
		is(cli_text_width("\xc3\xbc"), 1, "a character of two bytes takes one column");
		cut("a character is not cut in two", "a\xc3\xbc\xc3\xbc", 2, "a~");
	}
}

static void many(void)
{
	struct cli_table table;
	int i;

	cli_table_start(&table);
	for (i = 0; i < CLI_TABLE_COLUMNS + 3; i++)
		cli_table_column(&table, &plain);
	is(table.columns, CLI_TABLE_COLUMNS, "more columns than a table holds are left out");
	for (i = 0; i < 1000; i++)
		cli_table_add(&table, "x");
	is(table.cells, 1000, "a table has any number of cells");
	cli_table_free(&table);
}

static void make_and_free(void)
{
	struct cli_table table = two_rows();

	cli_table_free(&table);
}

int main(void)
{
	ok(frees_all(make_and_free), "a table is freed");
	widths();
	headings();
	cuts();
	many();
	return tap_done();
}
