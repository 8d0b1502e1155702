/* SPDX-License-Identifier: MIT */
#include "common/json.h"

#include <inttypes.h>
#include <string.h>

static void put_line(struct cli_json *json)
{
	if (!json->on_one_line)
		fprintf(json->out, "\n%*s", (int)(2 * json->depth), "");
}

static void put_key(struct cli_json *json, const char *key)
{
	if (!json->first)
		fputs(json->on_one_line ? ", " : ",", json->out);
	if (json->depth > 0)
		put_line(json);
	json->first = false;
	if (key != NULL)
		fprintf(json->out, "\"%s\": ", key);
}

void cli_json_start(struct cli_json *json, FILE *out, bool on_one_line)
{
	json->out = out;
	json->on_one_line = on_one_line;
	json->first = true;
	json->depth = 0;
}

void cli_json_end(struct cli_json *json)
{
	putc('\n', json->out);
}

void cli_json_open(struct cli_json *json, const char *key, char bracket)
{
	put_key(json, key);
	putc(bracket, json->out);
	json->depth++;
	json->first = true;
}

void cli_json_close(struct cli_json *json, char bracket)
{
	json->depth--;
	if (!json->first)
		put_line(json);
	putc(bracket, json->out);
	json->first = false;
}

/* Bytes of the UTF-8 sequence that a text starts with, and its code point; 0 if it is none (RFC 3629). */
static size_t sequence(const unsigned char *text, uint32_t *point)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = text[0] < 0x80       ? 1
	           : text[0] >> 5 == 6  ? 2
	           : text[0] >> 4 == 14 ? 3
	           : text[0] >> 3 == 30 ? 4
	                                : 0;
	size_t i;

	if (n == 0)
		return 0;
	*point = n == 1 ? text[0] : text[0] & (0x7fu >> n);
	for (i = 1; i < n; i++) {
		if (text[i] >> 6 != 2)
			return 0;
		*point = *point << 6 | (text[i] & 0x3f);
	}
	return *point < least[n] || *point > 0x10ffff || (*point >= 0xd800 && *point <= 0xdfff) ? 0 : n;
}

void cli_json_text(struct cli_json *json, const char *key, const char *text)
{
	const unsigned char *at = (const unsigned char *)text;
	uint32_t point = 0;
	size_t n;

	if (text == NULL) {
		cli_json_null(json, key);
		return;
	}
	put_key(json, key);
	putc('"', json->out);
	while (*at != '\0') {
		n = sequence(at, &point);
		if (n == 0)
			fputs("\\ufffd", json->out);
		else if (point == '"' || point == '\\')
			fprintf(json->out, "\\%c", (int)point);
		else if (point < 0x20 || (point >= 0x7f && point < 0xa0))
			fprintf(json->out, "\\u%04x", (unsigned)point);
		else
			fwrite(at, 1, n, json->out);
		at += n == 0 ? 1 : n;
	}
	putc('"', json->out);
}

void cli_json_signed(struct cli_json *json, const char *key, int64_t number)
{
	put_key(json, key);
	fprintf(json->out, "%" PRId64, number);
}

void cli_json_unsigned(struct cli_json *json, const char *key, uint64_t number)
{
	put_key(json, key);
	fprintf(json->out, "%" PRIu64, number);
}

void cli_json_real(struct cli_json *json, const char *key, double number)
{
	put_key(json, key);
	fprintf(json->out, "%.3f", number);
}

void cli_json_bool(struct cli_json *json, const char *key, bool truth)
{
	put_key(json, key);
	fputs(truth ? "true" : "false", json->out);
}

void cli_json_null(struct cli_json *json, const char *key)
{
	put_key(json, key);
	fputs("null", json->out);
}
