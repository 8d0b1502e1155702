/* SPDX-License-Identifier: MIT */
/*
 * many.c - a crowd of channels: leftovers to be cleaned, and live ones that must not slow down another.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "svipc.h"
#include "bench.h"

/* Opens channels as their writer; the process that calls this holds them. */
static void open_channels(int n, const char *prefix)
{
	struct rlimit files;

	/* A channel may hold a descriptor. */
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	for (int i = 0; i < n; i++) {
		struct sv_options options = SV_OPTIONS_INIT;
		struct sv_error error = SV_ERROR_INIT;
		sv_channel *channel;
		char name[32];

		snprintf(name, sizeof(name), "%s%d", prefix, i);
		options.name = name;
		options.capacity = 64 * KIB;
		if (sv_open(&channel, SV_WRITER, &options, -1, &error) != SV_OK)
			side_fail("channel %d: %s", i, error.text);
	}
}

static int count_removed(const struct sv_info *info, int removed, void *arg)
{
	(void)info;
	*(int *)arg += removed == 1;
	return 0;
}

/*
 * A namespace of its own for the System V objects, if allowed: then cleaning meets the channels of this
 * measurement only, and nothing can stay behind.
 */
static void leftovers_side(void *arg, int side)
{
	int n = *(int *)arg, status, removed = 0;
	struct sv_clean_options options = SV_CLEAN_INIT;
	struct sv_error error = SV_ERROR_INIT;
	double start;
	pid_t pid;

	(void)side;
	if (unshare(CLONE_NEWIPC) && errno != EPERM)
		side_fail("unshare: %s", strerror(errno));
	pid = fork();
	if (pid < 0)
		side_fail("fork: %s", strerror(errno));
	if (pid == 0) {
		open_channels(n, "left");
		raise(SIGKILL);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status))
		_exit(1);
	start = now();
	if (sv_clean(&options, count_removed, &removed, &error) != SV_OK)
		side_fail("sv_clean: %s", error.text);
	shared->note[0] = now() - start;
	if (removed < n)
		side_fail("%d of %d leftovers removed", removed, n);
}

static void clean_measure(struct row *row, size_t index, void *arg)
{
	char why[160];

	(void)index;
	if (run_sides(1, leftovers_side, arg, NULL, why, sizeof(why)))
		row_value(row, shared->note[0] * 1e3, 0);
	else
		row_failed(row, why);
}

/* The holder of the live channels: a child outside of any crew, because crews come and go while it stays. */
static struct {
	pid_t pid;
	int n;
} holder;

static void holder_end(void)
{
	if (holder.pid > 0) {
		kill(holder.pid, SIGKILL);
		waitpid(holder.pid, NULL, 0);
	}
	holder.pid = 0;
	for (int i = 0; i < holder.n; i++) {
		struct sv_clean_options options = SV_CLEAN_INIT;
		char name[32];
		int removed = 0;

		snprintf(name, sizeof(name), "live%d", i);
		options.name = name;
		options.all = 1;
		sv_clean(&options, count_removed, &removed, NULL);
	}
	holder.n = 0;
	on_interrupt = NULL;
}

/* Returns once all channels are open, or says why not. */
static bool holder_start(int n, char *why, size_t why_size)
{
	int fd[2];
	char byte;
	bool ok;

	memset(shared, 0, sizeof(*shared));
	if (pipe(fd)) {
		snprintf(why, why_size, "pipe: %s", strerror(errno));
		return false;
	}
	holder.n = n;
	on_interrupt = holder_end;
	holder.pid = fork_helper();
	if (holder.pid == 0) {
		close(fd[0]);
		open_channels(n, "live");
		if (write(fd[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(fd[1]);
	ok = holder.pid > 0 && read(fd[0], &byte, 1) == 1;
	close(fd[0]);
	if (!ok)
		snprintf(why, why_size, "%s",
		         shared->failure[0][0] ? shared->failure[0] : "cannot open the channels");
	return ok;
}

/* Median start-up in milliseconds, or a negative number. */
static double greetings(int n, char *why, size_t why_size)
{
	double seconds[MAX_ROUNDS], cpu;

	for (int i = 0; i < n; i++)
		if (!greeting(&seconds[i], &cpu, why, why_size))
			return -1;
	return summarise(seconds, n).median * 1e3;
}

static void live_measure(struct row *row, size_t index, void *arg)
{
	bool crowd = index > 0;
	char why[160];
	double ms = -1;

	if (!crowd || holder_start(*(int *)arg, why, sizeof(why)))
		ms = greetings(settings.quick ? 5 : 15, why, sizeof(why));
	if (ms < 0)
		row_failed(row, why);
	else
		row_value(row, ms, 0);
	if (crowd)
		holder_end();
}

void group_many(void)
{
	int left = settings.quick ? 200 : 1000, live = settings.quick ? 100 : 500;
	char name[48];
	size_t from = row_count();

	snprintf(name, sizeof(name), "clean %d leftovers", left);
	row_add("many", "leftovers", name, KIND_OURS, "ms", true, NULL)->bytes = (uint64_t)left;
	measure_rounds(from, settings.rounds < 3 ? settings.rounds : 3, clean_measure, &left);
	from = row_count();
	row_add("many", "live", "greeting, no other channel", KIND_LIMIT, "ms", true, NULL);
	snprintf(name, sizeof(name), "greeting beside %d live channels", live);
	row_add("many", "live", name, KIND_OURS, "ms", true, NULL)->bytes = (uint64_t)live;
	measure_rounds(from, settings.rounds, live_measure, &live);
}
