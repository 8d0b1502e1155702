/* SPDX-License-Identifier: MIT */
/* clock_test - deadlines and what is left of them, by a clock that the test sets. */
#include <stddef.h>
#include <time.h>

#include "tap.h"

static struct timespec fake;
static clockid_t asked;

static int fake_gettime(clockid_t id, struct timespec *now)
{
	asked = id;
	*now = fake;
	return 0;
}

#define clock_gettime fake_gettime
#include "clock.h"

#define SECOND 1000000000ll

static void set(long seconds, long ns)
{
	fake = (struct timespec){ .tv_sec = seconds, .tv_nsec = ns };
}

static void left_is(int64_t deadline, long seconds, long ns)
{
	struct timespec left = { -1, -1 };

	ok(sv_time_left(deadline, &left) == &left, "until %lld something is left", (long long)deadline);
	is(left.tv_sec, seconds, "whole seconds that are left until %lld", (long long)deadline);
	is(left.tv_nsec, ns, "nanoseconds that are left until %lld", (long long)deadline);
}

static void deadlines(void)
{
	set(100, 7);
	is(sv_now(), 100 * SECOND + 7, "now, in nanoseconds");
	is(asked, CLOCK_MONOTONIC, "by the clock that nobody sets");
	is(sv_deadline(1500), 101 * SECOND + 500000007, "a deadline in 1.5 s");
	is(sv_deadline(0), 100 * SECOND + 7, "a deadline that is over at once");
	is(sv_deadline(-1), SV_NEVER, "no deadline");
	is(sv_deadline(INT32_MAX), 100 * SECOND + 7 + INT32_MAX * 1000000ll, "the longest deadline");
}

static void time_left(void)
{
	struct timespec left;

	set(100, 0);
	ok(sv_time_left(SV_NEVER, &left) == NULL, "without a deadline there is no limit");
	left_is(100 * SECOND, 0, 0);
	left_is(99 * SECOND, 0, 0);
	left_is(100 * SECOND + 1, 0, 1);
	left_is(101 * SECOND - 1, 0, SECOND - 1);
	left_is(101 * SECOND, 1, 0);
	left_is(103 * SECOND + 4, 3, 4);
	is(sv_milliseconds_left(SV_NEVER), -1, "without a deadline -1 ms are left");
	is(sv_milliseconds_left(99 * SECOND), 0, "after the deadline 0 ms are left");
	is(sv_milliseconds_left(100 * SECOND + 1), 1, "a nanosecond is rounded up to a millisecond");
	is(sv_milliseconds_left(100 * SECOND + 1000000), 1, "a millisecond is one");
	is(sv_milliseconds_left(102 * SECOND + 5000001), 2006,
	   "two seconds, five milliseconds and one nanosecond");
	is(sv_milliseconds_left(100 * SECOND + INT32_MAX / 1000 * SECOND), INT32_MAX,
	   "what an int cannot hold is its most");
	is(sv_milliseconds_left(100 * SECOND + (INT32_MAX / 1000 - 2) * SECOND),
	   (INT32_MAX / 1000 - 2) * 1000, "what it can hold is exact");
}

static void patience(void)
{
	volatile int cancel = 0;
	_Atomic int interrupted = 0;
	struct sv_patience none = sv_patience(0, NULL), some, ever;

	set(100, 0);
	some = sv_patience(1000, &cancel);
	ever = sv_patience(-1, NULL);
	some.interrupted = &interrupted;
	is(some.deadline, 101 * SECOND, "patience of one second ends in one second");
	ok(sv_is_over(&none), "no patience is over at once");
	ok(!sv_is_over(&some), "one second is not over at its beginning");
	set(100, SECOND - 1);
	ok(!sv_is_over(&some), "nor a nanosecond before its end");
	set(101, 0);
	ok(sv_is_over(&some), "it is over at its end");
	set(1000000, 0);
	ok(!sv_is_over(&ever), "endless patience is never over");
	ok(!sv_is_cancelled(&none) && !sv_is_cancelled(&ever), "nothing cancels a wait that names nothing");
	ok(!sv_is_cancelled(&some), "nothing has cancelled this one");
	cancel = 1;
	ok(sv_is_cancelled(&some), "the caller's flag cancels it");
	cancel = 0;
	interrupted = 1;
	ok(sv_is_cancelled(&some), "an interrupt cancels it");
}

int main(void)
{
	deadlines();
	time_left();
	patience();
	return tap_done();
}
