/* SPDX-License-Identifier: MIT */
/* Texts from elsewhere: nothing in them controls a terminal, breaks JSON, or is special to a shell. */
#include <locale.h>
#include <math.h>
#include <time.h>

#include "common/json.h"
#include "common/shell.h"
#include "common/states.h"
#include "common/text.h"
#include "printed.h"

static void escaped(const char *what, const char *text, const char *expected)
{
	char out[256];

	same(what, cli_escape(out, sizeof out, text), expected);
}

static void escapes(bool utf8)
{
	char out[9];

	escaped("plain text stays", "a b.c", "a b.c");
	escaped("a backslash is doubled", "\\x1b", "\\\\x1b");
	escaped("an escape sequence", "\x1b[31m", "\\x1b[31m");
	escaped("a newline", "a\nb", "a\\x0ab");
	escaped("invalid UTF-8", "\xff", "\\xff");
	escaped("C1 as a byte", "\x9b", "\\x9b");
	escaped("C1 in UTF-8", "\xc2\x9b", "\\xc2\\x9b");
	escaped("a mark that turns text round", "\xe2\x80\xae", "\\xe2\\x80\\xae");
	escaped("a line separator", "\xe2\x80\xa8", "\\xe2\\x80\\xa8");
	escaped("a letter that is not ASCII", "\xc3\xbc", utf8 ? "\xc3\xbc" : "\\xc3\\xbc");
	escaped("a letter that is cut off", "\xc3", "\\xc3");
	same("cut between two characters", cli_escape(out, 8, "abcde\x1b"), "abcde");
	same("cut to leave room for the end", cli_escape(out, 8, "abcdefgh"), "abcdefg");
	same("in a message a backslash stays", cli_escape_message(out, 8, "a\\b\n"), "a\\b\\x0a");
}

static struct cli_json json;

static void start_json(bool compact)
{
	cli_json_start(&json, open_stream(), compact);
	cli_json_open(&json, NULL, '{');
}

static void json_is(const char *what, const char *expected)
{
	cli_json_close(&json, '}');
	cli_json_end(&json);
	fclose(json.out);
	same(what, streamed, expected);
	free(streamed);
}

static void indented(void)
{
	start_json(false);
	cli_json_open(&json, "list", '[');
	cli_json_text(&json, NULL, "a");
	cli_json_text(&json, NULL, "b");
	cli_json_close(&json, ']');
	cli_json_open(&json, "none", '[');
	cli_json_close(&json, ']');
	json_is("JSON is indented", "{\n  \"list\": [\n    \"a\",\n    \"b\"\n  ],\n  \"none\": []\n}\n");
}

static void in_json(const char *what, const char *text, double number, const char *expected)
{
	start_json(true);
	cli_json_text(&json, "t", text);
	cli_json_real(&json, "r", number, 1);
	json_is(what, expected);
}

static void compact(void)
{
	in_json("JSON, plain", "a", 1.25, "{\"t\": \"a\", \"r\": 1.2}\n");
	in_json("JSON, no text and no number", NULL, INFINITY, "{\"t\": null, \"r\": null}\n");
	in_json("JSON, not a number", "", NAN, "{\"t\": \"\", \"r\": null}\n");
	in_json("JSON, quotes and backslashes", "\"\\", 0, "{\"t\": \"\\\"\\\\\", \"r\": 0.0}\n");
	in_json("JSON, C0 and newline", "\x01\n", 0, "{\"t\": \"\\u0001\\u000a\", \"r\": 0.0}\n");
	in_json("JSON, C1", "\xc2\x9b", 0, "{\"t\": \"\\u009b\", \"r\": 0.0}\n");
	in_json("JSON, the last mark of a direction", "\xe2\x81\xa9", 0,
	        "{\"t\": \"\\u2069\", \"r\": 0.0}\n");
	in_json("JSON, invalid UTF-8", "a\xff\xc3", 0, "{\"t\": \"a\\ufffd\\ufffd\", \"r\": 0.0}\n");
	in_json("JSON, a surrogate and an overlong form", "\xed\xa0\x80\xc0\x80", 0,
	        "{\"t\": \"\\ufffd\\ufffd\\ufffd\\ufffd\\ufffd\", \"r\": 0.0}\n");
	in_json("JSON, the last surrogate and its neighbour", "\xed\xbf\xbf\xee\x80\x80", 0,
	        "{\"t\": \"\\ufffd\\ufffd\\ufffd\xee\x80\x80\", \"r\": 0.0}\n");
	in_json("JSON, the last character that there is, and one more", "\xf4\x8f\xbf\xbf\xf4\x90\x80\x80", 0,
	        "{\"t\": \"\xf4\x8f\xbf\xbf\\ufffd\\ufffd\\ufffd\\ufffd\", \"r\": 0.0}\n");
	in_json("JSON, UTF-8 in any locale", "\xc3\xbc", 0, "{\"t\": \"\xc3\xbc\", \"r\": 0.0}\n");
}

