/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* sched_getaffinity, sched_getcpu */
#include "ring/spin.h"

#include <sched.h>
#include <unistd.h>

/* What a wake-up costs both sides, on a virtual machine; and the least that still catches a peer just about
 * to publish. */
#define LONGEST_NS 100000
#define SHORTEST_NS 5000
/* A sleep that ended so soon, its wake-up included, was perhaps not worth it. */
#define SHORT_SLEEP_NS 200000
/* After so many spins of the full length in vain, none until so many short sleeps have come; longer each
 * time. */
#define IN_VAIN 4
#define FIRST_REST 16
#define LAST_REST 1024
#define SPIN_POLICY_NS 20000000

void sv_spin_init(struct sv_spin *spin, enum sv_wait policy)
{
	cpu_set_t usable;

	spin->policy = policy;
	spin->allowed = policy != SV_WAIT_SLEEP && sysconf(_SC_NPROCESSORS_ONLN) > 1;
	/* More CPUs than the set holds is more than one. */
	spin->pinned = sched_getaffinity(0, sizeof usable, &usable) == 0 && CPU_COUNT(&usable) < 2;
	spin->budget_ns = LONGEST_NS;
	spin->rest = FIRST_REST;
}

uint32_t sv_spin_cpu(void)
{
	int cpu = sched_getcpu();

	return cpu < 0 ? 0 : (uint32_t)cpu + 1;
}

int64_t sv_spin_budget(const struct sv_spin *spin, uint32_t own, uint32_t peer)
{
	if (!spin->allowed || (own != 0 && own == peer))
		return 0;
	/* With one usable CPU only a peer that is known to run on another can make progress meanwhile. */
	if (spin->pinned && (own == 0 || peer == 0))
		return 0;
	if (spin->policy == SV_WAIT_SPIN)
		return SPIN_POLICY_NS;
	return spin->budget_ns;
}

static int64_t at_most(int64_t ns)
{
	return ns < LONGEST_NS ? ns : LONGEST_NS;
}

void sv_spin_learn(struct sv_spin *spin, int64_t waited_ns, bool slept)
{
	if (!slept) {
		/* Twice what it took: a budget below the peer's pace would put this side to sleep at every
		 * step. */
		if (spin->budget_ns < 2 * waited_ns)
			spin->budget_ns = at_most(2 * waited_ns);
		spin->in_vain = 0;
		spin->rest = FIRST_REST;
		spin->resting = 0;
		return;
	}
	if (waited_ns >= SHORT_SLEEP_NS) {
		spin->budget_ns = spin->budget_ns / 2 > SHORTEST_NS ? spin->budget_ns / 2 : SHORTEST_NS;
		return;
	}
	/* A waker is slowed down by waking: one that was awake might have come sooner.  So try longer. */
	if (spin->resting > 0) {
		spin->resting--;
	} else if (spin->budget_ns < LONGEST_NS) {
		spin->budget_ns = at_most(2 * spin->budget_ns);
	} else if (++spin->in_vain == IN_VAIN) {
		spin->budget_ns = SHORTEST_NS;
		spin->in_vain = 0;
		spin->resting = spin->rest;
		spin->rest = spin->rest < LAST_REST ? 2 * spin->rest : LAST_REST;
	}
}
