/* SPDX-License-Identifier: MIT */
/*
 * How long a look is delayed and how long a wait spins, with a simulated clock and peer: a stream that a hold
 * makes faster, one that it does not, a peer that waits for an answer, one that sends at its own pace, and
 * how much of the time is spent spinning at any pace.
 */
#include <string.h>

#include "ring/pace.h"
#include "ring/spin.h"
#include "tap.h"

#define CAPACITY (UINT64_C(4) << 20)

/* How long a wait for this peer takes and how much it brings: without a hold, and with one of 5 us. */
struct peer {
	int64_t ns;
	uint64_t bytes;
	int64_t more_ns; /* beside the hold */
	uint64_t held_bytes;
};

/* Close behind this peer 500 ns for each KiB; some microseconds behind it 125. */
static const struct peer contended = { 500, 1024, 0, 40 * 1024 };
/* It answers: nothing more comes while this side does not look. */
static const struct peer answering = { 300, 72, 300, 72 };
/* A message every 2 us, whatever this side does. */
static const struct peer paced = { 2000, 72, 1000, 3 * 72 };
/* The same with much data: a hold brings more at once, but not sooner. */
static const struct peer steady = { 2000, 8192, 1000, 3 * 8192 };
/* An eighth of a ring at once, and nothing at all. */
static const struct peer fast = { 10000, CAPACITY / 8, 5000, CAPACITY / 8 };
static const struct peer silent = { 10000, 0, 5000, 0 };

struct run {
	struct sv_pace pace;
	int64_t now_ns;
	uint64_t position;
	unsigned waits, held, longest_row, row;
};

static void begin(struct run *run, bool allowed)
{
	memset(run, 0, sizeof *run);
	run->position = CAPACITY;
	sv_pace_init(&run->pace, allowed);
}

static void go(struct run *run, const struct peer *peer, unsigned waits)
{
	struct sv_pace *pace = &run->pace;

	run->waits = run->held = run->longest_row = run->row = 0;
	for (; run->waits < waits; run->waits++) {
		if (sv_pace_step(pace))
			sv_pace_turn(pace, run->now_ns, run->position, CAPACITY);
		if (pace->hold_ns > 0) {
			run->now_ns += pace->hold_ns + peer->more_ns;
			run->position += peer->held_bytes;
			run->held++;
			run->row++;
			run->longest_row = run->row > run->longest_row ? run->row : run->longest_row;
			sv_pace_held(pace, peer->held_bytes);
		} else {
			run->now_ns += peer->ns;
			run->position += peer->bytes;
			run->row = 0;
		}
	}
}

static void holds(void)
{
	struct run run;

	begin(&run, true);
	go(&run, &contended, 200);
	go(&run, &contended, 10000);
	ok(run.held > 9700, "a stream that a hold makes faster has it: %u of %u waits", run.held, run.waits);
	go(&run, &answering, 100000);
	ok(run.held <= 40, "a peer that turns to answers is hardly ever held up: %u of %u waits", run.held,
	   run.waits);
	begin(&run, true);
	go(&run, &answering, 10000);
	ok(run.held > 0 && run.held <= 30 && run.longest_row == 2,
	   "an answering peer: %u of the first %u waits, %u in a row", run.held, run.waits, run.longest_row);
	begin(&run, true);
	go(&run, &paced, 10000);
	ok(run.held > 0 && run.held <= 400, "a peer with a pace of its own: %u of the first %u waits",
	   run.held, run.waits);
	begin(&run, true);
	go(&run, &steady, 10000);
	ok(run.held > 0 && run.held <= 400, "one that sends much: %u of the first %u waits", run.held,
	   run.waits);
	go(&run, &paced, 1000000);
	ok(run.held > 0 && run.held < 1000, "and more and more seldom: %u of %u waits", run.held, run.waits);
	go(&run, &contended, 200000);
	ok(run.held > 100000, "it is still found out that a hold helps now: %u of %u waits", run.held,
	   run.waits);
	go(&run, &answering, 20);
	is(run.pace.hold_ns, 0, "and given up when it does not");
	go(&run, &contended, 5000);
	ok(run.held > 4000, "and found out soon when it helps again: %u of %u waits", run.held, run.waits);
}

