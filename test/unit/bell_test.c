/* SPDX-License-Identifier: MIT */
/* A writer that rings the bell of a reader that sleeps, or tries to. */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <sys/ipc.h>
#include <sys/sem.h>

#include "channel/channel.h"
#include "libc.h"
#include "pair.h"

#define NO_CPU 0xfffffff0u

static int refusals; /* so many calls of semop(2) fail: the function stands before the C library's */

static int reason = EACCES;

int semop(int id, struct sembuf *operations, size_t count)
{
	if (refusals == 0)
		return libc(semop)(id, operations, count);
	refusals--;
	errno = reason;
	return -1;
}

/* As if the reader slept until the next byte, and its process could run membarriers. */
static struct pair with_a_sleeper(void)
{
	struct pair pair = open_pair(0, 4096);

	atomic_store(&pair.reader->ring.own->wake, 1);
	atomic_store(&pair.reader->ring.own->fences, 1);
	pair.writer->ring.reachable = pair.writer->ring.light = true;
	atomic_store(&pair.writer->ring.own->cpu, NO_CPU);
	return pair;
}

static int bells(const struct pair *pair)
{
	return semctl(pair->reader->semid, SV_SEM_DATA, GETVAL);
}

static int publish(sv_channel *writer)
{
	size_t got;
	void *place;

	must(sv_reserve(writer, 1, &place, &got, 0) == SV_OK);
	return sv_commit(writer, 1);
}

int main(void)
{
	const unsigned char *end;
	struct pair pair;
	int before, i;

	own_directory();
	for (i = 0; i < 2; i++) {
		pair = with_a_sleeper();
		before = bells(&pair);
		must(sv_release(pair.writer, 1) == SV_EINVAL);
		refusals = i;
		is(publish(pair.writer), SV_OK, "a byte is published, after %d refusals of the kernel", i);
		is(bells(&pair), before + 1, "the reader's bell rings once");
		ok(pair.writer->ring.lightable, "the writer knows that the reader can run membarriers");
		ok(!pair.writer->ring.light, "but publishes with a fence now, because the reader slept");
		ok(atomic_load(&pair.writer->ring.own->cpu) != NO_CPU, "the reader can see where it runs");
		is(publish(pair.writer), SV_OK, "another byte is published");
		is(bells(&pair), before + 1, "a reader that is awake needs no bell");
		close_pair(&pair);
	}
	pair = with_a_sleeper();
	before = bells(&pair);
	refusals = 2;
	is(publish(pair.writer), SV_OK, "a byte is published without the right to ring");
	is(bells(&pair), before, "no bell rings");
	is(refusals, 0, "although the writer has tried twice");
	is(sv_last_error(pair.writer)->sys_errno, EACCES, "which the writer can learn");
	ok(strstr(sv_last_error(pair.writer)->text, "published, but the reader cannot be woken") != NULL,
	   "it is told '%s'", sv_last_error(pair.writer)->text);
	is(atomic_load(&pair.writer->ring.own->light), SV_LIGHT_MUTE, "and the reader is told too");
	must(sv_commit(pair.writer, 4097) == SV_EINVAL);
	atomic_store(&pair.reader->ring.own->wake, 1);
	refusals = 2;
	ok(publish(pair.writer) == SV_OK && sv_last_error(pair.writer)->code == SV_EINVAL, "both once");
	close_pair(&pair);

	pair = with_a_sleeper();
	must(sv_commit(pair.writer, 1) == SV_EINVAL);
	before = bells(&pair);
	is(sv_finish(pair.writer, 0), SV_EAGAIN, "a writer that has finished waits for its reader");
	is(bells(&pair), before + 1, "whose bell rings");
	close_pair(&pair);

	pair = open_pair(0, 4096);
	end = pair.writer->segment.base + pair.writer->segment.header + 2 * sv_capacity(pair.writer);
	ok(sv_contains(pair.writer, pair.writer->segment.base) && sv_contains(pair.writer, end - 1),
	   "a handle contains its first and its last byte");
	ok(!sv_contains(pair.writer, pair.writer->segment.base - 1) && !sv_contains(pair.writer, end),
	   "and none beyond");
	close_pair(&pair);

	pair = with_a_sleeper();
	reason = EIDRM;
	refusals = 1;
	is(publish(pair.writer), SV_EREMOVED, "a set that is not there is not asked twice");
	close_pair(&pair);

	pair = with_a_sleeper();
	must(semctl(pair.reader->semid, 0, IPC_RMID) == 0);
	is(publish(pair.writer), SV_EREMOVED, "a bell that was removed is a failure");
	close_pair(&pair);
	ok(directory_is_empty(), "nothing is left");
	return tap_done();
}
