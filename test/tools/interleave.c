/* SPDX-License-Identifier: MIT */
/*
 * interleave - the library's own wait and ring code, run by two sides in one process in many random orders.
 *
 *	interleave [--case NAME] [--runs N] [--seed N] [--trace]
 *
 * The source files of src/lib are compiled into this tool unchanged.  What they do to shared memory and to
 * the kernel is replaced: each atomic operation, each system call and each reading of the clock is a step of
 * the simulation.  Between two steps anything may happen that can happen to two processes:
 * - The other side runs.  Or no side runs while a store leaves a store buffer: a release store leaves after
 *   all stores before it, a relaxed one may overtake stores to other places.  Fences, exchanges and system
 *   calls empty the buffer; a membarrier empties both buffers.
 * - A side is killed (its stores become visible, then its weight is added), is stopped, or gets a signal
 *   whose handler calls sv_interrupt().  A sleep with a time limit ends by the limit only when nothing else
 *   can happen.  So faults that depend on luck and load on real CPUs are found here, by the same seed each
 *   time.
 *
 * A run is wrong if
 * - both sides wait and nothing can wake them: a wake-up was lost, or nobody noticed a death or an end;
 * - a byte is lost, doubled or wrong, or a side gets the wrong result about whether all bytes were
 *   transferred;
 * - a side rings more often than the other has asked, or bells add up;
 * - a side that can rely on being rung sets a timer, or a side with a deadline has not returned by then.
 *
 * --trace prints the steps of a single run; give it the seed that a wrong run prints.  Status 1: a run was
 * wrong.
 */
#define _GNU_SOURCE
#include <getopt.h>

#include "interleave_sides.h"

static void live(int index);

/* A process starts: the first one, or after a kill the next one. */
static void be_born(struct side *s)
{
	enum sv_role role = s->role;
	unsigned rung = s->rung, asked = s->asked;

	memset(s, 0, offsetof(struct side, context));
	s->role = role;
	s->rung = rung;
	s->asked = asked;
	s->membarrier = (world.kind & BLIND) == 0 || chance(2) == 0;
	s->timeout_ms = (world.kind & STOP) != 0 ? 30 + (int)chance(3000) : -1;
	getcontext(&s->context);
	s->context.uc_stack.ss_sp = s->stack;
	s->context.uc_stack.ss_size = sizeof s->stack;
	s->context.uc_link = NULL;
	makecontext(&s->context, (void (*)(void))(uintptr_t)live, 1, (int)role);
}

static void live(int index)
{
	struct side *s = &sides[index];
	int code;

	attach(s);
	do {
		s->meeting = true;
		do {
			code = sv_wait_peer(&s->ch, s->timeout_ms);
		} while (!over(s, code));
		s->meeting = false;
		if (code == SV_OK)
			code = s->role == SV_WRITER ? writer(s) : reader(s);
	} while (code == SV_EDIED && (world.kind & RESUME) != 0);
	s->code = code;
	note("ends: %d, %llu bytes", code, (unsigned long long)s->bytes);
	/*
	 * Each side has its result now.  close() is tested elsewhere; here only the weight shows that a side
	 * has left.
	 */
	if (!sv_channel_finished(&s->ch))
		sv_abort(&s->ch, ECANCELED);
	atomic_store(&s->ch.ring.own->slot, SV_SLOT_LEFT);
	sv_sem_leave(0, s->role);
	s->state = ENDED;
	world.running = NULL;
	setcontext(&scheduler);
}

static void accident(struct side *s)
{
	if (s->state == ENDED || s->state == DEAD)
		return;
	/* A side that is stopped while it holds the lock would stop the other one too. */
	if ((world.kind & STOP) != 0 && world.lock == 1 + (int)s->role)
		return;
	world.accidents--;
	world.running = s;
	note((world.kind & STOP) != 0 ? "stopped" : "killed");
	world.running = NULL;
	if ((world.kind & STOP) != 0) {
		s->state = STOPPED;
		return;
	}
	let_all_out(s);
	s->state = DEAD;
	s->death_due = true;
}

