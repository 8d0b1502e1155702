/* SPDX-License-Identifier: MIT */
/* pattern.h - file names that contain the number of a transfer. */
#ifndef SV_TRANSFER_PATTERN_H
#define SV_TRANSFER_PATTERN_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A pattern contains %n, the number of the transfer, at least once, and %% for a percent sign; no other
 * character follows a %.
 */
bool cli_pattern_valid(const char *pattern);
char *cli_pattern_expand(const char *pattern, uint64_t number); /* to be freed */

#endif
