/* SPDX-License-Identifier: MIT */
/*
 * spin.h - how long to spin before sleeping.
 *
 * Waking a sleeper on another CPU costs tens of microseconds, so spinning for about that long never costs
 * more than twice the best choice.  Spinning is pointless when the peer needs the CPU that spins: then it is
 * off.
 *
 * When the peer stays away for long the budget shrinks.  Two sides that both sleep can keep each other slow:
 * each wait is long only because the peer has to wake this side, or has to be woken too.  So after short
 * sleeps the budget grows until it outlasts that, and both are back in the fast regime; where it does not
 * help, it is tried more and more seldom.
 */
#ifndef SV_RING_SPIN_H
#define SV_RING_SPIN_H

#include <stdbool.h>
#include <stdint.h>

#include "svipc.h"

struct sv_spin {
	enum sv_wait policy;
	bool allowed;      /* the machine has more than one CPU, and the policy allows it */
	bool pinned;       /* this process may use one CPU only */
	int64_t budget_ns; /* what the next wait may spin, learned from the last ones */
	unsigned in_vain; /* waits that spun as long as is allowed and slept all the same, one after the other
	                   */
	unsigned resting; /* short sleeps to come before longer spinning is tried again */
	unsigned rest;    /* how many those are the next time */
};

/* Look at the CPUs this process may use. */
void sv_spin_init(struct sv_spin *spin, enum sv_wait policy);

/* 1 + the CPU this thread runs on; 0: not known. */
uint32_t sv_spin_cpu(void);

/* Nanoseconds that the coming wait may spin.  own and peer are CPUs as sv_spin_cpu() gives them. */
int64_t sv_spin_budget(const struct sv_spin *spin, uint32_t own, uint32_t peer);

/* Learn from a wait that took so long in all, and ended while spinning or asleep. */
void sv_spin_learn(struct sv_spin *spin, int64_t waited_ns, bool slept);

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
