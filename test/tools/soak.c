/* SPDX-License-Identifier: MIT */
/*
 * soak - thousands of transfers that are all different, with accidents, each outcome checked.
 *
 *	soak [--seed N] [--count N] [--only I] [--programs DIR] [--verbose]
 *
 * Transfer I of seed N is always planned alike: kind (plain, resumable, detached), size, capacity, waiting
 * policy, file or pipe at either end with chunks of random sizes, order of start, and at a random moment an
 * accident: SIGSTOP and SIGCONT, SIGKILL of one side or both, INT, TERM or HUP, or the removal of the
 * semaphores or the segment.  Only the moment at which an accident hits the programs is up to the machine.
 * Checked:
 *
 *	- without an accident, or with a pause: both end with 0
 *	- a side that ends with 0 means that the output is the input, whatever happened to the other
 *	- whatever happened, the output is a beginning of the input
 *	- the survivor of a death ends with 3, or goes on with the next one that comes in the place of the
 * dead
 *	- a resumable transfer, its killed sides started again, ends with the output being the input
 *	- a detached one can be read until one reader has taken it all
 *	- nothing is left: at once when nothing happened, else after svclean -a
 *
 * Prints the outcomes and how often they came.  Status 1: something was wrong.
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>

#include "ring/layout.h"
#include "process.h"
#include "records.h"

#define PATIENCE_US INT64_C(120000000)
#define MOMENT_US INT64_C(400000) /* after which a survivor is taken to wait for the next one */
#define LARGEST ((size_t)4 << 20)

enum kind { PLAIN, RESUMABLE, DETACHED };
enum accident { NONE, PAUSE, KILL, KILL_BOTH, END, REMOVE_SET, REMOVE_SEGMENT };
/* From when the moment of an accident counts; on a busy machine the start alone says little. */
enum since { STARTED, CREATED, BOTH_THERE, AMID_DATA };
enum { WRITER, READER };

static const char *const kinds[] = { "plain", "resumable", "detached" };
static const char *const sinces[] = { "start", "creation", "meeting", "some data" };
static const char *const accidents[] = { "nothing", "pause",       "kill",           "kill both",
	                                 "signal",  "set removed", "segment removed" };

