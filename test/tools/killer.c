/* SPDX-License-Identifier: MIT */
/*
 * killer - resumable transfers whose sides are killed at random and started again, until --kills sides were
 * killed.
 *
 * usage: killer --kills N [--seed N] [--size SIZE-OF-THE-RING] INPUT OUTPUT
 *
 * PATH finds the programs for svwrite -r INPUT and svread -r -o OUTPUT.  Most kills come at random positions
 * of the input, some right after a start, while the side opens the channel.  The victim is random too:
 * writer, reader or both at once.  The same seed makes the same choices (but not the same timing).  If the
 * transfer ends too early, OUTPUT is compared and the transfer is made again for the remaining kills.
 *
 * Prints what it did.  Status 1: a side hung, or ended neither by a kill nor with 0, or OUTPUT differs.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "asleep.h"

#define HANG_S 60
#define NEAR (UINT64_C(4) << 20) /* bytes: more than any ring here */

enum { WRITER, READER };
static const char *const names[] = { "writer", "reader" };

static const char *input, *output, *capacity = "64K";
static uint64_t total, state;
static pid_t pid[2];
static long killed[2];
static int both; /* how often both were killed at once */

/* splitmix64 */
static uint64_t pick(uint64_t below)
{
	uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return below == 0 ? 0 : (z ^ (z >> 31)) % below;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void pause_us(long us)
{
	const struct timespec t = { us / 1000000, us % 1000000 * 1000 };

	nanosleep(&t, NULL);
}

static uint64_t size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

static void start(int side)
{
	char size[32];

	snprintf(size, sizeof size, "-s%.20s", capacity);
	pid[side] = fork();
	if (pid[side] == -1)
		err(2, "fork");
	if (pid[side] != 0)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Sleeping instead of spinning makes it slow enough to be hit in the middle. */
	if (side == WRITER)
		execlp("svwrite", "svwrite", "-q", "-r", size, "--wait=sleep", input, (char *)NULL);
	else
		execlp("svread", "svread", "-q", "-r", size, "--wait=sleep", "-o", output, (char *)NULL);
	err(127, "%s", names[side]);
}

/* Has it ended by itself?  Then it must have ended with 0. */
static bool ended(int side)
{
	int status;
	pid_t got;

	if (pid[side] == 0)
		return true;
	got = waitpid(pid[side], &status, WNOHANG);
	if (got == 0)
		return false;
	if (got == -1)
		err(2, "waitpid");
	pid[side] = 0;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		errx(1, "the %s ended with wait status 0x%x at byte %llu", names[side], (unsigned)status,
		     (unsigned long long)size_of(output));
	return true;
}

/* Kill it; false: it had ended before. */
static bool kill_side(int side)
{
	int status;

	if (ended(side))
		return false;
	kill(pid[side], SIGKILL);
	if (waitpid(pid[side], &status, 0) == -1)
		err(2, "waitpid");
	pid[side] = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return false;
	killed[side]++;
	return true;
}

static bool same(void)
{
	int a = open(input, O_RDONLY), b = open(output, O_RDONLY);
	void *left, *right;
	bool result;

	if (a == -1 || b == -1 || size_of(output) != total)
		return false;
	left = mmap(NULL, total, PROT_READ, MAP_PRIVATE, a, 0);
	right = mmap(NULL, total, PROT_READ, MAP_PRIVATE, b, 0);
	if (left == MAP_FAILED || right == MAP_FAILED)
		err(2, "mmap");
	result = memcmp(left, right, total) == 0;
	munmap(left, total);
	munmap(right, total);
	close(a);
	close(b);
	return result;
}

/* Wait until the output has this length, a side has ended, or nothing happens any more. */
static bool wait_for(uint64_t position)
{
	uint64_t size = size_of(output), last = size;
	double moved = now();

	while (size < position) {
		if (ended(WRITER) || ended(READER))
			return false;
		pause_us(50);
		size = size_of(output);
		if (size != last)
			moved = now();
		else if (now() - moved > HANG_S)
			errx(1, "hangs at byte %llu of %llu", (unsigned long long)size,
			     (unsigned long long)total);
		last = size;
	}
	return true;
}

/* Make one transfer with up to this many kills. */
static void transfer(long kills)
{
	double until;
	long i;

	if (truncate(output, 0) == -1 && errno != ENOENT)
		err(2, "%s", output);
	start((int)pick(2));
	start(pid[WRITER] == 0 ? WRITER : READER);
	for (i = 0; i < kills;) {
		uint64_t part = total / (uint64_t)(kills + 1);
		int victim = (int)pick(5); /* 0, 1: writer; 2, 3: reader; 4: both */
		bool hit[2] = { victim < 2 || victim == 4, victim >= 2 };

		if (pick(4) == 0)
			pause_us((long)pick(4000));
		else if (!wait_for(part * (uint64_t)i + pick(part) + 1))
			break;
		/*
		 * If one side has ended, the other has ended with it or will: start no next one for either.
		 */
		if (ended(WRITER) || ended(READER))
			break;
		if (hit[WRITER])
			hit[WRITER] = kill_side(WRITER);
		if (hit[READER])
			hit[READER] = kill_side(READER);
		if (!hit[WRITER] && !hit[READER])
			break;
		both += hit[WRITER] && hit[READER];
		i += hit[WRITER] + hit[READER];
		/*
		 * If a side is killed after all was done, the other one ends, and a next one would wait for
		 * ever.
		 */
		if (total - size_of(output) <= NEAR && (hit[WRITER] ^ hit[READER])) {
			int survivor = hit[WRITER] ? READER : WRITER;

			while (!ended(survivor) && !asleep(pid[survivor]))
				pause_us(200);
			if (pid[survivor] == 0)
				return;
		}
		if (pid[WRITER] == 0)
			start(WRITER);
		if (pid[READER] == 0)
			start(READER);
	}
	for (until = now() + HANG_S; !ended(WRITER) || !ended(READER); pause_us(1000))
		if (now() > until && size_of(output) == total)
			errx(1, "complete, but the %s does not end",
			     names[pid[WRITER] != 0 ? WRITER : READER]);
		else if (now() > until + 10 * HANG_S)
			errx(1, "hangs at byte %llu", (unsigned long long)size_of(output));
}

static _Noreturn void usage(void)
{
	fprintf(stderr, "usage: killer --kills N [--seed N] [--size SIZE] INPUT OUTPUT\n");
	exit(2);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "kills", required_argument, NULL, 'k' },
		{ "seed", required_argument, NULL, 's' },
		{ "size", required_argument, NULL, 'c' },
		{ NULL, 0, NULL, 0 },
	};
	long kills = 0, transfers = 0;
	double begin = now();
	uint64_t seed = 1;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'k': kills = atol(optarg); break;
		case 's': seed = strtoull(optarg, NULL, 10); break;
		case 'c': capacity = optarg; break;
		default: usage();
		}
	}
	if (optind + 2 != argc)
		usage();
	input = argv[optind];
	output = argv[optind + 1];
	total = size_of(input);
	state = seed;
	do {
		transfer(kills - killed[WRITER] - killed[READER]);
		transfers++;
		if (!same())
			errx(1, "seed %llu: the output differs from the input", (unsigned long long)seed);
	} while (killed[WRITER] + killed[READER] < kills);
	printf("seed %llu: %llu bytes, %ld transfers, writer killed %ld times, reader %ld, both at once %d; "
	       "byte-exact; %.1f s\n",
	       (unsigned long long)seed, (unsigned long long)total, transfers, killed[WRITER], killed[READER],
	       both, now() - begin);
	return 0;
}
