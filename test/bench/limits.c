/* SPDX-License-Identifier: MIT */
/*
 * limits.c - what the machine can do, whatever one builds on it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "transport.h"
#include "sysv.h"

struct limit {
	const char *name, *unit;
	bool lower;
	const char *cpu_unit;
	int sides;
	bool same; /* both sides on one CPU */
	side_function side;
	const struct transport *transport; /* instead of side: a round trip */
	size_t block;
};

static const struct limit *current;
static char input[3100];
static int set = -1;

/* Results go through shared->note[0] (value) and note[1] (CPU time in the row's unit). */
static void copy_side(void *arg, int side)
{
	size_t n = current->block;
	char *from = mmap(NULL, 2 * n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *to = from + n;
	uint64_t total = 0;
	double start, end;

	(void)arg, (void)side;
	if (from == MAP_FAILED)
		side_fail("mmap: %s", strerror(errno));
	memset(from, 1, 2 * n);
	start = now();
	do {
		for (size_t done = 0; done < 64 * MIB; done += n) {
			memcpy(to, from, n);
			__asm__ volatile("" ::"r"(to) : "memory");
			total += n;
		}
		end = now();
	} while (end - start < settings.trial);
	shared->note[0] = (double)total / (end - start) / 1e9;
	shared->note[1] = (end - start) / ((double)total / (double)GIB);
}

static void read_write_side(void *arg, int side)
{
	char *block = malloc(BLOCK);
	int in = open(input, O_RDONLY | O_CLOEXEC), out = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct usage start, end;
	uint64_t total = 0;
	ssize_t n;

	(void)arg, (void)side;
	if (!block || in < 0 || out < 0)
		side_fail("open: %s", strerror(errno));
	memset(block, 1, BLOCK);
	start = usage_now();
	do {
		lseek(in, 0, SEEK_SET);
		while ((n = read(in, block, BLOCK)) > 0) {
			if (write(out, block, (size_t)n) != n)
				side_fail("write: %s", strerror(errno));
			total += (uint64_t)n;
		}
		end = usage_now();
	} while (end.wall - start.wall < settings.trial);
	shared->note[0] = (double)total / (end.wall - start.wall) / 1e9;
	shared->note[1] = (end.cpu - start.cpu) / ((double)total / (double)GIB);
}

static void semop_call_side(void *arg, int side)
{
	uint64_t n = 0;
	double start = now(), end;

	(void)arg, (void)side;
	do {
		for (int i = 0; i < 1000; i++) {
			sysv_semop(set, 0, 1, false);
			sysv_semop(set, 0, -1, false);
		}
		n += 2000;
		end = now();
	} while (end - start < settings.trial / 2);
	shared->note[0] = (end - start) / (double)n * 1e6;
}

/*
 * Waking a sleeper: side 0 waits until side 1 is asleep for long enough that its CPU has gone idle, and
 * rings.  note[2..3]: medians of the time until the sleeper runs and of the waker's call.
 */
static void wake_side(void *arg, int side)
{
	static double call[MAX_ROUNDS], until[MAX_ROUNDS];
	int n = settings.quick ? 31 : MAX_ROUNDS;
	double *rang = arg;

	side_barrier(2);
	for (int i = 0; i < n; i++) {
		if (side == 0) {
			double asleep = now() + 300e-6, before;

			while (now() < asleep)
				cpu_pause();
			before = now();
			__atomic_store(rang, &before, __ATOMIC_SEQ_CST);
			sysv_semop(set, 0, 1, false);
			call[i] = now() - before;
		} else {
			double before;

			sysv_semop(set, 0, -1, false);
			until[i] = now();
			__atomic_load(rang, &before, __ATOMIC_SEQ_CST);
			until[i] -= before;
		}
	}
	shared->note[2 + side] = summarise(side == 0 ? call : until, n).median * 1e6;
}

static void wake_call_side(void *arg, int side)
{
	wake_side(arg, side);
	if (side == 0)
		shared->note[0] = shared->note[2];
}

static void wake_until_side(void *arg, int side)
{
	wake_side(arg, side);
	if (side == 1)
		shared->note[0] = shared->note[3];
}

static void limit_measure(struct row *row, size_t index, void *arg)
{
	const struct limit *limit = (const struct limit *)arg + index;
	static struct trial trials[16];
	struct trial *trial = &trials[index];
	const int same[2] = { settings.cpu[0], settings.cpu[0] };
	const int *cpu = limit->same ? same : settings.cpu;
	struct sample sample;
	void *page = NULL;
	char why[160];
	bool ok;

	if (limit->transport) {
		*trial = (struct trial){ limit->transport, 8, WAIT_AUTO, true, cpu, trial->n, trial->warm };
		if ((!trial->n && !trial_calibrate(trial, why, sizeof(why))) ||
		    !trial_run(trial, &sample, why, sizeof(why)))
			row_failed(row, why);
		else
			row_value(row, sample.seconds / (double)trial->n * 1e6,
			          sample.cpu / (double)trial->n * 1e6);
		return;
	}
	current = limit;
	set = sysv_semaphores(1);
	page = shared_memory(4096);
	if (set < 0 || !page) {
		row_failed(row, strerror(errno));
		return;
	}
	ok = run_sides(limit->sides, limit->side, page, cpu, why, sizeof(why));
	if (ok)
		row_value(row, shared->note[0], shared->note[1]);
	else
		row_failed(row, why);
	munmap(page, 4096);
	sysv_remove(set);
}

void group_limits(void)
{
	/* clang-format off */
	static const struct limit limits[] = {
		{"memcpy, 256 KiB blocks", "GB/s", false, "s/GiB", 1, false, copy_side, NULL, 256 * KIB},
		{"memcpy, 32 MiB blocks", "GB/s", false, "s/GiB", 1, false, copy_side, NULL, 32 * MIB},
		{"read+write, cached file to /dev/null", "GB/s", false, "s/GiB", 1, false, read_write_side, NULL, 0},
		{"cache line, there and back", "us", true, "us", 2, false, NULL, &bare_lines, 0},
		{"semop call", "us", true, NULL, 1, false, semop_call_side, NULL, 0},
		{"semop ping-pong, two CPUs", "us", true, "us", 2, false, NULL, &bare_semop, 0},
		{"semop ping-pong, one CPU", "us", true, "us", 2, true, NULL, &bare_semop, 0},
		{"wake-up until the sleeper runs", "us", true, NULL, 2, false, wake_until_side, NULL, 0},
		{"wake-up, time of the waker", "us", true, NULL, 2, false, wake_call_side, NULL, 0},
	};
	/* clang-format on */
	const char *path = input_file(settings.size < 256 * MIB ? settings.size : 256 * MIB);
	size_t from = row_count();

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		const struct limit *limit = &limits[i];
		struct row *row = row_add("limits", "machine", limit->name, KIND_LIMIT, limit->unit,
		                          limit->lower, limit->cpu_unit);

		if (limit->side == read_write_side && !path)
			row_absent(row, "no room for a file");
		if (limit->sides == 2 && !limit->same && settings.cpu[0] == settings.cpu[1])
			row_absent(row, "one usable CPU");
	}
	if (path)
		snprintf(input, sizeof(input), "%s", path);
	measure_rounds(from, settings.rounds, limit_measure, (void *)(uintptr_t)limits);
}
