/* SPDX-License-Identifier: MIT */
/* Where spinning is possible at all: the CPUs that this process may use, and those on which both sides run.
 */
#define _GNU_SOURCE /* sched_getaffinity, sched_getcpu */
#include <sched.h>
#include <sys/auxv.h>

#include "pair.h"
#include "ring/spin.h"

/* The machine: these three stand before the C library's. */
static int usable, cpu;
static long online;

int sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set)
{
	int i;

	must(pid == 0);
	memset(set, 0, size);
	for (i = 0; i < usable; i++)
		CPU_SET(i, set);
	errno = EINVAL;
	return usable == 0 ? -1 : 0;
}

int sched_getcpu(void)
{
	return cpu;
}

long sysconf(int name)
{
	/* A sanitizer's runtime asks for sizes. */
	return name == _SC_NPROCESSORS_ONLN ? online
	       : name == _SC_PAGESIZE       ? (long)getauxval(AT_PAGESZ)
	                                    : 65536;
}

/* May a wait spin while this side runs on CPU own and the peer on CPU peer, both counted from 1; 0: not
 * known? */
static bool possible(enum sv_wait policy, uint32_t own, uint32_t peer)
{
	struct sv_spin spin;

	sv_spin_init(&spin, policy);
	return sv_spin_possible(&spin, own, peer);
}

/* A wait that would not end within the budget is not worth spinning for. */
static void budget(void)
{
	struct sv_spin spin;

	sv_spin_init(&spin, SV_WAIT_AUTO);
	spin.credit_ns = spin.counted_ns = 0;
	spin.pays = true;
	sv_spin_learn(&spin, SV_SPIN_FREE_NS + 20000, 0, true, 0);
	is((long)sv_spin_budget(&spin, INT64_C(19999) * SV_SPIN_SHARE), SV_SPIN_FREE_NS,
	   "with less saved than the last wait took it spins for the free time");
	is((long)sv_spin_budget(&spin, INT64_C(20000) * SV_SPIN_SHARE), SV_SPIN_FREE_NS + 20000,
	   "with as much it spins that long");
}

int main(void)
{
	struct sv_spin two;

	online = 4;
	usable = 4;
	ok(possible(SV_WAIT_AUTO, 1, 2), "two sides on two of several CPUs may spin");
	ok(possible(SV_WAIT_AUTO, 0, 0), "and so they may where nobody knows the CPUs");
	ok(!possible(SV_WAIT_AUTO, 2, 2), "but not on the same one");
	ok(!possible(SV_WAIT_SLEEP, 1, 2), "a side that shall sleep does not spin");
	usable = 2;
	sv_spin_init(&two, SV_WAIT_AUTO);
	ok(!two.pinned, "a side that may use two CPUs does not depend on where its peer runs");
	usable = 1;
	ok(possible(SV_WAIT_AUTO, 1, 2), "a side that has one CPU spins while its peer runs on another");
	ok(!possible(SV_WAIT_AUTO, 1, 1), "but not if it is the same");
	ok(!possible(SV_WAIT_AUTO, 1, 0) && !possible(SV_WAIT_AUTO, 0, 1), "nor if that is not known");
	online = 1;
	ok(!possible(SV_WAIT_AUTO, 1, 2), "on a machine with one CPU nobody spins");
	online = 4096;
	usable = 0;
	ok(possible(SV_WAIT_AUTO, 1, 2), "more CPUs than can be counted are more than one");
	cpu = 0;
	is(sv_spin_cpu(), 1, "CPUs are counted from 1");
	cpu = 7;
	is(sv_spin_cpu(), 8, "all of them");
	cpu = -1;
	is(sv_spin_cpu(), 0, "a CPU that is not known is 0");
	budget();
	return tap_done();
}
