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
	ok(directory_is_empty(), "nothing is left");
	return tap_done();
}
