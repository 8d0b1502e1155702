/* SPDX-License-Identifier: MIT */
/* peer.c - waiting until the other side has attached. */
#include <errno.h>
#include <unistd.h>

#include "channel/channel.h"
#include "clock.h"

/* On a kept channel: forget a peer that is gone without having finished.  1: the slot is free now, or was. */
static int recover(struct sv_channel *ch)
{
	struct sv_side_line *peer = ch->ring.peer;
	int gone = sv_sem_gone(ch->semid, sv_other(ch->role));
	int code = SV_OK;

	if (gone < 0)
		code = sv_channel_sleep_failed(ch, -gone);
	/* A successor may have come already: then its weight is up, not down, and the slot is its own. */
	if (gone == 1 && sv_status_of(peer) != SV_DONE) {
		atomic_store(&peer->slot, SV_SLOT_EMPTY);
		atomic_store(&peer->status, SV_RUNNING);
		code = sv_sem_clear(ch->semid, sv_other(ch->role), &ch->fault);
	}
	if (code == SV_OK)
		ch->peer_gone = false;
	return code;
}

/*
 * ATTACHING is stored and left under the lock.  Seen with the lock in hand and without a weight, it is of a
 * peer that died before the kernel knew of it: one that has never come.
 */
static int settle(struct sv_channel *ch)
{
	struct sv_side_line *peer = ch->ring.peer;
	int gone = sv_sem_gone(ch->semid, sv_other(ch->role));
	int code = SV_OK;

	if (gone < 0)
		code = sv_channel_sleep_failed(ch, -gone);
	else if (gone == 0 && atomic_load(&peer->slot) == SV_SLOT_ATTACHING)
		atomic_store(&peer->slot, SV_SLOT_EMPTY);
	return code;
}

/* One of these under the lock, within what is left of the time that the whole call has. */
static int under_lock(struct sv_channel *ch, int (*step)(struct sv_channel *), int64_t deadline,
                      int timeout_ms)
{
	int code = sv_rendezvous_lock(&ch->rv, sv_milliseconds_left(deadline), &ch->fault);

	if (code == SV_EAGAIN && timeout_ms != 0)
		return sv_fault_set(&ch->fault, SV_ETIMEDOUT, 0,
		                    "timed out while another process was opening or closing it");
	if (code != SV_OK)
		return code;
	code = step(ch);
	sv_rendezvous_unlock(&ch->rv);
	return code;
}

/* Somebody removed the segment while this side waited alone: no peer can ever find it. */
static bool orphaned(struct sv_channel *ch)
{
	struct sv_segment_facts facts;

	return sv_segment_stat(ch->segment.id, &facts, &ch->fault) != SV_OK || facts.key == 0;
}

/*
 * Moved on while it waited, it would give a reader bytes that were never written, and the next commit would
 * hide that. Relaxed: nobody but this side has a right to store it, so there is nothing to be ordered with.
 */
static int check_own_position(struct sv_channel *ch)
{
	if (atomic_load_explicit(&ch->ring.own->position, memory_order_relaxed) == ch->ring.position)
		return SV_OK;
	return sv_fault_set(&ch->fault, SV_ECORRUPT, 0,
	                    "corrupt channel: the position of the %s was overwritten; the transfer is "
	                    "incomplete",
	                    sv_role_name(ch->role));
}

int sv_wait_peer(sv_channel *ch, int timeout_ms)
{
	bool resumable = (ch->flags & SV_RESUME) != 0;
	int64_t deadline = sv_deadline(timeout_ms);
	struct sv_side_line *peer = ch->ring.peer;
	struct timespec left;
	uint32_t slot, status;
	int code;

	if (getpid() != ch->process || timeout_ms < -1)
		return sv_fault_set(&ch->fault, SV_EINVAL, 0,
		                    "sv_wait_peer: bad timeout_ms, or a handle of another process");
	for (;;) {
		slot = atomic_load_explicit(&peer->slot, memory_order_acquire);
		status = sv_status_of(peer);
		if (slot > SV_SLOT_LEFT)
			return sv_peer_corrupt(ch, "an unknown slot");
		if (slot == SV_SLOT_ATTACHING && sv_sem_gone(ch->semid, sv_other(ch->role)) == 0) {
			code = under_lock(ch, settle, deadline, timeout_ms);
			if (code != SV_OK)
				return code;
			continue;
		}
		if (slot != SV_SLOT_EMPTY &&
		    (!resumable || status == SV_DONE ||
		     (slot != SV_SLOT_LEFT && status == SV_RUNNING && !ch->peer_gone &&
		      sv_sem_gone(ch->semid, sv_other(ch->role)) == 0))) {
			sv_channel_remove_early(ch);
			return check_own_position(ch);
		}
		if (resumable && slot != SV_SLOT_EMPTY && sv_sem_gone(ch->semid, sv_other(ch->role)) == 1) {
			code = under_lock(ch, recover, deadline, timeout_ms);
			if (code != SV_OK)
				return code;
			continue;
		}
		ch->peer_gone = false;
		if (atomic_exchange(&ch->interrupted, 0))
			return sv_channel_interrupted(ch);
		if (deadline != SV_NEVER && sv_now() >= deadline)
			return timeout_ms == 0
			               ? sv_fault_set(&ch->fault, SV_EAGAIN, 0, "no %s is attached",
			                              sv_role_name(sv_other(ch->role)))
			               : sv_fault_set(&ch->fault, SV_ETIMEDOUT, 0, "timed out: no %s came",
			                              sv_role_name(sv_other(ch->role)));
		/* The arrival bell is part of the semop that attaches, so it cannot be missed. */
		code = sv_channel_sleep(ch, sv_time_left(deadline, &left));
		if (code == 0 && slot == SV_SLOT_EMPTY && atomic_load(&peer->slot) == SV_SLOT_EMPTY &&
		    orphaned(ch))
			return sv_channel_removed(ch);
		if (code != 0 && code != EINTR && code != EAGAIN)
			return sv_channel_sleep_failed(ch, code);
	}
}
