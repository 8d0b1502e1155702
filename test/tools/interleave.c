/* SPDX-License-Identifier: MIT */
/*
 * interleave - the library's own wait and ring code, run by two sides in one process in every order that a
 * seed can think of.
 *
 *	interleave [--case NAME] [--runs N] [--seed N] [--trace]
 *
 * The source files of src/lib are compiled into this tool as they are.  What they do to shared memory and to
 * the kernel is replaced: each atomic operation, system call and look at the clock is a step of the
 *simulation below, and between two steps anything may happen that can happen to two processes:
 * - the other side runs, or neither does while a store leaves a store buffer.  A release store leaves after
 * all before it, a relaxed one may overtake those to other places; fences, exchanges and system calls empty
 * the buffer; a membarrier empties both.
 * - a side is killed (its stores become visible, then its weight falls), is stopped, or gets a signal whose
 * handler calls sv_interrupt(). A sleep with a time limit ends by it only when nothing else can happen.  So
 * what depends on luck and load on real CPUs is found here, by the same seed each time.
 *
 * A run is wrong when
 * - both wait and nothing can wake them: a lost wake-up, or a death or an end that nobody noticed;
 * - a byte is lost, doubled or wrong, or a side that read or wrote all of them is not told so, or is when it
 * should not;
 * - a side rings more often than the other has asked, or bells pile up;
 * - a side that can rely on being rung sets a timer, or one that has a deadline is not back by then.
 *
 * --trace shows the steps of a single run; "seed N" of a wrong one is what to give it.  Status 1: a run was
 * wrong.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
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

/* The library's own stay out of the way, for what the simulation does not reach. */
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
#define STEPS 200000                    /* a run that takes more does not end */
#define CLOCK_NS 2000                   /* a look at the clock takes so long */
#define SLICE_MOST_NS INT64_C(10000000) /* see sleep_once() */
#define BELLS_MOST 3                    /* and 2 more for each accident, as in test/model/transfer.pml */

/* What a run is about; each is chosen at random for half of the runs where it is not excluded. */
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
	int64_t limit_ns; /* of that */
	bool timed_out;
	bool armed;      /* SEM_UNDO: the kernel knows of this side */
	bool meeting;    /* waits for the other to come */
	bool death_due;  /* killed, but the kernel has not given its weight and its lock yet */
	bool membarrier; /* may it use it? */
	bool blind;      /* its last membarrier failed */
	bool in_handler;
	int timeout_ms;
	unsigned rung, asked; /* bells rung by this side; wake words stored by it */
	unsigned interrupts;  /* calls that ended so */
	struct store buffer[BUFFER];
	int used;
	int code; /* how it ended */
	uint64_t bytes;
	ucontext_t context;
	char stack[256 * 1024];
};

