/* SPDX-License-Identifier: MIT */
/* A kernel that refuses: each reason becomes a code, a sentence with a hint, and an advice. */
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include "os/segment.h"
#include "os/semaphores.h"
#include "tap.h"

static int reason;  /* errno of the calls below, which stand before the C library's; 0: they work */
static int removed; /* the set that was removed last */

int shmget(key_t key, size_t size, int flags)
{
	(void)key;
	(void)size;
	(void)flags;
	errno = reason;
	return reason != 0 ? -1 : 7;
}

int shmctl(int id, int command, struct shmid_ds *ds)
{
	(void)id;
	(void)command;
	(void)ds;
	errno = reason;
	return reason != 0 ? -1 : 0;
}

void *shmat(int id, const void *address, int flags)
{
	(void)id;
	(void)address;
	(void)flags;
	errno = reason;
	return (void *)-1;
}

int semget(key_t key, int count, int flags)
{
	(void)key;
	(void)flags;
	errno = reason;
	return reason != 0 && count == SV_SEM_COUNT ? -1 : 7;
}

static int semctl_reason;

int semctl(int id, int number, int command, ...)
{
	(void)number;
	if (command == IPC_RMID)
		removed = id;
	errno = semctl_reason;
	return command != IPC_RMID && semctl_reason != 0 ? -1 : 0;
}

static struct sv_fault fault;

static void says(int code, int expected, int number, enum sv_advice advice, const char *text)
{
	is(code, expected, "errno %d: the code", reason != 0 ? reason : semctl_reason);
	is(fault.error.sys_errno, number, "the errno that it tells");
	is(fault.error.advice, advice, "the advice");
	ok(strstr(fault.error.text, text) != NULL, "the sentence has '%s': %s", text, fault.error.text);
	ok((strchr(fault.error.text, '(') != NULL) == (strchr(text, '(') != NULL), "and no other hint");
}

static int make_segment(int number)
{
	int id, code;

	reason = number;
	code = sv_segment_create(&id, 1, 4096, 0600, &fault);
	ok(code == SV_OK ? id == 7 : id == -1, "there is an id if there is a segment");
	return code;
}

static int make_set(int number)
{
	int id, code;

	reason = number;
	code = sv_sem_create(&id, 1, 0600, &fault);
	ok(code == SV_OK ? id == 7 : id == -1, "there is an id if there is a set");
	return code;
}

static int map(int number)
{
	struct sv_segment segment;

	reason = number;
	return sv_segment_map(&segment, 7, sv_segment_round(1), &fault);
}

static int stat_segment(int number)
{
	struct sv_segment_facts facts;

	reason = number;
	return sv_segment_stat(7, &facts, &fault);
}

static int stat_set(int number)
{
	struct sv_sem_facts facts;

	reason = 0;
	semctl_reason = number;
	return sv_sem_stat(7, &facts, &fault);
}

int main(void)
{
	is(make_segment(0), SV_OK, "a segment is made");
	says(make_segment(ENOSPC), SV_ESYSTEM, ENOSPC, SV_ADVICE_LIMIT, "(the limit on segments");
	says(make_segment(EINVAL), SV_ESYSTEM, EINVAL, SV_ADVICE_CAPACITY, "(larger than kernel.shmmax");
	says(make_segment(ENOMEM), SV_ESYSTEM, ENOMEM, SV_ADVICE_CAPACITY, "(not enough memory");
	says(make_segment(EEXIST), SV_ESYSTEM, EEXIST, SV_ADVICE_NONE, "cannot create a segment");
	says(stat_segment(EINVAL), SV_EREMOVED, 0, SV_ADVICE_NONE, "segment 7 was removed");
	says(stat_segment(EIDRM), SV_EREMOVED, 0, SV_ADVICE_NONE, "segment 7 was removed");
	says(stat_segment(EACCES), SV_ESYSTEM, EACCES, SV_ADVICE_MODE, "cannot look at segment 7");
	says(stat_segment(EIO), SV_ESYSTEM, EIO, SV_ADVICE_NONE, "cannot look at segment 7");
	says(map(EINVAL), SV_EREMOVED, 0, SV_ADVICE_NONE, "segment 7 was removed");
	says(map(EIDRM), SV_EREMOVED, 0, SV_ADVICE_NONE, "segment 7 was removed");
	says(map(EACCES), SV_ESYSTEM, EACCES, SV_ADVICE_NONE, "(its mode or a security module");
	says(map(ENOMEM), SV_ESYSTEM, ENOMEM, SV_ADVICE_NONE, "(see ulimit -v and the memory limit");
	says(map(EMFILE), SV_ESYSTEM, EMFILE, SV_ADVICE_NONE, "cannot map segment 7");
	is(make_set(0), SV_OK, "a set is made");
	says(make_set(ENOSPC), SV_ESYSTEM, ENOSPC, SV_ADVICE_LIMIT, "(the limit on sets or semaphores");
	says(make_set(EEXIST), SV_ESYSTEM, EEXIST, SV_ADVICE_NONE, "cannot create a set");
	semctl_reason = EPERM;
	says(make_set(0), SV_ESYSTEM, EPERM, SV_ADVICE_NONE, "cannot initialise semaphore set 7");
	is(removed, 7, "a set that cannot be used is removed again");
	says(stat_set(EINVAL), SV_EREMOVED, 0, SV_ADVICE_NONE, "semaphore set 7 was removed");
	says(stat_set(EIDRM), SV_EREMOVED, 0, SV_ADVICE_NONE, "semaphore set 7 was removed");
	says(stat_set(EACCES), SV_ESYSTEM, EACCES, SV_ADVICE_MODE, "cannot look at semaphore set 7");
	says(stat_set(ENOSPC), SV_ESYSTEM, ENOSPC, SV_ADVICE_NONE, "(no memory for SEM_UNDO");
	return tap_done();
}
