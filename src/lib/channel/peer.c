/* SPDX-License-Identifier: MIT */
/* peer.c - waiting until the other side has attached. */
#include <errno.h>
#include <unistd.h>

#include "channel/channel.h"
#include "clock.h"

/*
 * A peer that attaches rings our bell in the same atomic step, so the wait for it needs no time-out. But no
 * semaphore tells that the rendezvous was removed or replaced, or that the header was overwritten, and then
 * no peer can ever come. So this is checked at this interval.
 */
#define SLICE_NS INT64_C(1000000000)
/*
 * A peer that died while it attached is forgotten at once.  If this happens again and again, the peer is not
 * an svipc process.
 */
#define MOST_SETTLED 100

/*
 * Forget a peer that is gone, so that another one can attach.
 *
 * One is a predecessor on a channel that outlives its processes, which left or died before it finished: its
 * weight is on the semaphore.  The other has died while it attached, before the kernel knew of it: a side is
 * ATTACHING only while it holds the lock, so with the lock ATTACHING without a weight is as if it had never
 * come.  What is seen with the lock decides: a successor may have attached meanwhile, and then there is no
 * weight, and the slot is the successor's.
 */
static int forget_peer(struct sv_channel *ch, const struct sv_patience *patience)
{
	struct sv_side_line *peer = ch->ring.peer;
	int code = sv_rendezvous_lock(&ch->rv, false, patience, &ch->fault);
	int gone;

	if (code != SV_OK)
		return code;
	gone = sv_sem_gone(ch->semid, sv_other(ch->role));
	if (gone < 0) {
		code = sv_channel_sleep_failed(ch, -gone);
	} else if (gone == 0) {
		if (atomic_load(&peer->slot) == SV_SLOT_ATTACHING)
			atomic_store(&peer->slot, SV_SLOT_EMPTY);
	} else if ((ch->flags & SV_RESUME) != 0 && sv_status_of(peer) != SV_DONE) {
		atomic_store(&peer->slot, SV_SLOT_EMPTY);
		atomic_store(&peer->status, SV_RUNNING);
		code = sv_sem_clear(ch->semid, sv_other(ch->role), &ch->fault);
	}
	sv_rendezvous_unlock(&ch->rv);
	return code;
}

/* Can a peer still find this side?  Else SV_EREMOVED or SV_ECORRUPT. */
static int check_findable(struct sv_channel *ch)
{
	const struct sv_header *header = ch->header;
	uint32_t ready = atomic_load_explicit((_Atomic uint32_t *)&header->ready, memory_order_relaxed);
	struct sv_segment_facts facts;
	int gone = sv_sem_gone(ch->semid, ch->role);

	if (gone == -EIDRM || gone == -EINVAL ||
	    sv_segment_stat(ch->segment.id, &facts, &ch->fault) != SV_OK || facts.key == 0)
		return sv_channel_removed(ch);
	if (!sv_rendezvous_is_there(&ch->rv))
		return sv_fault_set(&ch->fault, SV_EREMOVED, 0,
		                    "its rendezvous %s was removed or replaced while it waited: no %s can "
		                    "find it any more",
		                    ch->rv.path, sv_role_name(sv_other(ch->role)));
	if (header->magic != SV_MAGIC || header->format != SV_FORMAT || ready != SV_READY ||
	    header->generation != ch->record.generation || header->semid != ch->semid ||
	    header->capacity != ch->ring.capacity)
		return sv_fault_set(&ch->fault, SV_ECORRUPT, 0,
		                    "corrupt channel: its identity was overwritten while it waited");
	return SV_OK;
}

/*
 * If our shared position was overwritten while we waited, a reader would take bytes that we never wrote, and
 * the next commit would hide that.  Relaxed: only this side may store the position, so there is no other
 * store to be ordered with.
 */
static int check_own_position(struct sv_channel *ch)
{
	if (atomic_load_explicit(ch->ring.published, memory_order_relaxed) == ch->ring.position)
		return SV_OK;
	return sv_fault_set(
		&ch->fault, SV_ECORRUPT, 0,
		"corrupt channel: the position of the %s was overwritten; the transfer is incomplete",
		sv_role_name(ch->role));
}

