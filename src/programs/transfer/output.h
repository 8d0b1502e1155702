/* SPDX-License-Identifier: MIT */
/*
 * output.h - the file that svread writes.  Its old content is dropped late, it is replaced at once, and it is
 * removed if nothing was written.
 */
#ifndef SV_TRANSFER_OUTPUT_H
#define SV_TRANSFER_OUTPUT_H

#include <sys/stat.h>

#include "transfer/transfer.h"

struct cli_output {
	const char *file; /* NULL: standard output, or a pipe to a command */
	bool atomic;      /* write a temporary file that replaces file when all data has arrived */
	bool sync;        /* write it to the disk before the writer is told of the success */
	int fd;           /* -1: not open */
	bool pipe;
	bool regular;
	bool created;    /* we created it: remove it if no transfer begins */
	bool begun;      /* its old content was dropped, and new content is being written */
	char *temporary; /* name of the temporary file, or NULL */
	char *target;    /* the file that it replaces: file, or the target of that link */
	struct stat st;  /* its status when it was opened */
};

/*
 * Open the output without changing its content, so that nothing is lost if no writer comes.  False: reported.
 */
bool cli_output_open(struct cli_transfer *t, struct cli_output *output);

/* The output is a pipe to a command. */
void cli_output_pipe(struct cli_transfer *t, struct cli_output *output, int fd);

/* A writer has come: can a resumed transfer continue with this output?  False: reported. */
bool cli_output_accept(struct cli_transfer *t, const struct cli_output *output);

/* The first byte, or the end, has come: cut the output where the next byte belongs.  False: reported. */
bool cli_output_begin(struct cli_transfer *t, struct cli_output *output);

/*
 * The transfer has ended with status.  The writer may be told of a success only when everything is written
 * and closed, with sync is on the disk, and with atomic has replaced the file.  After a failure report what
 * is left.  Returns the status to exit with; failures are reported, and t->reason is set.
 */
int cli_output_end(struct cli_transfer *t, struct cli_output *output, int status);

#endif
