/* SPDX-License-Identifier: MIT */
/* process.h - a command run by /bin/sh with a pipe from or to us, in a process group of its own. */
#ifndef SV_TRANSFER_PROCESS_H
#define SV_TRANSFER_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "svipc.h"

struct cli_process {
	pid_t pid;  /* and process group; 0: not started */
	bool ended; /* seen to have ended; the two below are valid then */
	int status; /* exit status, if no signal killed it */
	int signal; /* that killed it, else 0 */
};

/*
 * Run text.  For a reader, *fd is the pipe to its standard input; for a writer, the pipe from its standard
 * output, and a terminal as our standard input is replaced by /dev/null: in a process group of its own it
 * could not read from there.  number is $SVIPC_TRANSFER.  0 or an errno value.
 */
int cli_process_start(struct cli_process *process, const char *text, enum sv_role role, uint64_t number,
                      int *fd);

/* Has it ended?  Its process id stays its own until cli_process_forget(), so that its group can be signalled.
 */
bool cli_process_ended(struct cli_process *process);

/* Ended, and not with status 0. */
bool cli_process_failed(struct cli_process *process);

/* Sleep until it ends, a signal comes, or timeout_ms (-1: none) is over. */
void cli_process_sleep(struct cli_process *process, int timeout_ms);

/* SIGTERM to the whole group, also if the process itself has ended. */
void cli_process_terminate(const struct cli_process *process);

/* Collect it if it has ended; it is no longer ours. */
void cli_process_forget(struct cli_process *process);

#endif
