/* SPDX-License-Identifier: MIT */
/*
 * soak_sides.h - the plan of one transfer of soak, its two programs, its accident, and what must hold of each
 * side.
 */
#ifndef SV_TEST_SOAK_SIDES_H
#define SV_TEST_SOAK_SIDES_H

#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>

#include "ring/layout.h"
#include "process.h"
#include "records.h"

#define PATIENCE_US INT64_C(120000000)
#define MOMENT_US INT64_C(400000) /* after this time a survivor is assumed to wait for the next process */
#define LARGEST ((size_t)4 << 20)

enum kind { PLAIN, RESUMABLE, DETACHED };
enum accident { NONE, PAUSE, KILL, KILL_BOTH, END, REMOVE_SET, REMOVE_SEGMENT };
/* The event from which the moment of an accident counts; on a busy machine the start alone says little. */
enum since { STARTED, CREATED, BOTH_THERE, AMID_DATA };
enum { WRITER, READER };

static const char *const kinds[] = { "plain", "resumable", "detached" };
static const char *const sinces[] = { "start", "creation", "meeting", "some data" };
static const char *const accidents[] = { "nothing", "pause",       "kill",           "kill both",
	                                 "signal",  "set removed", "segment removed" };

struct plan {
	unsigned long number;
	uint64_t seed; /* seed of further choices */
	enum kind kind;
	enum accident accident;
	int victim;
	int signal;
	enum since since;
	unsigned moment_us;
	size_t size, from; /* the input: bytes from..from+size of the pool */
	bool pipe_in, pipe_out;
	int first;
	unsigned gap_us;
	char capacity[24];
	const char *wait;
};

/* One of the two programs, and the helper at the other end of its pipe. */
struct side {
	struct process process;
	pid_t helper; /* 0: none */
	char said[1024];
	bool seen; /* said is filled in */
};

static char directory[64], record_file[96], input_file[96], output_file[96], programs[3][512];
static unsigned char *pool;
static uint64_t run_seed;
static unsigned failures;
static bool own_namespace, verbose;

/* Outcomes by name; there are a few dozen. */
static struct {
	char name[96];
	unsigned long count;
} outcomes[256];