struct plan {
	unsigned long number;
	uint64_t seed; /* of further choices */
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

/* The end of a side within so long; then also of its helper, so that the output is whole. */
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

/* The end of a side that must end. */
static void must_end(const struct plan *p, int role, struct side *side)
{
	if (ended(side, PATIENCE_US))
		return;
	complain(p, "the %s does not end", role_name(role));
	process_signal(&side->process, SIGKILL);
	ended(side, PATIENCE_US);
}

/* Nobody is there for whom this side waits any more: the user types ^C. */
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

/* What must hold of any two that met. */
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

/* Has it come so far? */
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

/* Plain: one died of the accident; the other has ended, or serves the next one. */
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

static void plain(const struct plan *p)
{
	struct side sides[2];
	int role;

	start(p, p->first, &sides[p->first]);
	pause_us(p->gap_us);
	start(p, !p->first, &sides[!p->first]);
	have_accident(p, sides);
	switch (p->accident) {
	case KILL:
	case END: see_survivor(p, sides); return;
	case NONE:
	case PAUSE:
	case KILL_BOTH:
		for (role = WRITER; role <= READER; role++) {
			must_end(p, role, &sides[role]);
			check_status(p, role, &sides[role], p->accident == KILL_BOTH ? " 0 3 137 " : " 0 ");
		}
		break;
	default:
		for (role = WRITER; role <= READER; role++)
			if (!ended(&sides[role], MOMENT_US))
				dismiss(p, role, &sides[role]);
		for (role = WRITER; role <= READER; role++)
			check_status(p, role, &sides[role], " 0 1 3 5 143 ");
		break;
	}
	check_pair(p, &sides[WRITER], &sides[READER]);
	count("plain, %s: writer %d, reader %d", accidents[p->accident], sides[WRITER].process.status,
	      sides[READER].process.status);
}

/* Sides that die are started again, up to five times; in the end the output is the input. */
static void resumable(struct plan *p)
{
	int deaths = p->accident == NONE ? 0 : 1 + (int)random_below(&p->seed, 5), died = 0, role, late = -1;
	bool removed = p->accident == REMOVE_SET || p->accident == REMOVE_SEGMENT;
	struct side sides[2];

	if (removed)
		p->accident = KILL;
	start(p, p->first, &sides[p->first]);
	pause_us(p->gap_us);
	start(p, !p->first, &sides[!p->first]);
	for (; deaths > 0; deaths--) {
		have_accident(p, sides);
		for (role = WRITER; role <= READER; role++) {
			bool hit = p->accident != PAUSE && (role == p->victim || p->accident == KILL_BOTH);

			if (!hit && !ended(&sides[role], 0))
				continue;
			must_end(p, role, &sides[role]);
			if (sides[role].process.status == 0)
				continue;
			check_status(p, role, &sides[role], " 137 129 130 143 ");
			died++;
			start(p, role, &sides[role]);
		}
		p->victim = (int)random_below(&p->seed, 2);
		p->moment_us = (unsigned)random_below(&p->seed, 8000);
	}
	/* One that died when all was done, started again, finds nobody. */
	while (!ended(&sides[WRITER], 1000) || !ended(&sides[READER], 1000)) {
		bool done[2] = { ended(&sides[WRITER], 0), ended(&sides[READER], 0) };

		if (!done[0] && !done[1])
			continue;
		late = done[0] ? READER : WRITER;
		if (!ended(&sides[late], sides[!late].process.status == 0 ? 3 * MOMENT_US : PATIENCE_US))
			dismiss(p, late, &sides[late]);
		else
			late = -1;
	}
	for (role = WRITER; role <= READER; role++)
		if (role != late)
			check_status(p, role, &sides[role], " 0 ");
	if (look_at_output(p) != COMPLETE)
		complain(p, "the output is not the input; writer %d, reader %d", sides[WRITER].process.status,
		         sides[READER].process.status);
	count("resumable, %s, %d restarts%s", accidents[p->accident], died,
	      late == -1 ? "" : ": one was started again when all was done");
}

static void detached(const struct plan *p)
{
	struct side side;
	struct side pair[2];
	int again = 0;

	memset(pair, 0, sizeof pair);
	start(p, WRITER, &pair[WRITER]);
	if (p->victim == WRITER)
		have_accident(p, pair);
	must_end(p, WRITER, &pair[WRITER]);
	check_status(p, WRITER, &pair[WRITER],
	             p->victim == WRITER && p->accident != NONE ? " 0 1 137 129 130 143 " : " 0 ");
	if (pair[WRITER].process.status != 0 || p->accident == REMOVE_SET || p->accident == REMOVE_SEGMENT) {
		start(p, WRITER, &side);
		must_end(p, WRITER, &side);
		check_status(p, WRITER, &side, " 0 5 ");
		again = 1;
	}
	start(p, READER, &pair[READER]);
	if (p->victim == READER)
		have_accident(p, pair);
	if (p->victim == READER && (p->accident == REMOVE_SET || p->accident == REMOVE_SEGMENT) &&
	    !ended(&pair[READER], MOMENT_US))
		dismiss(p, READER, &pair[READER]);
	must_end(p, READER, &pair[READER]);
	if (p->victim == WRITER || p->accident <= PAUSE) {
		check_status(p, READER, &pair[READER], " 0 ");
	} else if (pair[READER].process.status != 0) {
		bool was_complete = look_at_output(p) == COMPLETE;

		check_status(p, READER, &pair[READER],
		             p->accident == REMOVE_SET || p->accident == REMOVE_SEGMENT
		                     ? " 1 5 143 "
		                     : " 137 129 130 143 ");
		if (look_at_output(p) == OTHER)
			complain(p, "the output is no beginning of the input");
		again += 2;
		start(p, READER, &side);
		if (!ended(&side, 2 * MOMENT_US)) {
			/* All was taken, or everything is gone: it waits for a writer. */
			dismiss(p, READER, &side);
			if (!was_complete && p->accident != REMOVE_SET && p->accident != REMOVE_SEGMENT)
				complain(p, "what was left for a reader is gone");
			count("detached, %s of the %s: nothing left to read", accidents[p->accident],
			      role_name(p->victim));
			return;
		}
		check_status(p, READER, &side, " 0 5 ");
		pair[READER] = side;
	}
	if (pair[READER].process.status == 0 && look_at_output(p) != COMPLETE)
		complain(p, "the reader ended with 0, the output is incomplete");
	count("detached, %s of the %s: %s", accidents[p->accident], role_name(p->victim),
	      again == 0   ? "read"
	      : again == 1 ? "written again, read"
	      : again == 2 ? "read again"
	                   : "written and read again");
}

/* svclean -a, unless nothing happened: then nothing may be left by itself. */
static void check_nothing_left(const struct plan *p)
{
	struct process clean;
	char said[1024];

	if (p->accident > PAUSE) {
		process_start(&clean, programs[2], (const char *[]){ "svclean", "-a", NULL }, -1, -1);
		if (!process_wait(&clean, PATIENCE_US)) {
			complain(p, "svclean does not end");
			process_signal(&clean, SIGKILL);
			process_wait(&clean, PATIENCE_US);
		}
		process_said(&clean, said, sizeof said);
		if (clean.status != 0)
			complain(p, "svclean ended with %d: %s", clean.status, said);
	}
	if ((own_namespace && count_objects() != 0) || count_files(directory) != 0) {
		complain(p, "%d objects and %d files are left", own_namespace ? count_objects() : -1,
		         count_files(directory));
		if (own_namespace)
			(void)!system("ipcrm -a");
		unlink(record_file);
	}
}

static void write_input(const struct plan *p)
{
	int fd = open(input_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd == -1 || write(fd, pool + p->from, p->size) != (ssize_t)p->size || close(fd) == -1)
		die("soak: cannot write %s: %s", input_file, strerror(errno));
	unlink(output_file);
}

static void transfer(unsigned long number)
{
	struct plan p = make_plan(number);

	if (verbose)
		printf("%lu: %s, %s of the %s %u us after the %s, %zu bytes, capacity %s, %s first, gap %u "
		       "us%s%s\n",
		       number, kinds[p.kind], accidents[p.accident], role_name(p.victim), p.moment_us,
		       sinces[p.since], p.size, p.capacity, role_name(p.first), p.gap_us,
		       p.pipe_in ? ", from a pipe" : "", p.pipe_out ? ", to a pipe" : "");
	write_input(&p);
	switch (p.kind) {
	case PLAIN: plain(&p); break;
	case RESUMABLE: resumable(&p); break;
	case DETACHED: detached(&p); break;
	}
	check_nothing_left(&p);
}

static void remove_files(void)
{
	unlink(input_file);
	unlink(output_file);
	*strrchr(record_file, '/') = '\0';
	rmdir(record_file);
	rmdir(directory);
}

static void prepare(const char *where)
{
	static const char *const names[] = { "svwrite", "svread", "svclean" };
	const char *base = getenv("SVIPC_TEST_RENDEZVOUS");
	uint64_t seed = run_seed;
	size_t i;

	own_namespace = own_ipc_namespace();
	snprintf(directory, sizeof directory, "%.40s/soak.XXXXXX", base != NULL ? base : "/dev/shm");
	if (mkdtemp(directory) == NULL)
		die("soak: cannot make %s: %s", directory, strerror(errno));
	rendezvous_file(record_file, sizeof record_file, directory, "default");
	snprintf(input_file, sizeof input_file, "%s.input", directory);
	snprintf(output_file, sizeof output_file, "%s.output", directory);
	atexit(remove_files);
	setenv("SVIPC_DIR", directory, 1);
	for (i = 0; i < 3; i++)
		snprintf(programs[i], sizeof programs[i], "%s%s%s", where, *where ? "/" : "", names[i]);
	pool = malloc(LARGEST);
	if (pool == NULL)
		die("soak: not enough memory");
	for (i = 0; i < LARGEST; i += sizeof seed) {
		uint64_t value = random_next(&seed);

		memcpy(pool + i, &value, sizeof value);
	}
}

static uint64_t number(const char *text)
{
	char *end;
	unsigned long long value = strtoull(text, &end, 0);

	if (*text == '\0' || *end != '\0')
		die("soak: not a number: %s", text);
	return value;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "count", required_argument, NULL, 'n' },    { "only", required_argument, NULL, 'o' },
		{ "programs", required_argument, NULL, 'p' }, { "seed", required_argument, NULL, 's' },
		{ "verbose", no_argument, NULL, 'v' },        { 0, 0, 0, 0 }
	};
	unsigned long i, n = 100;
	const char *where = "";
	long only = -1;
	int option;

	run_seed = 1;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'n': n = number(optarg); break;
		case 'o': only = (long)number(optarg); break;
		case 'p': where = optarg; break;
		case 's': run_seed = number(optarg); break;
		case 'v': verbose = true; break;
		default: return 2;
		}
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("soak: seed %llu\n", (unsigned long long)run_seed);
	prepare(where);
	if (only >= 0)
		transfer((unsigned long)only);
	else
		for (i = 0; i < n; i++)
			transfer(i);
	printf("soak: seed %llu, %lu transfers, %u failures, %s left behind\n", (unsigned long long)run_seed,
	       only >= 0 ? 1 : n, failures,
	       own_namespace ? count_objects() == 0 ? "0 objects" : "objects" : "0 files");
	for (i = 0; i < sizeof outcomes / sizeof *outcomes && outcomes[i].count > 0; i++)
		printf("  %5lu  %s\n", outcomes[i].count, outcomes[i].name);
	return failures > 0;
}
