/* SPDX-License-Identifier: MIT */
/* Numbers on the command line: the whole text, in range, with the units that people type; nothing else. */
#include <errno.h>
#include <string.h>

#include "common/numbers.h"
#include "tap.h"

static void size(const char *text, bool good, uint64_t expected)
{
	uint64_t bytes = 0;
	bool taken = cli_parse_size(text, &bytes);

	if (good)
		ok(taken && bytes == expected, "size '%s' is %llu", text, (unsigned long long)expected);
	else
		ok(!taken, "size '%s' is refused", text);
}

static void seconds(const char *text, bool good, int expected)
{
	int milliseconds = -1;
	bool taken = cli_parse_seconds(text, &milliseconds);

	if (good)
		ok(taken && milliseconds == expected, "'%s' seconds are %d ms", text, expected);
	else
		ok(!taken, "'%s' seconds are refused", text);
}

static void duration(const char *text, bool good, int64_t expected)
{
	int64_t value = -1;
	bool taken = cli_parse_duration(text, &value);

	if (good)
		ok(taken && value == expected, "duration '%s' is %lld s", text, (long long)expected);
	else
		ok(!taken, "duration '%s' is refused", text);
}

static void mode(const char *text, bool good, unsigned expected)
{
	unsigned value = 0;
	bool taken = cli_parse_mode(text, &value);

	if (good)
		ok(taken && value == expected, "mode '%s' is %04o", text, expected);
	else
		ok(!taken, "mode '%s' is refused", text);
}

static void number(const char *text, bool good, int expected)
{
	int value = -1;
	bool taken = cli_parse_number(text, 1, 255, &value);

	if (good)
		ok(taken && value == expected, "number '%s' is %d", text, expected);
	else
		ok(!taken, "number '%s' is refused", text);
}

static void bytes(double value, const char *expected)
{
	char text[32];

	ok(strcmp(cli_bytes(text, sizeof text, value), expected) == 0, "%.0f bytes are '%s', here '%s'",
	   value, expected, text);
}

/* Why a number is refused decides what the message advises. */
static void refused(bool taken, int why, const char *text)
{
	ok(!taken && errno == why, "'%s' is refused as %s", text,
	   why == ERANGE ? "out of range" : "no number");
}

static void reasons(void)
{
	uint64_t bytes;
	int64_t value;
	int n;

	refused(cli_parse_size("16E", &bytes), ERANGE, "16E");
	refused(cli_parse_size("99999999999999999999999", &bytes), ERANGE, "99999999999999999999999");
	refused(cli_parse_size("99999999999999999999999x", &bytes), EINVAL, "99999999999999999999999x");
	refused(cli_parse_size("1.5", &bytes), EINVAL, "1.5");
	refused(cli_parse_seconds("99999999999", &n), ERANGE, "99999999999");
	refused(cli_parse_seconds("99999999999s", &n), EINVAL, "99999999999s");
	refused(cli_parse_seconds("99999999999.", &n), EINVAL, "99999999999.");
	refused(cli_parse_duration("99999999999d", &value), ERANGE, "99999999999d");
	refused(cli_parse_duration("99999999999x", &value), EINVAL, "99999999999x");
	refused(cli_parse_number("256", 1, 255, &n), ERANGE, "256");
	refused(cli_parse_number("x", 1, 255, &n), EINVAL, "x");
}

int main(void)
{
	reasons();
	size("0", true, 0);
	size("1", true, 1);
	size("4096", true, 4096);
	size("007", true, 7);
	size("1K", true, 1024);
	size("1k", true, 1024);
	size("64KiB", true, 65536);
	size("64KB", true, 65536);
	size("2M", true, 2 << 20);
	size("1G", true, 1 << 30);
	size("1T", true, UINT64_C(1) << 40);
	size("1P", true, UINT64_C(1) << 50);
	size("7E", true, UINT64_C(7) << 60);
	size("1.5G", true, UINT64_C(3) << 29);
	size("0.5K", true, 512);
	size("0.001M", true, 1048);
	size("9223372036854775807", true, INT64_MAX);
	size("9223372036854775808", false, 0);
	size("8E", false, 0);
	size("9007199254740992K", false, 0);
	size("99999999999999999999999", false, 0);
	size("", false, 0);
	size("K", false, 0);
	size("-1", false, 0);
	size("+1", false, 0);
	size(" 1", false, 0);
	size("1 ", false, 0);
	size("1 K", false, 0);
	size("1.5", false, 0);
	size("1.K", false, 0);
	size(".5K", true, 512);
	size(".K", false, 0);
	size(".5", false, 0);
	size("1.5.5K", false, 0);
	size("1KK", false, 0);
	size("1KiBx", false, 0);
	size("0x10", false, 0);
	size("1e3", false, 0);

	seconds("0", true, 0);
	seconds("2", true, 2000);
	seconds("0.5", true, 500);
	seconds("0.25", true, 250);
	seconds("1.2345", true, 1234);
	seconds("2000000", true, 2000000000);
	seconds("2000001", false, 0);
	seconds("", false, 0);
	seconds(".5", true, 500);
	seconds(".", false, 0);
	seconds(".5x", false, 0);
	seconds("1.", false, 0);
	seconds("-1", false, 0);
	seconds("1s", false, 0);
	seconds("1,5", false, 0);

	duration("90", true, 90);
	duration("30s", true, 30);
	duration("15m", true, 900);
	duration("2h", true, 7200);
	duration("7d", true, 604800);
	duration("0", true, 0);
	duration("", false, 0);
	duration("h", false, 0);
	duration("2x", false, 0);
	duration("2hh", false, 0);
	duration("1.5h", false, 0);
	duration("-1", false, 0);
	duration("99999999999", false, 0);
	duration("1000000000d", true, INT64_C(86400000000000));
	duration("1000000001", false, 0);

	mode("600", true, 0600);
	mode("0600", true, 0600);
	mode("0660", true, 0660);
	mode("0666", true, 0666);
	mode("0606", true, 0606);
	mode("0640", false, 0);
	mode("0662", false, 0);
	mode("", false, 0);
	mode("6", false, 0);
	mode("0700", false, 0);
	mode("0400", false, 0);
	mode("0060", false, 0);
	mode("1600", false, 0);
	mode("00600", false, 0);
	mode("0680", false, 0);
	mode("u=rw", false, 0);

	number("1", true, 1);
	number("255", true, 255);
	number("0", false, 0);
	number("256", false, 0);
	number("99999999999999999999", false, 0);
	number("-1", false, 0);
	number("1x", false, 0);
	number("", false, 0);

	bytes(0, "0 B");
	bytes(1023, "1023 B");
	bytes(1024, "1.00 KiB");
	bytes(1536, "1.50 KiB");
	bytes(1048576, "1.00 MiB");
	bytes(4294967296.0, "4.00 GiB");
	return tap_done();
}
