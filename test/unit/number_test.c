/* SPDX-License-Identifier: MIT */
/* Numbers from the command line: all of the text, or not at all. */
#include <inttypes.h>
#include <string.h>

#include "cli.h"
#include "tap.h"

static void size(const char *text, bool good, uint64_t expected)
{
	uint64_t bytes = 0;
	bool taken = cli_parse_size(text, &bytes);

	ok(taken == good && (!good || bytes == expected), "size '%s' %s", text, good ? "is taken" : "is refused");
}

static void seconds(const char *text, bool good, int expected)
{
	int milliseconds = -7;
	bool taken = cli_parse_seconds(text, &milliseconds);

	ok(taken == good && (!good || milliseconds == expected), "seconds '%s' %s", text, good ? "are taken" : "are refused");
}

static void mode(const char *text, bool good, unsigned expected)
{
	unsigned bits = 0;
	bool taken = cli_parse_mode(text, &bits);

	ok(taken == good && (!good || bits == expected), "mode '%s' %s", text, good ? "is taken" : "is refused");
}

static void duration(const char *text, bool good, int64_t expected)
{
	int64_t age = -7;
	bool taken = cli_parse_duration(text, &age);

	ok(taken == good && (!good || age == expected), "age '%s' %s", text, good ? "is taken" : "is refused");
}

static void number(const char *text, bool good, int expected)
{
	int id = -7;
	bool taken = cli_parse_number(text, 1, 255, &id);

	ok(taken == good && (!good || id == expected), "id '%s' %s", text, good ? "is taken" : "is refused");
}

int main(void)
{
	size("0", true, 0);
	size("1", true, 1);
	size("64K", true, 65536);
	size("64k", true, 65536);
	size("64KiB", true, 65536);
	size("1.5G", true, UINT64_C(1610612736));
	size("7E", true, UINT64_C(7) << 60);
	size("8E", false, 0);
	size("9223372036854775807", true, INT64_MAX);
	size("9223372036854775808", false, 0);
	size("99999999999999999999999", false, 0);
	size("", false, 0);
	size("K", false, 0);
	size("-1", false, 0);
	size("+1", false, 0);
	size(" 1", false, 0);
	size("1 ", false, 0);
	size("1.5", false, 0);
	size("1.K", false, 0);
	size("1KK", false, 0);
	size("0x10", false, 0);
	size("1e3", false, 0);

	seconds("0", true, 0);
	seconds("2", true, 2000);
	seconds("0.5", true, 500);
	seconds("0.0019", true, 1);
	seconds("2000000", true, 2000000000);
	seconds("2000001", false, 0);
	seconds("1.", false, 0);
	seconds(".5", false, 0);
	seconds("-1", false, 0);
	seconds("1s", false, 0);
	seconds("", false, 0);

	mode("0600", true, 0600);
	mode("660", true, 0660);
	mode("0666", true, 0666);
	mode("0644", true, 0644);
	mode("0700", false, 0);
	mode("0060", false, 0);
	mode("rw", false, 0);
	mode("0888", false, 0);
	mode("00660", false, 0);
	mode("66", false, 0);
	mode("", false, 0);

	duration("90", true, 90);
	duration("30s", true, 30);
	duration("15m", true, 900);
	duration("2h", true, 7200);
	duration("7d", true, 604800);
	duration("2w", false, 0);
	duration("2hh", false, 0);
	duration("h", false, 0);
	duration("-2h", false, 0);
	duration("", false, 0);

	number("1", true, 1);
	number("255", true, 255);
	number("0", false, 0);
	number("256", false, 0);
	number("1a", false, 0);
	number("", false, 0);
	number("99999999999999999999", false, 0);
	return tap_done();
}
