/* SPDX-License-Identifier: MIT */
#include "ring/pace.h"

/* Enough for dozens of lines to go to and fro: longer is not faster, shorter often is not enough. */
#define HOLD_NS 5000
#define HOLD_GAIN 1.125 /* so many times the rate is worth it */
#define LITTLE 65536    /* bytes a wait: with more there is no need to hold */
/* Starting and ending a nap costs some 30 us of CPU time; how late it ends is learned, see timer_slack in
 * prctl(2). */
#define LEAST_NAP_NS 10000
#define MOST_NAP_NS 200000
#define LATE_NS 60000
#define NAP_GAIN 0.97 /* less would be within what a measurement is off by anyway */
/* Waits. */
#define WINDOW 32 /* that are measured */
#define SOUND 2
#define FIRST_REST 64 /* until a hold that gained nothing is tried again */
#define LONGEST_REST 65536
#define FIRST_STAY 4096 /* until one that did is measured again; a nap always so soon */
#define LONGEST_STAY 16384
#define MEAGRE 8 /* holds or naps in a row that brought little: it is another stream now */

static void enter(struct sv_pace *pace, enum sv_pace_state state, unsigned waits, int64_t hold_ns,
                  int64_t nap_ns)
{
	pace->state = state;
	pace->left = waits;
	pace->hold_ns = hold_ns;
	pace->nap_ns = nap_ns;
}

void sv_pace_init(struct sv_pace *pace, bool allowed)
{
	*pace = (struct sv_pace){ .allowed = allowed };
	pace->rest = FIRST_REST;
	pace->stay = FIRST_STAY;
	pace->late_ns = LATE_NS;
	enter(pace, SV_PACE_RESTING, FIRST_REST, 0, 0);
}

static unsigned twice(unsigned waits, unsigned most)
{
	return 2 * waits < most ? 2 * waits : most;
}

static void give_up(struct sv_pace *pace)
{
	enter(pace, SV_PACE_RESTING, pace->rest, 0, 0);
	pace->rest = twice(pace->rest, LONGEST_REST);
	pace->stay = FIRST_STAY;
	pace->meagre = 0;
	/* Only naps tell how late they end: what kept this one from being tried is forgotten bit by bit. */
	pace->late_ns += (LATE_NS - pace->late_ns) / 4;
}

/* What fills half of the ring at that rate, 0 if that is too short a time. */
static int64_t nap_of(const struct sv_pace *pace, double rate, uint64_t capacity)
{
	double ns = rate > 0 ? (double)(capacity / 2) / rate - (double)pace->late_ns : 0;

	if (ns < LEAST_NAP_NS)
		return 0;
	return ns < MOST_NAP_NS ? (int64_t)ns : MOST_NAP_NS;
}

/* A hold or nap may bring less than enough by chance, but not so many times in a row. */
static void weigh(struct sv_pace *pace, uint64_t room, uint64_t enough)
{
	pace->meagre = room < enough ? pace->meagre + 1 : 0;
	if (pace->meagre >= MEAGRE)
		give_up(pace);
}

void sv_pace_turn(struct sv_pace *pace, int64_t now_ns, uint64_t seen, uint64_t capacity)
{
	uint64_t bytes = seen - pace->begun_at;
	double rate = (double)bytes / (double)(now_ns > pace->begun_ns ? now_ns - pace->begun_ns : 1);
	int64_t nap;

	pace->begun_ns = now_ns;
	pace->begun_at = seen;
	switch (pace->state) {
	case SV_PACE_RESTING:
		/* The first time round the ring its pages are faulted in. */
		if (seen < capacity) {
			enter(pace, SV_PACE_RESTING, FIRST_REST, 0, 0);
			return;
		}
		/* fall through */
	case SV_PACE_HOLDING: enter(pace, SV_PACE_MEASURING, WINDOW, 0, 0); return;
	case SV_PACE_MEASURING:
		pace->rate = rate;
		pace->plain = bytes / WINDOW;
		nap = nap_of(pace, rate, capacity);
		if (bytes == 0)
			give_up(pace);
		else if (pace->plain < LITTLE)
			enter(pace, SV_PACE_SOUNDING, SOUND, HOLD_NS, 0);
		else if (nap > 0)
			enter(pace, SV_PACE_TRYING, WINDOW, 0, nap);
		else
			give_up(pace);
		return;
	case SV_PACE_SOUNDING:
		if (bytes / SOUND < 2 * pace->plain)
			give_up(pace);
		else
			enter(pace, SV_PACE_TRYING, WINDOW, HOLD_NS, 0);
		return;
	case SV_PACE_TRYING:
		if (rate < (pace->hold_ns > 0 ? HOLD_GAIN : NAP_GAIN) * pace->rate) {
			give_up(pace);
			return;
		}
		pace->rest = FIRST_REST;
		if (pace->nap_ns > 0) {
			enter(pace, SV_PACE_HOLDING, FIRST_STAY, 0, pace->nap_ns);
			return;
		}
		enter(pace, SV_PACE_HOLDING, pace->stay, pace->hold_ns, 0);
		pace->stay = twice(pace->stay, LONGEST_STAY);
		return;
	}
}

void sv_pace_held(struct sv_pace *pace, uint64_t room)
{
	if (pace->state == SV_PACE_HOLDING)
		weigh(pace, room, 2 * pace->plain);
}

void sv_pace_napped(struct sv_pace *pace, int64_t took_ns, bool whole, uint64_t room, uint64_t capacity)
{
	int64_t late = took_ns - pace->nap_ns;

	/* A process that was stopped meanwhile says nothing of naps. */
	if (whole)
		pace->late_ns += ((late < MOST_NAP_NS ? late : MOST_NAP_NS) - pace->late_ns) / 8;
	/* The peer was about to wait, or did: that costs more than it saves. */
	if (room > capacity / 8 * 5)
		pace->nap_ns -= pace->nap_ns / 4;
	if (pace->nap_ns < LEAST_NAP_NS)
		give_up(pace);
	else
		weigh(pace, room, capacity / 32);
}

void sv_pace_slept(struct sv_pace *pace)
{
	if (pace->state != SV_PACE_RESTING)
		enter(pace, SV_PACE_RESTING, pace->rest, 0, 0);
}
