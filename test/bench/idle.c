/* SPDX-License-Identifier: MIT */
/*
 * idle.c - sides that have nothing to do: context switches and CPU time while they wait, and the memory of
 * two programs whose ring is full.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "svipc.h"
#include "bench.h"

/* Who waits for what; each runs beside a partner that does nothing. */
struct waiter {
	const char *name;
	enum sv_role role;
	bool fill;  /* the writer: until the ring is full */
	bool alone; /* nobody else ever comes */
};

static const struct waiter waiters[] = {
	{ "svipc reader, for data", SV_READER, false, false },
	{ "svipc writer, for space", SV_WRITER, true, false },
	{ "svipc reader, for a writer", SV_READER, false, true },
	{ "svipc writer, for a reader", SV_WRITER, false, true },
};

static void waiter_open(sv_channel **channel, enum sv_role role, const char *name)
{
	struct sv_options options = SV_OPTIONS_INIT;
	struct sv_error error = SV_ERROR_INIT;

	options.name = name;
	if (sv_open(channel, role, &options, -1, &error) != SV_OK)
		side_fail("sv_open: %s", error.text);
}

static void waiter_side(void *arg, int in, int out)
{
	const struct waiter *waiter = arg;
	char name[24];
	sv_channel *channel;
	const void *data;
	void *place;
	size_t got;
	int code;

	(void)in, (void)out;
	snprintf(name, sizeof(name), "link%d", (int)(waiter - waiters));
	waiter_open(&channel, waiter->role, name);
	code = sv_wait_peer(channel, -1);
	while (code == SV_OK && waiter->role == SV_WRITER) {
		code = sv_reserve(channel, 1, &place, &got, -1);
		if (code == SV_OK)
			code = sv_commit(channel, got);
	}
	if (code == SV_OK)
		code = sv_peek(channel, 1, &data, &got, -1);
	side_fail("stopped waiting: %s", sv_last_error(channel)->text);
}

static void partner_side(void *arg, int in, int out)
{
	const struct waiter *waiter = arg;
	char name[24];
	sv_channel *channel;

	(void)in, (void)out;
	snprintf(name, sizeof(name), "link%d", (int)(waiter - waiters));
	waiter_open(&channel, waiter->role == SV_READER ? SV_WRITER : SV_READER, name);
	for (;;)
		pause();
}

static void pipe_side(void *arg, int in, int out)
{
	char byte;

	(void)arg, (void)out;
	if (read(in, &byte, 1) >= 0)
		side_fail("read: end of stream");
	side_fail("read: %s", strerror(errno));
}

/* What the kernel knows of a process. */
struct state {
	long switches;
	double cpu;
	bool gone;
};

static long status_number(pid_t pid, const char *file, const char *key)
{
	char path[64], line[256];
	long value = 0;
	FILE *in;

	snprintf(path, sizeof(path), "/proc/%ld/%s", (long)pid, file);
	in = fopen(path, "re");
	if (!in)
		return -1;
	while (fgets(line, sizeof(line), in))
		if (!strncmp(line, key, strlen(key)))
			value += strtol(line + strlen(key), NULL, 10);
	fclose(in);
	return value;
}

static struct state look(pid_t pid)
{
	struct timespec t = { 0, 0 };
	struct state state;
	clockid_t clock;

	state.switches = status_number(pid, "status", "voluntary_ctxt_switches:") +
	                 status_number(pid, "status", "nonvoluntary_ctxt_switches:");
	if (clock_getcpuclockid(pid, &clock) == 0)
		clock_gettime(clock, &t);
	state.cpu = (double)t.tv_sec + (double)t.tv_nsec / 1e9;
	/* A zombie has no memory any more. */
	state.gone = status_number(pid, "status", "VmSize:") <= 0;
	return state;
}

static void rest(double seconds)
{
	double end = now() + seconds;

	while (now() < end) {
		struct timespec t = { 0, 50 * 1000 * 1000 };

		nanosleep(&t, NULL);
		check_interrupt();
	}
}

#define WAITERS (sizeof(waiters) / sizeof(waiters[0]))

