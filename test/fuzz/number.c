/* SPDX-License-Identifier: MIT */
/*
 * number.c - the programs' strict numbers, compared with strtoull(3) and the ranges that numbers.h promises.
 */
#include <errno.h>

#include <stdbool.h>

#include "common/numbers.h"
#include "fuzz.h"

static bool plain_digits(const char *text)
{
	return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

static void check_plain(const char *text)
{
	unsigned long long value;
	uint64_t bytes = 0;
	int64_t seconds = 0;
	int number = 0, milliseconds = 0;
	bool fits;

	errno = 0;
	value = strtoull(text, NULL, 10);
	fits = errno == 0;
	REQUIRE(cli_parse_size(text, &bytes) == (fits && value <= INT64_MAX));
	REQUIRE(bytes == (fits && value <= INT64_MAX ? value : 0));
	REQUIRE(cli_parse_seconds(text, &milliseconds) == (fits && value <= 2000000));
	if (fits && value <= 2000000)
		REQUIRE((unsigned long long)milliseconds == value * 1000);
	REQUIRE(cli_parse_duration(text, &seconds) == (fits && value <= 1000000000));
	REQUIRE(cli_parse_number(text, 1, 255, &number) == (fits && value >= 1 && value <= 255));
	if (fits && value >= 1 && value <= 255)
		REQUIRE(number == (int)value);
}

static void check_any(const char *text)
{
	uint64_t bytes;
	int64_t seconds;
	int number;
	unsigned mode;
	char words[64];

	/* No sign, no space: a number begins with a digit, or with the point of a fraction. */
	bool digit = text[0] >= '0' && text[0] <= '9';
	bool fraction = text[0] == '.' && text[1] >= '0' && text[1] <= '9';

	if (cli_parse_size(text, &bytes)) {
		REQUIRE((digit || fraction) && bytes <= INT64_MAX);
		REQUIRE(cli_bytes(words, sizeof words, (double)bytes) == words && strlen(words) < 16);
	}
	if (cli_parse_seconds(text, &number))
		REQUIRE((digit || fraction) && number >= 0 && number <= 2000000999);
	if (cli_parse_duration(text, &seconds))
		REQUIRE(digit && seconds >= 0 && seconds <= INT64_C(86400000000000));
	if (cli_parse_number(text, 1, 255, &number))
		REQUIRE(digit && number >= 1 && number <= 255);
	if (cli_parse_mode(text, &mode))
		REQUIRE(digit && (mode & ~0666u) == 0 && (mode & 0600) == 0600);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	REQUIRE(text != NULL);
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	if (plain_digits(text))
		check_plain(text);
	check_any(text);
	free(text);
	return 0;
}
