/* SPDX-License-Identifier: MIT */
/* Numbers on the command line: the whole text, in range, with the units that people type; nothing else. */
#include <errno.h>
#include <string.h>

#include "common/numbers.h"
#include "tap.h"

static bool size(const char *text, int64_t *value)
{
	uint64_t bytes = 0;
	bool taken = cli_parse_size(text, &bytes);

	*value = (int64_t)bytes;
	return taken;
}

static bool seconds(const char *text, int64_t *value)
{
	int milliseconds = -1;
	bool taken = cli_parse_seconds(text, &milliseconds);

	*value = milliseconds;
	return taken;
}

static bool mode(const char *text, int64_t *value)
{
	unsigned bits = 0;
	bool taken = cli_parse_mode(text, &bits);

	*value = bits;
	return taken;
}

static bool number(const char *text, int64_t *value)
{
	int n = -1;
	bool taken = cli_parse_number(text, 1, 255, &n);

	*value = n;
	return taken;
}

static const struct {
	bool (*parse)(const char *text, int64_t *value);
	const char *text;
	int64_t value;
} good[] = {
	{ size, "0", 0 },
	{ size, "1", 1 },
	{ size, "4096", 4096 },
	{ size, "007", 7 },
	{ size, "1K", 1024 },
	{ size, "1k", 1024 },
	{ size, "64KiB", 65536 },
	{ size, "64KB", 65536 },
	{ size, "2M", 2 << 20 },
	{ size, "1G", 1 << 30 },
	{ size, "1T", INT64_C(1) << 40 },
	{ size, "1P", INT64_C(1) << 50 },
	{ size, "7E", INT64_C(7) << 60 },
	{ size, "1.5G", INT64_C(3) << 29 },
	{ size, "0.5K", 512 },
	{ size, ".5K", 512 },
	{ size, "0.001M", 1048 },
	{ size, "9223372036854775807", INT64_MAX },
	{ seconds, "0", 0 },
	{ seconds, "2", 2000 },
	{ seconds, "0.5", 500 },
	{ seconds, ".5", 500 },
	{ seconds, "0.25", 250 },
	{ seconds, "1.2345", 1234 },
	{ seconds, "2000000", 2000000000 },
	{ cli_parse_duration, "90", 90 },
	{ cli_parse_duration, "30s", 30 },
	{ cli_parse_duration, "15m", 900 },
	{ cli_parse_duration, "2h", 7200 },
	{ cli_parse_duration, "7d", 604800 },
	{ cli_parse_duration, "0", 0 },
	{ cli_parse_duration, "1000000000d", INT64_C(86400000000000) },
	{ mode, "600", 0600 },
	{ mode, "0600", 0600 },
	{ mode, "0660", 0660 },
	{ mode, "0666", 0666 },
	{ mode, "0606", 0606 },
	{ number, "1", 1 },
	{ number, "255", 255 },
};

/* Why a number is refused decides what the message advises. */
static const struct {
	bool (*parse)(const char *text, int64_t *value);
	const char *what, *out_of_range[8], *no_number[20];
} refused[] = {
	{ size,
	  "size",
	  { "9223372036854775808", "8E", "16E", "9007199254740992K", "99999999999999999999999" },
	  { "", "K", ".K", ".5", "-1", "+1", " 1", "1 ", "1 K", "1.5", "1.K", "1.5.5K", "1KK", "1KiBx",
	    "0x10", "1e3", "99999999999999999999999x" } },
	{ seconds,
	  "time-out",
	  { "2000001", "99999999999" },
	  { "", ".", ".5x", "1.", "-1", "1s", "1,5", "99999999999s", "99999999999." } },
	{ cli_parse_duration,
	  "duration",
	  { "1000000001", "99999999999", "99999999999d" },
	  { "", "h", "2x", "2hh", "1.5h", "-1", "99999999999x" } },
	{ mode,
	  "mode",
	  { "0640", "0662", "0700", "0400", "0060", "1600" },
	  { "", "6", "00600", "0680", "u=rw" } },
	{ number, "number", { "0", "256", "99999999999999999999" }, { "", "-1", "1x", "x" } },
};

static void refuses(size_t i, const char *const *texts, int why)
{
	int64_t value;

	for (; *texts != NULL; texts++)
		ok(!refused[i].parse(*texts, &value) && errno == why, "%s '%s' is refused as %s",
		   refused[i].what, *texts, why == ERANGE ? "out of range" : "no number");
}

static void bytes(double value, const char *expected)
{
	char text[32];

	ok(strcmp(cli_bytes(text, sizeof text, value), expected) == 0, "%.0f bytes are '%s', here '%s'",
	   value, expected, text);
}

int main(void)
{
	int64_t value;
	size_t i;

	for (i = 0; i < sizeof good / sizeof *good; i++) {
		ok(good[i].parse(good[i].text, &value), "'%s' is taken", good[i].text);
		is(value, good[i].value, "it is %lld", (long long)good[i].value);
	}
	for (i = 0; i < sizeof refused / sizeof *refused; i++) {
		refuses(i, refused[i].out_of_range, ERANGE);
		refuses(i, refused[i].no_number, EINVAL);
	}
	bytes(0, "0 B");
	bytes(1023, "1023 B");
	bytes(1024, "1.00 KiB");
	bytes(1536, "1.50 KiB");
	bytes(1048576, "1.00 MiB");
	bytes(4294967296.0, "4.00 GiB");
	return tap_done();
}
