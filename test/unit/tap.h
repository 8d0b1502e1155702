/* SPDX-License-Identifier: MIT */
/* tap.h - as much of the Test Anything Protocol as these unit tests need. */
#ifndef TAP_H
#define TAP_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static int tap_count, tap_failures;

/* One test: what it proves, and whether it holds.  Returns whether it holds. */
static inline int tap_ok(int holds, const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static inline int tap_ok(int holds, const char *file, int line, const char *format, ...)
{
	va_list args;

	tap_count++;
	printf("%sok %d - ", holds ? "" : "not ", tap_count);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	if (!holds) {
		tap_failures++;
		printf("# at %s line %d\n", file, line);
	}
	fflush(stdout);
	return holds;
}

#define ok(holds, ...) tap_ok((holds) != 0, __FILE__, __LINE__, __VA_ARGS__)

/* Two integers; both are shown when they differ. */
#define is(actual, expected, ...) \
	do { \
		long long actual_ = (long long)(actual), expected_ = (long long)(expected); \
		if (!ok(actual_ == expected_, __VA_ARGS__)) \
			printf("# is %lld, expected %lld\n", actual_, expected_); \
	} while (0)

/* The plan, and the status to exit with. */
static inline int tap_done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failures > 0;
}

#endif
