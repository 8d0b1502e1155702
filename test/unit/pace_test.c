/* SPDX-License-Identifier: MIT */
/*
 * How long looks are put off, with a clock and a peer that the test makes up: a stream that a hold makes
 * faster, one that it does not, a peer that waits for an answer, one that sends at its own pace, and large
 * amounts with and without time for a nap.
 */
#include <string.h>

#include "ring/pace.h"
#include "ring/spin.h"
#include "tap.h"

#define CAPACITY (UINT64_C(4) << 20)
#define LATE_NS 40000

static int64_t late_ns = LATE_NS; /* of the naps here */

/* What a wait of this peer takes and brings, when it began with a hold or a nap or neither. */
struct peer {
	int64_t (*wait_ns)(const struct sv_pace *pace);
	uint64_t (*bytes)(const struct sv_pace *pace);
};

struct run {
	struct sv_pace pace;
	int64_t now_ns;
	uint64_t position;
	unsigned waits, held, napped, longest_row, row;
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
	uint64_t bytes;

	run->waits = run->held = run->napped = run->longest_row = run->row = 0;
	for (; run->waits < waits; run->waits++) {
		if (sv_pace_step(pace))
			sv_pace_turn(pace, run->now_ns, run->position, CAPACITY);
		bytes = peer->bytes(pace);
		run->now_ns += peer->wait_ns(pace);
		run->position += bytes;
		run->row = pace->hold_ns > 0 ? run->row + 1 : 0;
		run->longest_row = run->row > run->longest_row ? run->row : run->longest_row;
		if (pace->hold_ns > 0) {
			run->held++;
			sv_pace_held(pace, bytes);
		} else if (pace->nap_ns > 0) {
			run->napped++;
			sv_pace_napped(pace, pace->nap_ns + late_ns, true, bytes, CAPACITY);
		}
	}
}

/* Side by side 500 ns for each KiB; some microseconds apart 125. */
static int64_t contended_ns(const struct sv_pace *pace)
{
	return pace->hold_ns > 0 ? pace->hold_ns : 500;
}

static uint64_t contended_bytes(const struct sv_pace *pace)
{
	return pace->hold_ns > 0 ? (uint64_t)pace->hold_ns / 125 * 1024 : 1024;
}

/* A peer that answers: nothing more comes while this side does not look. */
static int64_t answering_ns(const struct sv_pace *pace)
{
	return pace->hold_ns + 300;
}

static uint64_t answering_bytes(const struct sv_pace *pace)
{
	(void)pace;
	return 72;
}

/* A message every 2 us, whatever this side does. */
static int64_t paced_ns(const struct sv_pace *pace)
{
	return pace->hold_ns > 0 ? 6000 : 2000;
}

static uint64_t paced_bytes(const struct sv_pace *pace)
{
	return pace->hold_ns > 0 ? 3 * 72 : 72;
}

/* 512 KiB in 50 us, as long as the ring has room. */
static int64_t streaming_ns(const struct sv_pace *pace)
{
	return pace->nap_ns > 0 ? pace->nap_ns + late_ns : 50000;
}

static uint64_t streaming_bytes(const struct sv_pace *pace)
{
	uint64_t bytes = (uint64_t)streaming_ns(pace) * (UINT64_C(512) << 10) / 50000;

	return bytes < CAPACITY ? bytes : CAPACITY;
}

/* A ring full at once: no time for a nap. */
static int64_t fast_ns(const struct sv_pace *pace)
{
	(void)pace;
	return 10000;
}

/* Waits, but nothing comes. */
static uint64_t no_bytes(const struct sv_pace *pace)
{
	(void)pace;
	return 0;
}

/* 512 KiB after 50 us, and the next only when these were taken. */
static int64_t asked_ns(const struct sv_pace *pace)
{
	return pace->nap_ns > 0 ? pace->nap_ns + late_ns : 50000;
}

static uint64_t asked_bytes(const struct sv_pace *pace)
{
	(void)pace;
	return UINT64_C(512) << 10;
}

static const struct peer contended = { contended_ns, contended_bytes },
			 answering = { answering_ns, answering_bytes }, paced = { paced_ns, paced_bytes },
			 streaming = { streaming_ns, streaming_bytes }, fast = { fast_ns, asked_bytes },
			 silent = { fast_ns, no_bytes }, asked = { asked_ns, asked_bytes };

