/* SPDX-License-Identifier: MIT */
/* tap.h - results of a unit test as the Test Anything Protocol. */
#ifndef SV_TAP_H
#define SV_TAP_H

#include <stdio.h>
#include <stdlib.h>

static int tap_count, tap_failures;

/* One result; the condition is also told when it fails. */
#define ok(condition, ...) tap_result((condition) != 0, #condition, __FILE__, __LINE__, __VA_ARGS__)

/* Where a loop needs a verdict for each round: only failures are told. */
#define must(condition)                                                                                               \
	do {                                                                                                           \
		if (!(condition)) {                                                                                    \
			printf("Bail out! %s:%d: %s\n", __FILE__, __LINE__, #condition);                               \
			exit(1);                                                                                       \
		}                                                                                                      \
	} while (0)

#define tap_result(condition, text, file, line, ...)                                                                  \
	do {                                                                                                           \
		int tap_passed = (condition);                                                                          \
                                                                                                                       \
		tap_count++;                                                                                           \
		printf("%sok %d - ", tap_passed ? "" : "not ", tap_count);                                             \
		printf(__VA_ARGS__);                                                                                   \
		printf("\n");                                                                                          \
		if (!tap_passed) {                                                                                     \
			tap_failures++;                                                                                \
			printf("# %s:%d: %s\n", file, line, text);                                                     \
		}                                                                                                      \
	} while (0)

static inline int tap_done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failures != 0;
}

#endif
