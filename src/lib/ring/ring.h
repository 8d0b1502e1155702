/* SPDX-License-Identifier: MIT */
/*
 * ring.h - positions and thresholds of one single-producer single-consumer ring.
 *
 * It works on any memory: the caller passes the two sides' lines, and the data, mapped twice back to back.
 * It makes no system call and knows no semaphore; it only decides when a bell is due and when it is safe to
 * sleep.
 *
 *	publisher (owns P)                          sleeper (waits until P reaches T)
 *	------------------                          ---------------------------------
 *	write the bytes                             W = T            ring_arm        [C]
 *	P = new position     release  [A]           barrier          (full fence or membarrier)  [F2]
 *	barrier                       [F1]          look at P again  acquire         [B]
 *	w = W                relaxed  [D]             reached: W = 0, go on  ring_disarm
 *	if P reached w and                            else:    sleep on the semaphore
 *	   exchange(W, 0) != 0: ring the bell
 *	                     acq_rel  [E]
 *
 * A pairs with B: who sees the position sees the bytes (writer to reader), and who sees a release sees that
 * the reads before it are finished (reader to writer).  F1 pairs with F2 (store-buffering pattern, C11 7.17.4
 * with sequentially consistent fences): A is before F1 before D, and C is before F2 before B, so either D
 * reads C (the bell is rung), or B reads A (no sleep), or both.  If both happen, there is one bell too many.
 * That is harmless, because a sleeper looks again after every wake-up.  E: if there are several reasons to
 * ring, only one exchange gets W.  A sleeper that finds W already taken knows that a bell is coming.
 *
 * A light publisher omits F1.  It only stops its compiler from reordering A and D, and the sleeper adds
 * membarrier(2) to F2, which makes every running thread of the registered processes execute a full barrier
 * between two of its instructions.  If this barrier comes before A in the publisher, then A and D both come
 * after C, so D reads C.  If it comes after A, then A is visible before B.  So again one of the two happens.
 *
 * A publisher may be light only if its peer can run membarriers, as the peer's word `fences` says.  It reads
 * that word when the peer has come, when it waits, and when it rings.  A membarrier costs as much as hundreds
 * of fences, so a publisher is light only while its peer seldom sleeps: ringing a bell makes it heavy, and
 * SV_RING_QUIET publishes without a bell make it light again.  The word `light` tells this to the sleeper,
 * which reads it after F2 and before B:
 * - To become heavy, it stores 0 with release order, and from then on executes F1.  A sleeper that reads this
 *   0 (acquire) sees every A that was stored before it; each A after it has its F1.
 * - To become light, it stores 1, then executes a full fence F3, and from then on omits F1.  If a sleeper
 *   does not read this 1, its F2 comes before F3 in the order of fences, so every D after F3 reads C; each D
 *   before it had its F1.
 */
#ifndef SV_RING_RING_H
#define SV_RING_RING_H

#include <stdbool.h>

#include "ring/layout.h"
#include "svipc.h"

struct sv_ring {
	unsigned char *data; /* capacity bytes, mapped twice */
	uint64_t capacity;   /* a power of two */
	struct sv_side_line *own;
	struct sv_side_line *peer;
	_Atomic uint64_t
		*published; /* where this side's position is stored: in own, unless it is kept apart */
	uint64_t position;  /* this side's own; the shared copy is never read back */
	uint64_t seen;      /* the peer's position when it was last read and checked */
	enum sv_role role;
	bool light;     /* publishes without F1 now */
	bool reachable; /* this process is registered for the membarriers of others */
	bool lightable; /* and the peer can run them, so this side may be light */
	unsigned quiet; /* publishes since the last bell, while heavy */
};

/* This many fences cost about as much as one membarrier. */
#define SV_RING_QUIET 512

/* A full fence.  ThreadSanitizer does not model fences, but it does model an atomic exchange. */
static inline void sv_full_fence(void)
{
#ifdef __SANITIZE_THREAD__
	static _Atomic int word;

	atomic_exchange_explicit(&word, 0, memory_order_seq_cst);
#else
	atomic_thread_fence(memory_order_seq_cst);
#endif
}

/* Bytes that a writer may fill now, by the last seen position of the reader. */
static inline uint64_t sv_ring_space(const struct sv_ring *ring)
{
	return ring->capacity - (ring->position - ring->seen);
}

/* Bytes that a reader may take now, by the last seen position of the writer. */
static inline uint64_t sv_ring_data(const struct sv_ring *ring)
{
	return ring->seen - ring->position;
}

/* Bytes that this side may use now. */
static inline uint64_t sv_ring_room(const struct sv_ring *ring)
{
	return ring->role == SV_WRITER ? sv_ring_space(ring) : sv_ring_data(ring);
}

/* The address of the byte at this distance after this side's position. */
static inline unsigned char *sv_ring_place(const struct sv_ring *ring, uint64_t after)
{
	return ring->data + ((ring->position + after) & (ring->capacity - 1));
}

