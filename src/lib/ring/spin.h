/* SPDX-License-Identifier: MIT */
/*
 * spin.h - how long to spin before sleeping.
 *
 * Waking a sleeper on another CPU costs tens of microseconds of both sides, so a wait that ends sooner is
 * better spent awake.  But a side whose peer comes every 50 us would then never sleep.  So spinning is paid
 * for: each wait may spin for SV_SPIN_FREE_NS; beyond that a side spins for at most a quarter of the time
 * that passes, and for SV_SPIN_MOST_NS in one go.  Waits that bring a large amount are free, since both sides
 * are busy with the bytes then.
 *
 * What was saved up is spent where that pays: while spinning has ended the last waits, and covers one more of
 * that length.  Otherwise it is tried when as much as possible is saved up, because two sides that both sleep
 * can keep each other slow: each wait is long only because the other side has to be woken.  A try in vain
 * puts off the next one, for twice as long each time.
 *
 * Spinning is pointless when the peer needs the CPU that spins: then it is off.
 */
#ifndef SV_RING_SPIN_H
#define SV_RING_SPIN_H

#include <stdbool.h>
#include <stdint.h>

#include "svipc.h"

#define SV_SPIN_FREE_NS 5000
#define SV_SPIN_MOST_NS 100000
#define SV_SPIN_SHARE 4     /* one of so many nanoseconds may be spun */
#define SV_SPIN_LARGE 65536 /* bytes */

struct sv_spin {
	enum sv_wait policy;
	bool allowed;       /* the machine has more than one CPU, and the policy allows it */
	bool pinned;        /* this process may use one CPU only */
	bool pays;          /* the last spin beyond what is free ended its wait */
	int64_t credit_ns;  /* saved up; below 0 after tries in vain */
	int64_t counted_ns; /* when that was */
	int64_t last_ns;    /* the length of the last wait */
	int64_t vain_ns;    /* how far below 0 the next try in vain brings the credit, before it is doubled */
};

/* Look at the CPUs this process may use. */
void sv_spin_init(struct sv_spin *spin, enum sv_wait policy);

/* 1 + the CPU this thread runs on; 0: not known. */
uint32_t sv_spin_cpu(void);

/* Is there any point in spinning?  own and peer are CPUs as sv_spin_cpu() gives them. */
bool sv_spin_possible(const struct sv_spin *spin, uint32_t own, uint32_t peer);

/* Nanoseconds that a wait that begins now may spin. */
int64_t sv_spin_budget(struct sv_spin *spin, int64_t now_ns);

/* A wait took so long in all, spun for so much of it, ended asleep or not, and brought so many bytes. */
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
