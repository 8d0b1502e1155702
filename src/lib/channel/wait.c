/* SPDX-License-Identifier: MIT */
/* wait.c - the slow path: spin, arm, look again, sleep; and what a wake-up means. */
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "channel/channel.h"
#include "clock.h"
#include "os/membarrier.h"

#define GO_ON 1                          /* an internal result beside enum sv_code: nothing is decided yet */
#define SPINS_PER_CLOCK 32               /* pauses between two looks at the clock */
#define SPINS_PER_HOLD 8                 /* the same, during a hold */
#define BLIND_SLICE_NS INT64_C(10000000) /* see sleep_once() */

/*
 * Is the wait over?  The status is loaded before the position (acquire), so a final status never hides bytes
 * that were published before it.
 */
static int look(struct sv_channel *ch, uint64_t want)
{
	uint32_t status = sv_peer_status(ch);

	if (!sv_ring_look(&ch->ring))
		return sv_peer_corrupt(ch, "an impossible position");
	if (sv_ring_room(&ch->ring) >= want)
		return SV_OK;
	if (status == SV_DONE)
		return SV_END;
	if (status != SV_RUNNING)
		return sv_peer_verdict(ch, status);
	if (ch->peer_gone)
		return sv_peer_died(ch);
	if (atomic_load_explicit(&ch->interrupted, memory_order_relaxed) &&
	    atomic_exchange(&ch->interrupted, 0))
		return sv_channel_interrupted(ch);
	return GO_ON;
}

static bool may_spin(struct sv_channel *ch)
{
	uint32_t cpu = sv_channel_note_cpu(ch);

	return sv_spin_possible(&ch->spin, cpu,
	                        atomic_load_explicit(&ch->ring.peer->cpu, memory_order_relaxed));
}

/*
 * Spin for a microsecond or two.  If the peer is about to publish, this saves a look at the clock.  The
 * relaxed load only tells whether a look is worth it; look() loads the position again, with acquire (B in
 * ring.h).
 */
static int spin_briefly(struct sv_channel *ch, uint64_t want)
{
	int i, code;

	for (i = 0; i < SPINS_PER_CLOCK; i++) {
		sv_spin_pause();
		if (atomic_load_explicit(&ch->ring.peer->position, memory_order_relaxed) == ch->ring.seen)
			continue;
		code = look(ch, want);
		if (code != GO_ON)
			return code;
	}
	return look(ch, want);
}

static int spin(struct sv_channel *ch, uint64_t want, int64_t until)
{
	int code;

	do {
		code = spin_briefly(ch, want);
	} while (code == GO_ON && sv_now() < until);
	return code;
}

/* The set is gone or a system call failed.  The last look decides; if it shows nothing, the failure does. */
static int look_and_fail(struct sv_channel *ch, uint64_t want, int code)
{
	int last = look(ch, want);

	return last == GO_ON ? sv_channel_sleep_failed(ch, code) : last;
}

/*
 * Has the kernel added the peer's weight?  Data or a final status may have come before that: look once more.
 */
static int look_for_death(struct sv_channel *ch, uint64_t want)
{
	int gone = sv_sem_gone(ch->semid, sv_other(ch->role));

	if (gone < 0)
		return look_and_fail(ch, want, -gone);
	if (gone == 0 || !sv_channel_heeds_peer(ch))
		return GO_ON;
	ch->peer_gone = true;
	return look(ch, want);
}

/*
 * For a caller that does not wait but may ask millions of times a second.  Ask the kernel only if the coarse
 * clock has moved since; it needs no system call, and its steps are 1 to 10 ms.
 */
static int look_for_death_seldom(struct sv_channel *ch, uint64_t want)
{
	struct timespec now;

	if (clock_gettime(CLOCK_MONOTONIC_COARSE, &now) == 0) {
		if (now.tv_sec == ch->death_looked_at.tv_sec && now.tv_nsec == ch->death_looked_at.tv_nsec)
			return GO_ON;
		ch->death_looked_at = now;
	}
	return look_for_death(ch, want);
}

/* If a channel outlives its processes, a successor that has come ends the death of its predecessor. */
static void forget_death(struct sv_channel *ch)
{
	if ((ch->flags & SV_KEPT) != 0 && sv_sem_gone(ch->semid, sv_other(ch->role)) == 0)
		ch->peer_gone = false;
}

