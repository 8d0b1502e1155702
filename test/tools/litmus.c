/* SPDX-License-Identifier: MIT */
/*
 * litmus - the ring's memory order on real cores, in experiments small enough to show a fault.
 *
 *	litmus steps [--mode full|light|switching] [--memory processes|threads] [--rounds N] [--seed N]
 *		[--spin]
 *	litmus stores [--mode full|light|none] [--rounds N]
 *
 * steps: a writer and a reader pass one byte at a time through a ring of 8 bytes, from 1000 bytes below
 * position 2^64, with the waits of src/lib/channel/wait.c, the ring and the semaphores unchanged.  They sleep
 * whenever they must wait, with a random threshold and with random pauses between the steps of a wait, so
 * that arming, publishing and looking again meet in every order.  The reader checks the value of each byte; a
 * wake-up that comes too late counts as lost.  --spin: without semaphores.  switching: each side becomes
 * light and heavy again at random.
 *
 * stores: the pattern of fences F1 and F2 in src/lib/ring/ring.h.  Each of two processes stores to its own
 * word and then loads the other's.  The tool counts how often both saw the old value: never, with a full
 * fence on both sides, or with no fence on one side and membarrier(2) on the other.  Without any fence it
 * happens on most machines.
 *
 * The last line says how many rounds there were, and what was counted.  Status 1: an order was violated; 77:
 * not possible here.
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <pthread.h>
#include <sys/ipc.h>
#include <sys/sem.h>

#include "channel/channel.h"
#include "clock.h"
#include "os/membarrier.h"
#include "process.h"

/* A random moment, up to some fractions of a microsecond, between the steps of a wait. */
static _Thread_local uint64_t widen_seed;

static void widen(void)
{
	uint64_t n = random_below(&widen_seed, 32);

	while (n-- > 0)
		sv_spin_pause();
}

#define sv_ring_arm(ring, n) ((sv_ring_arm)(ring, n), widen())
#define sv_ring_look(ring) (widen(), (sv_ring_look)(ring))
#define sv_ring_disarm(ring) (widen(), (sv_ring_disarm)(ring))
#define sv_sem_sleep(id, role, limit) (widen(), (sv_sem_sleep)(id, role, limit))
#define sv_membarrier_run() (widen(), (sv_membarrier_run)())

#include "channel/wait.c"

#define CAPACITY 8u
#define START (UINT64_C(0) - 1000)
#define LATE_MS 20000 /* a bell that has not come after this time is lost */

enum mode { FULL, LIGHT, NO_FENCE, SWITCHING };
static const char *const modes[] = { "full", "light", "none", "switching" };

static struct {
	enum mode mode;
	bool threads, spin;
	unsigned long rounds;
	uint64_t seed;
} want = { FULL, false, false, 1000000, 1 };

/* The memory that the two sides share. */
struct shared {
	struct sv_side_line side[2];
	unsigned char data[2 * CAPACITY];
	int semid;
	_Atomic unsigned long waits, lost;
	/* stores: the words of one round, a line each, and the meeting point */
	alignas(SV_LINE) _Atomic uint64_t word[2 * SV_LINE / 8];
	alignas(SV_LINE) _Atomic uint64_t at[2 * SV_LINE / 8];
	alignas(SV_LINE) uint64_t saw[2 * SV_LINE / 8];
	alignas(SV_LINE) unsigned long both_old;
};
static struct shared *shared;

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof set, &set);
}

