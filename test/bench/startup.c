/* SPDX-License-Identifier: MIT */
/*
 * startup.c - a greeting: from the start of the first program to the end of the last one.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

struct command {
	const char *name;
	enum kind kind;
	const char *argv[4];
	bool ours;
};

static const struct command commands[] = {
	{ "start and end of one program (true)", KIND_LIMIT, { "true" }, false },
	{ "svwrite | svread", KIND_OURS, { NULL }, true },
	{ "sh -c 'echo | cat'", KIND_PEER, { "sh", "-c", "echo | cat" }, false },
};

static bool run_once(const char *const *first, const char *const *second, double *seconds, double *cpu,
                     char *why, size_t why_size)
{
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct crew crew;
	bool ok;

	if (nothing < 0) {
		snprintf(why, why_size, "/dev/null: %s", strerror(errno));
		return false;
	}
	crew_start(&crew, NULL);
	crew_program(&crew, first, nothing, nothing);
	if (second)
		crew_program(&crew, second, nothing, nothing);
	ok = crew_wait(&crew, seconds, why, why_size);
	*cpu = crew.cpu_seconds;
	close(nothing);
	return ok;
}

/* The greeting lies in a file, so that a shell is not part of it. */
bool greeting(double *seconds, double *cpu, char *why, size_t why_size)
{
	static const char text[] = "Hello, Process B!\n";
	char path[3100];
	const char *writer[] = { own_program("svwrite"), path, NULL },
		   *reader[] = { own_program("svread"), NULL };
	int fd;

	snprintf(path, sizeof(path), "%s/greeting", work_dir);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, text, sizeof(text) - 1) < 0) {
		snprintf(why, why_size, "greeting: %s", strerror(errno));
		if (fd >= 0)
			close(fd);
		return false;
	}
	close(fd);
	return run_once(writer, reader, seconds, cpu, why, why_size);
}

/* One value is the median of several runs: a single start is shorter than a time slice. */
static void startup_measure(struct row *row, size_t index, void *arg)
{
	const struct command *command = (const struct command *)arg + index;
	double seconds[MAX_ROUNDS], cpu[MAX_ROUNDS];
	int n = settings.quick ? 5 : 15;
	char why[160];

	for (int i = 0; i < n; i++) {
		if (command->ours ? !greeting(&seconds[i], &cpu[i], why, sizeof(why))
		                  : !run_once(command->argv, NULL, &seconds[i], &cpu[i], why, sizeof(why))) {
			row_failed(row, why);
			return;
		}
	}
	row_value(row, summarise(seconds, n).median * 1e3, summarise(cpu, n).median * 1e3);
}

void group_startup(void)
{
	size_t from = row_count();

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		row_add("startup", "greeting", commands[i].name, commands[i].kind, "ms", true, "ms");
	measure_rounds(from, settings.rounds, startup_measure, (void *)(uintptr_t)commands);
}