/*
 * Has a position reached the threshold of a wake word?  It compares the difference of 63 bits, so that it
 * stays right when positions pass 2^63.
 */
static inline bool sv_wake_reached(uint64_t wake, uint64_t position)
{
	return (int64_t)((position << 1) - (wake & ~UINT64_C(1))) >= 0;
}

/*
 * Look at the peer's position (B).  False: it is out of range, so the channel is corrupt; seen stays as it
 * was.  A position that moves back is out of range too: this side may already use the bytes that it takes
 * back, and once they are published, the room would be a number below zero, which wraps.
 */
static inline bool sv_ring_look(struct sv_ring *ring)
{
	uint64_t seen = atomic_load_explicit(&ring->peer->position, memory_order_acquire);
	uint64_t last = ring->role == SV_WRITER ? ring->position : ring->position + ring->capacity;

	if (__builtin_expect(seen - ring->seen > last - ring->seen, 0))
		return false;
	ring->seen = seen;
	return true;
}

/* Must the peer be woken at this position (D, E)? */
static inline bool sv_ring_due(struct sv_ring *ring)
{
	uint64_t wake = atomic_load_explicit(&ring->peer->wake, memory_order_relaxed);

	if (__builtin_expect(wake == 0, 1) || !sv_wake_reached(wake, ring->position))
		return false;
	return atomic_exchange_explicit(&ring->peer->wake, 0, memory_order_acq_rel) != 0;
}

/* Omit F1 from now on.  Only for a ring that is lightable. */
void sv_ring_lighten(struct sv_ring *ring);

/* This side cannot ring bells any more: tell the peer not to rely on them.  This is final. */
void sv_ring_mute(struct sv_ring *ring);

/* A bell was rung: publish with F1 until SV_RING_QUIET publishes have needed no bell. */
void sv_ring_weigh_down(struct sv_ring *ring);

/* Check whether the peer can run membarriers; while it cannot, this side stays heavy. */
void sv_ring_settle(struct sv_ring *ring);

/* Store this side's new position (A). */
static inline void sv_ring_store(struct sv_ring *ring, uint64_t position)
{
	ring->position = position;
	atomic_store_explicit(ring->published, position, memory_order_release);
}

/*
 * The common case after a store, in few instructions: this side is light and its peer is awake (D).  False:
 * sv_ring_stored() must follow.  It loads the wake word again, and what counts is that later value.
 */
static inline bool sv_ring_quiet(const struct sv_ring *ring)
{
	if (!ring->light)
		return false;
	atomic_signal_fence(memory_order_seq_cst);
	return atomic_load_explicit(&ring->peer->wake, memory_order_relaxed) == 0;
}

/* What must follow a store (F1, D, E).  True: the caller must ring the peer's bell. */
static inline bool sv_ring_stored(struct sv_ring *ring)
{
	if (ring->light) {
		atomic_signal_fence(memory_order_seq_cst);
	} else {
		sv_full_fence();
		if (ring->lightable && ++ring->quiet == SV_RING_QUIET)
			sv_ring_lighten(ring);
	}
	return sv_ring_due(ring);
}

/* Publish n more bytes.  True: the caller must ring the peer's bell. */
static inline bool sv_ring_publish(struct sv_ring *ring, uint64_t n)
{
	sv_ring_store(ring, ring->position + n);
	return !sv_ring_quiet(ring) && sv_ring_stored(ring);
}

/*
 * Ask to be woken when want bytes can be used (C).  Next the caller executes F2, looks again, then sleeps or
 * disarms.
 */
static inline void sv_ring_arm(struct sv_ring *ring, uint64_t want)
{
	uint64_t threshold =
		ring->role == SV_WRITER ? ring->position + want - ring->capacity : ring->position + want;

	atomic_store_explicit(&ring->own->wake, threshold << 1 | 1, memory_order_relaxed);
}

/* Withdraw the request.  False: the peer has taken it, so its bell has come or will come. */
static inline bool sv_ring_disarm(struct sv_ring *ring)
{
	return atomic_exchange_explicit(&ring->own->wake, 0, memory_order_acq_rel) != 0;
}

/* Take the peer's wake word whatever its threshold is, because a status changed.  True: ring. */
bool sv_ring_due_always(struct sv_ring *ring);

/* Bind a ring to memory.  Its own position is read from its line: 0 at first, more when resuming. */
void sv_ring_init(struct sv_ring *ring, enum sv_role role, struct sv_side_line side[2], void *data,
                  uint64_t capacity);

/* Begin at 0 and publish the position elsewhere, so that what this side releases is no room for the peer. */
void sv_ring_keep_apart(struct sv_ring *ring, _Atomic uint64_t *place);

/* Store this side's status with release order, so that who sees it sees all bytes before it.  True: ring. */
bool sv_ring_set_status(struct sv_ring *ring, uint32_t status);

#endif
