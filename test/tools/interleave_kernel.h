/* SPDX-License-Identifier: MIT */
/*
 * interleave_kernel.h - the simulated kernel of interleave: semaphores, membarrier, the lock, and the removal
 * of objects.
 */
#ifndef SV_TEST_INTERLEAVE_KERNEL_H
#define SV_TEST_INTERLEAVE_KERNEL_H

#include "interleave_memory.h"

/* A system call empties the store buffer. */
static struct side *enter_kernel(void)
{
	between();
	let_all_out(world.running);
	return world.running;
}

uint32_t sv_spin_cpu(void)
{
	return 1 + (uint32_t)world.running->role;
}

bool sv_membarrier_register(void)
{
	return world.running->membarrier;
}

bool sv_membarrier_run(void)
{
	struct side *s = enter_kernel();

	note("membarrier%s", s->membarrier ? "" : " fails");
	s->blind = !s->membarrier;
	if (s->membarrier) {
		let_all_out(&sides[0]);
		let_all_out(&sides[1]);
	}
	return s->membarrier;
}

static void add(int sem, unsigned n)
{
	world.value[sem] += n;
	if (world.value[sem] < SV_GONE && world.value[sem] > BELLS_MOST + 2 * world.accidents_planned)
		wrong("bells pile up: %u", world.value[sem]);
}

int sv_sem_ring(int id, enum sv_role role)
{
	struct side *s = enter_kernel();

	(void)id;
	note("ring");
	if (++s->rung > sides[sv_other(s->role)].asked)
		wrong("the %s rings more often than the other has asked", role_names[role]);
	add(sv_sem_of(role), 1);
	return 0;
}

int sv_sem_ring_own(int id, enum sv_role role)
{
	enter_kernel();
	(void)id;
	note("ring own");
	add(sv_sem_of(sv_other(role)), 1);
	return 0;
}

void sv_sem_drain(int id, enum sv_role role)
{
	unsigned *value = &world.value[sv_sem_of(sv_other(role))];

	enter_kernel();
	(void)id;
	note("drain");
	if (*value > 0)
		--*value;
}

int sv_sem_gone(int id, enum sv_role role)
{
	enter_kernel();
	(void)id;
	return world.value[sv_sem_of(role)] >= SV_GONE;
}

int sv_sem_sleep(int id, enum sv_role role, const struct timespec *timeout)
{
	struct side *s = enter_kernel();
	int sem = sv_sem_of(sv_other(role));

	(void)id;
	s->timed = timeout != NULL;
	s->limit_ns = timeout != NULL ? timeout->tv_sec * INT64_C(1000000000) + timeout->tv_nsec : 0;
	/*
	 * A side that waits for a peer looks once a second whether one can still come.  No wake-up may depend
	 * on that.
	 */
	if (s->timed && s->meeting && s->timeout_ms < 0 && s->limit_ns > INT64_C(900000000))
		s->timed = false;
	note("sleep%s", s->timed ? ", timed" : "");
	if (s->timed && s->timeout_ms < 0 && (!s->blind || s->limit_ns > SLICE_MOST_NS))
		wrong("the %s sets a timer of %lld ns", role_names[role], (long long)s->limit_ns);
	s->blind = false;
	while (world.value[sem] == 0) {
		if (s->ch.interrupted != 0)
			wrong("the %s sleeps though sv_interrupt() was called", role_names[role]);
		s->state = ASLEEP;
		s->timed_out = false;
		leave_the_cpu(s);
		if (s->timed_out) {
			note("time is up");
			return EAGAIN;
		}
	}
	world.value[sem]--;
	note("woken");
	return 0;
}

int sv_sem_clear(int id, enum sv_role role, struct sv_fault *fault)
{
	(void)id, (void)fault;
	enter_kernel();
	world.value[sv_sem_of(role)] = 0;
	return SV_OK;
}

int sv_sem_leave(int id, enum sv_role role)
{
	struct side *s = enter_kernel();

	(void)id;
	note("leave");
	s->armed = false;
	add(sv_sem_of(role), SV_WEIGHT);
	return 0;
}

/* In this simulation nobody else removes the segment. */
int sv_segment_stat(int id, struct sv_segment_facts *facts, struct sv_fault *fault)
{
	(void)id, (void)fault;
	enter_kernel();
	memset(facts, 0, sizeof *facts);
	facts->key = 1;
	return SV_OK;
}

int sv_segment_remove(int id)
{
	(void)id;
	enter_kernel();
	return 0;
}

/* In this simulation nobody removes the rendezvous. */
bool sv_rendezvous_is_there(const struct sv_rendezvous *rv)
{
	(void)rv;
	enter_kernel();
	return true;
}

int sv_rendezvous_lock(struct sv_rendezvous *rv, bool shared, const struct sv_patience *patience,
                       struct sv_fault *fault)
{
	struct side *s = enter_kernel();

	(void)rv, (void)shared, (void)patience, (void)fault;
	while (world.lock != 0) {
		s->state = WAITS_FOR_LOCK;
		leave_the_cpu(s);
	}
	world.lock = 1 + (int)s->role;
	note("lock");
	return SV_OK;
}

void sv_rendezvous_unlock(struct sv_rendezvous *rv)
{
	(void)rv;
	enter_kernel();
	note("unlock");
	world.lock = 0;
}

#endif
