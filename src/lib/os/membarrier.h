/* SPDX-License-Identifier: MIT */
/* membarrier.h - barriers between processes, by membarrier(2) where the kernel has it. */
#ifndef SV_OS_MEMBARRIER_H
#define SV_OS_MEMBARRIER_H

#include <stdbool.h>

/* Let other processes' sv_membarrier_run() reach this one.  False: not available, publish with full fences.
 */
bool sv_membarrier_register(void);

/* A full barrier in every running thread of all registered processes.  False: not available here. */
bool sv_membarrier_run(void);

#endif
