/* SPDX-License-Identifier: MIT */
/* command.h - the command of --exec: one end of the transfer, which fails when the command fails. */
#ifndef SV_TRANSFER_COMMAND_H
#define SV_TRANSFER_COMMAND_H

#include "transfer/transfer.h"

/* Run the command text; *fd is our end of its pipe.  False: reported, and t->reason is set. */
bool cli_command_start(struct cli_transfer *t, struct cli_process *process, const char *text, int *fd);

/*
 * The data has ended, with success if status is CLI_OK: close fd and wait for the command, for --timeout at
 * most.  After a failure the command's process group gets SIGTERM before its input ends, because the end of
 * the input would look like the end of the data.  Returns the status to exit with; t->reason is set if the
 * command failed.
 */
int cli_command_end(struct cli_transfer *t, int fd, int status);

#endif
