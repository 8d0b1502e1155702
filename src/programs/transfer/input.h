/* SPDX-License-Identifier: MIT */
/* input.h - what svwrite reads: files, standard input, or what a command prints. */
#ifndef SV_TRANSFER_INPUT_H
#define SV_TRANSFER_INPUT_H

#include <sys/stat.h>

#include "transfer/transfer.h"

struct cli_input {
	const char *name;
	int fd; /* -1: not open just now */
	struct stat st;
};

struct cli_inputs {
	struct cli_input *list;
	size_t count;
	uint64_t total; /* bytes, or SV_UNKNOWN */
};

/* Open all, before anything happens: a name that is wrong must not leave half a transfer.  None: standard
 * input. False: reported. */
bool cli_inputs_open(struct cli_transfer *t, struct cli_inputs *inputs, char *const *files, size_t count);

/* The output of a command instead, whose pipe is not there yet. */
bool cli_inputs_command(struct cli_inputs *inputs);

/* Of many files most are closed until it is their turn.  False: reported. */
bool cli_input_ready(struct cli_transfer *t, struct cli_input *input);
void cli_input_done(struct cli_input *input);

/*
 * Wait until the input can be read, or the reader's process ends: read(2) alone would not notice.  SV_OK:
 * read now (or cli_must_stop()); else the reader's failure, reported.  Of no use for a regular file, which is
 * always ready.
 */
int cli_input_await(struct cli_transfer *t, const struct cli_input *input);

/* At its end: has it been truncated or, for --resume, changed since it was opened?  CLI_OK, or the status to
 * exit with, reported, and t->reason. */
int cli_input_check(struct cli_transfer *t, const struct cli_input *input);

#endif
