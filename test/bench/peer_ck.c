/* SPDX-License-Identifier: MIT */
/*
 * peer_ck.c - ConcurrencyKit's ck_ring, single producer and single consumer, of pointers to slots.
 *
 * No way back is needed for the slots.  Of `size` entries size - 1 are usable, and there are size + 1 slots:
 * when message k is being filled, k - 1 has been enqueued, so k - size has been taken and k - size - 1, the
 * one before in this slot, has been dealt with.
 */
#include "transport.h"

#ifdef HAVE_CK
#include <stdlib.h>
#include <sys/mman.h>

#include <ck_ring.h>

struct ck_state {
	ck_ring_t *ring;
	ck_ring_buffer_t *entries;
	char *data;
	size_t bytes, n, next;
};

static const char *ck_open(struct link *link)
{
	struct ck_state *ck = calloc(1, sizeof(*ck));
	unsigned size = 4;

	if (!ck)
		return "no memory";
	while (size < slot_count(link->size))
		size *= 2;
	ck->n = size + 1;
	ck->bytes = sizeof(ck_ring_t) + size * sizeof(ck_ring_buffer_t);
	ck->bytes = (ck->bytes + 4095) / 4096 * 4096;
	ck->ring = shared_memory(ck->bytes + ck->n * link->size);
	if (!ck->ring) {
		free(ck);
		return "no memory";
	}
	ck->entries = (ck_ring_buffer_t *)(void *)(ck->ring + 1);
	ck->data = (char *)ck->ring + ck->bytes;
	ck_ring_init(ck->ring, size);
	link->state = ck;
	return NULL;
}

static void ck_close(struct link *link)
{
	struct ck_state *ck = link->state;

	munmap(ck->ring, ck->bytes + ck->n * link->size);
	free(ck);
}

static void ck_attach(struct link *link, enum end end)
{
	(void)link, (void)end;
}

static inline void *ck_reserve(struct link *link, size_t size)
{
	struct ck_state *ck = link->state;

	return ck->data + ck->next * size;
}

static inline void ck_commit(struct link *link, size_t size)
{
	struct ck_state *ck = link->state;

	while (!ck_ring_enqueue_spsc(ck->ring, ck->entries, ck->data + ck->next * size))
		cpu_pause();
	if (++ck->next == ck->n)
		ck->next = 0;
}

static inline const void *ck_peek(struct link *link, size_t size)
{
	struct ck_state *ck = link->state;
	void *data;

	(void)size;
	while (!ck_ring_dequeue_spsc(ck->ring, ck->entries, &data))
		cpu_pause();
	return data;
}

static inline void ck_release(struct link *link, size_t size)
{
	(void)link, (void)size;
}

TRANSPORT_LOOPS(ck, ck_reserve, ck_commit, ck_peek, ck_release, NULL)

const struct transport ck_slots = {
	.name = "ck_ring, spin only",
	.kind = KIND_PEER,
	.spins = true,
	.ring = true,
	.open = ck_open,
	.attach = ck_attach,
	LOOPS_OF(ck),
	.detach = ck_attach,
	.close = ck_close,
};

#else

static const char *ck_absent(size_t size)
{
	(void)size;
	return "built without libck-dev";
}

const struct transport ck_slots = {
	.name = "ck_ring, spin only",
	.kind = KIND_PEER,
	.absent = ck_absent,
};

#endif
