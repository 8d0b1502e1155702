/* SPDX-License-Identifier: MIT */
#include "common/json.h"

#include <inttypes.h>
#include <math.h>

#include "common/text.h"

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

void cli_json_text(struct cli_json *json, const char *key, const char *text)
{
	uint32_t point = 0;
	bool control = false;
	size_t n;

	if (text == NULL) {
		cli_json_null(json, key);
		return;
	}
	put_key(json, key);
	putc('"', json->out);
	for (; *text != '\0'; text += n == 0 ? 1 : n) {
		n = cli_utf8(text, &point, &control);
		if (n == 0)
			fputs("\\ufffd", json->out);
		else if (point == '"' || point == '\\')
			fprintf(json->out, "\\%c", (int)point);
		else if (control)
			fprintf(json->out, "\\u%04x", (unsigned)point);
		else
			fwrite(text, 1, n, json->out);
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

void cli_json_real(struct cli_json *json, const char *key, double number, int decimals)
{
	if (!isfinite(number)) {
		cli_json_null(json, key);
		return;
	}
	put_key(json, key);
	fprintf(json->out, "%.*f", decimals, number);
}

void cli_json_bool(struct cli_json *json, const char *key, bool value)
{
	put_key(json, key);
	fputs(value ? "true" : "false", json->out);
}

void cli_json_null(struct cli_json *json, const char *key)
{
	put_key(json, key);
	fputs("null", json->out);
}
