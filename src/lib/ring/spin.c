/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* sched_getaffinity, sched_getcpu */
#include "ring/spin.h"

#include <sched.h>
#include <unistd.h>

#define SPIN_POLICY_NS 20000000
#define MOST_VAIN_NS 25000000 /* the next try is at most a tenth of a second later */

void sv_spin_init(struct sv_spin *spin, enum sv_wait policy)
{
	cpu_set_t usable;

	*spin = (struct sv_spin){ .policy = policy, .credit_ns = SV_SPIN_MOST_NS };
	/* If the call fails, there are more CPUs than the set can hold, so more than one. */
	spin->pinned = sched_getaffinity(0, sizeof usable, &usable) == 0 && CPU_COUNT(&usable) < 2;
	/* sysconf reads a file, so it is asked only if the answer is still needed. */
	spin->allowed = policy != SV_WAIT_SLEEP && (!spin->pinned || sysconf(_SC_NPROCESSORS_ONLN) > 1);
}

uint32_t sv_spin_cpu(void)
{
	int cpu = sched_getcpu();

	return cpu < 0 ? 0 : (uint32_t)cpu + 1;
}

bool sv_spin_possible(const struct sv_spin *spin, uint32_t own, uint32_t peer)
{
	if (!spin->allowed || (own != 0 && own == peer))
		return false;
	/* On one usable CPU, spinning helps only if the peer is known to run on another. */
	return !spin->pinned || (own != 0 && peer != 0);
}

int64_t sv_spin_budget(struct sv_spin *spin, int64_t now_ns)
{
	if (spin->policy == SV_WAIT_SPIN)
		return SPIN_POLICY_NS;
	spin->credit_ns += (now_ns - spin->counted_ns) / SV_SPIN_SHARE;
	spin->counted_ns = now_ns;
	if (spin->credit_ns > SV_SPIN_MOST_NS)
		spin->credit_ns = SV_SPIN_MOST_NS;
	if (spin->credit_ns == SV_SPIN_MOST_NS ||
	    (spin->pays && spin->credit_ns > 0 && spin->credit_ns >= spin->last_ns - SV_SPIN_FREE_NS))
		return SV_SPIN_FREE_NS + spin->credit_ns;
	return SV_SPIN_FREE_NS;
}

void sv_spin_learn(struct sv_spin *spin, int64_t waited_ns, int64_t spun_ns, bool slept, uint64_t bytes)
{
	int64_t price = spun_ns - SV_SPIN_FREE_NS;

	spin->last_ns = waited_ns;
	if (price <= 0)
		return;
	spin->pays = !slept;
	if (!slept) {
		spin->vain_ns = 0;
		if (bytes < SV_SPIN_LARGE)
			spin->credit_ns -= price;
		return;
	}
	spin->vain_ns = 2 * spin->vain_ns + SV_SPIN_MOST_NS;
	if (spin->vain_ns > MOST_VAIN_NS)
		spin->vain_ns = MOST_VAIN_NS;
	spin->credit_ns = -spin->vain_ns;
}
