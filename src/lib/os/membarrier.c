/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* syscall */
#include "os/membarrier.h"

#include <sys/syscall.h>
#include <unistd.h>

/*
 * From linux/membarrier.h (since Linux 4.16), not included: older headers lack it.  GLOBAL_EXPEDITED
 * interrupts only CPUs that run registered processes; a process that is not running has passed a full barrier
 * when it was switched out.
 */
#define GLOBAL_EXPEDITED (1 << 1)
#define REGISTER_GLOBAL_EXPEDITED (1 << 2)

static bool membarrier(int command)
{
#ifdef SYS_membarrier
	return syscall(SYS_membarrier, command, 0, 0) == 0;
#else
	(void)command;
	return false;
#endif
}

bool sv_membarrier_register(void)
{
	return membarrier(REGISTER_GLOBAL_EXPEDITED);
}

bool sv_membarrier_run(void)
{
	return membarrier(GLOBAL_EXPEDITED);
}
