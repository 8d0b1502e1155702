/* SPDX-License-Identifier: MIT */
/*
 * The ring on plain memory: positions around 2^32, 2^63 and 2^64, exactly full and exactly empty, one byte at
 * a time, thresholds across every wrap, and positions of the peer that cannot be.  And two threads that use
 * it as two processes would, with semaphores of their own; ThreadSanitizer watches those.
 */
#include <pthread.h>
#include <semaphore.h>
#include <string.h>

#include "ring/ring.h"
#include "tap.h"

#define CAPACITY UINT64_C(64)

struct pair {
	struct sv_side_line side[2];
	unsigned char data[2 * CAPACITY];
	struct sv_ring writer, reader;
};

static const uint64_t starts[] = {
	0,
	1,
	(UINT64_C(1) << 32) - 3,
	(UINT64_C(1) << 32) - 64,
	(UINT64_C(1) << 62) - 5,
	(UINT64_C(1) << 63) - 3,
	(UINT64_C(1) << 63) - 64,
	UINT64_MAX - 2,
	UINT64_MAX - 63,
	UINT64_MAX - 127,
};
#define STARTS (sizeof starts / sizeof *starts)

/* A test that is repeated at each start. */
#define at_start(holds, what) ok(holds, "%#llx: " what, (unsigned long long)start)

static void begin(struct pair *pair, uint64_t position)
{
	struct sv_side_line *side = pair->side;
	enum sv_role role;

	memset(pair, 0, sizeof *pair);
	for (role = SV_WRITER; role <= SV_READER; role++)
		atomic_store(&side[role].position, position);
	sv_ring_init(&pair->writer, SV_WRITER, side, pair->data, CAPACITY);
	sv_ring_init(&pair->reader, SV_READER, side, pair->data, CAPACITY);
}

/* After a look, has the writer so much room, and is all else filled? */
static bool is_free(struct pair *pair, uint64_t room)
{
	return sv_ring_look(&pair->writer) && sv_ring_look(&pair->reader) &&
	       sv_ring_room(&pair->writer) == room && sv_ring_room(&pair->reader) == CAPACITY - room;
}

static void empty_and_full(uint64_t start)
{
	static struct pair pair;

	begin(&pair, start);
	at_start(sv_ring_room(&pair.writer) == 0 && sv_ring_room(&pair.reader) == 0,
	         "nothing is believed before a look");
	at_start(is_free(&pair, CAPACITY), "empty");
	sv_ring_publish(&pair.writer, CAPACITY);
	at_start(is_free(&pair, 0), "full");
	sv_ring_publish(&pair.reader, 1);
	at_start(is_free(&pair, 1), "one byte free");
	sv_ring_publish(&pair.reader, CAPACITY - 1);
	at_start(is_free(&pair, CAPACITY), "empty again");
}

/* Every fill level at every offset, a byte at a time, through more than two times the capacity. */
static void one_byte_steps(uint64_t start)
{
	static struct pair pair;
	unsigned value = 0, expected = 0;
	uint64_t fill, step;
	bool good = true;

	begin(&pair, start);
	for (fill = 0; fill <= CAPACITY && good; fill++) {
		/* Hold the ring at this level for a turn around it. */
		for (step = 0; step <= CAPACITY && good; step++) {
			while (sv_ring_look(&pair.writer) && CAPACITY - sv_ring_room(&pair.writer) < fill) {
				*sv_ring_place(&pair.writer, 0) = (unsigned char)value++;
				sv_ring_publish(&pair.writer, 1);
			}
			good = sv_ring_look(&pair.reader) && sv_ring_room(&pair.reader) == fill;
			if (good && fill > 0) {
				good = *sv_ring_place(&pair.reader, 0) == (unsigned char)expected++;
				sv_ring_publish(&pair.reader, 1);
			}
		}
	}
	at_start(good, "a byte at a time at every fill level");
}

static void impossible_positions(uint64_t start)
{
	static struct pair pair;
	uint64_t wrong_for_writer[] = { start + 11,
		                        start + CAPACITY,
		                        start + (UINT64_C(1) << 32),
		                        start - CAPACITY + 9,
		                        start + (UINT64_C(1) << 63),
		                        start - 1000 };
	uint64_t wrong_for_reader[] = { start + 3,
		                        start - 1,
		                        start + 4 + CAPACITY + 1,
		                        start + (UINT64_C(1) << 32),
		                        start + (UINT64_C(1) << 63),
		                        start - CAPACITY };
	bool good = true;
	uint64_t seen;
	size_t i;

	begin(&pair, start);
	sv_ring_look(&pair.writer);
	sv_ring_publish(&pair.writer, 10);
	sv_ring_look(&pair.reader);
	sv_ring_publish(&pair.reader, 4);
	sv_ring_look(&pair.writer);
	seen = pair.writer.seen;
	for (i = 0; i < sizeof wrong_for_writer / sizeof *wrong_for_writer; i++) {
		/* Released more than was committed, or so little that more than the capacity is in use. */
		atomic_store(&pair.side[SV_READER].position, wrong_for_writer[i]);
		good &= !sv_ring_look(&pair.writer) && pair.writer.seen == seen;
	}
	seen = pair.reader.seen;
	for (i = 0; i < sizeof wrong_for_reader / sizeof *wrong_for_reader; i++) {
		atomic_store(&pair.side[SV_WRITER].position, wrong_for_reader[i]);
		good &= !sv_ring_look(&pair.reader) && pair.reader.seen == seen;
	}
	at_start(good, "positions out of range are refused, what was seen stays");
}

