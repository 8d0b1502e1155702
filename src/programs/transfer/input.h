/* SPDX-License-Identifier: MIT */
/* input.h - what svwrite reads: files, standard input, or the output of a command. */
#ifndef SV_TRANSFER_INPUT_H
#define SV_TRANSFER_INPUT_H

#include <sys/stat.h>

#include "transfer/transfer.h"

struct cli_input {
	const char *name;
	int fd; /* -1: not open at the moment */
	struct stat st;
};

struct cli_inputs {
	struct cli_input *list;
	size_t count;
	uint64_t total; /* bytes, or SV_UNKNOWN */
};

/*
 * Open all inputs before anything is sent, so that a wrong name does not cause half a transfer.  Without
 * files: standard input.  False: reported.
 */
bool cli_inputs_open(struct cli_transfer *t, struct cli_inputs *inputs, char *const *files, size_t count);

/* Use the output of a command instead, whose pipe does not exist yet. */
bool cli_inputs_command(struct cli_inputs *inputs);

/* Make an input ready.  Of many files, most are closed until they are needed.  False: reported. */
bool cli_input_ready(struct cli_transfer *t, struct cli_input *input);
void cli_input_done(struct cli_input *input);

/*
 * Wait for input and read up to size bytes; *n is 0 at the end.  It notices when the reader's process ends,
 * which read(2) alone would not.  CLI_OK, or the status to exit with, reported.
 */
int cli_input_read(struct cli_transfer *t, const struct cli_input *input, void *data, size_t size, size_t *n);

/*
 * At the end of an input, check whether it was truncated or, for --resume, changed since it was opened.
 * CLI_OK, or the status to exit with, reported, and t->reason is set.
 */
int cli_input_check(struct cli_transfer *t, const struct cli_input *input);

#endif
