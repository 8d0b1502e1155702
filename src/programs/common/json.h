/* SPDX-License-Identifier: MIT */
/*
 * json.h - the JSON of all programs, written one value after the other:
 *
 *	struct cli_json json;
 *
 *	cli_json_start(&json, stderr, true);
 *	cli_json_open(&json, NULL, '{');
 *	cli_json_text(&json, "channel", name);
 *	cli_json_real(&json, "elapsed", seconds, 3);
 *	cli_json_close(&json, '}');
 *	cli_json_end(&json);
 *
 * The key of a value within an array, or of the value at the top, is NULL.
 */
#ifndef SV_COMMON_JSON_H
#define SV_COMMON_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct cli_json {
	FILE *out;
	bool on_one_line;
	bool first; /* nothing has been written yet into the innermost open object or array */
	unsigned depth;
};

/* on_one_line: put everything on one line, for one object after the other; otherwise indent. */
void cli_json_start(struct cli_json *json, FILE *out, bool on_one_line);
void cli_json_end(struct cli_json *json); /* writes the newline after the last value */

void cli_json_open(struct cli_json *json, const char *key, char bracket); /* '{' or '[' */
void cli_json_close(struct cli_json *json, char bracket);                 /* '}' or ']' */

/*
 * The text may hold any bytes: those that are not UTF-8 become U+FFFD, control characters are escaped.  NULL
 * becomes null.
 */
void cli_json_text(struct cli_json *json, const char *key, const char *text);
void cli_json_signed(struct cli_json *json, const char *key, int64_t number);
void cli_json_unsigned(struct cli_json *json, const char *key, uint64_t number);
/* Printed with this many decimals; infinity and NaN become null. */
void cli_json_real(struct cli_json *json, const char *key, double number, int decimals);
void cli_json_bool(struct cli_json *json, const char *key, bool value);
void cli_json_null(struct cli_json *json, const char *key);

#endif
