/* SPDX-License-Identifier: MIT */
/*
 * interleave_sides.h - the two sides of interleave: a writer and a reader that call the library, and check
 * what it does.
 */
#ifndef SV_TEST_INTERLEAVE_SIDES_H
#define SV_TEST_INTERLEAVE_SIDES_H

#include "interleave_kernel.h"

/* The identity of the channel, which nobody overwrites. */
static struct sv_header header = {
	.magic = SV_MAGIC, .format = SV_FORMAT, .ready = SV_READY, .generation = 1
};

/* Attach as src/lib/channel/attach.c does. */
static void attach(struct side *s)
{
	struct sv_channel *ch = &s->ch;
	struct sv_side_line *own = &world.line[s->role];

	ch->role = s->role;
	ch->process = getpid();
	ch->kind = s->role == SV_READER ? SV_KIND_READER : 0;
	ch->flags = (world.kind & RESUME) != 0 ? SV_RESUME : 0;
	ch->spin.allowed = (world.kind & SPIN) != 0;
	ch->spin.policy = SV_WAIT_AUTO;
	/* The spinning budget is a few readings of the clock; the usual one would take too many steps. */
	ch->spin.counted_ns = world.now_ns;
	ch->header = &header;
	ch->record.generation = header.generation;
	sv_rendezvous_lock(&ch->rv, false, NULL, &ch->fault);
	sv_ring_init(&ch->ring, s->role, world.line, world.data, world.capacity);
	atomic_store(&own->fences, s->membarrier);
	ch->ring.reachable = s->membarrier && (world.kind & LIGHT) != 0;
	sv_ring_settle(&ch->ring);
	ch->ring.light = ch->ring.lightable && chance(2) == 0;
	/* Make the side light again within a run of a few bytes. */
	ch->ring.quiet = SV_RING_QUIET - 1 - (unsigned)chance(4);
	header.capacity = world.capacity;
	s->bytes = ch->ring.position;
	if (atomic_load(&own->slot) == SV_SLOT_ATTACHED && world.value[sv_sem_of(s->role)] < SV_GONE)
		wrong("the place of the %s is taken by a dead one", role_names[s->role]);
	atomic_store(&own->status, SV_RUNNING);
	atomic_store(&own->wake, 0);
	atomic_store(&own->light, ch->ring.light);
	atomic_store(&own->slot, SV_SLOT_ATTACHING);
	enter_kernel();
	note("attach");
	s->armed = true;
	if (world.value[sv_sem_of(s->role)] >= SV_GONE)
		world.value[sv_sem_of(s->role)] = 0;
	world.value[sv_sem_of(s->role)]++;
	atomic_store(&own->slot, SV_SLOT_ATTACHED);
	sv_rendezvous_unlock(&ch->rv);
}

static unsigned char byte_at(uint64_t position)
{
	return (unsigned char)(position * 37 + 11);
}

/* Is the call over?  An interrupted call is repeated, as the programs do. */
static bool over(struct side *s, int code)
{
	if (code != SV_EINTR)
		return true;
	s->interrupts++;
	return false;
}

/* A call must return in time, within some milliseconds of clock readings. */
static void check_time(const struct side *s, int64_t start, int code)
{
	int64_t took = world.now_ns - start, limit = (int64_t)s->timeout_ms * 1000000;

	if (s->timeout_ms < 0 ? code == SV_ETIMEDOUT
	                      : took > limit + 50000000 || (code == SV_ETIMEDOUT && took < limit))
		wrong("the %s waited for %lld ns of %d ms", role_names[s->role], (long long)took,
		      s->timeout_ms);
}

static int writer(struct side *s)
{
	struct sv_channel *ch = &s->ch;
	uint64_t n;
	int64_t start;
	int code;

	while (!sv_channel_finished(ch)) {
		size_t want = s->bytes + world.want > world.total ? 1 : world.want, got;
		void *space;

		start = world.now_ns;
		do {
			code = sv_reserve(ch, want, &space, &got, s->timeout_ms);
		} while (!over(s, code));
		check_time(s, start, code);
		if (code != SV_OK)
			return code;
		/*
		 * A writer that reads its input into the ring notices the end of the input only in this way.
		 */
		if (s->bytes == world.total)
			break;
		n = 1 + chance(got < world.total - s->bytes ? got : world.total - s->bytes);
		while (n-- > 0) {
			world.data[s->bytes % world.capacity] = byte_at(s->bytes);
			s->bytes++;
			code = sv_commit(ch, 1);
			if (code != SV_OK)
				return code;
		}
	}
	start = world.now_ns;
	do {
		code = sv_finish(ch, s->timeout_ms);
	} while (!over(s, code));
	check_time(s, start, code);
	return code;
}

static int reader(struct side *s)
{
	struct sv_channel *ch = &s->ch;
	int64_t start;
	int code;

	for (;;) {
		const void *data;
		size_t got, want = chance(4) == 0 ? (size_t)world.capacity : 1;

		/* Ask for more than one byte, as a reader of messages does; the rest comes with the end. */
		start = world.now_ns;
		do {
			code = sv_peek(ch, world.want > 1 ? 1 : want, &data, &got, s->timeout_ms);
		} while (!over(s, code));
		check_time(s, start, code);
		if (code == SV_END)
			return sv_finish(ch, -1);
		if (code != SV_OK)
			return code;
		got = 1 + chance(got);
		while (got-- > 0) {
			if (world.data[s->bytes % world.capacity] != byte_at(s->bytes))
				wrong("byte %llu is wrong", (unsigned long long)s->bytes);
			s->bytes++;
			code = sv_release(ch, 1);
			if (code != SV_OK)
				return code;
		}
	}
}

#endif
