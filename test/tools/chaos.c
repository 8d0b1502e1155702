/* SPDX-License-Identifier: MIT */
/*
 * chaos - random walks through the life of channels: two users, two IPC namespaces, several spellings
 * of a directory, a name and a path; transfers, accidents, cleaning, and hands that change files and
 * objects.
 *
 *	chaos [--seed N] [--walks N] [--steps N] [--only WALK] [--programs DIR] [--verbose]
 *	chaos side OPTIONS...   a program of the library that forks, executes or exits amid a transfer
 *
 * Every fourth walk is calm: a transfer is alive all the time, and only third parties act.  They open,
 * look and clean, in either namespace, as either user, and may be killed over it.  In the other walks
 * anything happens to anybody.
 *
 *	- The output of a reader that ends with 0 is the whole input of one writer.  The input of a plain
 *	  writer that ends with 0 is in some output, whole.
 *	- In a calm walk the live transfer succeeds.
 *	- Every process ends before its deadline, or by TERM.
 *	- When all have ended, one svclean -a of each user in each namespace, and one of the path, leave no
 *	  object, unless a hand removed the channel's record and nothing else proves whose the object is.
 *	- Then a transfer by name and one by path work.
 *
 * Prints how often each thing happened.  Status 1: a rule was broken; prints all steps and how to repeat
 * them.  Status 77: the tool may not do this here.
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <limits.h>

#include "chaos.h"
#include "chaos_hands.h"
#include "chaos_truth.h"
#include "svipc.h"

static struct proc *free_slot(void)
{
	int i;

	/* The first two are the live transfer of a calm walk. */
	for (i = 2; i < PROCS; i++)
		if (procs[i].p.pid == 0)
			return &procs[i];
	return NULL;
}

/* svwrite or svread, or a program of the library, somewhere. */
static void start_side(bool calm)
{
	struct proc *who = free_slot();
	const char *argv[20];
	char meet[96];
	int n = 0, kind = (int)random_below(&seed, 8), spelling = (int)random_below(&seed, 6);

	if (who == NULL)
		return;
	memset(who, 0, sizeof *who);
	who->reads = random_below(&seed, 2);
	who->apart = random_below(&seed, 3) == 0;
	who->user = random_below(&seed, 4) == 0;
	who->ns = random_below(&seed, 5) == 0;
	who->resumes = kind == 0 || kind == 1;
	who->detaches = !who->reads && kind == 2;
	who->own = kind == 3 && !calm;
	snprintf(meet, sizeof meet, "%s/meet", base);
	if (who->own) {
		argv[n++] = "chaos";
		argv[n++] = "side";
		argv[n++] = who->reads ? "read" : "write";
		argv[n++] = who->apart ? meet : "-";
		argv[n++] = random_below(&seed, 2) ? "exec" : random_below(&seed, 2) ? "fork" : "exit";
	} else {
		argv[n++] = who->reads ? "svread" : "svwrite";
		argv[n++] = "-t" LIMIT;
		if (who->apart) {
			argv[n++] = "-k";
			argv[n++] = meet;
			argv[n++] = "-m0666";
		}
		if (who->resumes)
			argv[n++] = "-r";
		if (who->detaches)
			argv[n++] = "-d";
		argv[n++] = random_below(&seed, 2) && !who->detaches ? "-s8K" : "-s512K";
		if (who->reads) {
			if (who->resumes)
				snprintf(who->output, sizeof who->output, "%s/out%s/resumed.%d", base,
				         letter[who->user], who->ns * 2 + who->apart);
			else
				snprintf(who->output, sizeof who->output, "%s/out%s/%d", base,
				         letter[who->user], outputs++);
			argv[n++] = "-o";
			argv[n++] = who->output;
		} else {
			who->input = who->resumes && used > 0 ? 0 : new_input();
			argv[n++] = inputs[who->input];
		}
	}
	argv[n] = NULL;
	note("  start %d: %s %s %s%s%s user %s namespace %d spelling %d input %d\n", (int)(who - procs),
	     argv[0], who->reads ? "reads" : "writes", who->apart ? "path" : "name",
	     who->resumes ? " -r" : "", who->detaches ? " -d" : "", letter[who->user], who->ns, spelling,
	     who->input);
	starts++;
	start(&who->p, who->user, who->ns, spelling, argv, -1);
}