static void word(const char *what, const char *text, const char *expected)
{
	char out[64];

	same(what, cli_shell_word(out, sizeof out, text), expected);
}

static void command(const char *what, const char *dir, const char *name, const char *path, int project,
                    const char *expected)
{
	static char out[CLI_COMMAND_SIZE];

	same(what, cli_shell_command(out, sizeof out, "svclean -a", dir, name, path, project), expected);
}

static void shell(void)
{
	char out[8];

	word("a harmless word is bare", "a/b-c.d_1", "a/b-c.d_1");
	word("an empty word", "", "''");
	word("blanks and dollars", "a $b", "'a $b'");
	word("a quote", "it's", "'it'\\''s'");
	word("a tilde", "~root", "'~root'");
	word("control characters", "a\n'\\", "$'a\\x0a\\'\\\\'");
	same("what does not fit is empty", cli_shell_word(out, sizeof out, "a b c d e f"), "");
	unsetenv("SVIPC_DIR");
	command("the default channel", NULL, NULL, NULL, 0, "svclean -a -c default");
	command("a name", NULL, "backup", NULL, 83, "svclean -a -c backup");
	command("a path and a project id", NULL, NULL, "/my file", 7, "svclean -a -k '/my file' -i 7");
	command("the shortest path", NULL, NULL, "/", 0, "svclean -a -k /");
	command("a directory", "/run/me", "backup", "", 0, "SVIPC_DIR=/run/me svclean -a -c backup");
	setenv("SVIPC_DIR", "/usr/../tmp/", 1);
	command("SVIPC_DIR, canonical", NULL, "backup", NULL, 0, "SVIPC_DIR=/tmp svclean -a -c backup");
	setenv("SVIPC_DIR", "not there", 1);
	command("SVIPC_DIR that is not there", NULL, NULL, NULL, 0,
	        "SVIPC_DIR='not there' svclean -a -c default");
}

static void age(int64_t seconds, const char *expected)
{
	char out[16];

	same("an age", cli_short_age(out, sizeof out, seconds), expected);
}

static void bytes(double number, const char *expected)
{
	char out[16];

	same("bytes", cli_short_bytes(out, sizeof out, number), expected);
}

static void bar(unsigned percentage, size_t width, const char *expected)
{
	char out[CLI_BAR_MOST + 1];

	same("a bar", cli_bar(out, sizeof out, percentage, width), expected);
}

static void figures(void)
{
	age(-1, "?");
	age(0, "0s");
	age(119, "119s");
	age(120, "2m");
	age(7199, "119m");
	age(7200, "2h");
	age(172799, "47h");
	age(172800, "2d");
	bytes(0, "0");
	bytes(1023, "1023");
	bytes(1024, "1K");
	bytes(1025, "1.00K");
	bytes(1536, "1.50K");
	bytes(10240, "10K");
	bytes(10250, "10.0K");
	bytes(102348, "99.9K");
	bytes(102350, "100K");
	bytes(1023 * 1024., "1023K");
	bytes(1023.5 * 1024, "1.00M");
	bytes(99.95 * 1125899906842624, "100P");
	bytes(1e18, "888P");
	bytes(2e18, "1.73E");
	is(cli_percent(1, 0), 0, "nothing of nothing is 0 %%");
	is(cli_percent(1, 3), 33, "a percentage is rounded down");
	is(cli_percent(3, 3), 100, "all is 100 %%");
	is(cli_percent(4, 3), 100, "more than all is 100 %%");
	bar(0, 17, "[          ]   0%");
	bar(1, 17, "[#         ]   1%");
	bar(14, 17, "[#         ]  14%");
	bar(15, 17, "[##        ]  15%");
	bar(99, 17, "[######### ]  99%");
	bar(100, 17, "[##########] 100%");
	bar(50, CLI_BAR_LEAST - 1, "[##  ]  50%");
	is(cli_seconds_since(0), -1, "a time that is not known has no age");
	is(cli_seconds_since(INT64_MAX), -1, "a time to come has no age");
	ok(cli_seconds_since(1) > 0, "a time has an age");
	ok(cli_seconds_since(time(NULL)) >= 0, "also this moment");
	is(cli_seconds_since(time(NULL) + 1), 0, "and one that another clock has begun already");
}

/* The word for a state, also for one that is added later, has no blank. */
static void states(void)
{
	int state;

	for (state = 0; state < 16; state++)
		ok(strchr(cli_state_word((enum sv_state)state), ' ') == NULL &&
		           strlen(cli_state_short((enum sv_state)state)) <= 9,
		   "state %d is %s, in short '%s'", state, cli_state_word((enum sv_state)state),
		   cli_state_short((enum sv_state)state));
}

int main(void)
{
	/* The first text that is not ASCII sets the locale of the environment; these tests set others. */
	cli_printable("\xc3\xbc", NULL);
	setlocale(LC_CTYPE, "C");
	escapes(false);
	if (setlocale(LC_CTYPE, "C.UTF-8") != NULL)
		escapes(true);
	compact();
	indented();
	shell();
	states();
	figures();
	return tap_done();
}
