/* SPDX-License-Identifier: MIT */
#include "common/arguments.h"

#include <errno.h>

#include "common/messages.h"
#include "common/numbers.h"
#include "common/text.h"

int cli_argument_id(const char *text)
{
	return cli_argument_number("--id", text, 1, 255);
}

uint64_t cli_argument_size(const char *option, const char *text, uint64_t most)
{
	uint64_t bytes = 0;
	char limit[32];
	bool valid = cli_parse_size(text, &bytes);

	if (!valid && errno == EINVAL)
		cli_usage("invalid %s '%s': use a number above 0 with K, M or G, such as 64K or 1.5G", option,
		          text);
	if (!valid || bytes > most)
		cli_usage("%s '%s' is too large: use at most %s", option, text,
		          cli_short_bytes(limit, sizeof limit, (double)most));
	if (bytes == 0)
		cli_usage("%s '%s' is too small: use a number above 0 with K, M or G, such as 64K or 1.5G",
		          option, text);
	return bytes;
}

int cli_argument_seconds(const char *option, const char *text)
{
	int milliseconds = 0;

	if (!cli_parse_seconds(text, &milliseconds)) {
		if (errno == ERANGE)
			cli_usage("%s '%s' is too large: use at most %d seconds, or omit it for no limit",
			          option, text, CLI_SECONDS_MOST);
		cli_usage("invalid %s '%s': use seconds, such as 10 or 0.5", option, text);
	}
	return milliseconds;
}

int64_t cli_argument_duration(const char *option, const char *text)
{
	int64_t seconds = 0;

	if (!cli_parse_duration(text, &seconds)) {
		if (errno == ERANGE)
			cli_usage("%s '%s' is too large: use at most 1000000000 of a unit", option, text);
		cli_usage("invalid %s '%s': use a number with s, m, h or d, such as 2h", option, text);
	}
	return seconds;
}

int cli_argument_number(const char *option, const char *text, int least, int most)
{
	int number = 0;

	if (!cli_parse_number(text, least, most, &number))
		cli_usage("invalid %s '%s': use a number from %d to %d", option, text, least, most);
	return number;
}

unsigned cli_argument_mode(const char *option, const char *text)
{
	unsigned mode = 0;

	if (!cli_parse_mode(text, &mode))
		cli_usage("invalid %s '%s': use 0600, 0660 or 0666", option, text);
	return mode;
}
