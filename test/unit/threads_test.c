/* SPDX-License-Identifier: MIT */
/* Two threads on one ring in plain memory, one byte at a time: for real cores and for ThreadSanitizer. */
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>

#include "ring/ring.h"
#include "tap.h"

#define CAPACITY 8u /* small, so that full and empty come all the time */
#define ROUNDS 300000u

static struct sv_side_line side[2];
static unsigned char memory[CAPACITY];
static bool wrong;

/* The ring of the other tests is mapped twice; one byte at a time needs no second mapping. */
static void start(struct sv_ring *ring, enum sv_role role)
{
	sv_ring_init(ring, role, side, memory, CAPACITY);
}

static void *produce(void *arg)
{
	struct sv_ring ring;
	uint64_t i;

	(void)arg;
	start(&ring, SV_WRITER);
	for (i = 0; i < ROUNDS; i++) {
		while (sv_ring_room(&ring) == 0) {
			if (!sv_ring_look(&ring))
				wrong = true;
			sched_yield();
		}
		*sv_ring_place(&ring, 0) = (unsigned char)(i * 31);
		sv_ring_publish(&ring, 1);
	}
	sv_ring_set_status(&ring, SV_DONE);
	return NULL;
}

static void *consume(void *arg)
{
	struct sv_ring ring;
	uint64_t *taken = arg;

	start(&ring, SV_READER);
	for (;;) {
		/* The status first: it comes after all bytes. */
		uint32_t status = atomic_load_explicit(&ring.peer->status, memory_order_acquire);

		if (!sv_ring_look(&ring))
			wrong = true;
		if (sv_ring_room(&ring) == 0 && status == SV_DONE)
			return NULL;
		while (sv_ring_room(&ring) > 0) {
			if (*sv_ring_place(&ring, 0) != (unsigned char)(*taken * 31))
				wrong = true;
			(*taken)++;
			sv_ring_publish(&ring, 1);
		}
		sched_yield();
	}
}

int main(void)
{
	pthread_t writer, reader;
	uint64_t taken = 0;

	if (pthread_create(&reader, NULL, consume, &taken) != 0 ||
	    pthread_create(&writer, NULL, produce, NULL) != 0 || pthread_join(writer, NULL) != 0 ||
	    pthread_join(reader, NULL) != 0)
		return 1;
	ok(taken == ROUNDS, "%u bytes through a ring of %u", ROUNDS, CAPACITY);
	ok(!wrong, "each in its place, and no position out of range");
	return tap_done();
}
