/* SPDX-License-Identifier: MIT */
/*
 * messages.c - the groups that measure messages: throughput by size, round trips, and both on one CPU.
 */
#include <string.h>

#include "transport.h"

static const struct transport *const every[] = {
	&yardstick,   &svipc_messages, &svipc_bytes,      &svipc_batches, &svipc_blocks,   &pipe_plain,
	&pipe_large,  &pipe_buffered,  &pipe_vmsplice,    &unix_stream,   &unix_seqpacket, &sysv_queue,
	&posix_queue, &sysv_lockstep,  &posix_semaphores, &ck_slots,      &zeromq,
};
#define EVERY (sizeof(every) / sizeof(every[0]))

/* What is measured for the rows of a point, in their order. */
struct plan {
	size_t from;
	struct trial trial[2 * EVERY];
	size_t n;
};

static void plan_value(struct row *row, const struct trial *trial, const struct sample *sample)
{
	double items = (double)trial->n, gib = items * (double)trial->size / (double)GIB;

	if (trial->roundtrip)
		row_value(row, sample->seconds / items * 1e6, sample->cpu / items * 1e6);
	else if (!strcmp(row->unit, "M/s"))
		row_value(row, items / sample->seconds / 1e6, sample->cpu / gib);
	else
		row_value(row, items * (double)trial->size / sample->seconds / 1e9, sample->cpu / gib);
}

static void plan_measure(struct row *row, size_t index, void *arg)
{
	struct plan *plan = arg;
	struct trial *trial = &plan->trial[index];
	struct sample sample;
	char why[160];

	if (!trial->n && !trial_calibrate(trial, why, sizeof(why)))
		row_failed(row, why);
	else if (!trial_run(trial, &sample, why, sizeof(why)))
		row_failed(row, why);
	else
		plan_value(row, trial, &sample);
}

static void plan_start(struct plan *plan)
{
	memset(plan, 0, sizeof(*plan));
	plan->from = row_count();
}

static void plan_add(struct plan *plan, const char *group, const char *point, const char *name,
                     const struct transport *transport, const struct trial *trial)
{
	enum kind kind = transport->kind;
	const char *why = transport->absent ? transport->absent(trial->size) : NULL;
	const char *unit = trial->roundtrip ? "us" : trial->size < 4096 ? "M/s" : "GB/s";
	struct row *row;

	/* A yardstick is a limit for throughput; a round trip has better ones. */
	if (kind == KIND_LIMIT && trial->roundtrip)
		kind = KIND_BLIND;
	row = row_add(group, point, name, kind, unit, trial->roundtrip, trial->roundtrip ? "us" : "s/GiB");
	row->batch = transport->batch;
	row->bytes = trial->size;
	plan->trial[plan->n] = *trial;
	plan->trial[plan->n++].transport = transport;
	if (why)
		row_absent(row, why);
	else if (transport->spins && trial->cpu[0] == trial->cpu[1])
		row_absent(row, "spins, and both share a CPU");
}

/* Throughput: every transport, produced and consumed in place. */
static void messages_point(const char *group, const char *point, size_t size, const int *cpu)
{
	struct trial trial = { .size = size, .wait = WAIT_AUTO, .cpu = cpu };
	struct plan plan;

	plan_start(&plan);
	for (size_t i = 0; i < EVERY; i++)
		plan_add(&plan, group, point, every[i]->name, every[i], &trial);
	measure_rounds(plan.from, settings.rounds, plan_measure, &plan);
}

void group_messages(void)
{
	static const size_t sizes[] = { 8, 64, KIB, 16 * KIB, 256 * KIB, 4 * MIB };
	char name[24];

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		messages_point("messages", size_name(sizes[i], name), sizes[i], settings.cpu);
}

/* Round trips of one small message. */
static void roundtrip_point(const char *group, const char *point, enum wait wait, const int *cpu)
{
	struct trial trial = { .size = 64, .wait = wait, .cpu = cpu, .roundtrip = true };
	const struct transport *limit = wait == WAIT_SPIN ? &bare_lines : &bare_semop;
	struct plan plan;

	plan_start(&plan);
	plan_add(&plan, group, point, limit->name, limit, &trial);
	row_at(plan.from)->kind = KIND_LIMIT;
	if (wait != WAIT_AUTO) {
		struct trial automatic = trial;

		automatic.wait = WAIT_AUTO;
		plan_add(&plan, group, point, "svipc messages, auto", &svipc_messages, &automatic);
	}
	for (size_t i = 0; i < EVERY; i++) {
		/* A batch of one is not another measurement; nor is a larger pipe. */
		if (every[i]->batch || every[i] == &pipe_large || every[i] == &pipe_vmsplice)
			continue;
		if (wait == WAIT_SLEEP && every[i]->spins)
			continue;
		plan_add(&plan, group, point, every[i]->name, every[i], &trial);
	}
	measure_rounds(plan.from, settings.rounds, plan_measure, &plan);
}

void group_roundtrip(void)
{
	/* Two that wait awake on one CPU would wait for the end of each other's time slice. */
	if (settings.cpu[0] != settings.cpu[1])
		roundtrip_point("roundtrip", "awake", WAIT_SPIN, settings.cpu);
	roundtrip_point("roundtrip", "asleep", WAIT_SLEEP, settings.cpu);
}

/* Both sides on one CPU, everybody waiting as it likes. */
void group_samecpu(void)
{
	static const size_t sizes[] = { 64, 16 * KIB };
	static const char *const programs[] = { "read+write, one process",
		                                "svwrite | svread",
		                                "cat | cat",
		                                "dd | dd",
		                                "buffer -s512k -m8m",
		                                NULL };
	const int cpu[8] = { settings.cpu[0], settings.cpu[0], settings.cpu[0], settings.cpu[0],
		             settings.cpu[0], settings.cpu[0], settings.cpu[0], settings.cpu[0] };
	char name[24];

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		messages_point("samecpu", size_name(sizes[i], name), sizes[i], cpu);
	roundtrip_point("samecpu", "round trip", WAIT_AUTO, cpu);
	programs_point("samecpu", "file", programs, cpu);
}