/* Nothing is tried while the ring's pages are faulted in. */
static void faults(void)
{
	struct run run;

	begin(&run, true);
	run.position = 0;
	go(&run, &contended, 4000);
	ok(run.position < CAPACITY && run.held == 0, "nothing is tried the first time round: %u of %u waits",
	   run.held, run.waits);
	go(&run, &contended, 1000);
	ok(run.held > 0, "but the second time");
}

static void nothing_to_gain(void)
{
	struct run run;

	begin(&run, true);
	go(&run, &silent, 10000);
	is(run.held, 0, "nothing is made of waits that bring nothing");
	ok(run.pace.rest > 64 && (run.pace.rest & (run.pace.rest - 1)) == 0,
	   "the rest before the next try doubles: %u waits", run.pace.rest);
	begin(&run, true);
	go(&run, &fast, 10000);
	is(run.held, 0, "nor of large amounts");
}

/* Drive the pace into a hold: the peer sends 64 bytes a wait, and ten times as much during a hold. */
static void hold(struct sv_pace *pace, int64_t *now, uint64_t *seen)
{
	while (pace->state != SV_PACE_HOLDING) {
		*now += 10000;
		*seen += pace->hold_ns > 0 ? 32 * 640 : 32 * 64;
		sv_pace_turn(pace, *now, *seen, CAPACITY);
	}
}

/* Where exactly a stream is taken for another one. */
static void limits(void)
{
	uint64_t seen = CAPACITY;
	struct sv_pace pace;
	int64_t now = 0;
	int round, i;

	sv_pace_init(&pace, true);
	for (round = 0; round < 2; round++) {
		hold(&pace, &now, &seen);
		is(pace.left, 4096, "a first hold is measured again soon");
		for (i = 0; i < 7; i++)
			sv_pace_held(&pace, 127);
		ok(pace.hold_ns > 0, "seven holds that bring little change nothing");
		sv_pace_held(&pace, 128);
		for (i = 0; i < 7; i++)
			sv_pace_held(&pace, 127);
		ok(pace.hold_ns > 0, "nor if one between them brings more");
		sv_pace_held(&pace, 127);
		is(pace.hold_ns, 0, "eight in a row do");
	}
	for (round = 0; round < 2; round++) {
		sv_pace_init(&pace, true);
		sv_pace_turn(&pace, 1000, CAPACITY, CAPACITY);
		seen = CAPACITY + 32 * (UINT64_C(65536) - (uint64_t)round);
		sv_pace_turn(&pace, 2000, seen, CAPACITY);
		is(pace.hold_ns > 0, round, "%s than 64 KiB a wait", round == 0 ? "no less" : "less");
	}
	sv_pace_turn(&pace, 3000, seen + 4 * UINT64_C(65535), CAPACITY);
	is(pace.state, SV_PACE_TRYING, "a hold is tried");
	sv_pace_turn(&pace, 3000, seen + 4 * UINT64_C(65535), CAPACITY);
	is(pace.hold_ns, 0, "nothing in no time is no gain");
}

static void never(void)
{
	struct run run;

	begin(&run, false);
	go(&run, &contended, 10000);
	is(run.held, 0, "not allowed: no hold");
	begin(&run, true);
	go(&run, &contended, 1000);
	ok(run.pace.hold_ns > 0, "held, and then the stream pauses");
	sv_pace_slept(&run.pace);
	is(run.pace.hold_ns, 0, "no hold after a sleep");
	go(&run, &contended, 1000);
	ok(run.pace.hold_ns > 0, "until it flows again");
}

/* A peer that publishes at regular intervals, to a side that takes some time to wake up. */
struct pace_of_peer {
	int64_t every_ns, wake_ns;
	uint64_t bytes;
};

