/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "common/messages.h"

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Digits up to most; the number of characters used, 0 if none or too large. */
static size_t whole(const char *text, uint64_t most, uint64_t *number)
{
	size_t n = 0;

	for (*number = 0; digit(text[n]); n++) {
		unsigned value = (unsigned)(text[n] - '0');

		if (*number > (most - value) / 10)
			return 0;
		*number = *number * 10 + value;
	}
	return n;
}

bool cli_parse_size(const char *text, uint64_t *bytes)
{
	static const char units[] = "KMGTPE";
	uint64_t number, fraction = 0, divisor = 1, unit = 1;
	const char *found;
	size_t n = whole(text, UINT64_MAX >> 1, &number);

	if (n == 0)
		return false;
	text += n;
	if (*text == '.') {
		for (text++, n = 0; digit(text[n]) && n < 9; n++) {
			fraction = fraction * 10 + (unsigned)(text[n] - '0');
			divisor *= 10;
		}
		if (n == 0)
			return false;
		text += n;
	}
	if (*text != '\0') {
		found = strchr(units, *text >= 'a' && *text <= 'z' ? *text - 'a' + 'A' : *text);
		if (found == NULL)
			return false;
		unit <<= 10 * (found - units + 1);
		text++;
		/* "KiB" and "KB" are what people copy from other tools; both mean 1024 here. */
		if (strcmp(text, "iB") != 0 && strcmp(text, "B") != 0 && *text != '\0')
			return false;
	} else if (divisor != 1) {
		return false;
	}
	if (number > (UINT64_MAX >> 1) / unit)
		return false;
	*bytes = number * unit + (uint64_t)((double)fraction / (double)divisor * (double)unit);
	return true;
}

bool cli_parse_seconds(const char *text, int *milliseconds)
{
	uint64_t number, fraction = 0;
	size_t n = whole(text, 2000000, &number);
	unsigned place = 100;

	if (n == 0)
		return false;
	text += n;
	if (*text == '.') {
		if (!digit(*++text))
			return false;
		for (; digit(*text); text++, place /= 10)
			fraction += (unsigned)(*text - '0') * place;
	}
	if (*text != '\0')
		return false;
	*milliseconds = (int)(number * 1000 + fraction);
	return true;
}

bool cli_parse_duration(const char *text, int64_t *seconds)
{
	static const struct {
		char unit;
		int64_t seconds;
	} units[] = { { '\0', 1 }, { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	uint64_t number;
	size_t n = whole(text, 1000000000, &number), i;

	if (n == 0 || (text[n] != '\0' && text[n + 1] != '\0'))
		return false;
	for (i = 0; i < sizeof units / sizeof *units; i++)
		if (text[n] == units[i].unit) {
			*seconds = (int64_t)number * units[i].seconds;
			return true;
		}
	return false;
}

bool cli_parse_number(const char *text, int least, int most, int *number)
{
	uint64_t value;
	size_t n = whole(text, (uint64_t)most, &value);

	if (n == 0 || text[n] != '\0' || (int)value < least)
		return false;
	*number = (int)value;
	return true;
}

bool cli_parse_mode(const char *text, unsigned *mode)
{
	size_t n;

	*mode = 0;
	for (n = 0; text[n] >= '0' && text[n] <= '7' && n < 5; n++)
		*mode = *mode * 8 + (unsigned)(text[n] - '0');
	return n >= 3 && n <= 4 && text[n] == '\0' && (*mode & ~0666u) == 0 && (*mode & 0600) == 0600;
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
