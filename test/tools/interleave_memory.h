/* SPDX-License-Identifier: MIT */
/*
 * interleave_memory.h - the simulated memory of interleave: each operation of <stdatomic.h> is a step, and a
 * store is visible to the other side only when it leaves the store buffer.
 *
 * The sources that are tested are included here, so that their atomic operations become steps.
 */
#ifndef SV_TEST_INTERLEAVE_MEMORY_H
#define SV_TEST_INTERLEAVE_MEMORY_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "process.h"

/* Steps, called in place of the operations of <stdatomic.h>. */
static uint64_t step_load(const volatile void *at, size_t size);
static void step_store(volatile void *at, size_t size, uint64_t value, memory_order order);
static uint64_t step_exchange(volatile void *at, size_t size, uint64_t value);
static void step_fence(void);
static int step_clock(clockid_t clock, struct timespec *now);

#undef atomic_load
#undef atomic_load_explicit
#undef atomic_store
#undef atomic_store_explicit
#undef atomic_exchange
#undef atomic_exchange_explicit
#undef atomic_thread_fence
#undef atomic_signal_fence
#define atomic_load_explicit(at, order) step_load((at), sizeof *(at))
#define atomic_load(at) step_load((at), sizeof *(at))
#define atomic_store_explicit(at, value, order) step_store((at), sizeof *(at), (uint64_t)(value), (order))
#define atomic_store(at, value) atomic_store_explicit(at, value, memory_order_seq_cst)
#define atomic_exchange_explicit(at, value, order) step_exchange((at), sizeof *(at), (uint64_t)(value))
#define atomic_exchange(at, value) atomic_exchange_explicit(at, value, memory_order_seq_cst)
#define atomic_thread_fence(order) step_fence()
#define atomic_signal_fence(order) ((void)0)
#define clock_gettime step_clock

/* The library's own functions keep their names, for code that the simulation does not reach. */
#define sv_membarrier_register step_membarrier_register
#define sv_membarrier_run step_membarrier_run
#define sv_spin_cpu step_cpu
#define sv_sem_ring step_sem_ring
#define sv_sem_ring_own step_sem_ring_own
#define sv_sem_drain step_sem_drain
#define sv_sem_gone step_sem_gone
#define sv_sem_sleep step_sem_sleep
#define sv_sem_clear step_sem_clear
#define sv_sem_leave step_sem_leave
#define sv_segment_stat step_segment_stat
#define sv_segment_remove step_segment_remove
#define sv_rendezvous_is_there step_rendezvous_is_there
#define sv_rendezvous_lock step_rendezvous_lock
#define sv_rendezvous_unlock step_rendezvous_unlock

/* clang-format off */
#include "channel/wait.c"
#include "channel/channel.c"
#include "channel/peer.c"
#include "channel/stream.c"
#include "channel/finish.c"
#include "ring/ring.c"
/* clang-format on */

#define CAPACITY_MOST 4
#define BYTES_MOST 9
#define BUFFER 8                        /* entries of a store buffer */
#define STEPS 200000                    /* a run with more steps will not end */
#define CLOCK_NS 2000                   /* a look at the clock takes so long */
#define SLICE_MOST_NS INT64_C(10000000) /* see sleep_once() */
#define BELLS_MOST 3                    /* and 2 more for each accident, as in test/model/transfer.pml */

/* The features of a run.  Each is chosen at random for half of the runs, unless it is excluded. */
enum { LIGHT = 1, BLIND = 2, KILL = 4, SIGNAL = 8, STOP = 16, SPIN = 32, RESUME = 64 };

static const struct {
	const char *name;
	unsigned may;
} cases[] = {
	{ "fences", 0 },
	{ "light", LIGHT },
	{ "no-membarrier", LIGHT | BLIND },
	{ "spinning", LIGHT | SPIN },
	{ "killed", LIGHT | KILL },
	{ "resumed", LIGHT | KILL | RESUME },
	{ "interrupted", LIGHT | SIGNAL },
	{ "stopped", LIGHT | BLIND | STOP | SPIN },
	{ "all", LIGHT | BLIND | KILL | SIGNAL | SPIN | RESUME },
};
#define CASES (sizeof cases / sizeof *cases)

enum state { READY, ASLEEP, WAITS_FOR_LOCK, ENDED, DEAD, STOPPED };

struct store {
	volatile unsigned char *at;
	size_t size;
	uint64_t value;
	bool release;
};

struct side {
	enum sv_role role;
	struct sv_channel ch;
	enum state state;
	bool timed;       /* asleep, with a limit */
	int64_t limit_ns; /* of the sleep */
	bool timed_out;
	bool armed;      /* SEM_UNDO: the kernel knows of this side */
	bool meeting;    /* waits for the other side to come */
	bool death_due;  /* killed, but the kernel has not given its weight and its lock yet */
	bool membarrier; /* may it use membarrier(2)? */
	bool blind;      /* its last membarrier failed */
	bool in_handler;
	int timeout_ms;
	unsigned rung, asked; /* bells rung by this side; wake words stored by it */
	unsigned interrupts;  /* calls that were interrupted */
	struct store buffer[BUFFER];
	int used;
	int code; /* how it ended */
	uint64_t bytes;
	ucontext_t context;
	char stack[256 * 1024];
};

static struct {
	/* shared by the two sides */
	struct sv_side_line line[2];
	unsigned char data[2 * CAPACITY_MOST];
	unsigned value[2]; /* of the semaphores */
	int lock;          /* 1 + role; 0: free */
	/* the choices of this run */
	uint64_t seed;
	unsigned kind;
	uint64_t capacity, total;
	size_t want;
	unsigned go_on, drain; /* of 64: the same side goes on; a store buffer is let out a step */
	int accidents;         /* left */
	unsigned accidents_planned;
	/* the state of this run */
	int64_t now_ns;
	unsigned long steps;
	struct side *running;
	bool wrong;
} world;

