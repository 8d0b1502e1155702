/* SPDX-License-Identifier: MIT */
/*
 * ring.h - positions and thresholds of one single-producer single-consumer ring.
 *
 * Works on any memory: the caller hands over the two sides' lines and the data, mapped twice back to back.
 * Makes no system call and knows no semaphore; it only says when a bell is due and when to sleep is safe.
 *
 *	publisher (owns P)                          sleeper (waits for P to reach T)
 *	------------------                          --------------------------------
 *	write the bytes                             W = T            ring_arm        [C]
 *	P = new position     release  [A]           barrier          (full fence or membarrier)  [F2]
 *	barrier                       [F1]          look at P again  acquire         [B]
 *	w = W                relaxed  [D]             reached: W = 0, go on  ring_disarm
 *	if P reached w and                            else:    sleep on the semaphore
 *	   exchange(W, 0) != 0: ring the bell
 *	                     acq_rel  [E]
 *
 * A pairs with B: whoever sees the position sees the bytes (writer to reader), and whoever sees a release
 * sees that the reads before it are over (reader to writer).
 * F1 pairs with F2 (store-buffering pattern, C11 7.17.4 with sequentially consistent fences): A before F1
 * before D, C before F2 before B, so at least one of D reads C (the bell is rung) or B reads A (no sleep).
 * Both may happen; then the bell is one too many, and a sleeper treats every wake-up as a reason to look.
 * E: of several reasons to ring, one takes W; a sleeper that finds W already taken knows that a bell is owed.
 *
 * Light publishers leave F1 to the sleeper: the publisher only keeps its compiler from reordering A and D,
 * and the sleeper adds membarrier(2) to F2, which makes every running thread of the registered processes
 * execute a full barrier between two of its instructions.  If that point is before A in the publisher's
 *order, A and D both come after C: D reads C.  If it is after A, A is visible before B.  So again one of the
 *two holds.
 *
 * Only a publisher whose peer can make up for it is ever light, as the peer's word `fences` says; it looks at
 * that word when the peer has come, when it waits, and when it rings.  And since a membarrier costs more than
 * hundreds of fences, it is light only while its peer seldom sleeps: a bell that it rings makes it heavy, and
 * QUIET publishes without one make it light again.  The word `light` tells the sleeper, who looks at it after
 * F2 and before B:
 * - heavy: first the word, 0 with release order; from then on F1.  A sleeper that reads this 0 (acquire) sees
 * every A that was stored before it; those after it have their F1.
 * - light: first the word, 1, then a full fence F3; from then on no F1.  A sleeper that does not read this 1
 * has its F2 before F3 in the order of fences, so every D after F3 reads C; those before it had their F1.
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
	_Atomic uint64_t *published; /* where the own position is stored: in own, unless it is kept apart */
	uint64_t position;           /* own, private and authoritative */
	uint64_t seen;               /* the peer's, as last seen and checked */
	enum sv_role role;
	bool light;     /* publishes without F1 now */
	bool reachable; /* membarriers of other processes reach this one */
	bool lightable; /* and the peer can run them: may be light */
	unsigned quiet; /* publishes since the last bell, while heavy */
};

/* So many fences cost about as much as a membarrier. */
#define SV_RING_QUIET 512

/* Full fence; ThreadSanitizer does not model fences, an atomic exchange it does. */
static inline void sv_full_fence(void)
{
#ifdef __SANITIZE_THREAD__
	static _Atomic int word;

	atomic_exchange_explicit(&word, 0, memory_order_seq_cst);
#else
	atomic_thread_fence(memory_order_seq_cst);
#endif
}

/* Bytes that a writer may fill now, from the last seen position of the reader. */
static inline uint64_t sv_ring_space(const struct sv_ring *ring)
{
	return ring->capacity - (ring->position - ring->seen);
}

/* Bytes that a reader may take now, from the last seen position of the writer. */
static inline uint64_t sv_ring_data(const struct sv_ring *ring)
{
	return ring->seen - ring->position;
}

/* The same for whichever side this is. */
static inline uint64_t sv_ring_room(const struct sv_ring *ring)
{
	return ring->role == SV_WRITER ? sv_ring_space(ring) : sv_ring_data(ring);
}

