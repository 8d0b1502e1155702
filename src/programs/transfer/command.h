/* SPDX-License-Identifier: MIT */
/* command.h - the command of --exec: one end of the transfer, which fails when the command fails. */
#ifndef SV_TRANSFER_COMMAND_H
#define SV_TRANSFER_COMMAND_H

#include "transfer/transfer.h"

/* Run text; *fd is our end of its pipe.  False: reported, and t->reason is set. */
bool cli_command_start(struct cli_transfer *t, struct cli_process *process, const char *text, int *fd);

/*
 * The data has ended, well if status is CLI_OK: close fd and wait for the command, for --timeout at most.  If
 * not well, its process group gets SIGTERM before the end of its input, which would look like the end of the
 * data. The status to exit with; t->reason is set when it is the command that failed.
 */
int cli_command_end(struct cli_transfer *t, int fd, int status);

#endif