static struct {
	/* what the two share */
	struct sv_side_line line[2];
	unsigned char data[2 * CAPACITY_MOST];
	unsigned value[2]; /* of the semaphores */
	int lock;          /* 1 + role; 0: free */
	/* what this run is */
	uint64_t seed;
	unsigned kind;
	uint64_t capacity, total;
	size_t want;
	unsigned go_on, drain; /* of 64: the same side goes on; a store buffer is let out a step */
	int accidents;         /* left */
	unsigned accidents_planned;
	/* how it goes */
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

/* The run is wrong.  Returns where it was begun, from whatever stack. */
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

/* Between two steps of the running side. */
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
	/* Who waits for a peer looks once a second whether one can still come: no wake-up may depend on that.
	 */
	if (s->timed && s->timeout_ms < 0 && s->limit_ns > INT64_C(900000000))
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

/* Nobody removes it by hand. */
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

/* Nor is the rendezvous removed. */
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

static void live(int index);

/* A process begins: the first, or after a kill the next one. */
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

/* An identity that nobody overwrites. */
static struct sv_header header = {
	.magic = SV_MAGIC, .format = SV_FORMAT, .ready = SV_READY, .generation = 1
};

/* Attach as enter() of src/lib/channel/open.c does. */
static void attach(struct side *s)
{
	struct sv_channel *ch = &s->ch;
	struct sv_side_line *own = &world.line[s->role];

	ch->role = s->role;
	ch->process = getpid();
	ch->kind = s->role == SV_READER ? SV_KIND_READER : 0;
	ch->flags = (world.kind & RESUME) != 0 ? SV_RESUME : 0;
	ch->spin.allowed = (world.kind & SPIN) != 0;
	ch->spin.policy = SV_WAIT_AUTO;
	/* A few looks at the clock: what is saved up otherwise takes too many steps. */
	ch->spin.counted_ns = world.now_ns;
	ch->header = &header;
	ch->record.generation = header.generation;
	sv_rendezvous_lock(&ch->rv, false, NULL, &ch->fault);
	sv_ring_init(&ch->ring, s->role, world.line, world.data, world.capacity);
	atomic_store(&own->fences, s->membarrier);
	ch->ring.reachable = s->membarrier && (world.kind & LIGHT) != 0;
	sv_ring_settle(&ch->ring);
	ch->ring.light = ch->ring.lightable && chance(2) == 0;
	/* Light again within a run of a few bytes. */
	ch->ring.quiet = SV_RING_QUIET - 1 - (unsigned)chance(4);
	header.capacity = world.capacity;
	s->bytes = ch->ring.position;
	if (atomic_load(&own->slot) == SV_SLOT_ATTACHED && world.value[sv_sem_of(s->role)] < SV_GONE)
		wrong("the place of the %s is taken by a dead one", role_names[s->role]);
	atomic_store(&own->status, SV_RUNNING);
	atomic_store(&own->wake, 0);
	atomic_store(&own->light, ch->ring.light);
	atomic_store(&own->slot, SV_SLOT_ATTACHING);
	enter_kernel();
	note("attach");
	s->armed = true;
	if (world.value[sv_sem_of(s->role)] >= SV_GONE)
		world.value[sv_sem_of(s->role)] = 0;
	world.value[sv_sem_of(s->role)]++;
	atomic_store(&own->slot, SV_SLOT_ATTACHED);
	sv_rendezvous_unlock(&ch->rv);
}

static unsigned char byte_at(uint64_t position)
{
	return (unsigned char)(position * 37 + 11);
}

/* Is the call over?  One that was interrupted is made again, as the programs do. */
static bool over(struct side *s, int code)
{
	if (code != SV_EINTR)
		return true;
	s->interrupts++;
	return false;
}

/* Within its time, to some milliseconds of looks at the clock. */
static void check_time(const struct side *s, int64_t start, int code)
{
	int64_t took = world.now_ns - start, limit = (int64_t)s->timeout_ms * 1000000;

	if (s->timeout_ms < 0 ? code == SV_ETIMEDOUT
	                      : took > limit + 50000000 || (code == SV_ETIMEDOUT && took < limit))
		wrong("the %s waited for %lld ns of %d ms", role_names[s->role], (long long)took,
		      s->timeout_ms);
}

static int writer(struct side *s)
{
	struct sv_channel *ch = &s->ch;
	uint64_t n;
	int64_t start;
	int code;

	while (!sv_channel_finished(ch)) {
		size_t want = s->bytes + world.want > world.total ? 1 : world.want, got;
		void *space;

		start = world.now_ns;
		do {
			code = sv_reserve(ch, want, &space, &got, s->timeout_ms);
		} while (!over(s, code));
		check_time(s, start, code);
		if (code != SV_OK)
			return code;
		/* As one that reads its input into the ring: only then it knows that this was all. */
		if (s->bytes == world.total)
			break;
		n = 1 + chance(got < world.total - s->bytes ? got : world.total - s->bytes);
		while (n-- > 0) {
			world.data[s->bytes % world.capacity] = byte_at(s->bytes);
			s->bytes++;
			code = sv_commit(ch, 1);
			if (code != SV_OK)
				return code;
		}
	}
	start = world.now_ns;
	do {
		code = sv_finish(ch, s->timeout_ms);
	} while (!over(s, code));
	check_time(s, start, code);
	return code;
}

static int reader(struct side *s)
{
	struct sv_channel *ch = &s->ch;
	int64_t start;
	int code;

	for (;;) {
		const void *data;
		size_t got, want = chance(4) == 0 ? (size_t)world.capacity : 1;

		/* More than one byte: as a reader of messages wants; the rest comes with the end. */
		start = world.now_ns;
		do {
			code = sv_peek(ch, world.want > 1 ? 1 : want, &data, &got, s->timeout_ms);
		} while (!over(s, code));
		check_time(s, start, code);
		if (code == SV_END)
			return sv_finish(ch, -1);
		if (code != SV_OK)
			return code;
		got = 1 + chance(got);
		while (got-- > 0) {
			if (world.data[s->bytes % world.capacity] != byte_at(s->bytes))
				wrong("byte %llu is wrong", (unsigned long long)s->bytes);
			s->bytes++;
			code = sv_release(ch, 1);
			if (code != SV_OK)
				return code;
		}
	}
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
	/* Each has its verdict now; what close() does has its own tests.  The weight tells that it left. */
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
	/* One that is stopped with the lock in hand stops everybody. */
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

/* Nothing can go on by itself: the first timer that is set.  False: there is none. */
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
			/* Who is stopped or never came is waited for. */
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
	/* The accidents are what a case is about. */
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

/* True: all is well. */
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
