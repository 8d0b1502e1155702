/* SPDX-License-Identifier: MIT */
/*
 * sweep - kill a program at every instruction, or at every system call, or let every system call fail.
 *
 *	sweep --programs DIR [--case writer|reader|leaver|taker|cleaner|statter] [--resume] [--victim-first]
 *	      [--kind instructions|calls|errors] [--from semop|flock] [--bytes N] [--stride N] [--offset N]
 *	      [--seconds N] [--exact]
 *
 * Every trial is one small transfer by the real programs in DIR; statically linked ones have fewer
 * instructions.  One side, the victim, is traced:
 * - instructions: it is killed after exactly N instructions, counted from its first semaphore operation (or
 *   from its first lock, which includes opening the channel), for every N up to its end.
 * - calls: it is killed at the entry and at the exit of every system call.
 * - errors: every system call in turn fails with every errno of errnos.h, without being made; for EIDRM the
 *   object is really removed before the call.
 *
 * trial.h says what must be true afterwards.  leaver: svwrite -d; taker: svread of what it left; cleaner and
 * statter: svclean and svstat beside a waiting reader and leftovers.
 *
 * The number of instructions and the places of the system calls are found by stepping through the victim
 * once.  A trial then runs at full speed to the last system call before N and steps from there.  If that is
 * not the call that the first run made, because the timing was different, the trial counts as diverged but is
 * judged like the others.  With --exact it steps all the way, which takes longer and makes the victim slow.
 *
 * The trials are visited in an order that spreads them evenly, so that --seconds N, which ends the sweep
 * early, leaves a sample of all.  Ends with 1 if an outcome was wrong, and says which.
 */
#define _GNU_SOURCE
#include <getopt.h>

#include "os/identity.h"
#include "victim.h"

#define LEAST 8

static bool exact; /* step from the start point on, instead of from the last system call */
static char work[PATH_MAX];

/* The statuses with which a victim may end by itself, and what it says then. */
static void judge_victim(struct outcome *o)
{
	char text[4096];
	size_t n;

	if (victim_status == -1)
		return;
	if (victim_status == -2) {
		wrong(o, "the victim hangs");
		return;
	}
	if (victim_status == 0)
		return;
	if (kind != ERRORS || victim_status > 5 || victim_status == 2) {
		wrong(o, "the victim ended with %d", victim_status);
		return;
	}
	n = load("victim.err", (unsigned char *)text, sizeof text - 1);
	text[n] = '\0';
	if (n < 4 || text[n - 1] != '\n' || strstr(text, "sv") == NULL)
		wrong(o, "the victim ended with %d and no message", victim_status);
}

/* A taker that ended without a success leaves the detached data, which can be taken again. */
static void settle_taker(struct outcome *o)
{
	const char *words[WORDS_MAX];
	bool complete = is_prefix(&scene, "out", true);
	key_t key = key_of(&scene);
	int n;

	o->survivor = complete ? 0 : 3;
	/* Data that was removed is lost. */
	if (victim_status > 0 && o->removed && is_prefix(&scene, "out", false))
		return;
	if (victim_status == 0 && !complete)
		wrong(o, "status 0, but the output is not complete");
	if (!is_prefix(&scene, "out", false))
		wrong(o, "the output is not a prefix of the input");
	if (complete)
		return;
	if (key == (key_t)-1 || shmget(key, 0, 0) == -1) {
		wrong(o, "the detached data is gone, but was not taken");
		return;
	}
	n = transfer_words(&scene, READER, words);
	words[n] = "-t10";
	words[n + 1] = NULL;
	o->restarted = true;
	n = run(words, "next.err");
	if (n != 0 || !is_prefix(&scene, "out", true))
		wrong(o, "the next reader of the detached data ended with %d", n);
}

