/* SPDX-License-Identifier: MIT */
/* text.h - texts of others made safe to print; sizes, ages and times in few characters. */
#ifndef SV_COMMON_TEXT_H
#define SV_COMMON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The one place that makes texts of others safe for a terminal.  Control characters (C0 and C1, newlines),
 * marks that change the direction of text, bytes that are no character of this locale, and whatever else is
 * not printable become \xHH for each byte.  The locale is set at the first need.
 *
 * cli_escape() is for one name, path or word: a backslash is doubled, so that an escape cannot be forged.
 * cli_escape_message() is for a whole line with such texts in it: backslashes stay.
 * Both cut off what does not fit.
 */
char *cli_escape(char *out, size_t size, const char *text);
char *cli_escape_message(char *out, size_t size, const char *text);

/*
 * Bytes of the printable character that a text begins with, 0 if it begins with none; its columns in *width
 * (may be NULL).
 */
size_t cli_printable(const char *text, size_t *width);

/*
 * Bytes of the UTF-8 sequence (RFC 3629) that a text begins with, 0 if it begins with none.  *point is the
 * character; *control tells whether it is one that cli_escape() would escape in any locale.
 */
size_t cli_utf8(const char *text, uint32_t *point, bool *control);

/* Columns that a text made by cli_escape() takes on a terminal. */
size_t cli_text_width(const char *text);

/* Bytes in at most five characters: 512, 1.5K, 150M.  Powers of 1024. */
char *cli_short_bytes(char *out, size_t size, double bytes);

/* A time span in at most four characters: 12s, 5m, 26h, 3d; "?" when it is not known (negative). */
char *cli_short_age(char *out, size_t size, int64_t seconds);

/* A time on the clock of this time zone; "-" when it is not known (0). */
char *cli_time(char *out, size_t size, int64_t when);

/* 0 to 100, rounded down; 0 if the whole is 0. */
unsigned cli_percent(uint64_t part, uint64_t whole);

/* "[####      ]  40%" in width columns; a width beyond these limits is brought to the limit. */
#define CLI_BAR_LEAST 11
#define CLI_BAR_MOST 27
char *cli_bar(char *out, size_t size, unsigned percent, size_t width);

/* Seconds since a time; -1 when that is not known (0) or lies ahead by more than a second. */
int64_t cli_seconds_since(int64_t when);

#endif