/* Where the byte is that comes so far after this side's position. */
static inline unsigned char *sv_ring_place(const struct sv_ring *ring, uint64_t after)
{
	return ring->data + ((ring->position + after) & (ring->capacity - 1));
}

/* Is the threshold in a wake word reached by a position?  By difference, on 63 bits, so that it holds across
 * 2^64. */
static inline bool sv_wake_reached(uint64_t wake, uint64_t position)
{
	return (int64_t)((position << 1) - (wake & ~UINT64_C(1))) >= 0;
}

/* Look at the peer's position (B).  False: it is out of range, the channel is corrupt and seen is as it was.
 */
static inline bool sv_ring_look(struct sv_ring *ring)
{
	uint64_t seen = atomic_load_explicit(&ring->peer->position, memory_order_acquire);
	uint64_t distance = ring->role == SV_WRITER ? ring->position - seen : seen - ring->position;

	if (__builtin_expect(distance > ring->capacity, 0))
		return false;
	ring->seen = seen;
	return true;
}

/* Is the peer to be woken at this position (D, E)? */
static inline bool sv_ring_due(struct sv_ring *ring)
{
	uint64_t wake = atomic_load_explicit(&ring->peer->wake, memory_order_relaxed);

	if (__builtin_expect(wake == 0, 1) || !sv_wake_reached(wake, ring->position))
		return false;
	return atomic_exchange_explicit(&ring->peer->wake, 0, memory_order_acq_rel) != 0;
}

/* Leave F1 to the sleeper from now on.  Only for a ring that is lightable. */
void sv_ring_lighten(struct sv_ring *ring);

/* No bell of this side can be rung any more: tell the peer not to rely on one.  For good. */
void sv_ring_mute(struct sv_ring *ring);

/* A bell was rung: publish with F1 from now on, until SV_RING_QUIET publishes have rung none. */
void sv_ring_weigh_down(struct sv_ring *ring);

/* Look whether the peer can run membarriers; while it cannot, this side is heavy. */
void sv_ring_settle(struct sv_ring *ring);

/* Publish n more bytes (A, F1, D, E).  True: the caller rings the peer's bell. */
static inline bool sv_ring_publish(struct sv_ring *ring, uint64_t n)
{
	ring->position += n;
	atomic_store_explicit(ring->published, ring->position, memory_order_release);
	if (__builtin_expect(ring->light, 1)) {
		atomic_signal_fence(memory_order_seq_cst);
	} else {
		sv_full_fence();
		if (ring->lightable && ++ring->quiet == SV_RING_QUIET)
			sv_ring_lighten(ring);
	}
	return sv_ring_due(ring);
}

/* Ask to be woken when want bytes can be used (C).  The caller runs F2, looks again, then sleeps or disarms.
 */
static inline void sv_ring_arm(struct sv_ring *ring, uint64_t want)
{
	uint64_t threshold =
		ring->role == SV_WRITER ? ring->position + want - ring->capacity : ring->position + want;

	atomic_store_explicit(&ring->own->wake, threshold << 1 | 1, memory_order_relaxed);
}

/* Stop asking.  False: the peer had taken the word, its bell has come or will. */
static inline bool sv_ring_disarm(struct sv_ring *ring)
{
	return atomic_exchange_explicit(&ring->own->wake, 0, memory_order_acq_rel) != 0;
}

/* Take the peer's wake word whatever its threshold, because a status changed.  True: ring. */
bool sv_ring_due_always(struct sv_ring *ring);

/* Bind a ring to memory.  The own position is taken from the line: 0 at first, more on resume. */
void sv_ring_init(struct sv_ring *ring, enum sv_role role, struct sv_side_line side[2], void *data,
                  uint64_t capacity);

/* Begin at 0 and publish the position elsewhere: what is taken is no room for the peer. */
void sv_ring_keep_apart(struct sv_ring *ring, _Atomic uint64_t *place);

/* Store the own status with release order, so that whoever sees it sees all bytes before it.  True: ring. */
bool sv_ring_set_status(struct sv_ring *ring, uint32_t status);

#endif
