/* SPDX-License-Identifier: MIT */
/* command.h - where each of several transfers goes: a file with a number in its name, or a command. */
#ifndef SV_TRANSFER_COMMAND_H
#define SV_TRANSFER_COMMAND_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/messages.h"

struct cli_transfer;

/* A pattern holds %n, the number of the transfer, at least once, and %% for a percent sign; nothing else
 * after a %. */
bool cli_pattern_valid(const char *pattern);
char *cli_pattern_expand(const char *pattern, uint64_t number); /* to be freed; NULL: no memory */

struct cli_command {
	pid_t pid;  /* 0: not running */
	int status; /* once it has ended: as the shell has it, 128+n for a signal */
	bool ended;
};

/* Run text by /bin/sh with a pipe, whose other end is *fd, as its standard input.  0 or an errno value. */
int cli_command_start(struct cli_command *command, const char *text, uint64_t number, int *fd);

/* Has it ended already, and badly?  Clears cli_child. */
bool cli_command_failed(struct cli_command *command);

/*
 * Wait for its end.  Its input must have been closed if the transfer is complete; if not, it is told by
 * SIGTERM before that, as the end of its input would look like the end of the data.  The status to exit with,
 * and what to tell the writer.
 */
int cli_command_end(struct cli_transfer *t, int fd, int status, int *reason);

#endif