/* All wait at the same time: nobody of them does anything. */
static void idle_waiters(double seconds)
{
	struct row *rows[WAITERS + 1];
	pid_t pid[WAITERS + 1];
	struct state before[WAITERS + 1];
	struct crew crew;
	int fd[2];

	for (size_t i = 0; i < WAITERS; i++)
		rows[i] = row_add("idle", "waiting", waiters[i].name, KIND_OURS, "switches", true, "s");
	rows[WAITERS] = row_add("idle", "waiting", "pipe reader", KIND_PEER, "switches", true, "s");
	progress("idle: %g s of waiting", seconds);
	if (pipe2(fd, O_CLOEXEC)) {
		row_failed(rows[WAITERS], strerror(errno));
		return;
	}
	crew_start(&crew, NULL);
	for (size_t i = 0; i < WAITERS; i++) {
		void *waiter = (void *)(uintptr_t)&waiters[i];

		if (!waiters[i].alone)
			crew_function(&crew, "partner", partner_side, waiter, -1, -1);
		crew_function(&crew, waiters[i].name, waiter_side, waiter, -1, -1);
		pid[i] = crew.pid[crew.n - 1];
	}
	crew_function(&crew, "pipe reader", pipe_side, NULL, fd[0], -1);
	pid[WAITERS] = crew.pid[crew.n - 1];
	rest(0.5);
	for (size_t i = 0; i <= WAITERS; i++)
		before[i] = look(pid[i]);
	rest(seconds);
	for (size_t i = 0; i <= WAITERS; i++) {
		struct state after = look(pid[i]);

		if (after.gone || before[i].gone)
			row_failed(rows[i], "has ended, but should wait");
		else
			row_value(rows[i], (double)(after.switches - before[i].switches),
			          after.cpu - before[i].cpu);
	}
	crew_kill(&crew);
	leftovers_remove();
	close(fd[0]);
	close(fd[1]);
}

static int capacity_of(const struct sv_info *info, void *arg)
{
	if (!strcmp(info->name, "default"))
		*(uint64_t *)arg = info->capacity;
	return 0;
}

/*
 * Proportional set sizes: a page that several processes map counts for each in part, one that a process
 * maps twice once.  The reader's output is a pipe that nobody reads, so both programs stand still.
 */
static void idle_memory(void)
{
	static const char name[] = "svwrite and svread, ring full";
	const char *input = input_file(64 * MIB);
	const char *writer[] = { own_program("svwrite"), input, NULL };
	const char *reader[] = { own_program("svread"), NULL };
	struct row *switches = row_add("idle", "waiting", name, KIND_OURS, "switches", true, "s");
	struct row *memory = row_add("idle", "memory", name, KIND_OURS, "MiB", true, NULL);
	struct row *capacity = row_add("idle", "memory", "capacity", KIND_LIMIT, "MiB", true, NULL);
	int fd[2], nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct state before[2], after[2], slept = { 0, 0, false };
	uint64_t bytes = 0;
	struct crew crew;
	long kib = 0;

	progress("idle: memory");
	if (!input || nothing < 0 || pipe2(fd, O_CLOEXEC)) {
		row_absent(memory, "no room for the input");
		row_absent(switches, "no room for the input");
		return;
	}
	crew_start(&crew, NULL);
	crew_program(&crew, writer, nothing, nothing);
	crew_program(&crew, reader, nothing, fd[1]);
	rest(0.5);
	for (int i = 0; i < 2; i++)
		before[i] = look(crew.pid[i]);
	rest(settings.quick ? 0.5 : 2);
	for (int i = 0; i < 2; i++) {
		after[i] = look(crew.pid[i]);
		kib += status_number(crew.pid[i], "smaps_rollup", "Pss:");
	}
	sv_list(0, capacity_of, &bytes, NULL);
	if (crew.broken || after[0].gone || after[1].gone || !bytes) {
		row_failed(memory, "the programs did not run");
		row_failed(switches, "the programs did not run");
	} else {
		row_value(memory, (double)kib / 1024, 0);
		row_value(capacity, (double)bytes / (double)MIB, 0);
		for (int i = 0; i < 2; i++) {
			slept.switches += after[i].switches - before[i].switches;
			slept.cpu += after[i].cpu - before[i].cpu;
		}
		row_value(switches, (double)slept.switches, slept.cpu);
	}
	crew_kill(&crew);
	leftovers_remove();
	close(fd[0]);
	close(fd[1]);
	close(nothing);
}

void group_idle(void)
{
	idle_waiters(settings.quick ? 2 : 10);
	idle_memory();
}
