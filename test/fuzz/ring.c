/* SPDX-License-Identifier: MIT */
/*
 * ring.c - positions and thresholds, against plain arithmetic on 128 bits; the peer's positions are the
 * fuzzer's.
 *
 * Whatever the peer stores, and however late this side uses the room that it was granted: the room never
 * exceeds the capacity, a position that is out of range or has moved back is refused and changes nothing, and
 * a threshold is reached exactly when it is not ahead.
 */
#include "fuzz.h"
#include "ring/ring.h"

#define CAPACITY 64u

__extension__ typedef __int128 wide;

static struct sv_side_line side[2];
static unsigned char memory[2 * CAPACITY];

/* A position as an unbounded number: the one nearest to where this side is. */
static wide unwrap(uint64_t position, uint64_t from, wide base)
{
	return base + (int64_t)(position - from);
}

static void check_look(struct sv_ring *ring, uint64_t seen_before)
{
	uint64_t there = ring->peer->position;
	wide distance =
		ring->role == SV_WRITER ? unwrap(ring->position, there, 0) : unwrap(there, ring->position, 0);
	bool grows = unwrap(there, seen_before, 0) >= 0, ok = sv_ring_look(ring);

	REQUIRE(ok == (grows && distance >= 0 && distance <= CAPACITY));
	REQUIRE(ring->seen == (ok ? there : seen_before));
}

static void check_wake(const struct sv_ring *ring, uint64_t threshold)
{
	wide ahead = unwrap(threshold, ring->position, 0);

	/* Thresholds are never further away than 2^61 on either side: SV_NO_POSITION is 2^60. */
	if (ahead < ((wide)1 << 61) && ahead > -((wide)1 << 61))
		REQUIRE(sv_wake_reached(threshold << 1 | 1, ring->position) == (ahead <= 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	uint8_t how = fuzz_8(&input);
	enum sv_role role = (how & 1) != 0 ? SV_READER : SV_WRITER;
	uint64_t start = (how & 2) != 0 ? fuzz_64(&input) : -(uint64_t)(how >> 4), granted = 0;
	struct sv_ring ring;

	memset(side, 0, sizeof side);
	side[0].position = side[1].position = start;
	sv_ring_init(&ring, role, side, memory, CAPACITY);
	REQUIRE(sv_ring_room(&ring) == 0);
	ring.light = (how & 4) != 0;
	while (input.left > 0) {
		uint8_t op = fuzz_8(&input);
		uint64_t before = ring.position, seen = ring.seen, n;

		switch (op % 6) {
		case 0: /* an honest peer */
			if (role == SV_WRITER)
				n = ring.position - ring.peer->position;
			else
				n = CAPACITY - (ring.peer->position - ring.position);
			if (n > 0 && n <= CAPACITY)
				ring.peer->position += 1 + op % n;
			check_look(&ring, seen);
			break;
		case 1: /* a hostile one */
			ring.peer->position =
				(op & 128) != 0 ? fuzz_64(&input) : ring.position + (int8_t)fuzz_8(&input);
			check_look(&ring, seen);
			break;
		case 2:
			if (granted == 0 || (op & 64) != 0)
				granted = sv_ring_room(&ring);
			n = granted > 0 ? fuzz_8(&input) % (granted + 1) : 0;
			granted -= n;
			ring.peer->wake =
				(op & 128) != 0 ? fuzz_64(&input) : (ring.position + n + (op & 1)) << 1 | 1;
			sv_ring_publish(&ring, n);
			REQUIRE(ring.own->position == ring.position && ring.position == before + n);
			break;
		case 3:
			n = 1 + fuzz_8(&input) % CAPACITY;
			sv_ring_arm(&ring, n);
			/* Reached exactly when the peer is where this side can use n bytes. */
			n = role == SV_WRITER ? ring.position + n - CAPACITY : ring.position + n;
			REQUIRE(sv_wake_reached(ring.own->wake, n) &&
			        !sv_wake_reached(ring.own->wake, n - 1));
			REQUIRE(sv_ring_disarm(&ring) && !sv_ring_disarm(&ring));
			break;
		case 4: check_wake(&ring, fuzz_64(&input)); break;
		default: /* its own line is overwritten: this side must use its private copy */
			ring.own->position = fuzz_64(&input);
			ring.own->wake = fuzz_64(&input);
			ring.own->light = op;
			break;
		}
		REQUIRE(sv_ring_room(&ring) <= CAPACITY);
		REQUIRE(sv_ring_place(&ring, 0) >= memory && sv_ring_place(&ring, 0) < memory + CAPACITY);
	}
	return 0;
}
