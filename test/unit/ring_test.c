/* SPDX-License-Identifier: MIT */
/* The ring on plain memory: positions, room, thresholds, across every boundary that a counter has. */
#include <string.h>

#include "ring.h"
#include "tap.h"

#define CAPACITY 64u

static struct sv_side_line side[2];
static unsigned char memory[2 * CAPACITY]; /* not mirrored: these tests look at positions, not at wrapped data */

/* Both sides at a position, as if that many bytes had passed. */
static void start_at(struct sv_ring *writer, struct sv_ring *reader, uint64_t position)
{
	memset(side, 0, sizeof side);
	atomic_store(&side[SV_WRITER].position, position);
	atomic_store(&side[SV_READER].position, position);
	sv_ring_init(writer, SV_WRITER, side, memory, CAPACITY);
	sv_ring_init(reader, SV_READER, side, memory, CAPACITY);
}

static bool room_is(struct sv_ring *ring, uint64_t room)
{
	return sv_ring_look(ring) && sv_ring_room(ring) == room;
}

static const struct {
	const char *name;
	uint64_t position;
} starts[] = {
	{ "0", 0 },
	{ "just below 2^32", (UINT64_C(1) << 32) - 37 },
	{ "just below 2^63", (UINT64_C(1) << 63) - 37 },
	{ "just below 2^64", UINT64_MAX - 36 },
};
#define STARTS (sizeof starts / sizeof *starts)

/* Four times round the ring in steps of one byte, each seen by the other side at once. */
static bool one_byte_steps(uint64_t position)
{
	struct sv_ring writer, reader;
	unsigned i;

	start_at(&writer, &reader, position);
	for (i = 0; i < 4 * CAPACITY; i++) {
		if (!room_is(&writer, CAPACITY) || !room_is(&reader, 0))
			return false;
		*sv_ring_place(&writer) = (unsigned char)i;
		if (sv_ring_publish(&writer, 1) || !room_is(&writer, CAPACITY - 1) || !room_is(&reader, 1) ||
		    *sv_ring_place(&reader) != (unsigned char)i || sv_ring_publish(&reader, 1))
			return false;
	}
	return writer.position == position + 4 * CAPACITY && writer.position == reader.position;
}

static bool full_and_empty(uint64_t position)
{
	struct sv_ring writer, reader;

	start_at(&writer, &reader, position);
	sv_ring_publish(&writer, CAPACITY);
	if (!room_is(&writer, 0) || !room_is(&reader, CAPACITY))
		return false;
	sv_ring_publish(&reader, CAPACITY);
	return room_is(&writer, CAPACITY) && room_is(&reader, 0);
}

/* A sleeping reader is rung by exactly the publication that reaches its threshold, and once. */
static bool reader_threshold(uint64_t position, unsigned want)
{
	struct sv_ring writer, reader;
	unsigned i;

	start_at(&writer, &reader, position);
	sv_ring_arm(&reader, want);
	must(sv_ring_look(&writer));
	for (i = 1; i <= CAPACITY; i++)
		if (sv_ring_publish(&writer, 1) != (i == want))
			return false;
	return !sv_ring_disarm(&reader);
}

static bool writer_threshold(uint64_t position, unsigned want)
{
	struct sv_ring writer, reader;
	unsigned i;

	start_at(&writer, &reader, position);
	must(sv_ring_look(&writer));
	sv_ring_publish(&writer, CAPACITY);
	must(sv_ring_look(&reader));
	sv_ring_arm(&writer, want);
	for (i = 1; i <= CAPACITY; i++)
		if (sv_ring_publish(&reader, 1) != (i == want))
			return false;
	return !sv_ring_disarm(&writer);
}

/* A threshold that is reached already rings with the next publication. */
static bool late_threshold(uint64_t position)
{
	struct sv_ring writer, reader;

	start_at(&writer, &reader, position);
	must(sv_ring_look(&writer));
	sv_ring_publish(&writer, 8);
	sv_ring_arm(&reader, 4);
	return sv_ring_publish(&writer, 1) && !sv_ring_publish(&writer, 1);
}

/* What a peer could never have stored is refused, and the last good position is kept. */
static bool refuses(enum sv_role role, uint64_t position, uint64_t filled, uint64_t bad)
{
	struct sv_ring ring[2];
	uint64_t room;

	start_at(&ring[SV_WRITER], &ring[SV_READER], position);
	must(sv_ring_look(&ring[SV_WRITER]));
	sv_ring_publish(&ring[SV_WRITER], filled);
	must(sv_ring_look(&ring[role]));
	room = sv_ring_room(&ring[role]);
	atomic_store(&ring[role].peer->position, bad);
	return !sv_ring_look(&ring[role]) && sv_ring_room(&ring[role]) == room;
}

static void across_boundaries(void)
{
	unsigned want;
	size_t i;

	for (i = 0; i < STARTS; i++) {
		uint64_t at = starts[i].position;
		bool reader = true, writer = true;

		ok(one_byte_steps(at), "one-byte steps from %s", starts[i].name);
		ok(full_and_empty(at), "exactly full and exactly empty from %s", starts[i].name);
		for (want = 1; want <= CAPACITY; want++) {
			reader = reader && reader_threshold(at, want);
			writer = writer && writer_threshold(at, want);
		}
		ok(reader, "a reader's bell rings at its threshold, at every one from %s", starts[i].name);
		ok(writer, "a writer's bell rings at its threshold, at every one from %s", starts[i].name);
		ok(late_threshold(at), "a threshold that is already reached rings next, from %s", starts[i].name);
		ok(refuses(SV_READER, at, 8, at + CAPACITY + 1), "a head beyond the capacity is refused, from %s", starts[i].name);
		ok(refuses(SV_READER, at, 8, at - 1), "a head before the tail is refused, from %s", starts[i].name);
		ok(refuses(SV_WRITER, at, 8, at + 9), "a tail beyond the head is refused, from %s", starts[i].name);
		ok(refuses(SV_WRITER, at, 8, at - CAPACITY + 7), "a tail too far back is refused, from %s", starts[i].name);
	}
}

static void status(void)
{
	struct sv_ring writer, reader;

	start_at(&writer, &reader, 0);
	ok(!sv_ring_set_status(&writer, SV_DONE), "a final status rings nobody who is awake");
	start_at(&writer, &reader, 0);
	sv_ring_arm(&reader, CAPACITY);
	ok(sv_ring_set_status(&writer, SV_DONE), "a final status wakes a reader below its threshold");
	ok(!sv_ring_disarm(&reader), "and takes its word");
	sv_ring_arm(&reader, 1);
	ok(sv_ring_disarm(&reader), "a word that nobody took is one's own to take back");
	ok(!sv_ring_disarm(&reader), "once");
}

static void beginnings(void)
{
	struct sv_ring writer, reader;

	start_at(&writer, &reader, 12345);
	ok(sv_ring_room(&writer) == 0 && sv_ring_room(&reader) == 0, "before the first look nothing is believed");
	ok(writer.position == 12345 && reader.position == 12345, "a side goes on from its stored position");
	ok(sv_ring_place(&writer) == memory + 12345 % CAPACITY, "at the place that belongs to it");
}

int main(void)
{
	across_boundaries();
	status();
	beginnings();
	return tap_done();
}