static void thresholds(uint64_t start)
{
	uint64_t distance, wake = start << 1 | 1;
	bool good = true;

	for (distance = 1; distance <= 3 * CAPACITY; distance++)
		good &= sv_wake_reached(wake, start + distance) && !sv_wake_reached(wake, start - distance);
	good &= sv_wake_reached(wake, start);
	good &= sv_wake_reached(wake, start + (UINT64_C(1) << 61)) &&
	        !sv_wake_reached(wake, start - (UINT64_C(1) << 61));
	at_start(good, "a threshold is reached there and after, not before");
}

static void waking(uint64_t start)
{
	static struct pair pair;
	bool good;

	begin(&pair, start);
	sv_ring_look(&pair.writer);
	sv_ring_look(&pair.reader);
	at_start(!sv_ring_publish(&pair.writer, 1), "nobody sleeps, no bell");
	sv_ring_arm(&pair.reader, 5);
	good = !sv_ring_publish(&pair.writer, 3);
	good &= atomic_load(&pair.side[SV_READER].wake) != 0;
	good &= sv_ring_publish(&pair.writer, 1);
	good &= atomic_load(&pair.side[SV_READER].wake) == 0;
	at_start(good, "the reader is woken at the fifth byte, not at the fourth");
	at_start(!sv_ring_publish(&pair.writer, 1), "one sleep, one bell");
	at_start(!sv_ring_disarm(&pair.reader), "a taken word says that a bell is owed");

	/* Fill up; the writer wants 10 bytes of room. */
	sv_ring_look(&pair.writer);
	sv_ring_publish(&pair.writer, sv_ring_room(&pair.writer));
	sv_ring_look(&pair.reader);
	sv_ring_arm(&pair.writer, 10);
	good = !sv_ring_publish(&pair.reader, 9);
	good &= sv_ring_publish(&pair.reader, 1);
	at_start(good, "the writer is woken at the tenth free byte, not at the ninth");
	sv_ring_arm(&pair.writer, 30);
	at_start(sv_ring_disarm(&pair.writer) && !sv_ring_publish(&pair.reader, 40), "disarmed, no bell");

	/* A status wakes whatever the threshold; once. */
	sv_ring_arm(&pair.reader, CAPACITY);
	good = sv_ring_set_status(&pair.writer, SV_DONE);
	good &= !sv_ring_due_always(&pair.writer);
	good &= atomic_load(&pair.side[SV_WRITER].status) == SV_DONE;
	at_start(good, "a status rings once, whatever the threshold");
}

/*
 * The place wraps with the capacity, and what lies after the end is the beginning: here, one copy is enough
 * to see it.
 */
static void places(void)
{
	static struct pair pair;

	begin(&pair, UINT64_MAX - 9);
	is(sv_ring_place(&pair.writer, 0) - pair.data, 54, "the place of 2^64 - 10 in a ring of 64");
	sv_ring_look(&pair.writer);
	sv_ring_publish(&pair.writer, 20);
	is(sv_ring_place(&pair.writer, 0) - pair.data, 10, "the place after 20 more");
}

/* Two threads.  Each sleeps on a bell of its own. */
static sem_t bells[2];

/* Wait until want bytes can be used.  False: the peer stored what cannot be. */
static bool await(struct sv_ring *ring, uint64_t want)
{
	while (sv_ring_room(ring) < want) {
		if (!sv_ring_look(ring))
			return false;
		if (sv_ring_room(ring) >= want)
			break;
		sv_ring_arm(ring, want);
		sv_full_fence();
		if (!sv_ring_look(ring))
			return false;
		if (sv_ring_room(ring) < want)
			sem_wait(&bells[ring->role]);
		sv_ring_disarm(ring);
	}
	return true;
}

struct stress {
	struct sv_ring ring;
	uint64_t total;
	uint64_t step; /* largest step, of half a ring at most: else both could wait for more than there is */
	bool good;
};

static unsigned char byte_of(uint64_t n)
{
	return (unsigned char)(n * 131 + (n >> 8));
}

static uint64_t next_step(const struct stress *s, uint64_t left, unsigned *seed)
{
	uint64_t step;

	*seed = *seed * 1103515245u + 12345u;
	step = s->step == 1 ? 1 : 1 + (*seed >> 16) % s->step;
	return step < left ? step : left;
}