/* Follow that peer for so many waits: nanoseconds spun in a thousand that passed, and waits that slept. */
static int64_t follow(struct sv_spin *spin, const struct pace_of_peer *peer, int waits, int *slept)
{
	int64_t now = spin->counted_ns, begun = now, spun = 0, due, budget, used;
	int i;

	for (*slept = i = 0; i < waits; i++) {
		due = (now / peer->every_ns + 1) * peer->every_ns;
		budget = sv_spin_budget(spin, now);
		used = due - now < budget ? due - now : budget;
		if (used == budget) {
			due += peer->wake_ns;
			(*slept)++;
		}
		sv_spin_learn(spin, due - now, used, used == budget, peer->bytes);
		spun += used;
		now = due;
	}
	return spun * 1000 / (now - begun);
}

static void bound(void)
{
	static const int64_t every_us[] = { 6, 10, 20, 50, 80, 110, 200, 1000, 100000 };
	struct pace_of_peer peer = { 0, 40000, 64 };
	struct sv_spin spin;
	int64_t share, most;
	int slept;
	size_t i;

	for (i = 0; i < sizeof every_us / sizeof *every_us; i++) {
		sv_spin_init(&spin, SV_WAIT_AUTO);
		peer.every_ns = every_us[i] * 1000;
		follow(&spin, &peer, 1000, &slept);
		share = follow(&spin, &peer, 10000, &slept);
		most = 1000 / SV_SPIN_SHARE + 1000 * SV_SPIN_FREE_NS / peer.every_ns + 10;
		ok(share <= most, "fed every %lld us: spins %lld of 1000 ns, at most %lld",
		   (long long)every_us[i], (long long)share, (long long)most);
	}
	sv_spin_init(&spin, SV_WAIT_AUTO);
	peer.every_ns = 3500;
	follow(&spin, &peer, 10000, &slept);
	is(slept, 0, "fed every 3.5 us: never sleeps");
	sv_spin_init(&spin, SV_WAIT_AUTO);
	peer = (struct pace_of_peer){ 50000, 40000, SV_SPIN_LARGE };
	follow(&spin, &peer, 10000, &slept);
	is(slept, 0, "nor does a side that is fed large amounts every 50 us");
	peer.every_ns = 300000;
	share = follow(&spin, &peer, 10000, &slept);
	ok(share < 60, "but it does where spinning is in vain: %lld of 1000 ns", (long long)share);
	peer.every_ns = 2000;
	peer.bytes = 64;
	follow(&spin, &peer, 100000, &slept);
	is(slept, 0, "and is awake with a peer that has become fast");
}

/* Two sides that both sleep because each must wake the other: one that tries to stay awake ends that. */
static void out_of_sleep(void)
{
	struct sv_spin spin;
	int64_t now = 0, budget;
	int waits;

	sv_spin_init(&spin, SV_WAIT_AUTO);
	for (waits = 0; waits < 1000; waits++) {
		budget = sv_spin_budget(&spin, now);
		/* The other side answers 60 us after it was woken. */
		if (waits > 10 && budget > 60000)
			break;
		sv_spin_learn(&spin, 120000, budget, true, 64);
		now += 120000;
	}
	ok(waits > 10 && waits < 1000,
	   "two sides that keep each other asleep: %d waits until one stays awake", waits);
}

static void spins(void)
{
	struct sv_spin spin;

	sv_spin_init(&spin, SV_WAIT_AUTO);
	is(sv_spin_budget(&spin, 1000000), SV_SPIN_FREE_NS + SV_SPIN_MOST_NS,
	   "a wait spins for so many nanoseconds at most");
	spin.policy = SV_WAIT_SPIN;
	ok(sv_spin_budget(&spin, 2000000) > 10 * SV_SPIN_MOST_NS, "policy spin spins longer");
	sv_spin_init(&spin, SV_WAIT_AUTO);
	sv_spin_learn(&spin, 200000, 100000, true, 64);
	ok(spin.vain_ns > 0, "a spin in vain is remembered");
	sv_spin_learn(&spin, 50000, 50000, false, 64);
	is(spin.vain_ns, 0, "until one pays");
	bound();
	out_of_sleep();
}

int main(void)
{
	holds();
	faults();
	nothing_to_gain();
	limits();
	never();
	spins();
	return tap_done();
}
