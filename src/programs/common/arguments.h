/* SPDX-License-Identifier: MIT */
/*
 * arguments.h - arguments of options.  Each function returns the value.  If the text is wrong, it prints why
 * and what to use instead, and ends the program with status 2.  `option` is the name to print: "--size".
 */
#ifndef SV_COMMON_ARGUMENTS_H
#define SV_COMMON_ARGUMENTS_H

#include <stdint.h>

int cli_argument_id(const char *text); /* --id: a project id of ftok(3), 1 to 255 */
uint64_t cli_argument_size(const char *option, const char *text, uint64_t most); /* bytes, above 0 */
int cli_argument_seconds(const char *option, const char *text);                  /* milliseconds */
int64_t cli_argument_duration(const char *option, const char *text);             /* seconds */
int cli_argument_number(const char *option, const char *text, int least, int most);
unsigned cli_argument_mode(const char *option, const char *text);

#endif