static void holds(void)
{
	struct run run;

	begin(&run, true);
	go(&run, &contended, 200);
	go(&run, &contended, 10000);
	ok(run.held > 9700 && run.napped == 0, "a stream that a hold makes faster has it: %u of %u waits",
	   run.held, run.waits);
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
	go(&run, &paced, 1000000);
	ok(run.held > 0 && run.held < 1000, "and more and more seldom: %u of %u waits", run.held, run.waits);
	go(&run, &contended, 200000);
	ok(run.held > 100000, "it is still found out that a hold helps now: %u of %u waits", run.held,
	   run.waits);
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

static void naps(void)
{
	struct run run;

	begin(&run, true);
	go(&run, &streaming, 200);
	go(&run, &streaming, 10000);
	ok(run.napped > 9800 && run.held == 0, "a wait for a long stream is slept through: %u of %u waits",
	   run.napped, run.waits);
	ok(run.pace.late_ns > LATE_NS - 100 && run.pace.late_ns < LATE_NS + 100,
	   "how late naps end is learned: %lld ns", (long long)run.pace.late_ns);
	go(&run, &streaming, 100000);
	ok(streaming_bytes(&run.pace) <= CAPACITY / 8 * 5,
	   "and the ring does not run full meanwhile: %llu bytes",
	   (unsigned long long)streaming_bytes(&run.pace));
	go(&run, &answering, 10000);
	ok(run.napped <= 16, "a peer that turns to answers is not slept on: %u of %u waits", run.napped,
	   run.waits);
	begin(&run, true);
	go(&run, &streaming, 10000);
	late_ns = 400000;
	go(&run, &streaming, 10000);
	ok(run.napped < 1000, "naps that end much too late are given up: %u of %u waits", run.napped,
	   run.waits);
	late_ns = LATE_NS;
	go(&run, &streaming, 1000000);
	ok(run.napped > 500000, "and taken up when the machine is quiet again: %u of %u waits", run.napped,
	   run.waits);
	begin(&run, true);
	go(&run, &silent, 10000);
	ok(run.held == 0 && run.napped == 0, "nothing is made of waits that bring nothing");
	begin(&run, true);
	go(&run, &fast, 10000);
	is(run.napped, 0, "no time for a nap: none");
	begin(&run, true);
	go(&run, &asked, 10000);
	ok(run.napped > 0 && run.napped <= 400, "naps that slow a peer down: %u of %u waits", run.napped,
	   run.waits);
	go(&run, &asked, 1000000);
	ok(run.napped < 1000, "and more and more seldom: %u of %u waits", run.napped, run.waits);
}

static void never(void)
{
	struct run run;

	begin(&run, false);
	go(&run, &contended, 10000);
	is(run.held, 0, "not allowed: no hold");
	go(&run, &streaming, 10000);
	is(run.napped, 0, "nor a nap");
	begin(&run, true);
	go(&run, &contended, 1000);
	ok(run.pace.hold_ns > 0, "held, and then the stream pauses");
	sv_pace_slept(&run.pace);
	is(run.pace.hold_ns, 0, "no hold after a sleep");
	go(&run, &contended, 1000);
	ok(run.pace.hold_ns > 0, "until it flows again");
}

static void spins(void)
{
	struct sv_spin spin;
	int64_t first, least;
	int i;

	sv_spin_init(&spin, SV_WAIT_SLEEP);
	is(sv_spin_budget(&spin, 1, 2), 0, "policy sleep does not spin");
	sv_spin_init(&spin, SV_WAIT_AUTO);
	spin.allowed = true;
	spin.pinned = false;
	first = sv_spin_budget(&spin, 1, 2);
	ok(first > 0, "two CPUs: it spins for up to %lld ns", (long long)first);
	is(sv_spin_budget(&spin, 2, 2), 0, "not against a peer on the same CPU");
	spin.pinned = true;
	is(sv_spin_budget(&spin, 1, 0), 0, "nor with one usable CPU and a peer who knows where");
	ok(sv_spin_budget(&spin, 1, 2) > 0, "but with one that is known to be elsewhere");
	for (i = 0; i < 100; i++)
		sv_spin_learn(&spin, 1000000000, true);
	least = sv_spin_budget(&spin, 1, 2);
	ok(least > 0 && least < first / 4, "long sleeps teach it to spin less: %lld ns", (long long)least);
	sv_spin_learn(&spin, first / 2, false);
	ok(sv_spin_budget(&spin, 1, 2) >= first / 2, "a spin that succeeded to spin longer: %lld ns",
	   (long long)sv_spin_budget(&spin, 1, 2));
	spin.policy = SV_WAIT_SPIN;
	ok(sv_spin_budget(&spin, 1, 2) > first, "policy spin spins longer");
}

int main(void)
{
	holds();
	faults();
	naps();
	never();
	spins();
	return tap_done();
}