static int sleep_once(struct sv_channel *ch, uint64_t want, int64_t deadline)
{
	struct timespec left;
	const struct timespec *limit;
	bool blind = false;
	uint32_t light;
	int code;

	sv_ring_arm(&ch->ring, want);
	/* F2.  A light peer relies on this side's membarrier; if it is not allowed, sleep in slices. */
	sv_full_fence();
	light = atomic_load_explicit(&ch->ring.peer->light, memory_order_acquire);
	if (light != 0)
		blind = light == SV_LIGHT_MUTE || !sv_membarrier_run();
	code = look(ch, want);
	if (code != GO_ON) {
		/* The bell of this wait comes later and is taken then, so that bells cannot add up. */
		if (!sv_ring_disarm(&ch->ring) && ++ch->owed_bells > 1) {
			sv_sem_drain(ch->semid, ch->role);
			ch->owed_bells--;
		}
		return code;
	}
	limit = sv_time_left(deadline, &left);
	if (blind &&
	    (limit == NULL || (left.tv_sec == 0 && left.tv_nsec > BLIND_SLICE_NS) || left.tv_sec > 0)) {
		left = (struct timespec){ 0, BLIND_SLICE_NS };
		limit = &left;
	}
	code = sv_channel_sleep(ch, limit);
	sv_ring_disarm(&ch->ring);
	if (code == EINTR || code == EAGAIN)
		return look(ch, want);
	if (code != 0)
		return look_and_fail(ch, want, code);
	/* Usually the wait is over, and then no other system call is needed. */
	code = look(ch, want);
	return code == GO_ON ? look_for_death(ch, want) : code;
}

static void hold(int64_t until)
{
	int i;

	do {
		for (i = 0; i < SPINS_PER_HOLD; i++)
			sv_spin_pause();
	} while (sv_now() < until);
}

/* The first look of a wait, delayed if that makes the stream faster. */
static int first_look(struct sv_channel *ch, uint64_t want)
{
	int code;

	if (sv_pace_step(&ch->pace))
		sv_pace_turn(&ch->pace, sv_now(), ch->ring.seen, ch->ring.capacity);
	if (ch->pace.hold_ns == 0)
		return look(ch, want);
	hold(sv_now() + ch->pace.hold_ns);
	code = look(ch, want);
	sv_pace_held(&ch->pace, sv_ring_room(&ch->ring));
	return code;
}

static int sleep_until(struct sv_channel *ch, uint64_t want, int64_t deadline)
{
	int code;

	sv_pace_slept(&ch->pace);
	do {
		if (deadline != SV_NEVER && sv_now() >= deadline)
			return sv_fault_set(&ch->fault, SV_ETIMEDOUT, 0, "timed out waiting for the %s",
			                    sv_role_name(sv_other(ch->role)));
		code = sleep_once(ch, want, deadline);
	} while (code == GO_ON);
	return code;
}

int sv_channel_wait(struct sv_channel *ch, uint64_t want, int timeout_ms)
{
	int64_t budget, deadline, start, spun;
	uint64_t room;
	bool slept;
	int code;

	if (__builtin_expect(ch->peer_gone, 0))
		forget_death(ch);
	code = timeout_ms == 0 ? look(ch, want) : first_look(ch, want);
	if (code != GO_ON)
		return code;
	if (timeout_ms == 0) {
		code = look_for_death_seldom(ch, want);
		return code != GO_ON ? code : sv_fault_plain(&ch->fault, SV_EAGAIN, "would have to wait");
	}
	sv_ring_settle(&ch->ring);
	if (!may_spin(ch))
		return sleep_until(ch, want, sv_deadline(timeout_ms));
	code = spin_briefly(ch, want);
	if (code != GO_ON)
		return code;
	room = sv_ring_room(&ch->ring);
	start = sv_now();
	deadline = timeout_ms < 0 ? SV_NEVER : start + (int64_t)timeout_ms * 1000000;
	budget = sv_spin_budget(&ch->spin, start);
	code = spin(ch, want, start + budget);
	slept = code == GO_ON;
	spun = slept ? budget : sv_now() - start;
	if (slept)
		code = sleep_until(ch, want, deadline);
	sv_spin_learn(&ch->spin, slept ? sv_now() - start : spun, spun, slept,
	              sv_ring_room(&ch->ring) - room);
	return code;
}

int sv_check(sv_channel *ch)
{
	int code;

	if (ch->peer_gone)
		forget_death(ch);
	code = look(ch, SV_NO_POSITION);
	if (code == GO_ON)
		code = look_for_death(ch, SV_NO_POSITION);
	return code == GO_ON || code == SV_END ? SV_OK : code;
}
