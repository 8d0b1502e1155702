/* SPDX-License-Identifier: MIT */
#include "ring/pace.h"

/*
 * Long enough to move dozens of cache lines to the other CPU and back.  A longer hold is not faster; a
 * shorter one often is too short.
 */
#define HOLD_NS 5000
#define HOLD_GAIN 1.125 /* a hold is kept if it makes the stream this many times faster */
#define LITTLE 65536    /* bytes; if each wait brings more, a hold is not needed */
/* The following numbers count waits. */
#define WINDOW 32 /* one measurement */
#define SOUND 2
#define FIRST_REST 64 /* before a hold that gained nothing is tried again */
#define LONGEST_REST 65536
#define FIRST_STAY 4096 /* before a hold that gained something is measured again */
#define LONGEST_STAY 16384
#define MEAGRE 8 /* after so many holds in a row that brought little, the stream has changed */

static void enter(struct sv_pace *pace, enum sv_pace_state state, unsigned waits, int64_t hold_ns)
{
	pace->state = state;
	pace->left = waits;
	pace->hold_ns = hold_ns;
}

void sv_pace_init(struct sv_pace *pace, bool allowed)
{
	*pace = (struct sv_pace){ .allowed = allowed };
	pace->rest = FIRST_REST;
	pace->stay = FIRST_STAY;
	enter(pace, SV_PACE_RESTING, FIRST_REST, 0);
}

static unsigned twice(unsigned waits, unsigned most)
{
	return 2 * waits < most ? 2 * waits : most;
}

static void give_up(struct sv_pace *pace)
{
	enter(pace, SV_PACE_RESTING, pace->rest, 0);
	pace->rest = twice(pace->rest, LONGEST_REST);
	pace->stay = FIRST_STAY;
	pace->meagre = 0;
}

void sv_pace_turn(struct sv_pace *pace, int64_t now_ns, uint64_t seen, uint64_t capacity)
{
	uint64_t bytes = seen - pace->begun_at;
	double rate = (double)bytes / (double)(now_ns > pace->begun_ns ? now_ns - pace->begun_ns : 1);

	pace->begun_ns = now_ns;
	pace->begun_at = seen;
	switch (pace->state) {
	case SV_PACE_RESTING:
		/* During the first round through the ring, page faults distort the measurement. */
		if (seen < capacity) {
			enter(pace, SV_PACE_RESTING, FIRST_REST, 0);
			return;
		}
		/* fall through */
	case SV_PACE_HOLDING: enter(pace, SV_PACE_MEASURING, WINDOW, 0); return;
	case SV_PACE_MEASURING:
		pace->rate = rate;
		pace->plain = bytes / WINDOW;
		if (bytes > 0 && pace->plain < LITTLE)
			enter(pace, SV_PACE_SOUNDING, SOUND, HOLD_NS);
		else
			give_up(pace);
		return;
	case SV_PACE_SOUNDING:
		if (bytes / SOUND < 2 * pace->plain)
			give_up(pace);
		else
			enter(pace, SV_PACE_TRYING, WINDOW, HOLD_NS);
		return;
	case SV_PACE_TRYING:
		if (rate < HOLD_GAIN * pace->rate) {
			give_up(pace);
			return;
		}
		pace->rest = FIRST_REST;
		enter(pace, SV_PACE_HOLDING, pace->stay, pace->hold_ns);
		pace->stay = twice(pace->stay, LONGEST_STAY);
		return;
	}
}

/* A single hold may bring little by chance, but not MEAGRE holds in a row. */
void sv_pace_held(struct sv_pace *pace, uint64_t room)
{
	if (pace->state != SV_PACE_HOLDING)
		return;
	pace->meagre = room < 2 * pace->plain ? pace->meagre + 1 : 0;
	if (pace->meagre >= MEAGRE)
		give_up(pace);
}

void sv_pace_slept(struct sv_pace *pace)
{
	if (pace->state != SV_PACE_RESTING)
		enter(pace, SV_PACE_RESTING, pace->rest, 0);
}
