/* SPDX-License-Identifier: MIT */
/* memory.h - memory without which a program cannot continue. */
#ifndef SV_COMMON_MEMORY_H
#define SV_COMMON_MEMORY_H

/*
 * Returns its argument, the result of malloc(3) or strdup(3).  If that is NULL, it prints so and ends the
 * program.
 */
void *cli_must(void *memory);

#endif
