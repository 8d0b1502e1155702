/* SPDX-License-Identifier: MIT */
/* process.h - a command that /bin/sh runs in its own process group, with a pipe from or to us. */
#ifndef SV_TRANSFER_PROCESS_H
#define SV_TRANSFER_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "svipc.h"

struct cli_process {
	pid_t pid;  /* process id and process group; 0: not started */
	bool ended; /* it has ended, and the two below are valid */
	int status; /* exit status, if no signal killed it */
	int signal; /* the signal that killed it, else 0 */
};

/*
 * Run the command text.  For a reader, *fd is the pipe to its standard input.  For a writer, *fd is the pipe
 * from its standard output; if our standard input is a terminal, the command gets /dev/null instead, because
 * in its own process group it could not read from the terminal.  number becomes $SVIPC_TRANSFER.  0 or an
 * errno value.
 */
int cli_process_start(struct cli_process *process, const char *text, enum sv_role role, uint64_t number,
                      int *fd);

/* Has it ended?  Its process id stays reserved until cli_process_forget(), so its group can be signalled. */
bool cli_process_ended(struct cli_process *process);

/* Has it ended with another status than 0, or by a signal? */
bool cli_process_failed(struct cli_process *process);

/* Sleep until it ends, a signal comes, or timeout_ms has passed (-1: no limit). */
void cli_process_sleep(struct cli_process *process, int timeout_ms);

/* Send SIGTERM to the whole group, even if the process itself has ended. */
void cli_process_terminate(const struct cli_process *process);

/* Collect it if it has ended.  Afterwards it is no longer ours. */
void cli_process_forget(struct cli_process *process);

#endif
