/* SPDX-License-Identifier: MIT */
/* output.h - the file that svread writes: emptied late, replaced at once, removed when it came to nothing. */
#ifndef SV_TRANSFER_OUTPUT_H
#define SV_TRANSFER_OUTPUT_H

#include <sys/stat.h>

#include "transfer/transfer.h"

struct cli_output {
	const char *file; /* NULL: standard output, or a pipe to a command */
	bool atomic;      /* write to a temporary file that replaces file when all has come */
	bool sync;        /* on the disk before the writer is told */
	int fd;           /* -1: not open */
	bool pipe;
	bool regular;
	bool created;    /* by us: removed if no transfer begins */
	bool begun;      /* emptied, and written since */
	char *temporary; /* name of the temporary file, or NULL */
	char *target;    /* what it replaces: file, or what that links to */
	struct stat st;  /* when it was opened */
};

/* Open it, and leave its content as it is: if no writer comes nothing is lost.  False: reported. */
bool cli_output_open(struct cli_transfer *t, struct cli_output *output);

/* It is a pipe to a command. */
void cli_output_pipe(struct cli_transfer *t, struct cli_output *output, int fd);

/* A writer has come: make it end where the next byte belongs.  False: reported. */
bool cli_output_begin(struct cli_transfer *t, struct cli_output *output);

/*
 * The transfer has ended with status.  Only when all is written, closed, with sync on the disk and with
 * atomic in its place may the writer be told that all is well.  After a failure tell what is left.  The
 * status to exit with; failures are reported, and t->reason is set.
 */
int cli_output_end(struct cli_transfer *t, struct cli_output *output, int status);

#endif
