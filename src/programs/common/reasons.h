/* SPDX-License-Identifier: MIT */
/*
 * reasons.h - the reasons that svwrite and svread send each other when they give up, besides errno values.
 * sv_abort() leaves the values from 4096 on to its callers.
 */
#ifndef SV_COMMON_REASONS_H
#define SV_COMMON_REASONS_H

#include <stddef.h>

#define CLI_REASON_EXIT 4096   /* plus the exit status of the command of --exec, 1 to 255 */
#define CLI_REASON_KILLED 4352 /* plus the signal that killed that command, 1 to 127 */

enum {
	CLI_REASON_SHORT = 4608, /* the input ended before the size that it had at the start */
	CLI_REASON_CHANGED,      /* the input was changed during the transfer */
	CLI_REASON_UNREAD,       /* the command ended with success, but before it had read everything */
	CLI_REASON_CLOSED,       /* the command closed its input before it had read everything */
	CLI_REASON_OUTPUT,       /* the output is not the file that a resumed transfer was begun with */
	CLI_REASON_SAME          /* input and output are the same file */
};

/*
 * A reason in words that follow "the reader (pid 7): ", such as "its command exited with status 1".  Returns
 * out, or NULL when it is not one of these.
 */
char *cli_reason_text(char *out, size_t size, int reason);

#endif
