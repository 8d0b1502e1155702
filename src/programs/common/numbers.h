/* SPDX-License-Identifier: MIT */
/* numbers.h - numbers that people type, and numbers for people. */
#ifndef SV_COMMON_NUMBERS_H
#define SV_COMMON_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Strict numbers: the whole text, no sign, no blank, in range; else false.  errno then tells why: EINVAL for
 * a text that is no such number, ERANGE for one that is too small or too large.
 */
bool cli_parse_size(const char *text, uint64_t *bytes);      /* 64K, 1.5G, .5M; units are powers of 1024 */
bool cli_parse_seconds(const char *text, int *milliseconds); /* 2, 0.5, .5 */
bool cli_parse_duration(const char *text, int64_t *seconds); /* 90, 30s, 15m, 2h, 7d */
bool cli_parse_number(const char *text, int least, int most, int *number);
bool cli_parse_mode(const char *text, unsigned *mode); /* octal; each class may read and write, or nothing */

/* The largest number of seconds that cli_parse_seconds() takes. */
#define CLI_SECONDS_MOST 2000000

/* A number of bytes or bytes a second for people: "1.50 GiB". */
const char *cli_bytes(char *text, size_t size, double bytes);

#endif
