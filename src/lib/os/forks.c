/* SPDX-License-Identifier: MIT */
#include "os/forks.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "clock.h"

/* A fork in a signal handler may have interrupted the holder, so it does not wait for ever. */
#define LONGEST_NS 1000000000

static atomic_flag held = ATOMIC_FLAG_INIT;
static _Thread_local bool owned; /* held by the fork of this thread */

/* Acquire and release: the next holder sees the mappings of the last one. */
static bool try_hold(void)
{
	return !atomic_flag_test_and_set_explicit(&held, memory_order_acquire);
}

void sv_forks_hold(void)
{
	while (!try_hold())
		sched_yield();
}

void sv_forks_release(void)
{
	atomic_flag_clear_explicit(&held, memory_order_release);
}

static void before(void)
{
	int64_t until = 0;

	while (!(owned = try_hold())) {
		if (until == 0)
			until = sv_now() + LONGEST_NS;
		if (sv_now() > until)
			return;
		sched_yield();
	}
}

static void after_in_parent(void)
{
	if (owned)
		sv_forks_release();
}

/* The child has no other thread that could hold it. */
static void after_in_child(void)
{
	sv_forks_release();
}

static __attribute__((constructor)) void watch_forks(void)
{
	pthread_atfork(before, after_in_parent, after_in_child);
}
