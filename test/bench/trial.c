/* SPDX-License-Identifier: MIT */
/*
 * trial.c - runs one transport between two processes and counts.
 *
 * The clock starts at each side after `warm` messages, when memory is mapped and touched and both sides
 * run; wall time is the consumer's (round trip: the asking side's), CPU time that of both in that span.
 */
#include <math.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "os/segment.h"
#include "transport.h"

struct pair {
	const struct trial *trial;
	struct link link[2];
};

size_t ring_capacity(size_t size)
{
	/* What the library chooses: every ring gets as much. */
	size_t capacity = settings.capacity ? settings.capacity : (size_t)sv_segment_default();

	while (capacity < 2 * (size + 8))
		capacity *= 2;
	return capacity;
}

size_t slot_count(size_t size)
{
	size_t n = ring_capacity(size) / size;

	return n < 4 ? 3 : n > 4096 ? 4096 : n;
}

void *shared_memory(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static void stream_side(struct pair *pair, int side)
{
	const struct trial *trial = pair->trial;
	const struct transport *t = trial->transport;
	void (*loop)(struct link *, uint64_t, uint64_t) = side == PRODUCER ? t->produce : t->consume;

	t->attach(&pair->link[0], (enum end)side);
	side_barrier(2);
	loop(&pair->link[0], 0, trial->warm);
	shared->start[side] = usage_now();
	loop(&pair->link[0], trial->warm, trial->n);
	shared->end[side] = usage_now();
	t->detach(&pair->link[0], (enum end)side);
}

/* Side 0 asks on link 0 and hears on link 1. */
static void roundtrip_side(struct pair *pair, int side)
{
	const struct trial *trial = pair->trial;
	const struct transport *t = trial->transport;
	void (*loop)(struct link *, struct link *, uint64_t) = side == 0 ? t->ping : t->pong;

	t->attach(&pair->link[0], side == 0 ? PRODUCER : CONSUMER);
	t->attach(&pair->link[1], side == 0 ? CONSUMER : PRODUCER);
	side_barrier(2);
	loop(&pair->link[0], &pair->link[1], trial->warm);
	shared->start[side] = usage_now();
	loop(&pair->link[0], &pair->link[1], trial->n);
	shared->end[side] = usage_now();
	t->detach(&pair->link[0], side == 0 ? PRODUCER : CONSUMER);
	t->detach(&pair->link[1], side == 0 ? CONSUMER : PRODUCER);
}

static void trial_side(void *arg, int side)
{
	struct pair *pair = arg;

	(pair->trial->roundtrip ? roundtrip_side : stream_side)(pair, side);
}

bool trial_run(const struct trial *trial, struct sample *sample, char *why, size_t why_size)
{
	const struct transport *t = trial->transport;
	struct pair pair = { .trial = trial };
	int links = trial->roundtrip ? 2 : 1, opened = 0;
	const char *error = NULL;
	bool ok = false;

	for (; opened < links; opened++) {
		struct link *link = &pair.link[opened];

		*link = (struct link){ t, trial->size, trial->wait, opened, NULL };
		error = t->open ? t->open(link) : NULL;
		if (error)
			break;
	}
	if (error)
		snprintf(why, why_size, "%s: %s", error, strerror(errno));
	else
		ok = run_sides(2, trial_side, &pair, trial->cpu, why, why_size);
	while (opened-- > 0)
		if (t->close)
			t->close(&pair.link[opened]);
	if (!ok)
		return false;
	sample->seconds = shared->end[!trial->roundtrip].wall - shared->start[!trial->roundtrip].wall;
	sample->cpu = 0;
	for (int side = 0; side < 2; side++)
		sample->cpu += shared->end[side].cpu - shared->start[side].cpu;
	if (sample->seconds <= 0) {
		snprintf(why, why_size, "took no time");
		return false;
	}
	return true;
}

bool trial_calibrate(struct trial *trial, char *why, size_t why_size)
{
	struct sample sample;

	trial->warm = 50;
	if (trial->transport->ring && !trial->roundtrip)
		trial->warm = 2 * ring_capacity(trial->size) / (trial->size + 8) + 16;
	trial->n = trial->roundtrip ? 200 : 4 * MIB / trial->size;
	trial->n = trial->n < 8 ? 8 : trial->n > 10000 ? 10000 : trial->n;
	for (;;) {
		if (!trial_run(trial, &sample, why, why_size))
			return false;
		if (sample.seconds >= settings.trial / 8)
			break;
		trial->n =
			(uint64_t)((double)trial->n * fmin(32, fmax(2, settings.trial / 4 / sample.seconds)));
	}
	trial->n = (uint64_t)((double)trial->n * settings.trial / sample.seconds) + 1;
	return true;
}
