/* SPDX-License-Identifier: MIT */
/*
 * semaphores.h - the set of two semaphores: who is told what, and who is alive.
 *
 *	                    the one sleeper           bell rung by   weight of
 *	SV_SEM_DATA  (0)    the reader, for data      the writer     a writer that is gone
 *	SV_SEM_SPACE (1)    the writer, for space     the reader     a reader that is gone
 *
 * A bell is an increment by 1: it wakes the sleeper. A weight is an increment by SV_WEIGHT: it says that
 * a side has gone. Attaching rings a bell ("I came") and makes the kernel remember the weight (SEM_UNDO),
 * so that the kernel adds it when the process ends, even by SIGKILL. Leaving adds the weight itself and
 * makes the kernel forget it. So a value of SV_GONE or more means that a side has gone. The peer sleeps
 * on this same semaphore, so the weight wakes the peer. Bells and waits never use SEM_UNDO: otherwise the
 * exit of a process would take back its last bells, and after about 32,767 of them the kernel's
 * adjustment would overflow (ERANGE, semop(2)).
 */
#ifndef SV_OS_SEMAPHORES_H
#define SV_OS_SEMAPHORES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "error.h"

#define SV_SEM_DATA 0
#define SV_SEM_SPACE 1
#define SV_SEM_COUNT 2
#define SV_WEIGHT 16384 /* half of SEMVMX, within what SEM_UNDO can adjust */
#define SV_GONE (SV_WEIGHT / 2)

/* The semaphore that carries a role's weight; its peer sleeps on the same one. */
static inline int sv_sem_of(enum sv_role role)
{
	return role == SV_WRITER ? SV_SEM_DATA : SV_SEM_SPACE;
}

static inline enum sv_role sv_other(enum sv_role role)
{
	return role == SV_WRITER ? SV_READER : SV_WRITER;
}

/* What the kernel says about a set. */
struct sv_sem_facts {
	unsigned long count; /* semaphores in the set */
	uid_t owner;         /* uid: can be given away with IPC_SET */
	uid_t creator_uid;   /* cuid: cannot */
	gid_t creator_gid;   /* cgid: cannot */
	unsigned mode;
	int64_t used_s;    /* time of the last semop, 0: never */
	int64_t changed_s; /* sem_ctime: creation, or the last IPC_SET, SETVAL or SETALL */
	int value[2];
	int sleepers[2];
	uint32_t key;
};

/* Create the set of a key, exclusively, both values 0.  SV_OK, SV_ESYSTEM with a hint. */
int sv_sem_create(int *id, key_t key, unsigned mode, struct sv_fault *fault);

/* SV_OK, SV_EREMOVED, SV_ESYSTEM.  Values are only filled in for a set of SV_SEM_COUNT. */
int sv_sem_stat(int id, struct sv_sem_facts *facts, struct sv_fault *fault);

/*
 * Make the kernel remember a role's weight and ring "I came"; remove the weight of a predecessor.  Under the
 * lock.
 */
int sv_sem_attach(int id, enum sv_role role, struct sv_fault *fault);

/*
 * Add a role's weight, as the kernel would at its death, and make the kernel forget it. 0 or an errno value.
 */
int sv_sem_leave(int id, enum sv_role role);

/* Remove the weight of a role that has gone, before waiting for its successor.  Under the lock. */
int sv_sem_clear(int id, enum sv_role role, struct sv_fault *fault);

/* Wake the peer of a role.  0 or an errno value.  Async-signal-safe. */
int sv_sem_ring(int id, enum sv_role role);

/* Wake a role itself: for sv_interrupt().  Async-signal-safe. */
int sv_sem_ring_own(int id, enum sv_role role);

/*
 * Sleep as a role until a bell rings; timeout NULL: for ever.  The time is relative.
 * 0, or EAGAIN (time is up), ENOSYS (the system does not let us wait), EINTR, EIDRM or EINVAL (the set is
 * gone), or another errno value.
 */
int sv_sem_sleep(int id, enum sv_role role, const struct timespec *timeout);

/* Take one bell if there is one. */
void sv_sem_drain(int id, enum sv_role role);

/* Has a role gone, that is, is its weight on the semaphore?  1, 0, or minus an errno value. */
int sv_sem_gone(int id, enum sv_role role);

/*
 * One role has gone: sleep until the set is removed (EIDRM, EINVAL) or a successor takes over that role (0).
 * Otherwise as sv_sem_sleep().
 */
int sv_sem_sleep_end(int id, enum sv_role gone, const struct timespec *timeout);

/*
 * Sleep until a role's weight falls, without taking anything from anybody, or until the set is removed.  As
 * sv_sem_sleep().
 */
int sv_sem_sleep_gone(int id, enum sv_role role, const struct timespec *timeout);

/* Remove the set.  0 or an errno value; already gone is 0. */
int sv_sem_remove(int id);

#endif
