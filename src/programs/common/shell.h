/* SPDX-License-Identifier: MIT */
/*
 * shell.h - commands for people to copy: complete, for exactly one channel, and safe to paste into a shell.
 */
#ifndef SV_COMMON_SHELL_H
#define SV_COMMON_SHELL_H

#include <stddef.h>

/* Room for any command that cli_shell_command() makes. */
#define CLI_COMMAND_SIZE 20480

/*
 * Quote a text as one word of a shell command: bare if it is harmless, in single quotes if it contains blanks
 * and the like, in $'...' with \xHH if it contains characters that cannot be printed here.  If it does not
 * fit, out is empty.
 */
char *cli_shell_word(char *out, size_t size, const char *text);

/*
 * A command for one channel: "SVIPC_DIR=/run/me svclean -a -c backup -i 7".
 *
 * program: the part before the channel, such as "svclean -a" or "svread". dir: the directory of the channel's
 * rendezvous file.  NULL: $SVIPC_DIR if that is set, else no directory is given. name or path: the channel.
 * If both are NULL or empty it is "-c default", because "svclean -a" without a channel concerns all of them.
 * project: its project id; 0 and the default are not given.
 */
char *cli_shell_command(char *out, size_t size, const char *program, const char *dir, const char *name,
                        const char *path, int project);

#endif
