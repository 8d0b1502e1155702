/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* semtimedop */
#include "os/semaphores.h"

#include <errno.h>
#include <sys/ipc.h>
#include <sys/sem.h>

#include "clock.h"
#include "os/owner.h"

/* semctl(2): the caller declares it. */
union semun {
	int val;
	struct semid_ds *buf;
	unsigned short *array;
};

/* How often to try again when the value changes while we replace it. */
#define MOST_TRIES 100

static int gone_is_removed(int code)
{
	return code == EIDRM || code == EINVAL;
}

static int fail(struct sv_fault *fault, int id, const char *what)
{
	int code = errno;

	if (gone_is_removed(code))
		return sv_fault_set(fault, SV_EREMOVED, 0, "semaphore set %d was removed by another process",
		                    id);
	sv_fault_set(fault, SV_ESYSTEM, code, "cannot %s semaphore set %d", what, id);
	if (code == EACCES)
		sv_fault_advise(fault, SV_ADVICE_MODE);
	else if (code == ENOSPC)
		sv_fault_hint(fault, "no memory for SEM_UNDO");
	return SV_ESYSTEM;
}

int sv_sem_create(int *id, key_t key, unsigned mode, struct sv_fault *fault)
{
	unsigned short zero[SV_SEM_COUNT] = { 0, 0 };
	union semun arg = { .array = zero };
	int code;

	*id = semget(key, SV_SEM_COUNT, IPC_CREAT | IPC_EXCL | (int)mode);
	if (*id == -1) {
		code = errno;
		sv_fault_set(fault, SV_ESYSTEM, code, "cannot create a set of two semaphores");
		if (code == ENOSPC) {
			sv_fault_hint(fault,
			              "the limit on sets or semaphores, kernel.sem, is reached; this is "
			              "not disk space");
			sv_fault_advise(fault, SV_ADVICE_LIMIT);
		}
		return SV_ESYSTEM;
	}
	/*
	 * Linux sets new semaphores to zero, but POSIX does not require it.  We hold the lock, so nobody else
	 * uses the set yet.
	 */
	if (semctl(*id, 0, SETALL, arg) == 0)
		return SV_OK;
	fail(fault, *id, "initialise");
	semctl(*id, 0, IPC_RMID);
	*id = -1;
	return fault->error.code;
}

int sv_sem_stat(int id, struct sv_sem_facts *facts, struct sv_fault *fault)
{
	struct semid_ds ds;
	union semun arg = { .buf = &ds };
	int i;

	if (semctl(id, 0, IPC_STAT, arg) == -1)
		return fail(fault, id, "look at");
	facts->count = ds.sem_nsems;
	facts->owner = sv_certain_user(ds.sem_perm.uid, ds.sem_perm.mode);
	facts->creator_uid = sv_certain_user(ds.sem_perm.cuid, ds.sem_perm.mode);
	facts->creator_gid = sv_certain_group(ds.sem_perm.cgid, ds.sem_perm.mode);
	facts->mode = ds.sem_perm.mode & 0777;
	facts->used_s = (int64_t)ds.sem_otime;
	facts->changed_s = (int64_t)ds.sem_ctime;
	facts->key = (uint32_t)ds.sem_perm.__key;
	for (i = 0; i < SV_SEM_COUNT; i++) {
		facts->value[i] = facts->sleepers[i] = 0;
		if (facts->count != SV_SEM_COUNT)
			continue;
		facts->value[i] = semctl(id, i, GETVAL);
		facts->sleepers[i] = semctl(id, i, GETNCNT);
		if (facts->value[i] == -1 || facts->sleepers[i] == -1)
			return fail(fault, id, "read");
	}
	return SV_OK;
}

/*
 * Remove the predecessor's weight in the same atomic step, provided that the value has not changed since it
 * was read.
 */
static int replace_value(int id, int sem, struct sembuf *rest, size_t count)
{
	struct sembuf ops[3];
	size_t i, n;
	int value, tries = 0;

	do {
		value = semctl(id, sem, GETVAL);
		if (value == -1)
			return -1;
		n = 0;
		if (value >= SV_GONE)
			ops[n++] = (struct sembuf){ .sem_num = (unsigned short)sem,
				                    .sem_op = (short)-value,
				                    .sem_flg = IPC_NOWAIT };
		for (i = 0; i < count; i++)
			ops[n++] = rest[i];
		if (n == 0 || semop(id, ops, n) == 0)
			return 0;
		/*
		 * We hold the lock, so only a bell can change the value in between.  If it keeps changing,
		 * this is an attack.
		 */
	} while ((errno == EAGAIN || errno == EINTR) && ++tries < MOST_TRIES);
	return -1;
}

