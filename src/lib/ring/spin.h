/* SPDX-License-Identifier: MIT */
/*
 * spin.h - how long to spin before sleeping.
 *
 * Waking a sleeper on another CPU costs both sides tens of microseconds, so it is better to spin through a
 * wait that is shorter.  But a side whose peer comes every 50 us would then never sleep.  So spinning has a
 * budget: each wait may spin for SV_SPIN_FREE_NS; beyond that a side spins for at most a fifth of the time
 * that passes, and for at most SV_SPIN_MOST_NS at a time.  Waits that bring a large amount are free, because
 * both sides are busy with the bytes then.
 *
 * The saved budget is spent where it helps: while spinning has ended the last waits, and is enough for one
 * more of that length.  Otherwise spinning is tried only with a full budget: two sides that both sleep can
 * keep each other slow, because each wait is long only since the other side must be woken.  After a try that
 * did not help, the next one comes later, each time twice as late.
 *
 * Spinning is pointless if the peer needs the CPU that spins; then it is off.
 */
#ifndef SV_RING_SPIN_H
#define SV_RING_SPIN_H

#include <stdbool.h>
#include <stdint.h>

#include "svipc.h"

#define SV_SPIN_FREE_NS 4000
#define SV_SPIN_MOST_NS 100000
#define SV_SPIN_SHARE 5     /* this side may spin for one of this many nanoseconds */
#define SV_SPIN_LARGE 65536 /* bytes */

struct sv_spin {
	enum sv_wait policy;
	bool allowed;       /* the machine has more than one CPU, and the policy allows it */
	bool pinned;        /* this process may use one CPU only */
	bool pays;          /* the last spin beyond the free time ended its wait */
	int64_t credit_ns;  /* saved budget; below 0 after tries that did not help */
	int64_t counted_ns; /* when credit_ns was last updated */
	int64_t last_ns;    /* the length of the last wait */
	int64_t vain_ns;    /* debt after the last try that did not help; it is doubled each time */
};

/* Find out which CPUs this process may use. */
void sv_spin_init(struct sv_spin *spin, enum sv_wait policy);

/* 1 + the CPU this thread runs on; 0: not known. */
uint32_t sv_spin_cpu(void);

/* Is there any point in spinning?  own and peer are CPUs as sv_spin_cpu() gives them. */
bool sv_spin_possible(const struct sv_spin *spin, uint32_t own, uint32_t peer);

/* How many nanoseconds a wait that begins now may spin. */
int64_t sv_spin_budget(struct sv_spin *spin, int64_t now_ns);

/*
 * Report a wait: its length, how long it spun, whether it ended with a sleep, and how many bytes it brought.
 */
void sv_spin_learn(struct sv_spin *spin, int64_t waited_ns, int64_t spun_ns, bool slept, uint64_t bytes);

static inline void sv_spin_pause(void)
{
#if defined __x86_64__ || defined __i386__
	__builtin_ia32_pause();
#elif defined __aarch64__
	__asm__ volatile("isb" ::: "memory");
#elif defined __arm__
	__asm__ volatile("yield" ::: "memory");
#else
	__asm__ volatile("" ::: "memory");
#endif
}

#endif
