/* SPDX-License-Identifier: MIT */
/*
 * The set of two semaphores in the kernel: who is woken by what, and what the end of a process adds.  Each
 * side is a process of its own, because SEM_UNDO belongs to a process.
 */
#define _GNU_SOURCE /* semtimedop */
#include <sys/ipc.h>
#include <sys/sem.h>

#include "libc.h"
#include "os/semaphores.h"
#include "pair.h"

/* A sandbox that allows no wait: the function stands before the C library's. */
static bool no_waits;

int semtimedop(int id, struct sembuf *operations, size_t count, const struct timespec *timeout)
{
	errno = EAGAIN;
	return no_waits ? -1 : libc(semtimedop)(id, operations, count, timeout);
}

/* Another process changes the value each time before this one does. */
static bool attacked;
static int attempts;

int semop(int id, struct sembuf *operations, size_t count)
{
	attempts++;
	errno = EAGAIN;
	return attacked ? -1 : libc(semop)(id, operations, count);
}

static struct sv_fault fault;
static int set = -1;

static int value(int sem)
{
	return semctl(set, sem, GETVAL);
}

/* What the reader, or the writer, finds on the semaphore on which it sleeps. */
static int bells_of(enum sv_role sleeper)
{
	return value(sleeper == SV_READER ? SV_SEM_DATA : SV_SEM_SPACE);
}

/* A child that calls act and then ends: it returns, or is killed.  Returns its exit status. */
static int in_child(void (*act)(enum sv_role role), enum sv_role role, bool killed)
{
	pid_t pid = fork();

	must(pid != -1);
	if (pid == 0) {
		act(role);
		if (killed)
			raise(SIGKILL);
		_exit(0);
	}
	return WEXITSTATUS(status_of(pid));
}

static void end(void)
{
	errno = ENOSPC; /* of an earlier call */
	must(sv_sem_remove(set) == 0);
}

/* With a new set in the place of the last one. */
static void begin(void)
{
	if (set != -1)
		end();
	must(sv_sem_create(&set, IPC_PRIVATE, 0600, &fault) == SV_OK);
}

static void attach(enum sv_role role)
{
	sv_sem_attach(set, role, &fault);
}

/* Its exit status tells its parent: the bells of its peer times 16, and its own. */
static void attach_and_look(enum sv_role role)
{
	sv_sem_attach(set, role, &fault);
	_exit(bells_of(sv_other(role)) * 16 + bells_of(role));
}

static void attach_and_ring(enum sv_role role)
{
	int i;

	sv_sem_attach(set, role, &fault);
	for (i = 0; i < 5; i++)
		sv_sem_ring(set, role);
}

static void attach_and_take(enum sv_role role)
{
	struct timespec none = { 0, 0 };
	int i;

	sv_sem_attach(set, role, &fault);
	for (i = 0; i < 3; i++)
		sv_sem_sleep(set, role, &none);
}

static void attach_and_leave(enum sv_role role)
{
	sv_sem_attach(set, role, &fault);
	sv_sem_leave(set, role);
	if (sv_sem_gone(set, role) != 1)
		_exit(1);
}

static void one_side(enum sv_role role)
{
	const char *name = role == SV_WRITER ? "writer" : "reader";
	enum sv_role peer = sv_other(role);

	begin();
	is(in_child(attach_and_look, role, false), 16,
	   "the %s attaches: one bell for its peer, none for itself", name);

	begin();
	in_child(attach, role, true);
	is(sv_sem_gone(set, role), 1, "the %s is killed: that shows", name);
	is(sv_sem_gone(set, peer), 0, "and its peer is not taken for gone");
	is(bells_of(peer), SV_WEIGHT + 1, "the peer's semaphore has the weight and the arrival bell");
	in_child(attach, role, false);
	is(bells_of(peer), SV_WEIGHT + 1, "a successor replaces the weight, and leaves one of its own");
	is(sv_sem_clear(set, role, &fault), SV_OK, "the weight is taken off");
	is(bells_of(peer), 0, "with all that was rung before");
	is(sv_sem_gone(set, role), 0, "nobody is gone then");

	begin();
	in_child(attach_and_ring, role, true);
	is(bells_of(peer), SV_WEIGHT + 6, "bells of the %s stay when it is killed", name);
	in_child(attach, role, true);
	is(bells_of(peer), SV_WEIGHT + 1, "a successor takes off weight and old bells together");

	begin();
	must(sv_sem_ring(set, peer) == 0 && sv_sem_ring(set, peer) == 0 && sv_sem_ring(set, peer) == 0);
	in_child(attach_and_take, role, true);
	is(bells_of(role), 0, "bells that the %s has taken do not come back", name);

	begin();
	in_child(attach_and_leave, role, false);
	is(bells_of(peer), SV_WEIGHT + 1, "the %s leaves: one weight, by itself, and none more at its exit",
	   name);

	begin();
	must(sv_sem_ring_own(set, role) == 0);
	is(bells_of(role), 1, "an interrupted %s rings itself", name);
	sv_sem_drain(set, role);
	is(bells_of(role), 0, "and takes the bell");
	sv_sem_drain(set, role);
	is(bells_of(role), 0, "only if there is one");
}

