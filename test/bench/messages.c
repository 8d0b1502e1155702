/* SPDX-License-Identifier: MIT */
/* messages.c - the groups that measure messages between two processes. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "os/segment.h"
#include "transport.h"

#define ALL_TOUCHED "all bytes written and summed"

enum detail { STREAM, ROUND_TRIP, PACED };

struct trial {
	const struct point *point;
	uint64_t n, warm;
	struct link link[2];
};

static void stream(void *arg, int side)
{
	struct trial *trial = arg;
	struct link *link = &trial->link[0];
	const struct transport *t = link->transport;
	void (*loop)(struct link *, uint64_t, uint64_t) = side == PRODUCER ? t->produce : t->consume;

	t->attach(link, (enum end)side);
	side_barrier(2);
	/* The clock starts when memory is mapped and touched and both sides run. */
	loop(link, 0, trial->warm);
	shared->start[side] = usage_now();
	loop(link, trial->warm, trial->n);
	shared->end[side] = usage_now();
	t->detach(link, (enum end)side);
}

/* Side 0 asks on link 0 and gets the answer on link 1. */
static void round_trip(void *arg, int side)
{
	struct trial *trial = arg;
	struct link *link = trial->link;
	const struct transport *t = link->transport;
	void (*loop)(struct link *, struct link *, uint64_t) = side == 0 ? t->ping : t->pong;

	t->attach(&link[0], side == 0 ? PRODUCER : CONSUMER);
	t->attach(&link[1], side == 0 ? CONSUMER : PRODUCER);
	side_barrier(2);
	loop(&link[0], &link[1], trial->warm);
	shared->start[side] = usage_now();
	loop(&link[0], &link[1], trial->n);
	shared->end[side] = usage_now();
	t->detach(&link[0], side == 0 ? PRODUCER : CONSUMER);
	t->detach(&link[1], side == 0 ? CONSUMER : PRODUCER);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* A message at regular intervals; the consumer records how late each one came. */
static void paced(void *arg, int side)
{
	struct trial *trial = arg;
	struct link *link = &trial->link[0];
	const struct transport *t = link->transport;
	double *sent = link[1].state, *late = malloc(trial->n * sizeof *late), next;
	uint64_t k;

	if (late == NULL)
		side_fail("out of memory");
	t->attach(link, (enum end)side);
	side_barrier(2);
	shared->start[side] = usage_now();
	for (k = 0, next = now(); k < trial->n; k++) {
		if (side == PRODUCER) {
			for (next += trial->point->detail / 1e6; now() < next;)
				cpu_pause();
			sent[k] = now();
			t->produce(link, k, 1);
		} else {
			t->consume(link, k, 1);
			late[k] = now() - sent[k];
		}
	}
	shared->end[side] = usage_now();
	if (side == CONSUMER) {
		qsort(late, trial->n, sizeof *late, compare);
		shared->note[0] = late[trial->n / 2] * 1e6;
	}
	t->detach(link, (enum end)side);
}

static bool run(struct trial *trial, void (*function)(void *, int), int links, char *why)
{
	struct link *link = trial->link;
	struct crew crew;
	double wall;
	int i, opened;
	bool ok = true;

	for (opened = 0; opened < links && ok; opened++)
		ok = link[opened].transport->open == NULL || link[opened].transport->open(&link[opened]);
	if (!ok) {
		snprintf(why, WHY_SIZE, "no memory, or no pipe of that size");
		return false;
	}
	crew_start(&crew, trial->point->cpu);
	crew_function(&crew, function, trial);
	crew_function(&crew, function, trial);
	ok = crew_wait(&crew, &wall, why);
	for (i = 0; i < links; i++)
		if (link[i].transport->close != NULL)
			link[i].transport->close(&link[i]);
	return ok;
}

static size_t size_in(const char *setting, const char *key, size_t otherwise)
{
	const char *at = strstr(setting, key);
	char *end;
	size_t n;

	if (at == NULL)
		return otherwise;
	n = strtoul(at + strlen(key), &end, 10);
	return *end == 'K' ? n * KIB : *end == 'M' ? n * MIB : n;
}

static struct link make_link(const struct point *point, const struct way *way, const char *setting)
{
	struct link link = { .transport = way->how, .size = (size_t)point->size };
	bool ours = way->kind == OURS;

	link.pause = (int)size_in(setting, "pause=", 1);
	link.block = size_in(setting, "block=", 0);
	link.block -= link.block % link.size;
	/* Ours takes the default, but for messages of which a ring must hold two. */
	link.capacity = size_in(setting, ours ? "ring=" : way->kind == LIMIT ? "ring=" : "pipe=", 0);
	if (ours && link.capacity == 0 && sv_segment_default() < 2 * (link.size + 8))
		link.capacity = 4 * link.size;
	link.wait = strstr(setting, "sleep") != NULL  ? SV_WAIT_SLEEP
	            : strstr(setting, "spin") != NULL ? SV_WAIT_SPIN
	                                              : SV_WAIT_AUTO;
	return link;
}

static double seconds_of(int side)
{
	return shared->end[side].wall - shared->start[side].wall;
}

static double cpu_of(int side)
{
	return shared->end[side].cpu - shared->start[side].cpu;
}

static bool measure_stream(const struct point *point, const struct way *way, const char *setting, uint64_t *n,
                           double sample[2], char *why)
{
	struct trial trial = { .point = point, .link = { make_link(point, way, setting) } };
	size_t ring = trial.link[0].capacity != 0 ? trial.link[0].capacity : (size_t)sv_segment_default();
	double seconds, gib;

	trial.link[1] = trial.link[0];
	trial.link[1].number = 1;
	if (point->detail == STREAM)
		trial.warm = 2 * ring / (point->size + 8) + 16;
	else
		trial.warm = 50;
	for (trial.n = *n != 0 ? *n : 200;;) {
		if (!run(&trial, point->detail == STREAM ? stream : round_trip,
		         point->detail == STREAM ? 1 : 2, why))
			return false;
		seconds = seconds_of(point->detail == STREAM ? CONSUMER : 0);
		if (*n != 0)
			break;
		/* The first time: find out how many messages take about as long as a sample should. */
		if (seconds >= trial_seconds / 8)
			*n = (uint64_t)((double)trial.n * trial_seconds / seconds) + 1;
		trial.n = *n != 0 ? *n : trial.n * 8;
	}
	gib = (double)trial.n * (double)point->size / (double)GIB;
	if (point->detail == ROUND_TRIP) {
		sample[0] = seconds / (double)trial.n * 1e6;
		sample[1] = (cpu_of(0) + cpu_of(1)) / (double)trial.n * 1e6;
	} else {
		sample[0] = (double)trial.n / seconds / 1e6;
		if (strcmp(point->unit, "GB/s") == 0)
			sample[0] *= (double)point->size / 1e3;
		sample[1] = (cpu_of(0) + cpu_of(1)) / gib;
	}
	return true;
}

static bool measure_paced(const struct point *point, const struct way *way, const char *setting, uint64_t *n,
                          double sample[2], char *why)
{
	struct trial trial = { .point = point, .link = { make_link(point, way, setting) } };
	size_t bytes;
	double *sent;
	bool ok;

	trial.n = *n = (uint64_t)(2 * trial_seconds * 1e6 / point->detail) + 1;
	bytes = trial.n * sizeof *sent;
	sent = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (sent == MAP_FAILED) {
		snprintf(why, WHY_SIZE, "no memory");
		return false;
	}
	trial.link[1].state = sent;
	ok = run(&trial, paced, 1, why);
	munmap(sent, bytes);
	sample[0] = 100 * cpu_of(CONSUMER) / seconds_of(CONSUMER);
	sample[1] = shared->note[0];
	return ok;
}

#define PAUSES "pause=1 ring=4M", "pause=50 ring=512K", "pause=500 ring=4M", "pause=2000 ring=4M"

static const struct way
	ours = { "svipc messages", OURS, NULL, { NULL }, &our_messages },
	ours_asleep = { "svipc messages, --wait=sleep", OURS, NULL, { "sleep" }, &our_messages },
	our_staged = { "svipc messages",
	               OURS,
	               NULL,
	               { "block=4K", "block=64K", "block=256K" },
	               &our_batches },
	our_blocks = { "svipc bytes", OURS, NULL, { "block=16K", "block=64K", "block=256K" }, &our_bytes },
	ring = { "ring, spins for ever", LIMIT, NULL, { PAUSES }, &ring_messages },
	ring_staged = { "ring, spins for ever",
	                LIMIT,
	                NULL,
	                { "pause=50 block=4K ring=4M", "pause=500 block=4K ring=4M",
	                  "pause=50 block=64K ring=4M", "pause=500 block=64K ring=4M" },
	                &ring_batches },
	pipes = { "pipe", RIVAL, NULL, { "pipe=64K", "pipe=256K", "pipe=1M" }, &pipe_messages },
	pipe_blocks = { "pipe",
	                RIVAL,
	                NULL,
	                { "block=16K pipe=64K", "block=64K pipe=64K", "block=64K pipe=256K",
	                  "block=64K pipe=1M", "block=256K pipe=1M", "block=512K pipe=1M",
	                  "block=1M pipe=1M" },
	                &pipe_batches };
#ifdef HAVE_CK
static const struct way ck = { "ck_ring, spins for ever", LIMIT, NULL, { PAUSES }, &ck_messages };
#define CK &ck,
#else
#define CK
#endif

static struct point *add(const char *group, uint64_t size, const struct way *const *ways)
{
	char name[24];
	struct point *point;

	snprintf(name, sizeof name, "%llu %s",
	         (unsigned long long)(size < KIB   ? size
	                              : size < MIB ? size / KIB
	                                           : size / MIB),
	         size < KIB   ? "B"
	         : size < MIB ? "KiB"
	                      : "MiB");
	point = point_add(group, name);
	point->unit = size < 16 * KIB ? "M/s" : "GB/s";
	point->second_unit = "CPU s/GiB";
	point->touched = ALL_TOUCHED;
	point->size = size;
	point->ways = ways;
	point->measure = measure_stream;
	point->detail = STREAM;
	return point;
}

void add_messages(void)
{
	static const struct way *const ways[] = { &ours, &ring, CK & pipes, NULL };
	static const uint64_t sizes[] = { 8, 64, KIB, 16 * KIB, 256 * KIB, 4 * MIB };
	size_t i;

	for (i = 0; i < sizeof sizes / sizeof *sizes; i++)
		add("messages", sizes[i], ways);
}

void add_batches(void)
{
	static const struct way *const ways[] = { &our_staged, &our_blocks, &ring_staged, &pipe_blocks,
		                                  NULL };

	add("batches", 8, ways);
	add("batches", 64, ways);
	add("batches", KIB, ways);
}

static struct point *add_answer(const char *group, const char *name, const struct way *const *ways)
{
	struct point *point = add(group, 64, ways);

	snprintf(point->name, sizeof point->name, "%s", name);
	point->unit = "us";
	point->second_unit = "CPU us";
	point->lower = true;
	point->detail = ROUND_TRIP;
	return point;
}

void add_roundtrip(void)
{
	static const struct way *const awake[] = { &ours, &ring, CK & pipes, NULL };
	static const struct way *const asleep[] = { &ours_asleep, &pipes, NULL };

	add_answer("roundtrip", "awake", awake);
	add_answer("roundtrip", "asleep", asleep);
}

void add_paced(void)
{
	static const struct way *const ways[] = { &ours, &pipes, NULL };
	static const int paces[] = { 20, 50, 110, 200 };
	struct point *point;
	size_t i;

	for (i = 0; i < sizeof paces / sizeof *paces; i++) {
		point = add("paced", 64, ways);
		snprintf(point->name, sizeof point->name, "every %d us", paces[i]);
		point->unit = "% of a CPU";
		point->second_unit = "us late";
		point->lower = true;
		point->measure = measure_paced;
		point->detail = paces[i];
	}
}

void add_onecpu(void)
{
	static const struct way *const ways[] = { &ours, &pipes, NULL }, *const blocks[] = {
		&our_staged, &our_blocks, &pipe_blocks, NULL
	};
	struct point *point[3] = { add("onecpu", 64, ways), add("onecpu", 64, blocks),
		                   add_answer("onecpu", "round trip", ways) };
	int i;

	snprintf(point[1]->name, sizeof point[1]->name, "64 B, batches");
	for (i = 0; i < 3; i++)
		point[i]->cpu[1] = point[i]->cpu[0];
}
