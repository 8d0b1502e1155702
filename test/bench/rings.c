/* SPDX-License-Identifier: MIT */
/*
 * rings.c - rings that only pass messages: how fast shared memory can be if nobody ever sleeps, dies or
 * reports anything.
 *
 * The first is this file's own: one producer, one consumer, mapped twice, a message is a length of 8 bytes
 * and its data.  Each side keeps the other's position, looks again only if that is not enough, and pauses
 * between two such looks: looking at once would take the line away from the other side each time.  The second
 * is ConcurrencyKit's.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "transport.h"

struct positions {
	_Alignas(128) _Atomic uint64_t head;
	_Alignas(128) _Atomic uint64_t tail;
};

struct ring {
	char *data;
	struct positions *positions;
	uint64_t capacity;
	uint64_t mine, others; /* this side's position, and the other's when it was last read */
	uint64_t told;         /* batches: the last position that was published */
};

static void *shared_memory(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static bool ring_open(struct link *link)
{
	struct ring *ring = calloc(1, sizeof *ring);
	size_t n = link->capacity;
	char *base;
	int fd;

	while (n < 2 * link->size)
		n *= 2;
	base = mmap(NULL, 2 * n, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	fd = memfd_create("svbench", MFD_CLOEXEC);
	if (ring == NULL || base == MAP_FAILED || fd == -1 || ftruncate(fd, (off_t)n) == -1 ||
	    mmap(base, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED ||
	    mmap(base + n, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED ||
	    (ring->positions = shared_memory(sizeof *ring->positions)) == NULL)
		return false; /* the program is ending */
	close(fd);
	ring->data = base;
	ring->capacity = n;
	link->state = ring;
	return true;
}

static void ring_close(struct link *link)
{
	struct ring *ring = link->state;

	munmap(ring->data, 2 * ring->capacity);
	munmap(ring->positions, sizeof *ring->positions);
	free(ring);
}

static void nothing(struct link *link, enum end end)
{
	(void)link, (void)end;
}

static inline void wait_a_little(const struct link *link)
{
	int i;

	for (i = 0; i < link->pause; i++)
		cpu_pause();
}

static inline void ring_tell_head(struct ring *ring)
{
	/* Release: the messages come first; pairs with the acquire in ring_peek. */
	atomic_store_explicit(&ring->positions->head, ring->mine, memory_order_release);
	ring->told = ring->mine;
}

static inline void ring_tell_tail(struct ring *ring)
{
	/* Release: the reads come first; pairs with the acquire in ring_reserve. */
	atomic_store_explicit(&ring->positions->tail, ring->mine, memory_order_release);
	ring->told = ring->mine;
}

static void ring_flush(struct link *link)
{
	ring_tell_head(link->state);
}

static inline void *ring_reserve(struct link *link, size_t size)
{
	struct ring *ring = link->state;

	while (ring->capacity - (ring->mine - ring->others) < size + 8) {
		/* The consumer can only make room by taking what is held back. */
		if (ring->told != ring->mine)
			ring_tell_head(ring);
		ring->others = atomic_load_explicit(&ring->positions->tail, memory_order_acquire);
		if (ring->capacity - (ring->mine - ring->others) < size + 8)
			wait_a_little(link);
	}
	return ring->data + (ring->mine & (ring->capacity - 1)) + 8;
}

static inline void ring_put(struct ring *ring, size_t size)
{
	*(uint64_t *)(void *)(ring->data + (ring->mine & (ring->capacity - 1))) = size;
	ring->mine += size + 8;
}

static inline void ring_commit(struct link *link, size_t size)
{
	ring_put(link->state, size);
	ring_tell_head(link->state);
}

static inline void ring_commit_batch(struct link *link, size_t size)
{
	struct ring *ring = link->state;

	ring_put(ring, size);
	if (ring->mine - ring->told >= link->block)
		ring_tell_head(ring);
}

static inline const void *ring_peek(struct link *link, size_t size)
{
	struct ring *ring = link->state;
	const char *message;

	while (ring->mine == ring->others) {
		if (ring->told != ring->mine)
			ring_tell_tail(ring);
		ring->others = atomic_load_explicit(&ring->positions->head, memory_order_acquire);
		if (ring->mine == ring->others)
			wait_a_little(link);
	}
	message = ring->data + (ring->mine & (ring->capacity - 1));
	if (__builtin_expect(*(const uint64_t *)(const void *)message != size, 0))
		side_fail("wrong length");
	return message + 8;
}

static inline void ring_release(struct link *link, size_t size)
{
	struct ring *ring = link->state;

	ring->mine += size + 8;
	ring_tell_tail(ring);
}

static inline void ring_release_batch(struct link *link, size_t size)
{
	struct ring *ring = link->state;

	ring->mine += size + 8;
	if (ring->mine - ring->told >= link->block)
		ring_tell_tail(ring);
}

TRANSPORT(ring_messages, ring_open, nothing, nothing, ring_close, ring_reserve, ring_commit, ring_peek,
          ring_release, NULL);
TRANSPORT(ring_batches, ring_open, nothing, nothing, ring_close, ring_reserve, ring_commit_batch, ring_peek,
          ring_release_batch, ring_flush);

#ifdef HAVE_CK
#include <ck_ring.h>

/*
 * Pointers to slots.  No way back is needed for the slots: of `size` entries size - 1 are usable, and there
 * are size + 1 slots, so that when message k is being filled the one before in its slot, k - size - 1, has
 * been dealt with.
 */
struct ck {
	ck_ring_t *ring;
	ck_ring_buffer_t *entries;
	char *data;
	size_t bytes, n, next;
};

static bool ck_open(struct link *link)
{
	struct ck *ck = calloc(1, sizeof *ck);
	unsigned size = 4;

	while (size < 4096 && size < link->capacity / link->size)
		size *= 2;
	if (ck == NULL)
		return false;
	ck->n = size + 1;
	ck->bytes = (sizeof(ck_ring_t) + size * sizeof(ck_ring_buffer_t) + 4095) / 4096 * 4096;
	ck->ring = shared_memory(ck->bytes + ck->n * link->size);
	if (ck->ring == NULL)
		return false;
	ck->entries = (ck_ring_buffer_t *)(void *)(ck->ring + 1);
	ck->data = (char *)ck->ring + ck->bytes;
	ck_ring_init(ck->ring, size);
	link->state = ck;
	return true;
}

static void ck_close(struct link *link)
{
	struct ck *ck = link->state;

	munmap(ck->ring, ck->bytes + ck->n * link->size);
	free(ck);
}

static inline void *ck_reserve(struct link *link, size_t size)
{
	struct ck *ck = link->state;

	return ck->data + ck->next * size;
}

static inline void ck_commit(struct link *link, size_t size)
{
	struct ck *ck = link->state;

	while (!ck_ring_enqueue_spsc(ck->ring, ck->entries, ck->data + ck->next * size))
		wait_a_little(link);
	if (++ck->next == ck->n)
		ck->next = 0;
}

static inline const void *ck_peek(struct link *link, size_t size)
{
	struct ck *ck = link->state;
	void *data;

	(void)size;
	while (!ck_ring_dequeue_spsc(ck->ring, ck->entries, &data))
		wait_a_little(link);
	return data;
}

static inline void ck_release(struct link *link, size_t size)
{
	(void)link, (void)size;
}

TRANSPORT(ck_messages, ck_open, nothing, nothing, ck_close, ck_reserve, ck_commit, ck_peek, ck_release, NULL);
#endif
