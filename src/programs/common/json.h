/* SPDX-License-Identifier: MIT */
/* json.h - writing JSON, one value after the other.  Keys are NULL within arrays and at the top. */
#ifndef SV_COMMON_JSON_H
#define SV_COMMON_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct cli_json {
	FILE *out;
	bool on_one_line;
	bool first; /* in the object or array that is open */
	unsigned depth;
};

void cli_json_start(struct cli_json *json, FILE *out, bool on_one_line);
void cli_json_end(struct cli_json *json);

void cli_json_open(struct cli_json *json, const char *key, char bracket); /* '{' or '[' */
void cli_json_close(struct cli_json *json, char bracket);                 /* '}' or ']' */

/* Any bytes: what is not UTF-8 becomes U+FFFD, control characters are escaped.  NULL is null. */
void cli_json_text(struct cli_json *json, const char *key, const char *text);
void cli_json_signed(struct cli_json *json, const char *key, int64_t number);
void cli_json_unsigned(struct cli_json *json, const char *key, uint64_t number);
void cli_json_real(struct cli_json *json, const char *key, double number);
void cli_json_bool(struct cli_json *json, const char *key, bool truth);
void cli_json_null(struct cli_json *json, const char *key);

#endif
