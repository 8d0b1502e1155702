/* SPDX-License-Identifier: MIT */
/*
 * yardstick.c - a ring that does nothing but pass messages: how fast shared memory can be when nobody ever
 * sleeps, dies, or is told anything.
 *
 * One producer, one consumer; the ring is mapped twice, back to back, so that every message is contiguous;
 * a message is a length of 8 bytes and its data, published alone; each side keeps the other's position and
 * looks again only when that is not enough; waiting is a loop.  The code is inlined into the measuring loop.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "transport.h"

/* Two lines apart, for the prefetcher that fetches lines in pairs. */
struct positions {
	_Alignas(128) _Atomic uint64_t head;
	_Alignas(128) _Atomic uint64_t tail;
};

struct ring {
	char *data;
	struct positions *positions;
	uint64_t capacity;
	uint64_t mine, others; /* this side's position, and the other's when last looked at */
};

static const char *yardstick_open(struct link *link)
{
	struct ring *ring = calloc(1, sizeof(*ring));
	size_t n = ring_capacity(link->size);
	char *base = MAP_FAILED;
	int fd = memfd_create("svbench", MFD_CLOEXEC);

	if (!ring || fd < 0 || ftruncate(fd, (off_t)n))
		goto fail;
	base = mmap(NULL, 2 * n, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (base == MAP_FAILED)
		goto fail;
	for (int half = 0; half < 2; half++)
		if (mmap(base + (half ? n : 0), n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) ==
		    MAP_FAILED)
			goto fail;
	ring->positions = shared_memory(sizeof(struct positions));
	if (!ring->positions)
		goto fail;
	close(fd);
	ring->data = base;
	ring->capacity = n;
	link->state = ring;
	return NULL;
fail:
	if (base != MAP_FAILED)
		munmap(base, 2 * n);
	if (fd >= 0)
		close(fd);
	free(ring);
	return "no memory for a ring";
}

static void yardstick_close(struct link *link)
{
	struct ring *ring = link->state;

	munmap(ring->data, 2 * ring->capacity);
	munmap(ring->positions, sizeof(struct positions));
	free(ring);
}

static void yardstick_attach(struct link *link, enum end end)
{
	(void)link, (void)end;
}

static inline void *yardstick_reserve(struct link *link, size_t size)
{
	struct ring *ring = link->state;

	/* Acquire: the consumer's reads of the space come before ours to write to it. */
	while (ring->capacity - (ring->mine - ring->others) < size + 8) {
		ring->others = atomic_load_explicit(&ring->positions->tail, memory_order_acquire);
		if (ring->capacity - (ring->mine - ring->others) < size + 8)
			cpu_pause();
	}
	return ring->data + (ring->mine & (ring->capacity - 1)) + 8;
}

static inline void yardstick_commit(struct link *link, size_t size)
{
	struct ring *ring = link->state;

	*(uint64_t *)(void *)(ring->data + (ring->mine & (ring->capacity - 1))) = size;
	ring->mine += size + 8;
	/* Release: the message comes first; pairs with the acquire in yardstick_peek. */
	atomic_store_explicit(&ring->positions->head, ring->mine, memory_order_release);
}

static inline const void *yardstick_peek(struct link *link, size_t size)
{
	struct ring *ring = link->state;
	const char *message;

	while (ring->mine == ring->others) {
		ring->others = atomic_load_explicit(&ring->positions->head, memory_order_acquire);
		if (ring->mine == ring->others)
			cpu_pause();
	}
	message = ring->data + (ring->mine & (ring->capacity - 1));
	if (__builtin_expect(*(const uint64_t *)(const void *)message != size, 0))
		side_fail("wrong length");
	return message + 8;
}

static inline void yardstick_release(struct link *link, size_t size)
{
	struct ring *ring = link->state;

	ring->mine += size + 8;
	atomic_store_explicit(&ring->positions->tail, ring->mine, memory_order_release);
}

TRANSPORT_LOOPS(yardstick, yardstick_reserve, yardstick_commit, yardstick_peek, yardstick_release, NULL)

const struct transport yardstick = {
	.name = "yardstick ring, spin only",
	.kind = KIND_LIMIT,
	.spins = true,
	.ring = true,
	.open = yardstick_open,
	.attach = yardstick_attach,
	LOOPS_OF(yardstick),
	.detach = yardstick_attach,
	.close = yardstick_close,
};