static bool can_run(const struct side *s)
{
	return s->state == READY || (s->state == ASLEEP && world.value[sv_sem_of(sv_other(s->role))] > 0) ||
	       (s->state == WAITS_FOR_LOCK && world.lock == 0);
}

static void resume(struct side *s)
{
	static ucontext_t *volatile to;

	s->state = READY;
	world.running = s;
	to = &s->context;
	if (swapcontext(&scheduler, to) != 0)
		die("interleave: swapcontext: %s", strerror(errno));
	world.running = NULL;
	if (world.wrong)
		longjmp(give_up, 1);
}

static void dies(struct side *s)
{
	note("death of the %s", role_names[s->role]);
	s->death_due = false;
	if (s->armed)
		add(sv_sem_of(s->role), SV_WEIGHT);
	if (world.lock == 1 + (int)s->role)
		world.lock = 0;
	if ((world.kind & RESUME) != 0)
		be_born(s);
}

/* Nothing else can happen: fire the first timer that is set.  False: there is none. */
static bool wait_for_timer(void)
{
	struct side *first = NULL;
	int i;

	for (i = 0; i < 2; i++)
		if (sides[i].state == ASLEEP && sides[i].timed &&
		    (first == NULL || sides[i].limit_ns < first->limit_ns))
			first = &sides[i];
	if (first == NULL)
		return false;
	world.now_ns += first->limit_ns;
	first->timed_out = true;
	resume(first);
	return true;
}

static void schedule(void)
{
	struct side *s;
	int i;

	for (;;) {
		s = &sides[chance(2)];
		if (s->death_due && chance(2) == 0)
			dies(s);
		else if (world.accidents > 0 && (world.kind & (KILL | STOP)) != 0 && chance(24) == 0)
			accident(s);
		else if (s->used > 0 && chance(64) < world.drain)
			let_one_out(s);
		else if (can_run(s))
			resume(s);
		else if (can_run(&sides[!s->role]))
			resume(&sides[!s->role]);
		else if (sides[0].used + sides[1].used > 0)
			let_one_out(sides[0].used > 0 ? &sides[0] : &sides[1]);
		else if (sides[0].death_due || sides[1].death_due)
			dies(sides[0].death_due ? &sides[0] : &sides[1]);
		else if (!wait_for_timer())
			break;
		if (++world.steps > STEPS)
			wrong("it does not end");
	}
	for (i = 0; i < 2; i++)
		if (sides[i].state == ASLEEP || sides[i].state == WAITS_FOR_LOCK) {
			/* A side may wait for ever for a peer that is stopped or never came. */
			if (sides[!i].state == STOPPED && sides[i].timeout_ms < 0)
				continue;
			/* A side that was killed before its weight was armed has never come. */
			if (sides[!i].state == DEAD && !sides[!i].armed && sides[i].meeting)
				continue;
			wrong("the %s waits for ever", role_names[i]);
		}
}