static int nobody_came(struct sv_channel *ch, const struct sv_patience *patience)
{
	const char *who = sv_role_name(sv_other(ch->role));

	return patience->deadline == 0
	               ? sv_fault_set(&ch->fault, SV_EAGAIN, 0, "no %s is attached", who)
	               : sv_fault_set(&ch->fault, SV_ETIMEDOUT, 0, "timed out: no %s came", who);
}

/* Sleep until a bell rings, but at most for one interval.  SV_OK: look again. */
static int sleep_for_peer(struct sv_channel *ch, const struct sv_patience *patience)
{
	int64_t until = sv_now() + SLICE_NS;
	struct timespec left;
	int code;

	if (patience->deadline < until)
		until = patience->deadline;
	/* The arrival bell is part of the semop that attaches, so it cannot be missed. */
	code = sv_channel_sleep(ch, sv_time_left(until, &left));
	if (code != 0 && code != EINTR && code != EAGAIN)
		return sv_channel_sleep_failed(ch, code);
	if (code == EINTR || atomic_load(&ch->ring.peer->slot) != SV_SLOT_EMPTY)
		return SV_OK;
	code = check_findable(ch);
	/*
	 * A peer that has attached meanwhile has marked the segment for removal itself, after it stored its
	 * slot.
	 */
	return atomic_load(&ch->ring.peer->slot) != SV_SLOT_EMPTY ? SV_OK : code;
}

static int interrupted(struct sv_channel *ch)
{
	atomic_store(&ch->interrupted, 0);
	return sv_channel_interrupted(ch);
}

/* The state of the peer, seen without the lock. */
enum sight { ABSENT, COME, ATTACHING, GONE };

static enum sight look_at_peer(struct sv_channel *ch, uint32_t slot)
{
	bool resumable = (ch->flags & SV_RESUME) != 0;
	uint32_t status = sv_status_of(ch->ring.peer);
	int gone = slot == SV_SLOT_EMPTY ? 0 : sv_sem_gone(ch->semid, sv_other(ch->role));

	/* Its weight is off, so the death of a predecessor no longer matters. */
	if (gone == 0)
		ch->peer_gone = false;
	if (slot == SV_SLOT_ATTACHING && gone == 0)
		return ATTACHING;
	if (slot != SV_SLOT_EMPTY &&
	    (!resumable || status == SV_DONE || (slot != SV_SLOT_LEFT && status == SV_RUNNING && gone == 0)))
		return COME;
	return resumable && gone == 1 ? GONE : ABSENT;
}

int sv_wait_peer(sv_channel *ch, int timeout_ms)
{
	struct sv_patience patience = sv_patience(timeout_ms, NULL);
	unsigned settled = 0, forgotten = 0;
	enum sight sight;
	uint32_t slot;
	int code;

	if (getpid() != ch->process || timeout_ms < -1)
		return sv_fault_set(&ch->fault, SV_EINVAL, 0,
		                    "sv_wait_peer: bad timeout_ms, or a handle of another process");
	patience.interrupted = &ch->interrupted;
	for (;;) {
		slot = atomic_load_explicit(&ch->ring.peer->slot, memory_order_acquire);
		if (slot > SV_SLOT_LEFT)
			return sv_peer_corrupt(ch, "an unknown slot");
		sight = look_at_peer(ch, slot);
		if (sight == COME) {
			sv_channel_remove_early(ch);
			sv_ring_settle(&ch->ring);
			return check_own_position(ch);
		}
		if (sight == ATTACHING && ++settled > MOST_SETTLED)
			return sv_peer_corrupt(ch, "again and again that it is attaching");
		if (atomic_load(&ch->interrupted))
			return interrupted(ch);
		/* Forgetting a peer once needs no time-out; but peers may come and go again and again. */
		if (sv_is_over(&patience) && (sight == ABSENT || forgotten++ > 0))
			return nobody_came(ch, &patience);
		code = sight == ABSENT ? sleep_for_peer(ch, &patience) : forget_peer(ch, &patience);
		if (code != SV_OK)
			return code == SV_EINTR ? interrupted(ch) : code;
	}
}