static void signal_somebody(bool calm)
{
	static const int numbers[] = { SIGKILL, SIGKILL, SIGTERM, SIGINT, SIGHUP, SIGSTOP, SIGCONT };
	int i = (calm ? 2 : 0) + (int)random_below(&seed, calm ? PROCS - 2 : PROCS);
	int number = numbers[random_below(&seed, sizeof numbers / sizeof *numbers)];

	if (procs[i].p.pid == 0)
		return;
	note("  signal %d to %d\n", number, i);
	if (number != SIGSTOP && number != SIGCONT)
		procs[i].killed = true;
	process_signal(&procs[i].p, number);
}

static void tool(void)
{
	static const char *const commands[][6] = { { "svclean" },
		                                   { "svclean", "-a" },
		                                   { "svclean", "-q", "-a", "-c", "default" },
		                                   { "svclean", "-n", "-a" },
		                                   { "svstat", "-A" },
		                                   { "svclean", "-a", "-k", "meet" } };
	int which = (int)random_below(&seed, 6), user = (int)random_below(&seed, 2);
	int ns = random_below(&seed, 3) == 0, status;
	char said[1024];

	status = run(user, ns, (int)random_below(&seed, 6), commands[which], said, sizeof said);
	cleans++;
	note("  %s %s as %s in namespace %d: %d %s\n", commands[which][0],
	     commands[which][1] != NULL ? commands[which][1] : "", letter[user], ns, status, said);
}

static void end_all(bool wait)
{
	int i;

	for (i = 0; i < PROCS; i++) {
		if (procs[i].p.pid == 0)
			continue;
		if (!wait)
			procs[i].killed = true;
		process_signal(&procs[i].p, wait ? SIGCONT : SIGKILL);
	}
	for (i = 0; i < PROCS; i++) {
		if (procs[i].p.pid == 0)
			continue;
		if (!process_wait(&procs[i].p, PATIENCE_US)) {
			char who[32];

			snprintf(who, sizeof who, "process %d", i);
			violation("it did not end in its time", who);
			procs[i].killed = true;
			process_signal(&procs[i].p, SIGTERM);
			if (!process_wait(&procs[i].p, PATIENCE_US)) {
				violation("nor by TERM", who);
				process_signal(&procs[i].p, SIGKILL);
				process_wait(&procs[i].p, PATIENCE_US);
			}
		}
		account(&procs[i]);
	}
}

/* The live transfer of a calm walk: by name, user a, namespace 0; its input comes through a pipe. */
static void feed_some(int in, int out)
{
	char bytes[2048];
	ssize_t n = read(in, bytes, sizeof bytes);

	if (n > 0 && write(out, bytes, (size_t)n) != n)
		note("  the live writer takes no more\n");
}

static int start_live(int feed[2])
{
	int64_t deadline = now_us() + PATIENCE_US;
	struct stat st;
	int in;

	const char *reads[] = { "svread", "-o", procs[1].output, "-s8K", NULL },
		   *writes[] = { "svwrite", "-s8K", NULL };

	if (pipe2(feed, O_CLOEXEC) == -1)
		die("pipe");
	snprintf(procs[1].output, sizeof procs[1].output, "%s/outa/%d", base, outputs++);
	procs[1].reads = true;
	procs[0].input = new_input();
	start(&procs[0].p, 0, 0, 0, writes, feed[0]);
	start(&procs[1].p, 0, 0, 3, reads, -1);
	close(feed[0]);
	in = open(inputs[procs[0].input], O_RDONLY | O_CLOEXEC);
	/* Wait until both sides have attached; only then this transfer is live. */
	feed_some(in, feed[1]);
	while ((stat(procs[1].output, &st) == -1 || st.st_size == 0) && now_us() < deadline)
		pause_us(1000);
	return in;
}

