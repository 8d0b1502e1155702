/* SPDX-License-Identifier: MIT */
/*
 * soak - thousands of transfers that are all different, with accidents; each outcome is checked.
 *
 *	soak [--seed N] [--count N] [--only I] [--programs DIR] [--verbose]
 *
 * Transfer I of seed N always has the same plan: kind (plain, resumable, detached), size, capacity, waiting
 * policy, file or pipe at each end with chunks of random sizes, order of start, and at a random moment an
 * accident: SIGSTOP and SIGCONT, SIGKILL of one side or both, INT, TERM or HUP, or the removal of the
 * semaphores or the segment.  Only the moment at which an accident hits the programs depends on the machine.
 * Checked:
 *
 * - without an accident, or with a pause: both sides end with 0
 * - a side ends with 0 only if the output is the input, whatever happened to the other
 * - the output is always a beginning of the input
 * - the survivor of a death ends with 3, or continues with the next process in the dead one's place
 * - a resumable transfer whose killed sides are started again ends with the output equal to the input
 * - detached data can be read until one reader has taken all of it
 * - nothing is left: at once if nothing happened, else after svclean -a
 *
 * Prints the outcomes and how often each came.  Status 1: something was wrong.
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
#include "soak_sides.h"

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
	/* A side that died when all was done finds nobody when it is started again. */
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

static void clean(const struct plan *p)
{
	struct process clean;
	char said[1024];

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
		/* Data whose set was removed is dropped by svclean only. */
		if (p->accident == REMOVE_SET)
			clean(p);
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
		check_status(p, READER, &side, p->accident == REMOVE_SET ? " 0 1 5 " : " 0 5 ");
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

/* svclean -a; but without an accident, nothing may be left before it. */
static void check_nothing_left(const struct plan *p)
{
	if (p->accident > PAUSE)
		clean(p);
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
