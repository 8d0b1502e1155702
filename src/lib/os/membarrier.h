/* SPDX-License-Identifier: MIT */
/* membarrier.h - barriers between processes, by membarrier(2) where the kernel has it. */
#ifndef SV_OS_MEMBARRIER_H
#define SV_OS_MEMBARRIER_H

#include <stdbool.h>

/*
 * Let sv_membarrier_run() of other processes reach this process.  False: not available, so publish with full
 * fences.
 */
bool sv_membarrier_register(void);

/* A full barrier in every running thread of all registered processes.  False: not available here. */
bool sv_membarrier_run(void);

#endif
