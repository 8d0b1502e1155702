/* SPDX-License-Identifier: MIT */
/* A peer that says again and again that it is attaching makes no endless loop of the other side. */
#define _GNU_SOURCE /* syscall */
#include <stdatomic.h>
#include <sys/file.h>
#include <sys/sem.h>
#include <sys/syscall.h>

#include "channel/channel.h"
#include "pair.h"

static struct sv_side_line *peer; /* NULL: it is quiet */
static int times;
static sv_channel *removed; /* the one whose set is removed when it has the lock; NULL: none */
static sv_channel *dead;    /* its peer dies when this side has the lock; NULL: it does not */

/* The library calls this instead of libc's.  The peer says it each time that its slot was cleared under the
 * lock. */
int flock(int fd, int operation)
{
	if (peer != NULL && (operation & LOCK_UN) != 0) {
		atomic_store(&peer->slot, SV_SLOT_ATTACHING);
		times++;
	}
	if (removed != NULL && operation != LOCK_UN)
		sv_sem_remove(removed->semid);
	if (dead != NULL && operation != LOCK_UN)
		must(semctl(dead->semid, sv_sem_of(sv_other(dead->role)), SETVAL, SV_WEIGHT) == 0);
	return (int)syscall(SYS_flock, fd, operation);
}

/* Once a peer that died is forgotten, its death is no reason for anything, whether a successor comes or not.
 */
static void a_removal_after_a_death(bool succeeded)
{
	struct pair pair = open_pair(SV_RESUME, 4096);
	int weight = sv_sem_of(SV_WRITER);
	const void *data;
	size_t got;

	must(semctl(pair.reader->semid, weight, SETVAL, SV_WEIGHT) == 0);
	is(sv_peek(pair.reader, 1, &data, &got, 60000), SV_EDIED, "a writer dies");
	if (succeeded)
		must(semctl(pair.reader->semid, weight, SETVAL, 0) == 0);
	is(sv_wait_peer(pair.reader, 0), succeeded ? SV_OK : SV_EAGAIN, "its successor comes, or not");
	must(sv_sem_remove(pair.reader->semid) == 0);
	is(sv_peek(pair.reader, 1, &data, &got, 60000), SV_EREMOVED, "a removal is told as such");
	close_pair(&pair);
}

/* While a side waits for its peer, somebody who may write to the segment may change what is its own. */
static void an_overwritten_position(void)
{
	struct pair pair = open_pair(0, 4096);

	atomic_store(pair.writer->ring.published, 1);
	is(sv_wait_peer(pair.writer, 0), SV_ECORRUPT, "a writer's position that is overwritten is noticed");
	is(sv_last_error(pair.writer)->sys_errno, 0, "no system call has failed");
	close_pair(&pair);
}

/* The same before a side comes. */
static void an_impossible_position(void)
{
	struct sv_options options = options_of(0, 4096);
	struct sv_error error = SV_ERROR_INIT;
	sv_channel *writer = open_side(SV_WRITER, &options), *reader;

	atomic_store(&writer->header->side[SV_READER].position, 1);
	options.source = (struct sv_source){ .device = 1, .inode = 2 };
	is(sv_open(&reader, SV_READER, &options, 0, &error), SV_ECORRUPT,
	   "nobody begins where nothing can have been read");
	ok(strstr(error.text, "impossible positions") != NULL && error.advice == SV_ADVICE_CLEAN_ALL,
	   "it says so: %s", error.text);
	must(sv_close(writer) == SV_OK);
}

int main(void)
{
	static const enum sv_role roles[] = { SV_WRITER, SV_READER };
	struct sv_options options = options_of(0, 4096);
	sv_channel *ch;
	int i;

	own_directory();
	for (i = 0; i < 2; i++) {
		must(sv_open(&ch, roles[i], &options, 0, NULL) == SV_OK);
		atomic_store(&ch->ring.peer->slot, SV_SLOT_ATTACHING);
		is(sv_wait_peer(ch, 20), SV_ETIMEDOUT, "a peer that died before it came has not come");
		is(sv_check(ch), SV_OK, "nor is it dead");
		times = 0;
		peer = ch->ring.peer;
		atomic_store(&peer->slot, SV_SLOT_ATTACHING);
		is(sv_wait_peer(ch, 600000), SV_ECORRUPT, "the %s calls it corrupt", sv_role_name(roles[i]));
		is(times, 100, "after it has cleared the slot so many times");
		peer = NULL;
		atomic_store(&ch->ring.peer->slot, SV_SLOT_ATTACHING);
		dead = ch;
		is(sv_wait_peer(ch, 5000), SV_OK, "but one that came, and died, has come");
		dead = NULL;
		is(sv_check(ch), SV_EDIED, "and is dead");
		must(sv_close(ch) == SV_OK);
		must(sv_open(&ch, roles[i], &options, 0, NULL) == SV_OK);
		atomic_store(&ch->ring.peer->slot, SV_SLOT_ATTACHING);
		removed = ch;
		is(sv_wait_peer(ch, 5000), SV_EREMOVED, "and none can come any more if the set is removed");
		removed = NULL;
		must(sv_close(ch) == SV_OK);
	}
	a_removal_after_a_death(true);
	a_removal_after_a_death(false);
	an_overwritten_position();
	an_impossible_position();
	ok(directory_is_empty(), "nothing is left");
	return tap_done();
}
