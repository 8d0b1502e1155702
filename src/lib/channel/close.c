/* SPDX-License-Identifier: MIT */
/* close.c - the end of a handle: the last one out removes what is left, if that is proved to be its own. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "channel/channel.h"
#include "clock.h"

/* How long to wait for the lock, and for a peer that cannot remove what this user made. */
#define PATIENCE_MS 2000
#define PEER_PATIENCE_MS 2000

/*
 * Of two users only the one that made the objects may remove them: it lets the other go first, after a
 * success.  If that takes too long, its record stays, and its next opening or cleaning removes them.
 */
static void let_the_other_go_first(struct sv_channel *ch)
{
	const struct sv_side_line *peer = ch->ring.peer;
	struct sv_patience patience = sv_patience(PEER_PATIENCE_MS, NULL);
	uint32_t uid = atomic_load((_Atomic uint32_t *)&peer->uid);
	struct sv_segment_facts facts;
	struct timespec left;
	int code = 0;

	/* The mode tells whether there can be another user at all, without a system call. */
	if (uid == geteuid() || atomic_load((_Atomic uint32_t *)&peer->slot) == SV_SLOT_EMPTY)
		return;
	if (sv_status_of(peer) == SV_RUNNING || sv_status_of(ch->ring.own) != SV_DONE)
		return;
	/* Two that wait for each other would both give up: only the maker waits. */
	if (sv_segment_stat(ch->segment.id, &facts, &ch->fault) != SV_OK || facts.creator_uid != geteuid())
		return;
	patience.interrupted = &ch->interrupted;
	while ((code == 0 || code == EINTR) && !sv_is_over(&patience) && !sv_is_cancelled(&patience) &&
	       sv_sem_gone(ch->semid, sv_other(ch->role)) == 0)
		code = sv_sem_sleep(ch->semid, ch->role, sv_time_left(patience.deadline, &left));
}

/* The facts as they are for everybody else once this side has gone. */
static void gather_without_us(struct sv_channel *ch, struct sv_objects *objects, bool locked)
{
	struct sv_target target = {
		.record = ch->record, .recorded = true, .named = ch->rv.named, .locked = locked
	};

	target.identity = target.record.file = ch->rv.identity;
	target.owner = ch->rv.owner;
	target.group = ch->rv.group;
	target.consent = 0666;
	target.own_maps = 1;
	sv_gather(objects, &target);
	/* Who has not learned that all went well is owed that, as if it had died. */
	objects->facts.side[ch->role] =
		ch->complete || sv_status_of(ch->ring.own) != SV_DONE ? SV_HAS_LEFT : SV_HAS_DIED;
}

static int leave(struct sv_channel *ch)
{
	struct sv_patience patience = sv_patience(PATIENCE_MS, NULL);
	struct sv_side_line *own = ch->ring.own;
	struct sv_objects *objects = malloc(sizeof *objects);
	bool locked, left = ch->complete || sv_status_of(own) != SV_DONE;
	int code;

	let_the_other_go_first(ch);
	/* Before the lock: unmapping takes long, and whoever is killed in it must still be found to have been
	 * attached. */
	sv_segment_unmap_ring(&ch->segment);
	locked = objects != NULL && sv_rendezvous_lock(&ch->rv, false, &patience, &ch->fault) == SV_OK;
	if (locked)
		gather_without_us(ch, objects, true);
	if (locked && sv_classify(&objects->facts).removal == SV_REMOVE_YES) {
		/* If it dies over this, its successor is still to be told that all was done: the slot stays
		 * as it is. */
		if (!ch->complete)
			atomic_store(&own->slot, SV_SLOT_LEFT);
		code = sv_objects_remove(objects);
		if (code == 0)
			sv_rendezvous_forget(&ch->rv);
	} else {
		if (left)
			atomic_store(&own->slot, SV_SLOT_LEFT);
		code = sv_sem_leave(ch->semid, ch->role);
		/* A record of another user's objects removes nothing; their maker keeps its own until they
		 * are gone. */
		if (locked && !objects->facts.own && !ch->rv.named)
			sv_rendezvous_forget(&ch->rv);
	}
	free(objects);
	return code == 0 ? SV_OK : sv_fault_set(&ch->fault, SV_ESYSTEM, code, "cannot remove its objects");
}

int sv_close(sv_channel *ch)
{
	int code = SV_OK;

	if (ch == NULL)
		return SV_OK;
	if (ch->events != NULL)
		ch->events->stop(ch->events, ch->process != getpid());
	ch->events = NULL;
	if (ch->process == getpid()) {
		if (!sv_channel_finished(ch))
			sv_abort(ch, ECANCELED);
		code = leave(ch);
	} else {
		/* A forked child: the channel stays its parent's, and so does the lock.  The child never had
		 * the mapping, and what is now at these addresses is its own. */
		ch->segment.base = NULL;
		if (ch->rv.fd != -1)
			close(ch->rv.fd);
		ch->rv.fd = -1;
		code = SV_EINVAL;
	}
	sv_segment_unmap(&ch->segment);
	sv_rendezvous_close(&ch->rv);
	free(ch);
	return code;
}
