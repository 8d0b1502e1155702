/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* sched_getaffinity, sched_getcpu */
#include "spin.h"

#include <sched.h>
#include <unistd.h>

/* About what a wake-up costs both sides; and the least that still catches a peer that is just about to publish. */
#define LONGEST_NS 50000
#define SHORTEST_NS 5000
/* Longer than a wake-up takes, even on a virtual machine. */
#define PROBE_NS 200000
#define FIRST_PROBE_GAP 8
#define LAST_PROBE_GAP 1024
#define SPIN_POLICY_NS 20000000

void sv_spin_init(struct sv_spin *spin, enum sv_wait policy)
{
	cpu_set_t usable;

	spin->policy = policy;
	spin->allowed = policy != SV_WAIT_SLEEP && sysconf(_SC_NPROCESSORS_ONLN) > 1;
	/* More CPUs than the set holds is more than one. */
	spin->pinned = sched_getaffinity(0, sizeof usable, &usable) == 0 && CPU_COUNT(&usable) < 2;
	spin->budget_ns = LONGEST_NS;
	spin->probe_gap = FIRST_PROBE_GAP;
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
	return spin->probing ? PROBE_NS : spin->budget_ns;
}

void sv_spin_learn(struct sv_spin *spin, int64_t waited_ns, bool slept)
{
	bool probed = spin->probing;

	spin->probing = false;
	if (!slept) {
		spin->budget_ns = spin->budget_ns * 2 < LONGEST_NS ? spin->budget_ns * 2 : LONGEST_NS;
		spin->short_sleeps = 0;
		spin->probe_gap = FIRST_PROBE_GAP;
		return;
	}
	spin->budget_ns = spin->budget_ns / 2 > SHORTEST_NS ? spin->budget_ns / 2 : SHORTEST_NS;
	if (probed && spin->probe_gap < LAST_PROBE_GAP)
		spin->probe_gap *= 2;
	if (waited_ns < PROBE_NS && ++spin->short_sleeps >= spin->probe_gap) {
		spin->short_sleeps = 0;
		spin->probing = true;
	}
}