static void count(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void count(const char *format, ...)
{
	char name[sizeof outcomes[0].name];
	va_list args;
	size_t i;

	va_start(args, format);
	vsnprintf(name, sizeof name, format, args);
	va_end(args);
	if (verbose)
		printf("    %s\n", name);
	for (i = 0; i < 255 && outcomes[i].count > 0 && strcmp(outcomes[i].name, name) != 0; i++)
		;
	memcpy(outcomes[i].name, name, sizeof name);
	outcomes[i].count++;
}

static void complain(const struct plan *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void complain(const struct plan *p, const char *format, ...)
{
	va_list args;

	printf("FAILED: transfer %lu (%s, %s): ", p->number, kinds[p->kind], accidents[p->accident]);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n  repeat: soak --seed %llu --only %lu\n", (unsigned long long)run_seed, p->number);
	if (++failures >= 10) {
		printf("giving up after %u failures\n", failures);
		exit(1);
	}
}

static struct plan make_plan(unsigned long number)
{
	static const char *const policies[] = { "--wait=auto", "--wait=auto", "--wait=sleep", "--wait=spin" };
	static const char *const capacities[] = { "4K", "4K", "8K", "64K", "256K", "1M" };
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct plan p = { .number = number, .seed = run_seed ^ number * UINT64_C(0x2545f4914f6cdd1d) };
	uint64_t *s = &p.seed;
	size_t sizes[] = { random_below(s, 3),     random_below(s, 5000),    4096 * random_below(s, 20),
		           random_below(s, 65536), random_below(s, 1 << 20), random_below(s, LARGEST / 2) };

	p.kind = random_below(s, 8) < 4 ? PLAIN : random_below(s, 2) != 0 ? RESUMABLE : DETACHED;
	p.accident = random_below(s, 3) == 0 ? NONE : (enum accident)(1 + random_below(s, 6));
	p.victim = (int)random_below(s, 2);
	p.signal = signals[random_below(s, 3)];
	/* Most deaths soon after the start, where most of the steps are. */
	p.moment_us = (unsigned)random_below(s, random_below(s, 3) != 0 ? 4000 : 30000);
	p.since = (enum since)random_below(s, 4);
	if (p.since != STARTED)
		p.moment_us = (unsigned)random_below(s, 1000);
	p.size = sizes[p.since == AMID_DATA ? 4 + random_below(s, 2) : random_below(s, 6)];
	p.from = random_below(s, LARGEST - p.size);
	p.pipe_in = random_below(s, 2) != 0 && p.kind == PLAIN;
	p.pipe_out = random_below(s, 2) != 0 && p.kind != RESUMABLE;
	p.first = (int)random_below(s, 2);
	p.gap_us = (unsigned)(random_below(s, 3) * random_below(s, 3000));
	p.wait = policies[random_below(s, 4)];
	snprintf(p.capacity, sizeof p.capacity, "%s", capacities[random_below(s, 6)]);
	if (p.kind == RESUMABLE && p.accident != NONE) {
		/* Long enough to be killed half-way. */
		p.size = LARGEST / 4 + random_below(s, LARGEST / 4);
		p.from = random_below(s, LARGEST - p.size);
		snprintf(p.capacity, sizeof p.capacity, "4K");
	}
	if (p.kind == DETACHED)
		snprintf(p.capacity, sizeof p.capacity, "%zu", p.size > 0 ? p.size : 1);
	return p;
}

/* Feed a pipe, or drain it into the output, in chunks of random sizes. */
static pid_t start_helper(const struct plan *p, int role, int end, int other)
{
	uint64_t seed = p->seed + (uint64_t)role;
	size_t done = 0, chunk;
	ssize_t n;
	int out;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(other);
	if (role == WRITER) {
		signal(SIGPIPE, SIG_IGN);
		while (done < p->size) {
			chunk = 1 + random_below(&seed, random_below(&seed, 4) != 0 ? 65536 : 300);
			chunk = chunk < p->size - done ? chunk : p->size - done;
			n = write(end, pool + p->from + done, chunk);
			if (n <= 0)
				_exit(0);
			done += (size_t)n;
		}
	} else {
		static unsigned char chunks[65536];

		out = open(output_file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		while ((n = read(end, chunks, 1 + random_below(&seed, sizeof chunks))) > 0)
			if (write(out, chunks, (size_t)n) != n)
				_exit(1);
	}
	_exit(0);
}

static void start(const struct plan *p, int role, struct side *side)
{
	const char *argv[16] = { role == WRITER ? "svwrite" : "svread", p->wait, "-s", p->capacity };
	int ends[2] = { -1, -1 }, n = 4;
	bool piped = role == WRITER ? p->pipe_in : p->pipe_out;

	memset(side, 0, sizeof *side);
	if (p->kind == RESUMABLE)
		argv[n++] = "-r";
	if (p->kind == DETACHED && role == WRITER)
		argv[n++] = "-d";
	if (role == READER && !piped) {
		argv[n++] = "-o";
		argv[n++] = output_file;
	}
	if (role == WRITER && !piped)
		argv[n++] = input_file;
	if (piped && pipe2(ends, O_CLOEXEC) == -1)
		die("soak: pipe: %s", strerror(errno));
	process_start(&side->process, programs[role], argv, role == WRITER ? ends[0] : -1,
	              role == READER ? ends[1] : -1);
	if (piped) {
		side->helper = start_helper(p, role, role == WRITER ? ends[1] : ends[0],
		                            role == WRITER ? ends[0] : ends[1]);
		close(ends[0]);
		close(ends[1]);
	}
}

/* Wait this long for the end of a side, and then for its helper, so that the output is whole. */
static bool ended(struct side *side, int64_t us)
{
	if (!process_wait(&side->process, us))
		return false;
	if (!side->seen)
		process_said(&side->process, side->said, sizeof side->said);
	side->seen = true;
	if (side->helper > 0)
		waitpid(side->helper, NULL, 0);
	side->helper = 0;
	return true;
}

static const char *role_name(int role)
{
	return role == WRITER ? "writer" : "reader";
}

/* Wait for a side that must end. */
static void must_end(const struct plan *p, int role, struct side *side)
{
	if (ended(side, PATIENCE_US))
		return;
	complain(p, "the %s does not end", role_name(role));
	process_signal(&side->process, SIGKILL);
	ended(side, PATIENCE_US);
}

/* This side waits for a peer that will not come: the user types ^C. */
static void dismiss(const struct plan *p, int role, struct side *side)
{
	process_signal(&side->process, SIGTERM);
	must_end(p, role, side);
}

enum output { OTHER, BEGINNING, COMPLETE };

static enum output look_at_output(const struct plan *p)
{
	static unsigned char bytes[LARGEST];
	int fd = open(output_file, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd == -1 ? 0 : pread(fd, bytes, sizeof bytes, 0);

	if (fd != -1)
		close(fd);
	if (n < 0 || (size_t)n > p->size || memcmp(bytes, pool + p->from, (size_t)n) != 0)
		return OTHER;
	return (size_t)n == p->size ? COMPLETE : BEGINNING;
}

/* What must hold if both sides met. */
static void check_pair(const struct plan *p, const struct side *writer, const struct side *reader)
{
	enum output output = look_at_output(p);

	if (output == OTHER)
		complain(p, "the output is no beginning of the input");
	if (output != COMPLETE && (writer->process.status == 0 || reader->process.status == 0) &&
	    p->kind != DETACHED)
		complain(p, "the writer ended with %d, the reader with %d, the output is incomplete",
		         writer->process.status, reader->process.status);
}

static void check_status(const struct plan *p, int role, const struct side *side, const char *allowed)
{
	char status[16];

	snprintf(status, sizeof status, " %d ", side->process.status);
	if (strstr(allowed, status) == NULL)
		complain(p, "the %s ended with %d: %s", role_name(role), side->process.status, side->said);
}

static void remove_object(enum accident accident)
{
	struct sv_record record;

	if (!load_record(record_file, &record))
		return;
	if (accident == REMOVE_SET && record.semid != -1)
		semctl(record.semid, 0, IPC_RMID);
	if (accident == REMOVE_SEGMENT && record.shmid != -1)
		shmctl(record.shmid, IPC_RMID, NULL);
}

/* Has the transfer reached this event? */
static bool reached(const struct plan *p)
{
	struct sv_record record;
	struct sv_header *header;
	bool yes = false;

	if (!load_record(record_file, &record) || record.shmid == -1 ||
	    (header = shmat(record.shmid, NULL, SHM_RDONLY)) == (void *)-1)
		return false;
	switch (p->since) {
	case BOTH_THERE:
		yes = header->side[WRITER].slot == SV_SLOT_ATTACHED &&
		      header->side[READER].slot == SV_SLOT_ATTACHED;
		break;
	case AMID_DATA: yes = header->side[WRITER].position > p->seed % (p->size + 1); break;
	default: yes = true; break;
	}
	shmdt(header);
	return yes;
}

static void have_accident(const struct plan *p, struct side *sides)
{
	int64_t deadline = now_us() + MOMENT_US;
	uint64_t seed = p->seed;

	if (p->since != STARTED && p->accident != NONE)
		while (!reached(p) && now_us() < deadline && !process_wait(&sides[p->victim].process, 50))
			;
	pause_us(p->moment_us);
	switch (p->accident) {
	case NONE: break;
	case PAUSE:
		process_signal(&sides[p->victim].process, SIGSTOP);
		pause_us(random_below(&seed, 20000));
		process_signal(&sides[p->victim].process, SIGCONT);
		break;
	case KILL:
	case KILL_BOTH:
		process_signal(&sides[p->victim].process, SIGKILL);
		if (p->accident == KILL_BOTH)
			process_signal(&sides[!p->victim].process, SIGKILL);
		break;
	case END: process_signal(&sides[p->victim].process, p->signal); break;
	case REMOVE_SET:
	case REMOVE_SEGMENT: remove_object(p->accident); break;
	}
}

/* A plain transfer: the accident killed one side; the other has ended, or serves the next one. */
static void see_survivor(const struct plan *p, struct side *sides)
{
	struct side *victim = &sides[p->victim], *survivor = &sides[!p->victim], next;
	const char *rescued = "";

	must_end(p, p->victim, victim);
	if (victim->process.status != 0 &&
	    victim->process.status != 128 + (p->accident == END ? p->signal : SIGKILL))
		complain(p, "the %s ended with %d: %s", role_name(p->victim), victim->process.status,
		         victim->said);
	if (!ended(survivor, MOMENT_US)) {
		rescued = ", met the next one";
		/* The output, if any, is the next one's. */
		if (p->victim == READER)
			unlink(output_file);
		start(p, p->victim, &next);
		must_end(p, !p->victim, survivor);
		if (survivor->process.status == 0) {
			must_end(p, p->victim, &next);
			check_status(p, p->victim, &next, " 0 ");
			if (p->victim == READER && look_at_output(p) != COMPLETE)
				complain(p, "the next reader's output is incomplete");
		} else {
			rescued = ", just before the next one came";
			dismiss(p, p->victim, &next);
			if (p->victim == READER)
				unlink(output_file);
		}
	}
	check_status(p, !p->victim, survivor, " 0 3 ");
	if (*rescued == '\0' || p->victim == WRITER)
		check_pair(p, &sides[WRITER], &sides[READER]);
	count("plain, %s of the %s: %d, survivor %d%s", accidents[p->accident], role_name(p->victim),
	      victim->process.status, survivor->process.status, rescued);
}

#endif