static void check_verdicts(void)
{
	const struct side *w = &sides[SV_WRITER], *r = &sides[SV_READER];
	uint32_t w_status = (uint32_t)read_memory(&world.line[0].status, 4),
		 r_status = (uint32_t)read_memory(&world.line[1].status, 4);
	uint64_t published = read_memory(&world.line[0].position, 8);

	if (w->state == ENDED && w->code == SV_OK &&
	    (r_status != SV_DONE || read_memory(&world.line[1].position, 8) != world.total))
		wrong("the writer was told that all is well before it was");
	if (r->state == ENDED && r->code == SV_OK && (r->bytes != world.total || w_status != SV_DONE))
		wrong("the reader took %llu of %llu bytes for all", (unsigned long long)r->bytes,
		      (unsigned long long)world.total);
	if (r->state == ENDED && r->code == SV_EDIED &&
	    (w->state != DEAD || r->bytes != published || w_status != 0))
		wrong("the reader was told of a death: %llu of %llu bytes, status %u",
		      (unsigned long long)r->bytes, (unsigned long long)published, w_status);
	if (w->state == ENDED && w->code == SV_EDIED && (r->state != DEAD || r_status != 0))
		wrong("the writer was told of a death, status %u", r_status);
	if (w->state == ENDED && r->state == ENDED && (world.kind & (KILL | STOP)) == 0 &&
	    (w->code != SV_OK || r->code != SV_OK))
		wrong("it ends with %d and %d", w->code, r->code);
	if (w->state == ENDED && w->code != SV_OK && w->code != SV_EDIED && w->code != SV_ETIMEDOUT &&
	    w->code != SV_EPEER)
		wrong("the writer ends with %d: %s", w->code, w->ch.fault.error.text);
	if (r->state == ENDED && r->code != SV_OK && r->code != SV_EDIED && r->code != SV_ETIMEDOUT &&
	    r->code != SV_EPEER)
		wrong("the reader ends with %d: %s", r->code, r->ch.fault.error.text);
}

static void begin(uint64_t seed, unsigned may)
{
	static const unsigned drains[] = { 0, 4, 16, 48 }, go_ons[] = { 0, 32, 56, 62 };
	int i;

	memset(&world, 0, sizeof world);
	world.seed = seed;
	/* Accidents are never left out, because a case is about them. */
	world.kind = may & (unsigned)(random_next(&world.seed) | KILL | SIGNAL | STOP);
	world.capacity = UINT64_C(1) << chance(3);
	world.total = chance(BYTES_MOST + 1);
	world.want = 1 + chance(world.capacity);
	world.drain = drains[chance(4)];
	world.go_on = go_ons[chance(4)];
	world.accidents = (world.kind & (SIGNAL | RESUME)) != 0 ? 1 + (int)chance(3) : 1;
	world.accidents_planned = (world.kind & (SIGNAL | RESUME)) != 0 ? (unsigned)world.accidents : 0;
	for (i = 0; i < 2; i++)
		memset(&sides[i], 0, offsetof(struct side, context));
	world.now_ns = INT64_C(1000000000);
	for (i = 0; i < 2; i++) {
		sides[i].role = (enum sv_role)i;
		be_born(&sides[i]);
	}
}

/* Make one run.  True: it was right. */
static bool run(uint64_t seed, unsigned may)
{
	begin(seed, may);
	if (setjmp(give_up) != 0)
		return false;
	schedule();
	check_verdicts();
	return true;
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "case", required_argument, NULL, 'c' },
		                                 { "runs", required_argument, NULL, 'n' },
		                                 { "seed", required_argument, NULL, 's' },
		                                 { "trace", no_argument, NULL, 't' },
		                                 { 0, 0, 0, 0 } };
	const char *only = NULL;
	unsigned long runs = 20000, i;
	uint64_t seed = 1;
	int option, bad = 0, done = 0;
	size_t c;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'c': only = optarg; break;
		case 'n': runs = strtoul(optarg, NULL, 10); break;
		case 's': seed = strtoull(optarg, NULL, 10); break;
		case 't': trace = true; break;
		default: return 2;
		}
	}
	for (c = 0; c < CASES; c++) {
		if (only != NULL && strcmp(only, cases[c].name) != 0)
			continue;
		done++;
		for (i = 0; i < runs && run(seed + i, cases[c].may); i++)
			;
		if (i == runs) {
			printf("interleave: %s: %lu runs from seed %llu, all well\n", cases[c].name, runs,
			       (unsigned long long)seed);
			continue;
		}
		bad = 1;
		printf("interleave: %s: run %lu, seed %llu: %s\n", cases[c].name, i + 1,
		       (unsigned long long)(seed + i), complaint);
	}
	if (done == 0)
		die("interleave: no such case: %s", only);
	return bad;
}