static bool prepare(struct outcome *o, pid_t *peer)
{
	const char *words[WORDS_MAX];

	unlink("out");
	if (scene.subject == TAKER) {
		transfer_words(&scene, LEAVER, words);
		if (run(words, "left.err") != 0)
			return wrong(o, "cannot leave data");
	}
	if (scene.subject >= CLEANER && !leave_leftovers(&scene, o))
		return false;
	if (scene.subject >= CLEANER || (!scene.victim_first && scene.subject < LEAVER)) {
		*peer = start_peer(&scene);
		return wait_asleep(*peer, o);
	}
	return true;
}

static void trial(const struct plan *plan, struct outcome *o)
{
	pid_t peer = 0;

	memset(o, 0, sizeof *o);
	diverged = false;
	if (prepare(o, &peer)) {
		run_victim(plan, &peer, o);
		judge_victim(o);
		if (scene.subject == TAKER) {
			settle_taker(o);
		} else {
			if (peer == 0)
				peer = start_peer(&scene);
			if (scene.at_once)
				settle_at_once(&scene, peer, o);
			else
				settle(&scene, peer, o);
			peer = 0;
			if (victim_status == 0 && scene.subject < LEAVER && o->survivor != 0)
				wrong(o, "the victim ended with 0, the survivor with %d", o->survivor);
			if (scene.subject >= CLEANER && !o->restarted && !o->removed)
				wrong(o, "the live channel was harmed: the reader ended with %d",
				      o->survivor);
		}
		follow_up(&scene, o);
	}
	if (peer != 0) {
		kill(peer, SIGKILL);
		end_of(peer);
	}
	if (o->wrong)
		sweep_away(&scene);
}

static struct plan *plans;
static long plan_count;

static void add_plan(long call, long steps, int error)
{
	static long room;

	if (plan_count == room) {
		room = room * 2 + 1024;
		plans = realloc(plans, (size_t)room * sizeof *plans);
		if (plans == NULL)
			err(2, "plans");
	}
	plans[plan_count++] = (struct plan){ call, steps, error };
}

static void make_plans(void)
{
	bool startup = true;
	long call, n;
	int i;

	if (kind == INSTRUCTIONS) {
		for (n = 0, call = 0; n < course.instructions; n++) {
			while (call + 1 < course.calls && course.before[call + 1] <= n)
				call++;
			if (exact)
				add_plan(0, n, 0);
			else
				add_plan(call, n - course.before[call], 0);
		}
		return;
	}
	for (call = 0; call < course.calls; call++) {
		const struct errnos *known = errnos_of(course.number[call]);

		startup = startup && errnos_of_startup(course.number[call]);
		if (kind == CALLS) {
			add_plan(call, 0, 0);
			add_plan(call, 0, 1);
		} else if (!startup && known != NULL) {
			for (i = 0; i < ERRNOS_MAX && known->list[i] != 0; i++)
				add_plan(call, 0, known->list[i]);
		}
	}
}

static void tell(const struct plan *plan, const struct outcome *o)
{
	static const char *const files[] = { "victim.err", "peer.err",   "next.err",
		                             "writer.err", "reader.err", "clean.err" };
	const struct errnos *call = errnos_of(course.number[plan->call]);
	char text[1024];
	size_t i, n;

	printf("wrong: call %ld (%s, number %ld)", plan->call, call != NULL ? call->name : "?",
	       course.number[plan->call]);
	if (kind == INSTRUCTIONS)
		printf(", %ld instructions later (N = %ld)", plan->steps,
		       course.before[plan->call] + plan->steps);
	else if (kind == ERRORS)
		printf(", fails with %d (%s)", plan->error, strerror(plan->error));
	else
		printf(", killed at its %s", plan->error != 0 ? "exit" : "entry");
	printf("%s: %s; victim %d, survivor %d, %s\n", diverged ? " [diverged]" : "", o->why, victim_status,
	       o->survivor, scene.after_fresh ? "fresh transfer first" : "svclean first");
	if (scene.at_once)
		printf("  (the next victim was started at once)\n");
	for (i = 0; i < sizeof files / sizeof *files; i++) {
		n = load(files[i], (unsigned char *)text, sizeof text - 1);
		text[n] = '\0';
		if (n > 0)
			printf("  %s: %s%s", files[i], text, text[n - 1] == '\n' ? "" : "\n");
	}
	fflush(stdout);
}

