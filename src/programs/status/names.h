/* SPDX-License-Identifier: MIT */
/*
 * names.h - names of users and processes.
 *
 * Not among the common parts: svread and svwrite are linked statically, and the C library looks up users by
 * modules that it loads at run time.
 */
#ifndef SV_STATUS_NAMES_H
#define SV_STATUS_NAMES_H

#include <stddef.h>

/* A user's name, else the number. */
char *cli_user(char *out, size_t size, unsigned uid);

/* Name of a process's command, escaped; "?" when there is no such process to be seen from here. */
char *cli_command(char *out, size_t size, long pid);

#endif