int sv_sem_attach(int id, enum sv_role role, struct sv_fault *fault)
{
	unsigned short sem = (unsigned short)sv_sem_of(role);
	struct sembuf arm[2] = {
		{ .sem_num = sem, .sem_op = SV_WEIGHT + 1, .sem_flg = 0 },
		{ .sem_num = sem, .sem_op = -SV_WEIGHT, .sem_flg = SEM_UNDO },
	};

	if (replace_value(id, sem, arm, 2) == -1)
		return fail(fault, id, "attach to");
	return SV_OK;
}

int sv_sem_clear(int id, enum sv_role role, struct sv_fault *fault)
{
	if (replace_value(id, sv_sem_of(role), NULL, 0) == -1)
		return fail(fault, id, "recover");
	return SV_OK;
}

static int one_op(int id, int sem, int op, int flags, const struct timespec *timeout)
{
	struct sembuf operation = { .sem_num = (unsigned short)sem,
		                    .sem_op = (short)op,
		                    .sem_flg = (short)flags };
	int64_t deadline = 0;
	int result;

	if (timeout == NULL) {
		result = semop(id, &operation, 1);
	} else {
		deadline = sv_now() + (int64_t)timeout->tv_sec * 1000000000 + timeout->tv_nsec;
		result = semtimedop(id, &operation, 1, timeout);
	}
	if (result == 0)
		return 0;
	/*
	 * EAGAIN means that the time is up.  Before that it comes from a sandbox that refuses the call
	 * (seccomp, proot): taken as a time-out it would make the caller wait in a busy loop.  The kernel may
	 * wake a millisecond early where its clock is coarse.
	 */
	if (errno == EAGAIN && (flags & IPC_NOWAIT) == 0 &&
	    (timeout == NULL || sv_now() < deadline - 10000000))
		return ENOSYS;
	return errno;
}

int sv_sem_leave(int id, enum sv_role role)
{
	int code = one_op(id, sv_sem_of(role), SV_WEIGHT, SEM_UNDO, NULL);

	/*
	 * ERANGE: another program has changed the value.  The kernel's adjustment at exit stops at the
	 * maximum, which is enough.
	 */
	return gone_is_removed(code) || code == ERANGE ? 0 : code;
}

int sv_sem_ring(int id, enum sv_role role)
{
	int code = one_op(id, sv_sem_of(role), 1, 0, NULL);

	/* ERANGE: the value is at its maximum, so the sleeper is awake anyway. */
	return code == ERANGE ? 0 : code;
}

int sv_sem_ring_own(int id, enum sv_role role)
{
	return sv_sem_ring(id, sv_other(role));
}

int sv_sem_sleep(int id, enum sv_role role, const struct timespec *timeout)
{
	return one_op(id, sv_sem_of(sv_other(role)), -1, 0, timeout);
}

void sv_sem_drain(int id, enum sv_role role)
{
	one_op(id, sv_sem_of(sv_other(role)), -1, IPC_NOWAIT, NULL);
}

int sv_sem_gone(int id, enum sv_role role)
{
	int value = semctl(id, sv_sem_of(role), GETVAL);

	return value == -1 ? -errno : value >= SV_GONE;
}

int sv_sem_sleep_end(int id, enum sv_role gone, const struct timespec *timeout)
{
	/* Waiting for zero does not change the value. */
	return one_op(id, sv_sem_of(gone), 0, 0, timeout);
}

int sv_sem_sleep_gone(int id, enum sv_role role, const struct timespec *timeout)
{
	unsigned short sem = (unsigned short)sv_sem_of(role);
	/* Both or none: the second undoes the first. */
	struct sembuf there_and_back[2] = {
		{ .sem_num = sem, .sem_op = -SV_GONE, .sem_flg = 0 },
		{ .sem_num = sem, .sem_op = SV_GONE, .sem_flg = 0 },
	};

	return semtimedop(id, there_and_back, 2, timeout) == 0 ? 0 : errno;
}

int sv_sem_remove(int id)
{
	if (id == -1 || semctl(id, 0, IPC_RMID) == 0 || gone_is_removed(errno))
		return 0;
	return errno;
}
