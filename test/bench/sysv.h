/* SPDX-License-Identifier: MIT */
/*
 * sysv.h - the System V objects of peers and limits, removed also when the benchmark is interrupted.
 */
#ifndef SYSV_H
#define SYSV_H

#include <errno.h>
#include <sys/ipc.h>
#include <sys/sem.h>

#include "bench.h"

int sysv_semaphores(int n); /* a set of n semaphores of value 0, or -1 */
int sysv_queue_new(void);   /* a message queue, or -1 */
void sysv_remove(int id);   /* what one of the two has made */
void sysv_remove_all(void);

/* One operation on one semaphore; awake instead of asleep when nowait. */
static inline void sysv_semop(int set, unsigned short number, short change, bool nowait)
{
	struct sembuf op = { number, change, nowait ? IPC_NOWAIT : 0 };

	while (semop(set, &op, 1))
		if (errno != EAGAIN && errno != EINTR)
			side_fail("semop failed: errno %d", errno);
}

#endif
