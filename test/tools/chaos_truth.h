/* SPDX-License-Identifier: MIT */
/*
 * chaos_truth.h - the rules that hold for every walk: the results of the sides are true, nothing is left, and
 * the next transfers work.
 */
#ifndef CHAOS_TRUTH_H
#define CHAOS_TRUTH_H

#include "chaos.h"

/* No two inputs have equal bytes at any place. */
static int new_input(void)
{
	static const size_t sizes[] = { 1, 100, 4096, 8191, 50000, 100000, 300000 };
	uint64_t bytes[4096], salt = seed * 1000003 + walk_number * 101 + (uint64_t)used;
	size_t size = sizes[random_below(&seed, sizeof sizes / sizeof *sizes)] + 8, n, i;
	int fd;

	if (used == INPUTS)
		return (int)random_below(&seed, INPUTS);
	snprintf(inputs[used], sizeof inputs[used], "%s/in.%d", base, used);
	fd = open(inputs[used], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	for (; size > 0; size -= n) {
		for (i = 0; i < sizeof bytes / sizeof *bytes; i++)
			bytes[i] = random_next(&salt);
		n = size < sizeof bytes ? size : sizeof bytes;
		if (write(fd, bytes, n) != (ssize_t)n)
			die("cannot write %s", inputs[used]);
	}
	close(fd);
	sent_plainly[used] = false;
	return used++;
}

static bool is_some_input(const char *output)
{
	int i;

	for (i = 0; i < used; i++)
		if (same(inputs[i], output))
			return true;
	return false;
}

static bool other_resumed_reader(const struct proc *me)
{
	int i;

	for (i = 0; i < PROCS; i++)
		if (&procs[i] != me && procs[i].p.pid != 0 && procs[i].reads && procs[i].resumes)
			return true;
	return false;
}

/* Is the result of a side that has ended true? */
static void account(struct proc *who)
{
	char said[1024];

	say(&who->p, said, sizeof said);
	note("  %s %d ended with %d %s\n", who->reads ? "reader" : "writer", (int)(who - procs),
	     who->p.status, said);
	ends[who->p.status & 255]++;
	if (who->p.status == 127 || who->p.status == 126)
		die("cannot run the programs as another user");
	if (who->p.status > 128 && !who->killed)
		violation("ended by a signal that nobody sent", said);
	if (who->p.status != 0 || who->own)
		return;
	if (!who->reads) {
		if (!who->detaches && !who->resumes)
			sent_plainly[who->input] = true;
	} else if (!who->resumes || !other_resumed_reader(who)) {
		copies++;
		if (!is_some_input(who->output))
			violation("a reader succeeded with what no writer sent", who->output);
	}
}

static void reap_ended(void)
{
	int i;

	for (i = 0; i < PROCS; i++)
		if (procs[i].p.pid != 0 && process_wait(&procs[i].p, 0))
			account(&procs[i]);
}

/* The input of each plain writer that succeeded is in some output. */
static void check_writers(void)
{
	char path[128];
	int i, user, n;

	for (i = 0; i < used; i++) {
		bool found = !sent_plainly[i];

		for (user = 0; user < USERS && !found; user++)
			for (n = 0; n < outputs && !found; n++) {
				snprintf(path, sizeof path, "%s/out%s/%d", base, letter[user], n);
				found = same(path, inputs[i]);
			}
		if (!found)
			violation("a writer succeeded with what nobody has", inputs[i]);
	}
}

static void check_clean(void)
{
	static const char *const all[] = { "svclean", "-a", NULL }, *const path[] = { "svclean", "-a", "-k",
		                                                                      "meet", NULL };
	char said[1024];
	int user, ns, left;

	for (ns = 0; ns < 2; ns++) {
		for (user = 0; user < USERS; user++) {
			run(user, ns, 0, all, said, sizeof said);
			note("  svclean -a as %s in namespace %d: %s\n", letter[user], ns, said);
			run(user, ns, 0, path, said, sizeof said);
		}
		in_namespace(ns, count_all, &(struct census){ ns, false }, &left);
		if (left != 0) {
			snprintf(said, sizeof said, "%d in namespace %d", left, ns);
			in_namespace(ns, show_all, NULL, &left);
			violation("objects are left after svclean -a of everybody", said);
		}
	}
}

static void check_works(int user, int ns, bool apart)
{
	char output[128], meet[96];
	const char *in = inputs[used > 0 ? 0 : new_input()];
	const char *reads[] = { "svread", "-t20", "-o", output, apart ? "-k" : NULL, meet, "-m0666", NULL };
	const char *writes[] = { "svwrite", "-t20", in, apart ? "-k" : NULL, meet, "-m0666", NULL };
	struct process reader;
	char said[1024];

	snprintf(meet, sizeof meet, "%s/meet", base);
	snprintf(output, sizeof output, "%s/out%s/last", base, letter[user]);
	start(&reader, user, ns, 0, reads, -1);
	if (run(apart ? 0 : user, ns, 0, writes, said, sizeof said) != 0)
		violation(apart ? "the path does not work afterwards" : "the name does not work afterwards",
		          said);
	if (!process_wait(&reader, PATIENCE_US)) {
		process_signal(&reader, SIGKILL);
		process_wait(&reader, PATIENCE_US);
	}
	say(&reader, said, sizeof said);
	if (reader.status != 0 || !same(in, output))
		violation("the last transfer failed", said);
}

#endif