static int usable_cpus(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

/* Let about n pauses pass. */
static void dawdle(uint64_t n)
{
	while (n-- > 0)
		sv_spin_pause();
}

/* Wait for n bytes of room.  False: the wake-up was lost. */
static bool wait_for(struct sv_channel *ch, uint64_t n)
{
	int code;

	while (want.spin) {
		if (!sv_ring_look(&ch->ring))
			die("litmus: impossible position");
		if (sv_ring_room(&ch->ring) >= n)
			return true;
		sched_yield();
	}
	if (sv_ring_room(&ch->ring) >= n)
		return true;
	atomic_fetch_add(&shared->waits, 1);
	code = sv_channel_wait(ch, n, LATE_MS);
	if (code == SV_ETIMEDOUT && sv_ring_look(&ch->ring) && sv_ring_room(&ch->ring) >= n) {
		atomic_fetch_add(&shared->lost, 1);
		return false;
	}
	if (code != SV_OK)
		die("litmus: a wait ends with %d: %s", code, ch->fault.error.text);
	return true;
}

static unsigned char byte_of(uint64_t position)
{
	return (unsigned char)(position * UINT64_C(0x9e3779b97f4a7c15) >> 56);
}

static bool take_steps(enum sv_role role)
{
	static struct sv_channel channels[2];
	struct sv_channel *ch = &channels[role];
	struct sv_ring *ring = &ch->ring;
	uint64_t seed = want.seed + role, end = START + want.rounds;

	if (!want.threads)
		pin((int)role % usable_cpus());
	widen_seed = seed;
	ch->role = role;
	ch->semid = shared->semid;
	/* The side never spins, so it sleeps as often as possible. */
	sv_spin_init(&ch->spin, SV_WAIT_SLEEP);
	sv_pace_init(&ch->pace, false);
	sv_ring_init(ring, role, shared->side, shared->data, CAPACITY);
	ring->light = ring->lightable = want.mode == LIGHT;
	atomic_store(&ring->own->light, ring->light);
	while (ring->position != end) {
		uint64_t left = end - ring->position, n = 1;

		/*
		 * Mostly one byte; sometimes a threshold further away, for the comparison across 2^64.  Of
		 * more than half of the ring on both sides, both would wait for each other.
		 */
		if (random_below(&seed, 8) == 0)
			n += random_below(&seed, left < CAPACITY / 2 ? left : CAPACITY / 2);
		if (!wait_for(ch, n))
			return false;
		if (role == SV_WRITER) {
			*sv_ring_place(ring, 0) = byte_of(ring->position);
		} else if (*sv_ring_place(ring, 0) != byte_of(ring->position)) {
			printf("litmus: at position %llu came byte %u instead of %u\n",
			       (unsigned long long)ring->position, *sv_ring_place(ring, 0),
			       byte_of(ring->position));
			return false;
		}
		if (want.mode == SWITCHING && random_below(&seed, 4) == 0)
			ring->light ? sv_ring_weigh_down(ring) : sv_ring_lighten(ring);
		if (want.spin)
			sv_ring_publish(ring, 1);
		else if (sv_channel_publish(ch, 1) != SV_OK)
			die("litmus: %s", ch->fault.error.text);
	}
	return true;
}

/* F1 of the publisher, and F2 of a light publisher's peer. */
static void store_fence(int who)
{
	if (want.mode == FULL)
		sv_full_fence();
	else if (want.mode == LIGHT && who == 1 && !sv_membarrier_run())
		die("litmus: membarrier failed");
	else
		atomic_signal_fence(memory_order_seq_cst);
}

static void meet(int who, uint64_t round)
{
	_Atomic uint64_t *own = &shared->at[who * SV_LINE / 8], *other = &shared->at[!who * SV_LINE / 8];
	int spins;

	atomic_store_explicit(own, round, memory_order_release);
	/* The other side may need this CPU. */
	for (spins = 0; atomic_load_explicit(other, memory_order_acquire) < round; spins++)
		spins < 1000 ? sv_spin_pause() : (void)sched_yield();
}

static bool store_and_load(enum sv_role role)
{
	int who = (int)role;
	_Atomic uint64_t *own = &shared->word[who * SV_LINE / 8], *other = &shared->word[!who * SV_LINE / 8];
	uint64_t seed = want.seed + role, round;

	pin(who % usable_cpus());
	for (round = 1; round <= want.rounds; round++) {
		meet(who, 2 * round);
		dawdle(random_below(&seed, 3));
		atomic_store_explicit(own, round, memory_order_relaxed);
		store_fence(who);
		shared->saw[who * SV_LINE / 8] = atomic_load_explicit(other, memory_order_relaxed);
		meet(who, 2 * round + 1);
		if (who == 0 && shared->saw[0] < round && shared->saw[SV_LINE / 8] < round)
			shared->both_old++;
	}
	return true;
}

static bool (*part)(enum sv_role);

static void *thread(void *role)
{
	return part(*(enum sv_role *)role) ? NULL : role;
}

/* Run both sides at the same time; true if both succeeded. */
static bool run(void)
{
	static enum sv_role roles[2] = { SV_WRITER, SV_READER };
	pthread_t threads[2];
	pid_t pids[2];
	bool good = true;
	void *result;
	int i, status;

	for (i = 0; i < 2; i++) {
		if (want.threads) {
			if (pthread_create(&threads[i], NULL, thread, &roles[i]) != 0)
				die("litmus: cannot start a thread");
			continue;
		}
		fflush(stdout);
		pids[i] = fork();
		if (pids[i] == -1)
			die("litmus: fork: %s", strerror(errno));
		if (pids[i] == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			/* Register after the fork, because membarrier registers a process. */
			if ((want.mode == LIGHT || want.mode == SWITCHING) && !sv_membarrier_register())
				die("litmus: membarrier failed");
			good = part(roles[i]);
			fflush(stdout);
			_exit(!good);
		}
	}
	for (i = 0; i < 2; i++) {
		if (want.threads) {
			pthread_join(threads[i], &result);
			good = good && result == NULL;
		} else {
			waitpid(pids[i], &status, 0);
			good = good && status == 0;
		}
	}
	return good;
}

/* Make only the set; its values are 0, as Linux makes them. */
static void make_set(void)
{
	shared->semid = semget(IPC_PRIVATE, SV_SEM_COUNT, IPC_CREAT | 0600);
	if (shared->semid == -1)
		die("litmus: semget: %s", strerror(errno));
}

static int steps(void)
{
	int64_t start = sv_now();
	bool good;

	if (want.mode == NO_FENCE)
		die("litmus: steps need a barrier; for what happens without, see test/model/twins");
	shared->side[0].position = shared->side[1].position = START;
	if (!want.spin)
		make_set();
	part = take_steps;
	good = run();
	if (!want.spin)
		semctl(shared->semid, 0, IPC_RMID);
	printf("litmus: steps, %s, %s: %lu rounds in %.1f s, %lu waits, %lu wake-ups lost\n",
	       modes[want.mode], want.threads ? "threads" : "processes", want.rounds,
	       (double)(sv_now() - start) / 1e9, (unsigned long)shared->waits, (unsigned long)shared->lost);
	return !good || shared->lost > 0;
}

static int stores(void)
{
	if (usable_cpus() < 2) {
		printf("litmus: one CPU shows nothing\n");
		return 77;
	}
	part = store_and_load;
	if (!run())
		return 1;
	printf("litmus: stores, %s: %lu rounds, both saw the old value %lu times\n", modes[want.mode],
	       want.rounds, shared->both_old);
	return want.mode != NO_FENCE && shared->both_old > 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "memory", required_argument, NULL, 'm' }, { "mode", required_argument, NULL, 'f' },
		{ "rounds", required_argument, NULL, 'n' }, { "seed", required_argument, NULL, 's' },
		{ "spin", no_argument, NULL, 'p' },         { 0, 0, 0, 0 }
	};
	int option, mode;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'f':
			for (mode = FULL; mode <= SWITCHING && strcmp(optarg, modes[mode]) != 0; mode++)
				;
			if (mode > SWITCHING)
				die("litmus: no such mode: %s", optarg);
			want.mode = (enum mode)mode;
			break;
		case 'm': want.threads = strcmp(optarg, "threads") == 0; break;
		case 'n': want.rounds = strtoul(optarg, NULL, 10); break;
		case 'p': want.spin = true; break;
		case 's': want.seed = strtoull(optarg, NULL, 10); break;
		default: return 2;
		}
	}
	if ((want.mode == LIGHT || want.mode == SWITCHING) && !sv_membarrier_register()) {
		printf("litmus: no membarrier(2) here\n");
		return 77;
	}
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		die("litmus: mmap: %s", strerror(errno));
	if (optind + 1 == argc && strcmp(argv[optind], "steps") == 0)
		return steps();
	if (optind + 1 == argc && strcmp(argv[optind], "stores") == 0)
		return stores();
	die("usage: litmus steps|stores [OPTION...]");
}
