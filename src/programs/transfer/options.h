/* SPDX-License-Identifier: MIT */
/* options.h - the options that svwrite and svread share. */
#ifndef SV_TRANSFER_OPTIONS_H
#define SV_TRANSFER_OPTIONS_H

#include <getopt.h>

#include "transfer/transfer.h"

/* Each program adds options of its own. */
#define CLI_TRANSFER_SHORT "0c:i:k:m:N:p::qrs:t:vhV"
/* clang-format off */
#define CLI_TRANSFER_LONG \
	{ "channel", required_argument, NULL, 'c' }, \
	{ "exec", required_argument, NULL, CLI_OPT_EXEC }, \
	{ "help", no_argument, NULL, 'h' }, \
	{ "id", required_argument, NULL, 'i' }, \
	{ "lines", no_argument, NULL, CLI_OPT_LINES }, \
	{ "mode", required_argument, NULL, 'm' }, \
	{ "name", required_argument, NULL, 'N' }, \
	{ "null", no_argument, NULL, '0' }, \
	{ "path", required_argument, NULL, 'k' }, \
	{ "progress", optional_argument, NULL, 'p' }, \
	{ "queue", no_argument, NULL, CLI_OPT_QUEUE }, \
	{ "quiet", no_argument, NULL, 'q' }, \
	{ "resume", no_argument, NULL, 'r' }, \
	{ "size", required_argument, NULL, 's' }, \
	{ "timeout", required_argument, NULL, 't' }, \
	{ "verbose", no_argument, NULL, 'v' }, \
	{ "version", no_argument, NULL, 'V' }, \
	{ "wait", required_argument, NULL, CLI_OPT_WAIT }
/* clang-format on */
enum { CLI_OPT_WAIT = 256, CLI_OPT_LINES, CLI_OPT_EXEC, CLI_OPT_QUEUE, CLI_OPT_OWN };

/* Handle an option; false if it is not one of the common ones.  Exits on a bad value. */
bool cli_transfer_option(struct cli_transfer *t, int option, const char *value);

/* Check the options together; exits on a contradiction. */
void cli_transfer_check(struct cli_transfer *t);

/*
 * -p takes its argument only as -pforce or --progress=force.  Is this operand such a word, and meant as one?
 */
bool cli_is_progress_word(const struct cli_transfer *t, const char *operand);

#endif