static void walk(int steps)
{
	bool calm = walk_number % 4 == 3;
	int feed[2], in = -1, i, unproved;

	reset();
	note(calm ? " calm walk\n" : " walk\n");
	if (calm)
		in = start_live(feed);
	for (i = 0; i < steps; i++, total_steps++) {
		uint64_t choice = random_below(&seed, 100);

		reap_ended();
		if (calm && choice % 3 == 0)
			feed_some(in, feed[1]);
		if (choice < 40)
			start_side(calm);
		else if (choice < 60)
			signal_somebody(calm);
		else if (choice < 75)
			tool();
		else if (choice < 85 && !calm)
			meddle();
		else
			pause_us(random_below(&seed, 20000));
	}
	if (calm) {
		for (i = 0; i < 1000; i++)
			feed_some(in, feed[1]);
		close(feed[1]);
		close(in);
		for (i = 0; i < 2; i++) {
			char detail[64];

			if (process_wait(&procs[i].p, PATIENCE_US) && procs[i].p.status == 0)
				continue;
			snprintf(detail, sizeof detail, "its %s, %s %d", i == 0 ? "writer" : "reader",
			         procs[i].p.pid != 0 ? "pid" : "status",
			         procs[i].p.pid != 0 ? (int)procs[i].p.pid : procs[i].p.status);
			violation("a third party disturbed the live transfer", detail);
		}
		for (i = 0; i < 2; i++)
			if (procs[i].p.pid == 0)
				account(&procs[i]);
	}
	end_all(random_below(&seed, 2));
	check_writers();
	check_clean();
	check_works(0, 0, false);
	check_works(1, 1, false);
	/* If a record was lost, only ipcrm(1) removes what is left under the key of the path. */
	in_namespace(0, count_all, &(struct census){ 0, true }, &unproved);
	if (unproved == 0)
		check_works(1, 0, true);
}

/* A program that uses the library and ends during the transfer without sv_finish(). */
static int side(char **argv)
{
	struct sv_options options = SV_OPTIONS_INIT;
	bool reads = strcmp(argv[0], "read") == 0;
	sv_channel *ch;
	const void *got;
	void *room;
	size_t n;
	pid_t pid;

	if (strcmp(argv[1], "-") != 0) {
		options.path = argv[1];
		options.mode = 0666;
	}
	if (sv_open(&ch, reads ? SV_READER : SV_WRITER, &options, 600, NULL) != SV_OK)
		return 1;
	if (sv_wait_peer(ch, 600) == SV_OK) {
		if (reads)
			(void)sv_peek(ch, 1, &got, &n, 600);
		else if (sv_reserve(ch, 1, &room, &n, 600) == SV_OK)
			(void)sv_commit(ch, 0);
	}
	if (strcmp(argv[2], "fork") == 0) {
		pid = fork();
		if (pid == 0) {
			sv_close(ch);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
		sv_close(ch);
		return 0;
	}
	if (strcmp(argv[2], "exec") == 0)
		execl("/bin/true", "true", (char *)NULL);
	_exit(0);
}

static void stop(int number)
{
	exit(128 + number);
}

static void report(void)
{
	int i;

	printf("ended with");
	for (i = 0; i < 256; i++)
		if (ends[i] != 0)
			printf(" %d: %lu", i, ends[i]);
	printf("\n%lu walks, %lu steps, %lu sides, %lu copies compared, %lu looks and cleanings, %lu hands, "
	       "%u violations\n",
	       walks, total_steps, starts, copies, cleans, meddled, violations);
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "seed", 1, NULL, 's' },     { "walks", 1, NULL, 'w' },
		                                 { "steps", 1, NULL, 't' },    { "only", 1, NULL, 'o' },
		                                 { "programs", 1, NULL, 'p' }, { "verbose", 0, NULL, 'v' },
		                                 { NULL, 0, NULL, 0 } };
	unsigned long count = 20, only = ULONG_MAX, i;
	const char *programs = "";
	int steps = 30, option;

	if (argc == 5 && strcmp(argv[1], "side") == 0)
		return side(argv + 2);
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (option) {
		case 's': first_seed = strtoull(optarg, NULL, 0); break;
		case 'w': count = strtoul(optarg, NULL, 0); break;
		case 't': steps = atoi(optarg); break;
		case 'o': only = strtoul(optarg, NULL, 0); break;
		case 'p': programs = optarg; break;
		case 'v': verbose = true; break;
		default: die("usage: see the top of chaos.c");
		}
	if (first_seed == 0)
		first_seed = 1;
	signal(SIGPIPE, SIG_IGN);
	prepare(programs);
	atexit(clear_up);
	signal(SIGTERM, stop);
	signal(SIGINT, stop);
	printf("seed %llu\n", (unsigned long long)first_seed);
	for (i = 0; i < count || (only != ULONG_MAX && i <= only); i++) {
		if (only != ULONG_MAX && i != only)
			continue;
		walk_number = i;
		seed = first_seed * UINT64_C(1000003) + i;
		walk(steps);
		walks++;
	}
	report();
	return violations != 0;
}