static long gcd(long a, long b)
{
	return b == 0 ? a : gcd(b, a % b);
}

static void sweep(long stride, long offset, double limit)
{
	long count, step, i, tried = 0, bad = 0, other = 0, by_status[2] = { 0, 0 }, restarted = 0, whole = 0;
	double begin = seconds();
	struct outcome o;

	for (i = 0; i < (kind == INSTRUCTIONS ? 2 : 1); i++) {
		trial(NULL, &o);
		if (o.wrong || victim_status != 0)
			errx(2, "the undisturbed transfer is wrong already: %s, victim %d", o.why,
			     victim_status);
	}
	make_plans();
	offset %= stride;
	count = plan_count > offset ? (plan_count - offset + stride - 1) / stride : 0;
	/* Steps of the golden section spread the points most evenly, however many there will be. */
	step = (long)((double)count * 0.6180339887) | 1;
	while (count > 1 && gcd(step, count) != 1)
		step++;
	/* Even on a slow machine a few are tried. */
	for (i = 0; i < count && (i < LEAST || limit == 0 || seconds() - begin < limit); i++) {
		const struct plan *plan = &plans[offset + (long)((unsigned long)i * (unsigned long)step %
		                                                 (unsigned long)count) *
		                                                  stride];

		/* What a dead reader has not acknowledged stays detached, so no new writer is admitted. */
		scene.after_fresh = (i & 1) != 0 && scene.subject != TAKER;
		scene.at_once = scene.resume && kind != ERRORS && (i & 2) != 0;
		trial(plan, &o);
		tried++;
		other += diverged;
		if (o.wrong) {
			bad++;
			tell(plan, &o);
			continue;
		}
		whole += victim_status >= 0;
		if (o.restarted)
			restarted++;
		else
			by_status[o.survivor == 0 ? 0 : 1]++;
	}
	if (kind == INSTRUCTIONS)
		printf("instructions %ld, system calls %ld, ", course.instructions, course.calls);
	else
		printf("system calls %ld, points %ld, ", course.calls, plan_count);
	printf("tried %ld, wrong %ld, survivor 0: %ld, 3: %ld, went on with the next: %ld (victim ended by "
	       "itself %ld, "
	       "diverged %ld; %.0f s)\n",
	       tried, bad, by_status[0], by_status[1], restarted, whole, other, seconds() - begin);
	if (bad > 0)
		exit(1);
}

static void tidy(void)
{
	char command[sizeof work + 16];

	if (chdir("/") == -1)
		return;
	snprintf(command, sizeof command, "rm -rf '%s'", work);
	if (system(command) != 0)
		warnx("cannot remove %s", work);
}

static void set_up(size_t bytes)
{
	static char channels[sizeof work + 16], records[sizeof work + 64];
	static const char *const third[] = {
		"svclean", "svclean", "svclean", "svclean", "svclean", "svstat"
	};
	struct sigaction action = { .sa_handler = on_alarm };
	const char *temporary = getenv("TMPDIR");
	size_t i;
	int fd;

	sigaction(SIGALRM, &action, NULL);
	snprintf(scene.path[0], PATH_MAX, "%.4000s/svwrite", scene.programs);
	snprintf(scene.path[1], PATH_MAX, "%.4000s/svread", scene.programs);
	snprintf(scene.path[2], PATH_MAX, "%.4000s/%s", scene.programs, third[scene.subject]);
	scene.may_fail = kind == ERRORS;
	scene.own_namespace = unshare(CLONE_NEWIPC) == 0;
	snprintf(work, sizeof work, "%.4000s/sweep.XXXXXX", temporary != NULL ? temporary : "/tmp");
	if (mkdtemp(work) == NULL)
		err(2, "%s", work);
	atexit(tidy);
	snprintf(channels, sizeof channels, "%s/channels", work);
	if (chdir(work) == -1 || mkdir(channels, 0700) == -1)
		err(2, "%s", work);
	setenv("SVIPC_DIR", channels, 1);
	snprintf(records, sizeof records, "%s/ipc-%llu", channels, (unsigned long long)sv_ipc_namespace());
	scene.channels = records;
	scene.bytes = bytes;
	scene.data = malloc(bytes + 1);
	if (scene.data == NULL)
		err(2, "data");
	for (i = 0; i < bytes; i++)
		scene.data[i] = (unsigned char)(i * 131 + i / 251);
	fd = open("in", O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd == -1 || write(fd, scene.data, bytes) != (ssize_t)bytes || close(fd) == -1)
		err(2, "in");
}

