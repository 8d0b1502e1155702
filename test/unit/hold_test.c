/* SPDX-License-Identifier: MIT */
/* A wait whose pace asks for a hold looks when the hold is over; without one it looks at once. */
#include "channel/channel.h"
#include "clock.h"
#include "pair.h"

#define HOLD_NS 20000000

/* How long the reader takes to find a byte that is there, and that it has not looked for yet. */
static int64_t time_of_look(struct pair *pair)
{
	const void *data;
	int64_t begun;
	size_t len;

	send_byte(pair->writer);
	begun = sv_now();
	is(sv_peek(pair->reader, 1, &data, &len, 60000), SV_OK, "the byte is found");
	begun = sv_now() - begun;
	must(sv_release(pair->reader, 1) == SV_OK);
	return begun;
}

int main(void)
{
	struct pair pair;
	int64_t shortest = INT64_MAX, took;
	int i;

	own_directory();
	pair = open_pair(0, 65536);
	must(sv_wait_peer(pair.writer, 0) == SV_OK && sv_wait_peer(pair.reader, 0) == SV_OK);
	/* The pace itself is tested in pace_test. */
	pair.reader->pace.allowed = false;
	pair.reader->pace.hold_ns = HOLD_NS;
	pair.reader->pace.state = SV_PACE_HOLDING;
	pair.reader->pace.plain = 65536;
	took = time_of_look(&pair);
	ok(took >= HOLD_NS, "with a hold of %d ns the look comes no earlier: after %lld ns", HOLD_NS,
	   (long long)took);
	is(pair.reader->pace.meagre, 1, "one that brings a single byte is noted as meagre");
	pair.reader->pace.hold_ns = 0;
	for (i = 0; i < 100; i++) {
		took = time_of_look(&pair);
		shortest = took < shortest ? took : shortest;
	}
	ok(shortest < HOLD_NS, "without a hold the quickest of 100 looks takes less: %lld ns",
	   (long long)shortest);
	sv_pace_init(&pair.reader->pace, true);
	pair.reader->pace.left = 1;
	time_of_look(&pair);
	ok(pair.reader->pace.left > 1, "a wait asks for the next state of the pace when it is due");
	close_pair(&pair);
	ok(directory_is_empty(), "nothing is left");
	return tap_done();
}
