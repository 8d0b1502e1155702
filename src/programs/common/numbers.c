/* SPDX-License-Identifier: MIT */
#include "common/numbers.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool refuse(int why)
{
	errno = why;
	return false;
}

/*
 * Read digits of a number up to most; *n is how many.  False: there are none (EINVAL), or the number is too
 * large (ERANGE).
 */
static bool whole(const char *text, uint64_t most, uint64_t *number, size_t *n)
{
	bool fits = true;

	for (*n = 0, *number = 0; digit(text[*n]); ++*n) {
		unsigned value = (unsigned)(text[*n] - '0');

		fits = fits && value <= most && *number <= (most - value) / 10;
		if (fits)
			*number = *number * 10 + value;
	}
	return *n == 0 ? refuse(EINVAL) : fits || refuse(ERANGE);
}

/* "12", "12.5" or ".5": the whole part up to most, and the fraction in units of 10^-9. */
static bool decimal(const char *text, uint64_t most, uint64_t *number, uint64_t *billionths, size_t *n)
{
	uint64_t unit = 100000000;
	bool valid;
	size_t i;

	*billionths = 0;
	if (text[0] == '.' && digit(text[1])) {
		*number = 0;
		*n = 0;
		valid = true;
	} else {
		valid = whole(text, most, number, n);
	}
	if (*n == 0 && !valid)
		return false;
	if (text[*n] != '.')
		return valid;
	for (i = *n + 1; digit(text[i]); i++, unit /= 10)
		*billionths += (unsigned)(text[i] - '0') * unit;
	if (i == *n + 1)
		return refuse(EINVAL);
	*n = i;
	return valid;
}

/*
 * The power of 1024 of "", "K", "KB", "KiB" and so on; 0 for no unit, -1 if it is no unit.  "KB" and "KiB"
 * are what people copy from other tools; both mean 1024 here.
 */
static int unit_of(const char *text)
{
	static const char units[] = "KMGTPE";
	const char *found;

	if (*text == '\0')
		return 0;
	found = strchr(units, *text >= 'a' && *text <= 'z' ? *text - 'a' + 'A' : *text);
	if (found == NULL || (strcmp(text + 1, "iB") != 0 && strcmp(text + 1, "B") != 0 && text[1] != '\0'))
		return -1;
	return (int)(found - units) + 1;
}

bool cli_parse_size(const char *text, uint64_t *bytes)
{
	uint64_t number, billionths;
	size_t n;
	bool fits = decimal(text, INT64_MAX, &number, &billionths, &n);
	int unit;

	if (!fits && errno == EINVAL)
		return false;
	unit = unit_of(text + n);
	/* A number of bytes without a unit has no fraction. */
	if (unit == -1 || (unit == 0 && memchr(text, '.', n) != NULL))
		return refuse(EINVAL);
	if (!fits || number > (uint64_t)INT64_MAX >> 10 * unit)
		return refuse(ERANGE);
	*bytes = (number << 10 * unit) + (uint64_t)((double)billionths / 1e9 * (double)(1ULL << 10 * unit));
	return *bytes <= INT64_MAX || refuse(ERANGE);
}

bool cli_parse_seconds(const char *text, int *milliseconds)
{
	uint64_t number, billionths;
	size_t n;
	bool fits = decimal(text, CLI_SECONDS_MOST, &number, &billionths, &n);

	if (!fits && errno == EINVAL)
		return false;
	if (text[n] != '\0')
		return refuse(EINVAL);
	if (!fits)
		return refuse(ERANGE);
	*milliseconds = (int)(number * 1000 + billionths / 1000000);
	return true;
}

/* 0: it is no unit. */
static int64_t seconds_of(const char *unit)
{
	if (*unit != '\0' && unit[1] != '\0')
		return 0;
	switch (*unit) {
	case '\0':
	case 's': return 1;
	case 'm': return 60;
	case 'h': return 3600;
	case 'd': return 86400;
	default: return 0;
	}
}

bool cli_parse_duration(const char *text, int64_t *seconds)
{
	uint64_t number;
	size_t n;
	bool fits = whole(text, 1000000000, &number, &n);
	int64_t unit = seconds_of(text + n);

	if (n == 0 || unit == 0)
		return refuse(EINVAL);
	if (!fits)
		return refuse(ERANGE);
	*seconds = (int64_t)number * unit;
	return true;
}

bool cli_parse_number(const char *text, int least, int most, int *number)
{
	uint64_t value;
	size_t n;
	bool fits = whole(text, (uint64_t)most, &value, &n);

	if (n == 0 || text[n] != '\0')
		return refuse(EINVAL);
	if (!fits || (int)value < least)
		return refuse(ERANGE);
	*number = (int)value;
	return true;
}

bool cli_parse_mode(const char *text, unsigned *mode)
{
	size_t n;

	*mode = 0;
	for (n = 0; text[n] >= '0' && text[n] <= '7' && n < 5; n++)
		*mode = *mode * 8 + (unsigned)(text[n] - '0');
	if (n < 3 || n > 4 || text[n] != '\0')
		return refuse(EINVAL);
	/*
	 * Permission to read without permission to write is useless: both sides change the semaphores and the
	 * positions.
	 */
	return *mode == 0600 || *mode == 0660 || *mode == 0606 || *mode == 0666 || refuse(ERANGE);
}

const char *cli_bytes(char *text, size_t size, double bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	size_t i = 0;

	while (bytes >= 1024 && i + 1 < sizeof units / sizeof *units) {
		bytes /= 1024;
		i++;
	}
	snprintf(text, size, i == 0 ? "%.0f %s" : "%.2f %s", bytes, units[i]);
	return text;
}
