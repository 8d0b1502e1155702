/* SPDX-License-Identifier: MIT */
/*
 * pace.h - how long to put a look off.
 *
 * A side that keeps up with its peer finds next to nothing at each look: it takes the line of the position,
 * and by reading ahead the lines that are about to be written, away from the peer, and both are slowed down
 * to the pace of lines that go to and fro.  Some microseconds behind it the same stream can be several times
 * faster: a hold.
 *
 * Whether a stream is like that cannot be seen, but measured: now and then a few waits begin with a hold and
 * are compared with as many that do not.  Only a hold that makes the stream clearly faster is kept.
 * Otherwise, because the peer sends at its own pace or waits for an answer, it is tried again more and more
 * seldom: such streams keep their latency.  A stream that turns into one of these loses its hold after a few
 * waits.
 */
#ifndef SV_RING_PACE_H
#define SV_RING_PACE_H

#include <stdbool.h>
#include <stdint.h>

enum sv_pace_state {
	SV_PACE_RESTING,   /* no hold, and nothing is measured */
	SV_PACE_MEASURING, /* no hold, for comparison */
	SV_PACE_SOUNDING,  /* a few holds: does more come meanwhile? */
	SV_PACE_TRYING,    /* does it come faster? */
	SV_PACE_HOLDING    /* yes */
};

struct sv_pace {
	enum sv_pace_state state;
	bool allowed;     /* else it rests for ever */
	unsigned left;    /* waits to the next turn */
	unsigned rest;    /* waits to rest the next time that nothing is gained */
	unsigned stay;    /* waits to go on the next time that something is */
	int64_t hold_ns;  /* before the first look of a wait, 0: none */
	int64_t begun_ns; /* when and where this state began */
	uint64_t begun_at;
	uint64_t plain;  /* bytes a wait that were measured without, */
	double rate;     /* and bytes per ns */
	unsigned meagre; /* holds in a row that brought little */
};

void sv_pace_init(struct sv_pace *pace, bool allowed);

/* The turn of a state, at a time and at a position of the peer. */
void sv_pace_turn(struct sv_pace *pace, int64_t now_ns, uint64_t seen, uint64_t capacity);

/* A wait begins.  True: it is time for a turn. */
static inline bool sv_pace_step(struct sv_pace *pace)
{
	return pace->allowed && --pace->left == 0;
}

/* After a hold there was so much room. */
void sv_pace_held(struct sv_pace *pace, uint64_t room);

/* This side slept until a bell: the stream pauses, what was measured means nothing. */
void sv_pace_slept(struct sv_pace *pace);

#endif
