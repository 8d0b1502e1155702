/* SPDX-License-Identifier: MIT */
/* finish.c - how a transfer and its handle end; the last one out removes what is left. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "channel/channel.h"
#include "clock.h"

/* How long to wait for the lock, and for a peer that cannot remove what this user made, before leaving all to
 * svclean. */
#define PATIENCE_MS 2000
#define PEER_PATIENCE_MS 15000

static int end_with(struct sv_channel *ch, uint32_t status)
{
	ch->kind |= SV_KIND_FINISHED;
	/* What was handed out or staged is not published or given back after the end. */
	ch->place = NULL;
	ch->staged = ch->message = 0;
	if (sv_ring_set_status(&ch->ring, status) && !sv_channel_ring(ch))
		return ch->fault.error.code;
	return SV_OK;
}

int sv_finish(sv_channel *ch, int timeout_ms)
{
	int code = SV_OK;

	if (getpid() != ch->process || timeout_ms < -1)
		return sv_fault_set(&ch->fault, SV_EINVAL, 0,
		                    "sv_finish: bad timeout_ms, or a handle of another process");
	if (ch->role == SV_READER) {
		if (sv_channel_finished(ch))
			return SV_OK;
		if (!ch->end_seen)
			return sv_fault_set(&ch->fault, SV_EINVAL, 0,
			                    "sv_finish: the end of the stream was not seen");
		ch->complete = true;
		/* The writer may have seen that already: from here on it is so, even if there is no bell left
		 * to ring. */
		end_with(ch, SV_DONE);
		return SV_OK;
	}
	if (!sv_channel_finished(ch)) {
		if (ch->staged > 0)
			code = sv_msg_flush(ch);
		if (code == SV_OK)
			code = end_with(ch, SV_DONE);
		if (code != SV_OK)
			return code;
	} else if (sv_status_of(ch->ring.own) != SV_DONE) {
		return sv_fault_set(&ch->fault, SV_EINVAL, 0,
		                    "sv_finish: the transfer was aborted by this side");
	}
	if ((ch->flags & SV_DETACH) != 0) {
		ch->complete = true;
		return SV_OK;
	}
	code = sv_channel_wait(ch, SV_NO_POSITION, timeout_ms);
	if (code != SV_END)
		return code;
	if (ch->ring.seen != ch->ring.position)
		return sv_fault_set(&ch->fault, SV_ECORRUPT, 0,
		                    "corrupt channel: the reader finished without taking all bytes");
	ch->complete = true;
	return SV_OK;
}

int sv_abort(sv_channel *ch, int reason)
{
	uint32_t status;

	if (reason == 0 || reason > (int)SV_STATUS_VALUE || reason < -(int)SV_STATUS_VALUE)
		return sv_fault_set(&ch->fault, SV_EINVAL, 0,
		                    "sv_abort: a reason is an errno value or minus a signal number");
	/* What both sides agreed on cannot be taken back. */
	if (ch->complete)
		return SV_OK;
	status = reason > 0 ? SV_FAILED | (uint32_t)reason : SV_SIGNALLED | (uint32_t)-reason;
	end_with(ch, status);
	return SV_OK;
}

/* Of two users only the owner may remove: it stays until the other has left. */
static void let_the_other_go_first(struct sv_channel *ch)
{
	const struct sv_side_line *peer = ch->ring.peer;
	int64_t deadline = sv_deadline(PEER_PATIENCE_MS);
	uint32_t uid = atomic_load((_Atomic uint32_t *)&peer->uid);
	struct sv_segment_facts facts;
	struct timespec left;

	/* Only the owner waits: two that wait for each other would both give up. */
	if (sv_segment_stat(ch->segment.id, &facts, &ch->fault) != SV_OK || facts.owner != geteuid())
		return;
	if (uid == 0 || uid == geteuid() || atomic_load((_Atomic uint32_t *)&peer->slot) == SV_SLOT_EMPTY)
		return;
	if (sv_status_of(peer) == SV_RUNNING || sv_status_of(ch->ring.own) != SV_DONE)
		return;
	while (sv_sem_gone(ch->semid, sv_other(ch->role)) == 0 && sv_now() < deadline)
		if (sv_sem_sleep(ch->semid, ch->role, sv_time_left(deadline, &left)) == EIDRM)
			return;
}

static int leave(struct sv_channel *ch)
{
	struct sv_objects objects = { .shmid = ch->segment.id, .semid = ch->semid };
	struct sv_side_line *own = ch->ring.own, *peer = ch->ring.peer;
	int gone, code = 0;
	bool locked, alone, owed, remove;

	let_the_other_go_first(ch);
	locked = sv_rendezvous_lock(&ch->rv, PATIENCE_MS, &ch->fault) == SV_OK;
	gone = sv_sem_gone(ch->semid, sv_other(ch->role));
	/* Without the set nobody can go on; but a peer that may not be looked at may be alive. */
	alone = gone == 1 || gone == -EIDRM || gone == -EINVAL || atomic_load(&peer->slot) == SV_SLOT_EMPTY;
	owed = (!ch->complete && sv_header_owed(ch->header, ch->role)) ||
	       (gone == 1 && sv_header_owed(ch->header, sv_other(ch->role)));
	remove = locked && alone && !owed && !sv_header_of_use(ch->header);
	/* Not yet when it removes: if it dies over that, its successor is still to be told that all was done.
	 */
	if (!remove || !ch->complete)
		atomic_store(&own->slot, SV_SLOT_LEFT);
	if (remove) {
		/* EPERM: another user's; its svclean or its own close does it. */
		code = sv_objects_remove(&objects, &ch->rv);
		if (code != 0)
			atomic_store(&own->slot, SV_SLOT_LEFT);
		if (code == EPERM) {
			code = sv_sem_leave(ch->semid, ch->role);
			sv_record_forget(&ch->rv);
		}
	} else {
		code = sv_sem_leave(ch->semid, ch->role);
		/* A peer of another user keeps a record of its own. */
		if (locked && ch->rv.apart && !alone && atomic_load(&peer->uid) != geteuid())
			sv_record_forget(&ch->rv);
	}
	if (locked)
		sv_rendezvous_unlock(&ch->rv);
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
		/* A forked child: the channel stays its parent's.  The child never had the mapping, and what
		 * is now at these addresses is its own. */
		ch->segment.base = NULL;
		code = SV_EINVAL;
	}
	sv_segment_unmap(&ch->segment);
	sv_rendezvous_close(&ch->rv);
	free(ch);
	return code;
}