/* A successor of one side does not change the bells of the live other side. */
static void both_sides(void)
{
	begin();
	must(sv_sem_attach(set, SV_READER, &fault) == SV_OK);
	must(sv_sem_ring(set, SV_READER) == 0);
	in_child(attach, SV_WRITER, true);
	in_child(attach, SV_WRITER, true);
	is(bells_of(SV_WRITER), 2, "two writers came and died: the reader's bells are as they were");
	is(sv_sem_gone(set, SV_READER), 0, "and the reader is not taken for gone");
}

/* A weight is what has at least half of it, whatever bells came with it. */
static void weights(void)
{
	begin();
	must(semctl(set, SV_SEM_DATA, SETVAL, SV_GONE - 1) == 0);
	is(sv_sem_gone(set, SV_WRITER), 0, "many bells are no weight");
	is(sv_sem_clear(set, SV_WRITER, &fault), SV_OK, "if nobody is gone");
	is(value(SV_SEM_DATA), SV_GONE - 1, "nothing is taken off");
	must(semctl(set, SV_SEM_DATA, SETVAL, SV_GONE) == 0);
	is(sv_sem_gone(set, SV_WRITER), 1, "half a weight is one");
	attacked = true;
	attempts = 0;
	is(sv_sem_clear(set, SV_WRITER, &fault), SV_ESYSTEM, "which stays if others change the value");
	is(attempts, 100, "again and again");
	attacked = false;
	is(sv_sem_clear(set, SV_WRITER, &fault), SV_OK, "which is taken off");
	is(value(SV_SEM_DATA), 0, "with all that was rung before");
	must(semctl(set, SV_SEM_DATA, SETVAL, 32767) == 0);
	is(sv_sem_leave(set, SV_READER) | sv_sem_leave(set, SV_WRITER), 0,
	   "a side can leave whatever value another program has set");
	is(sv_sem_ring(set, SV_WRITER), 0, "where no more bells fit, there are enough");
}

/* Others wait for the end of a side that is gone, and for a side to go; neither changes a value. */
static void waits(void)
{
	struct sv_sem_facts facts;
	struct timespec soon = { 0, 1000000 };
	int one;

	begin();
	is(sv_sem_sleep_end(set, SV_WRITER, &soon), 0, "the weight is off already");
	must(sv_sem_ring(set, SV_READER) == 0);
	memset(&facts, 'x', sizeof facts);
	must(sv_sem_stat(set, &facts, &fault) == SV_OK);
	ok(facts.value[SV_SEM_DATA] == 0 && facts.value[SV_SEM_SPACE] == 1 &&
	           facts.sleepers[SV_SEM_DATA] == 0 && facts.sleepers[SV_SEM_SPACE] == 0,
	   "a look shows the values of both, and who sleeps");
	ok(facts.mode == 0600 && facts.owner == geteuid() && facts.creator_uid == geteuid() &&
	           facts.creator_gid == getegid(),
	   "whose it is, and for whom");
	must((one = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600)) != -1);
	memset(&facts, 'x', sizeof facts);
	must(sv_sem_stat(one, &facts, &fault) == SV_OK && semctl(one, 0, IPC_RMID) == 0);
	ok(facts.count == 1 && facts.value[0] == 0 && facts.value[1] == 0 && facts.sleepers[0] == 0 &&
	           facts.sleepers[1] == 0,
	   "a set of another size is not looked into");
	sv_sem_drain(set, SV_WRITER);
	is(sv_sem_sleep_gone(set, SV_WRITER, &soon), EAGAIN, "nobody goes");
	is(value(SV_SEM_DATA), 0, "the value is as it was");
	in_child(attach, SV_WRITER, true);
	is(sv_sem_sleep_end(set, SV_WRITER, &soon), EAGAIN, "the weight stays");
	is(sv_sem_sleep_gone(set, SV_WRITER, NULL), 0, "a side has gone");
	is(value(SV_SEM_DATA), SV_WEIGHT + 1, "the value is as it was");
	is(value(SV_SEM_SPACE), 0, "and so is the other one");
}

static void sleeps(void)
{
	struct timespec soon = { 0, 1000000 }, later = { 60, 0 };

	begin();
	no_waits = true;
	is(sv_sem_sleep(set, SV_READER, &later), ENOSYS, "a sleep that cannot be is no time that is up");
	no_waits = false;
	is(sv_sem_sleep(set, SV_READER, &soon), EAGAIN, "a sleep ends when its time is up");
	must(sv_sem_ring(set, SV_WRITER) == 0);
	is(sv_sem_sleep(set, SV_READER, NULL), 0, "or by a bell");
	is(bells_of(SV_READER), 0, "which it takes");
	end();
	is(sv_sem_sleep(set, SV_READER, NULL), EINVAL, "or because the set is gone");
	is(sv_sem_ring(set, SV_WRITER), EINVAL, "and then there is nobody to be rung");
	is(sv_sem_gone(set, SV_WRITER), -EINVAL, "or to be looked at");
	is(sv_sem_remove(set), 0, "and nothing left to be removed");
}

int main(void)
{
	one_side(SV_WRITER);
	one_side(SV_READER);
	both_sides();
	weights();
	waits();
	sleeps();
	return tap_done();
}
