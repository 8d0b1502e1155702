/* SPDX-License-Identifier: MIT */
/*
 * pace.h - how long to delay the look at the peer's position.
 *
 * A side that keeps up with its peer finds very little at each look.  Each look takes the cache line of the
 * position away from the peer, and reading ahead takes the lines that the peer is about to write.  Then both
 * sides run only as fast as cache lines move between their CPUs.  If the side stays some microseconds behind,
 * the same stream can be several times faster.  This delay is called a hold.
 *
 * A stream does not show whether a hold would help, so it is measured: from time to time some waits begin
 * with a hold and are compared with as many waits that do not.  Only a hold that makes the stream clearly
 * faster is kept.  Otherwise, because the peer sends at its own pace or waits for an answer, the hold is
 * tried less and less often, so such streams keep their latency.  If a stream changes into such a stream, its
 * hold ends after a few waits.
 */
#ifndef SV_RING_PACE_H
#define SV_RING_PACE_H

#include <stdbool.h>
#include <stdint.h>

enum sv_pace_state {
	SV_PACE_RESTING,   /* no hold, no measurement */
	SV_PACE_MEASURING, /* no hold, for comparison */
	SV_PACE_SOUNDING,  /* a few holds: does each bring more? */
	SV_PACE_TRYING,    /* as many holds as were measured without: is the stream faster? */
	SV_PACE_HOLDING    /* it is: hold at each wait */
};

struct sv_pace {
	enum sv_pace_state state;
	bool allowed;     /* false: it rests for ever */
	unsigned left;    /* waits until the state changes */
	unsigned rest;    /* waits to rest after the next hold that gains nothing */
	unsigned stay;    /* waits to hold after the next hold that gains something */
	int64_t hold_ns;  /* delay before the first look of a wait, 0: none */
	int64_t begun_ns; /* when this state began, and at which position of the peer */
	uint64_t begun_at;
	uint64_t plain;  /* measured without a hold: bytes in each wait, */
	double rate;     /* and bytes per ns */
	unsigned meagre; /* holds in a row that brought little */
};

void sv_pace_init(struct sv_pace *pace, bool allowed);

/* Change the state, at this time and this position of the peer. */
void sv_pace_turn(struct sv_pace *pace, int64_t now_ns, uint64_t seen, uint64_t capacity);

/* A wait begins.  True: call sv_pace_turn() now. */
static inline bool sv_pace_step(struct sv_pace *pace)
{
	return pace->allowed && --pace->left == 0;
}

/* Report how many bytes a hold brought. */
void sv_pace_held(struct sv_pace *pace, uint64_t room);

/* Report that this side slept until a bell: the stream pauses, so the measurement means nothing. */
void sv_pace_slept(struct sv_pace *pace);

#endif
