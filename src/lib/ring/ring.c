/* SPDX-License-Identifier: MIT */
#include "ring/ring.h"

void sv_ring_init(struct sv_ring *ring, enum sv_role role, struct sv_side_line side[2], void *data,
                  uint64_t capacity)
{
	ring->data = data;
	ring->capacity = capacity;
	ring->own = &side[role];
	ring->peer = &side[role == SV_WRITER ? SV_READER : SV_WRITER];
	ring->published = &ring->own->position;
	ring->role = role;
	ring->light = ring->lightable = ring->reachable = false;
	ring->quiet = 0;
	ring->position = atomic_load_explicit(&ring->own->position, memory_order_relaxed);
	/* The peer's position is not known yet: assume no room for the writer and no data for the reader. */
	ring->seen = role == SV_WRITER ? ring->position - capacity : ring->position;
}

void sv_ring_keep_apart(struct sv_ring *ring, _Atomic uint64_t *place)
{
	ring->published = place;
	ring->position = ring->seen = 0;
}

void sv_ring_lighten(struct sv_ring *ring)
{
	/* Relaxed is enough: F3 comes after it, and each sleeper's F2 pairs with F3. */
	atomic_store_explicit(&ring->own->light, 1, memory_order_relaxed);
	sv_full_fence();
	ring->light = true;
}

void sv_ring_weigh_down(struct sv_ring *ring)
{
	ring->quiet = 0;
	if (!ring->light)
		return;
	ring->light = false;
	/*
	 * Release: pairs with the sleeper's acquire after F2, so that the sleeper sees what was published
	 * without F1.
	 */
	atomic_store_explicit(&ring->own->light, 0, memory_order_release);
}

void sv_ring_settle(struct sv_ring *ring)
{
	/* Relaxed: this is only a hint.  A sleeper obeys the word light, not this one. */
	ring->lightable =
		ring->reachable && atomic_load_explicit(&ring->peer->fences, memory_order_relaxed) == 1;
	if (!ring->lightable)
		sv_ring_weigh_down(ring);
}

void sv_ring_mute(struct sv_ring *ring)
{
	ring->light = ring->lightable = ring->reachable = false;
	/* Release, as in sv_ring_weigh_down(): from here on each publish has its F1. */
	atomic_store_explicit(&ring->own->light, SV_LIGHT_MUTE, memory_order_release);
}

bool sv_ring_due_always(struct sv_ring *ring)
{
	sv_full_fence();
	return atomic_load_explicit(&ring->peer->wake, memory_order_relaxed) != 0 &&
	       atomic_exchange_explicit(&ring->peer->wake, 0, memory_order_acq_rel) != 0;
}

bool sv_ring_set_status(struct sv_ring *ring, uint32_t status)
{
	atomic_store_explicit(&ring->own->status, status, memory_order_release);
	/*
	 * A light publisher uses a full fence here too.  It happens only once, and the sleeper looks at the
	 * status as well.
	 */
	return sv_ring_due_always(ring);
}