static void *produce(void *arg)
{
	struct stress *s = arg;
	uint64_t n = 0, step, i;
	unsigned seed = 1;

	while (n < s->total && s->good) {
		step = next_step(s, s->total - n, &seed);
		s->good = await(&s->ring, step);
		for (i = 0; i < step && s->good; i++)
			s->ring.data[(s->ring.position + i) & (s->ring.capacity - 1)] = byte_of(n + i);
		n += step;
		if (sv_ring_publish(&s->ring, step))
			sem_post(&bells[SV_READER]);
	}
	return NULL;
}

static void *consume(void *arg)
{
	struct stress *s = arg;
	uint64_t n = 0, step, i;
	unsigned seed = 7;

	while (n < s->total) {
		step = next_step(s, s->total - n, &seed);
		s->good &= await(&s->ring, step);
		for (i = 0; i < step; i++)
			s->good &= s->ring.data[(s->ring.position + i) & (s->ring.capacity - 1)] ==
			           byte_of(n + i);
		n += step;
		if (sv_ring_publish(&s->ring, step))
			sem_post(&bells[SV_WRITER]);
	}
	return NULL;
}

static void threads(uint64_t start, uint64_t step, uint64_t total)
{
	static struct pair pair;
	static struct stress writer, reader;
	pthread_t thread;

	begin(&pair, start);
	sem_init(&bells[SV_WRITER], 0, 0);
	sem_init(&bells[SV_READER], 0, 0);
	writer = (struct stress){ pair.writer, total, step, true };
	reader = (struct stress){ pair.reader, total, step, true };
	if (pthread_create(&thread, NULL, produce, &writer) != 0) {
		ok(0, "a thread can be made");
		return;
	}
	consume(&reader);
	pthread_join(thread, NULL);
	ok(writer.good && reader.good, "two threads, %llu bytes in steps of up to %llu, from %#llx",
	   (unsigned long long)total, (unsigned long long)step, (unsigned long long)start);
}

/* Does the writer know that it is light, or not, and say so? */
static void is_light(const struct pair *pair, bool light, const char *what)
{
	ok(pair->writer.light == light && atomic_load(&pair->writer.own->light) == light, "%s", what);
}

static void publish_often(struct pair *pair, unsigned times)
{
	while (times-- > 0)
		sv_ring_publish(&pair->writer, 0);
}

/* Light, until it has to ring; then heavy, until it has published for long without. */
static void weight(void)
{
	static struct pair pair;

	begin(&pair, 0);
	ok(!sv_ring_publish(&pair.writer, 0), "nobody sleeps");
	is_light(&pair, false, "a ring is heavy");
	publish_often(&pair, 2 * SV_RING_QUIET);
	is_light(&pair, false, "and stays so if it may not be light");
	pair.writer.reachable = true;
	sv_ring_settle(&pair.writer);
	ok(!pair.writer.lightable, "nor while its peer cannot run membarriers");
	atomic_store(&pair.side[SV_READER].fences, 1);
	sv_ring_settle(&pair.writer);
	publish_often(&pair, SV_RING_QUIET - 1);
	is_light(&pair, false, "if it may, it is light after a while");
	publish_often(&pair, 1);
	is_light(&pair, true, "and says so");
	sv_ring_weigh_down(&pair.writer);
	is_light(&pair, false, "after a bell it is heavy, and says so");
	publish_often(&pair, 1);
	sv_ring_weigh_down(&pair.writer);
	publish_often(&pair, SV_RING_QUIET - 1);
	is_light(&pair, false, "each bell starts the while again");
	publish_often(&pair, 1);
	is_light(&pair, true, "light again");
	atomic_store(&pair.side[SV_READER].fences, 0);
	sv_ring_settle(&pair.writer);
	is_light(&pair, false, "heavy at once when a peer comes that cannot run membarriers");
}

static void kept_apart(void)
{
	struct pair pair;

	begin(&pair, 5);
	sv_ring_keep_apart(&pair.reader, &pair.side[SV_READER].taken);
	is(pair.reader.position, 0, "a position that is kept apart begins at 0, whatever the shared one is");
}

static void mute(void)
{
	struct pair pair;

	begin(&pair, 5);
	pair.writer.light = pair.writer.lightable = pair.writer.reachable = true;
	sv_ring_mute(&pair.writer);
	ok(!pair.writer.light && !pair.writer.lightable && !pair.writer.reachable,
	   "a side that cannot ring never omits a fence");
}

int main(void)
{
	size_t i;

	for (i = 0; i < STARTS; i++) {
		empty_and_full(starts[i]);
		one_byte_steps(starts[i]);
		impossible_positions(starts[i]);
		thresholds(starts[i]);
		waking(starts[i]);
	}
	places();
	weight();
	kept_apart();
	mute();
	threads(0, 1, 100000);
	threads(UINT64_MAX - 5000, 1, 20000);
	threads((UINT64_C(1) << 63) - 5000, 20, 400000);
	threads((UINT64_C(1) << 32) - 5000, CAPACITY / 2, 400000);
	return tap_done();
}
