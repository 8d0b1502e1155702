/* SPDX-License-Identifier: MIT */
/* memory.h - memory that a program cannot do without. */
#ifndef SV_COMMON_MEMORY_H
#define SV_COMMON_MEMORY_H

/* Returns the memory, what malloc(3) or strdup(3) returned; if that is NULL, prints so and ends the program.
 */
void *cli_must(void *memory);

#endif