static struct side sides[2];
static ucontext_t scheduler;
static jmp_buf give_up;
static bool trace;
static const char *const role_names[] = { "writer", "reader" };

static void __attribute__((format(printf, 1, 2))) note(const char *format, ...)
{
	va_list args;

	if (!trace)
		return;
	printf("%6lu %-8s ", world.steps, world.running != NULL ? role_names[world.running->role] : "");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

static char complaint[256];

/* The run is wrong.  Returns to where the run began, from any stack. */
static void __attribute__((noreturn, format(printf, 1, 2))) wrong(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(complaint, sizeof complaint, format, args);
	va_end(args);
	note("wrong: %s", complaint);
	world.wrong = true;
	if (world.running != NULL)
		setcontext(&scheduler);
	longjmp(give_up, 1);
}

static uint64_t chance(uint64_t below)
{
	return random_below(&world.seed, below);
}

static const char *place_name(const volatile void *at)
{
	static char text[40];
	size_t offset = (size_t)((const volatile char *)at - (const volatile char *)world.line);
	static const struct {
		size_t offset;
		const char *name;
	} members[] = {
#define MEMBER(name) { offsetof(struct sv_side_line, name), #name }
		MEMBER(position), MEMBER(cpu),   MEMBER(wake), MEMBER(status),
		MEMBER(slot),     MEMBER(light), MEMBER(uid),  MEMBER(pid),
	};
	size_t i;

	if (offset >= sizeof world.line)
		return "private";
	for (i = 0; i < sizeof members / sizeof *members; i++)
		if (members[i].offset == offset % sizeof *world.line)
			snprintf(text, sizeof text, "%s.%s", role_names[offset / sizeof *world.line],
			         members[i].name);
	return text;
}

static uint64_t read_memory(const volatile void *at, size_t size)
{
	return size == 8 ? *(const volatile uint64_t *)at : *(const volatile uint32_t *)at;
}

static void write_memory(volatile void *at, size_t size, uint64_t value)
{
	if (size == 8)
		*(volatile uint64_t *)at = value;
	else
		*(volatile uint32_t *)at = (uint32_t)value;
}

/* May entry i of a store buffer leave it? */
static bool may_leave(const struct side *s, int i)
{
	int before;

	for (before = 0; before < i; before++)
		if (s->buffer[i].release || s->buffer[before].at == s->buffer[i].at)
			return false;
	return true;
}

static void let_out(struct side *s, int i)
{
	note("  store of the %s: %s = %llu", role_names[s->role], place_name(s->buffer[i].at),
	     (unsigned long long)s->buffer[i].value);
	write_memory(s->buffer[i].at, s->buffer[i].size, s->buffer[i].value);
	s->used--;
	memmove(&s->buffer[i], &s->buffer[i + 1], (size_t)(s->used - i) * sizeof *s->buffer);
}

static void let_one_out(struct side *s)
{
	int i = (int)chance((uint64_t)s->used);

	let_out(s, may_leave(s, i) ? i : 0);
}

static void let_all_out(struct side *s)
{
	while (s->used > 0)
		let_out(s, 0);
}

static void leave_the_cpu(struct side *s)
{
	if (swapcontext(&s->context, &scheduler) != 0)
		die("interleave: swapcontext: %s", strerror(errno));
}

static void interrupt(struct side *s)
{
	world.accidents--;
	s->in_handler = true;
	note("signal: sv_interrupt");
	sv_interrupt(&s->ch);
	s->in_handler = false;
}

/* Called between two steps of the running side. */
static void between(void)
{
	struct side *s = world.running;

	if (++world.steps > STEPS)
		wrong("it does not end");
	if (chance(64) >= world.go_on)
		leave_the_cpu(s);
	if (world.accidents > 0 && (world.kind & SIGNAL) != 0 && !s->in_handler && s->armed &&
	    chance(32) == 0)
		interrupt(s);
}

static uint64_t step_load(const volatile void *at, size_t size)
{
	struct side *s = world.running;
	int i;
	uint64_t value;

	between();
	for (i = s->used - 1; i >= 0 && s->buffer[i].at != at; i--)
		;
	value = i >= 0 ? s->buffer[i].value : read_memory(at, size);
	note("load %s: %llu", place_name(at), (unsigned long long)value);
	return value;
}

static void step_store(volatile void *at, size_t size, uint64_t value, memory_order order)
{
	struct side *s = world.running;

	between();
	note("store %s = %llu%s", place_name(at), (unsigned long long)value,
	     order == memory_order_relaxed ? ", relaxed" : "");
	if (at == (volatile void *)&world.line[s->role].wake && value != 0)
		s->asked++;
	if (s->used == BUFFER)
		let_out(s, 0);
	s->buffer[s->used++] = (struct store){ at, size, value, order != memory_order_relaxed };
	if (order == memory_order_seq_cst)
		let_all_out(s);
}

static uint64_t step_exchange(volatile void *at, size_t size, uint64_t value)
{
	uint64_t old;

	between();
	let_all_out(world.running);
	old = read_memory(at, size);
	write_memory(at, size, value);
	note("exchange %s = %llu, was %llu", place_name(at), (unsigned long long)value,
	     (unsigned long long)old);
	return old;
}

static void step_fence(void)
{
	between();
	note("fence");
	let_all_out(world.running);
}

static int step_clock(clockid_t clock, struct timespec *now)
{
	(void)clock;
	if (world.running != NULL)
		between();
	world.now_ns += CLOCK_NS;
	*now = (struct timespec){ (time_t)(world.now_ns / 1000000000), (long)(world.now_ns % 1000000000) };
	return 0;
}

#endif