static _Noreturn void usage(void)
{
	fprintf(stderr,
	        "usage: sweep --programs DIR [--case writer|reader|leaver|taker|cleaner|statter] [--resume]\n"
	        "             [--victim-first] [--kind instructions|calls|errors] [--from semop|flock]\n"
	        "             [--bytes N] [--stride N] [--offset N] [--seconds N] [--exact]\n");
	exit(2);
}

static int choose(const char *word, const char *const *words)
{
	int i;

	for (i = 0; words[i] != NULL; i++)
		if (strcmp(word, words[i]) == 0)
			return i;
	usage();
}

int main(int argc, char **argv)
{
	static const char *const subjects[] = { "writer",  "reader",  "leaver", "taker",
		                                "cleaner", "statter", NULL };
	static const char *const kinds[] = { "instructions", "calls", "errors", NULL };
	static const char *const starts[] = { "semop", "flock", NULL };
	static const struct option options[] = {
		{ "programs", required_argument, NULL, 'p' }, { "case", required_argument, NULL, 'c' },
		{ "resume", no_argument, NULL, 'r' },         { "victim-first", no_argument, NULL, 'v' },
		{ "kind", required_argument, NULL, 'k' },     { "from", required_argument, NULL, 'f' },
		{ "bytes", required_argument, NULL, 'b' },    { "stride", required_argument, NULL, 's' },
		{ "offset", required_argument, NULL, 'o' },   { "seconds", required_argument, NULL, 't' },
		{ "exact", no_argument, NULL, 'x' },          { NULL, 0, NULL, 0 },
	};
	long stride = 1, offset = 0, limit = 0, bytes = 100;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'p': scene.programs = realpath(optarg, NULL); break;
		case 'c': scene.subject = (enum subject)choose(optarg, subjects); break;
		case 'r': scene.resume = true; break;
		case 'v': scene.victim_first = true; break;
		case 'k': kind = (enum kind)choose(optarg, kinds); break;
		case 'f': from_flock = choose(optarg, starts) == 1; break;
		case 'b': bytes = atol(optarg); break;
		case 's': stride = atol(optarg); break;
		case 'o': offset = atol(optarg); break;
		case 'x': exact = true; break;
		case 't': limit = atol(optarg); break;
		default: usage();
		}
	}
	if (optind < argc || scene.programs == NULL || stride < 1 || offset < 0 || bytes < 0 ||
	    (scene.resume && scene.subject >= LEAVER))
		usage();
	if (kind == ERRORS && !TRACEE_CAN_FAIL)
		errx(TRACEE_UNABLE, "system calls cannot be made to fail on this machine");
	set_up((size_t)bytes);
	printf("%s%s, %s first, %s%s, %ld bytes%s: ", subjects[scene.subject], scene.resume ? " -r" : "",
	       scene.victim_first ? "victim" : "peer", kinds[kind],
	       kind != INSTRUCTIONS ? ""
	       : from_flock         ? " from flock"
	                            : " from semop",
	       bytes, scene.own_namespace ? "" : " (shared IPC namespace)");
	fflush(stdout);
	sweep(stride, offset, (double)limit);
	return 0;
}
