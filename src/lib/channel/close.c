/* SPDX-License-Identifier: MIT */
/*
 * close.c - closing a handle.  The side that leaves last removes the objects, if it can prove that they are
 * its own.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "channel/channel.h"
#include "clock.h"

/* What sv_close() gives the wait for a peer of another user to leave, and the wait for the lock, together. */
#define PATIENCE_MS 2000

/*
 * Of two users, only the creator may remove the objects. So after a successful transfer the creator waits
 * until the other has left. If that takes too long, the record stays, and the creator's next sv_open() or
 * sv_clean() removes the objects.
 */
static void let_the_other_go_first(struct sv_channel *ch, struct sv_patience patience)
{
	const struct sv_side_line *peer = ch->ring.peer;
	uint32_t uid = atomic_load((_Atomic uint32_t *)&peer->uid);
	struct sv_segment_facts facts;
	struct timespec left;
	int code = 0;

	/* No system call is needed if both sides belong to the same user. */
	if (uid == geteuid() || atomic_load((_Atomic uint32_t *)&peer->slot) == SV_SLOT_EMPTY)
		return;
	if (sv_status_of(peer) == SV_RUNNING || sv_status_of(ch->ring.own) != SV_DONE)
		return;
	/* Only the creator waits: two sides that wait for each other would both give up. */
	if (sv_segment_stat(ch->segment.id, &facts, &ch->fault) != SV_OK || facts.creator_uid != geteuid())
		return;
	patience.interrupted = &ch->interrupted;
	while ((code == 0 || code == EINTR) && !sv_is_over(&patience) && !sv_is_cancelled(&patience) &&
	       sv_sem_gone(ch->semid, sv_other(ch->role)) == 0)
		code = sv_sem_sleep(ch->semid, ch->role, sv_time_left(patience.deadline, &left));
}

/* Gather the facts that other processes will see after this side has left. */
static void gather_without_us(struct sv_channel *ch, struct sv_objects *objects, bool locked)
{
	struct sv_target target = { .record = ch->record,
		                    .recorded = true,
		                    .only_recorded = true,
		                    .named = ch->rv.named,
		                    .locked = locked };

	target.identity = target.record.file = ch->rv.identity;
	target.owner = ch->rv.owner;
	target.consent = 0666;
	target.own = ch->header;
	sv_gather(objects, &target);
	/* A side that has not learned of the success counts as dead, so that its successor will be told. */
	objects->facts.side[ch->role] =
		ch->complete || sv_status_of(ch->ring.own) != SV_DONE ? SV_HAS_LEFT : SV_HAS_DIED;
	/*
	 * With this side counted as attached, sv_gather() saw no reason to ask again.  But a look from
	 * outside, such as svstat's, counts as a mapping too, and must not keep the last one out from
	 * removing the objects.  It takes some microseconds, or longer if the process that looks is
	 * stopped.  A side maps the segment at least twice, so a single mapping is such a look.
	 */
	if (locked && objects->facts.mapped && objects->facts.side[sv_other(ch->role)] != SV_PRESENT &&
	    objects->facts.side[sv_other(ch->role)] != SV_ARRIVING)
		objects->facts.mapped =
			objects->shm.maps >= 1 + SV_MAPS_OF_ONE && !sv_segment_unmapped(objects->shmid, 1);
}

static int leave(struct sv_channel *ch, int timeout_ms)
{
	struct sv_patience patience = sv_patience(timeout_ms, NULL);
	struct sv_side_line *own = ch->ring.own;
	struct sv_objects *objects = malloc(sizeof *objects);
	bool locked, left = ch->complete || sv_status_of(own) != SV_DONE;
	int code;

	let_the_other_go_first(ch, patience);
	/*
	 * Unmap before locking, because unmapping takes long.  The header stays mapped: if we are killed
	 * here, others must still see that we were attached.
	 */
	sv_segment_unmap_ring(&ch->segment);
	locked = objects != NULL && sv_rendezvous_lock(&ch->rv, false, &patience, &ch->fault) == SV_OK;
	if (locked)
		gather_without_us(ch, objects, true);
	if (locked && sv_classify(&objects->facts).removal == SV_REMOVE_YES) {
		/*
		 * The slot stays as it is: if we die here after a success, our successor must still be told
		 * of the success.  After a failure, nothing depends on whether we have left or died.
		 */
		code = sv_objects_remove(objects);
		if (code == 0)
			sv_rendezvous_forget(&ch->rv, ch->record.generation);
	} else {
		if (left)
			atomic_store(&own->slot, SV_SLOT_LEFT);
		code = sv_sem_leave(ch->semid, ch->role);
		/* Our record is of no use: the objects belong to another user, who has a record too. */
		if (locked && !objects->facts.own && !ch->rv.named)
			sv_rendezvous_forget(&ch->rv, ch->record.generation);
	}
	free(objects);
	return code == 0 ? SV_OK : sv_fault_set(&ch->fault, SV_ESYSTEM, code, "cannot remove its objects");
}

int sv_close_within(sv_channel *ch, int timeout_ms)
{
	bool known = timeout_ms >= -1;
	int code;

	if (ch == NULL)
		return known ? SV_OK : SV_EINVAL;
	if (ch->events != NULL)
		ch->events->stop(ch->events, ch->process != getpid());
	ch->events = NULL;
	if (ch->process == getpid()) {
		if (!sv_channel_finished(ch))
			sv_abort(ch, ECANCELED);
		code = leave(ch, known ? timeout_ms : 0);
	} else {
		/*
		 * A forked child: channel and lock still belong to the parent.  The child does not have the
		 * mapping, and these addresses may now hold something else.
		 */
		ch->segment.base = NULL;
		if (ch->rv.fd != -1)
			close(ch->rv.fd);
		ch->rv.fd = -1;
		code = SV_EINVAL;
	}
	sv_segment_unmap(&ch->segment);
	sv_rendezvous_close(&ch->rv);
	free(ch);
	return code == SV_OK && !known ? SV_EINVAL : code;
}

int sv_close(sv_channel *ch)
{
	return sv_close_within(ch, PATIENCE_MS);
}
