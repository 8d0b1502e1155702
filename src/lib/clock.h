/* SPDX-License-Identifier: MIT */
/* clock.h - deadlines on CLOCK_MONOTONIC, in nanoseconds. */
#ifndef SV_CLOCK_H
#define SV_CLOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define SV_NEVER INT64_MAX

static inline int64_t sv_now(void)
{
	struct timespec now = { 0, 0 };

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* When a time-out that starts now is over; -1 never is. */
static inline int64_t sv_deadline(int timeout_ms)
{
	return timeout_ms < 0 ? SV_NEVER : sv_now() + (int64_t)timeout_ms * 1000000;
}

/* How long a call may wait, and what ends the wait earlier.  Each pointer may be NULL. */
struct sv_patience {
	int64_t deadline;           /* 0: never wait; SV_NEVER: wait for ever */
	const volatile int *cancel; /* the wait ends soon after this becomes non-zero */
	int (*waiting)(void *arg);  /* the wait also ends after this has returned non-zero; it is called at
	                               each look */
	void *waiting_arg;
	const _Atomic int *interrupted; /* the same, for a handle that is open */
};

static inline struct sv_patience sv_patience(int timeout_ms, const volatile int *cancel)
{
	return (struct sv_patience){ .deadline = timeout_ms == 0 ? 0 : sv_deadline(timeout_ms),
		                     .cancel = cancel };
}

/* Must the caller look from time to time whether the wait must end? */
static inline bool sv_can_be_cancelled(const struct sv_patience *patience)
{
	return patience->cancel != NULL || patience->waiting != NULL;
}

static inline bool sv_is_cancelled(const struct sv_patience *patience)
{
	return (patience->cancel != NULL && *patience->cancel != 0) ||
	       (patience->waiting != NULL && patience->waiting(patience->waiting_arg) != 0) ||
	       (patience->interrupted != NULL &&
	        atomic_load_explicit(patience->interrupted, memory_order_relaxed) != 0);
}

static inline bool sv_is_over(const struct sv_patience *patience)
{
	return patience->deadline == 0 || (patience->deadline != SV_NEVER && sv_now() >= patience->deadline);
}

/* What is left until a deadline, into *left; NULL for never.  Nothing left is zero. */
static inline const struct timespec *sv_time_left(int64_t deadline, struct timespec *left)
{
	int64_t ns;

	if (deadline == SV_NEVER)
		return NULL;
	ns = deadline - sv_now();
	if (ns < 0)
		ns = 0;
	left->tv_sec = (time_t)(ns / 1000000000);
	left->tv_nsec = (long)(ns % 1000000000);
	return left;
}

/* The same as a time-out in milliseconds, rounded up: -1 for never, 0 when nothing is left. */
static inline int sv_milliseconds_left(int64_t deadline)
{
	struct timespec left;

	if (sv_time_left(deadline, &left) == NULL)
		return -1;
	return left.tv_sec >= INT32_MAX / 1000 - 1
	               ? INT32_MAX
	               : (int)(left.tv_sec * 1000 + (left.tv_nsec + 999999) / 1000000);
}

#endif
