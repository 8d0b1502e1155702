/* SPDX-License-Identifier: MIT */
/* advice.h - puts the library's advice code into words, with a complete command if one helps. */
#ifndef SV_COMMON_ADVICE_H
#define SV_COMMON_ADVICE_H

#include "common/shell.h"
#include "svipc.h"

/* Room for any advice: at most two commands. */
#define CLI_ADVICE_SIZE (2 * CLI_COMMAND_SIZE + 256)

/*
 * What helps after *error, to be printed after its text: "; run: svclean -c backup".  The channel is the one
 * that the options named: name or path (both NULL: the default channel) and project id (0: the default).
 * Every command concerns that channel and no other.  Returns out, which is empty if there is no advice.
 */
char *cli_advise(char *out, size_t size, const struct sv_error *error, const char *name, const char *path,
                 int project);

/* Report the failure of a library call on that channel: its sentence and the advice, on one line. */
void cli_report_error(const struct sv_error *error, const char *name, const char *path, int project);

#endif
