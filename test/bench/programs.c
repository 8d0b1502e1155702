/* SPDX-License-Identifier: MIT */
/*
 * programs.c - a whole file through whole programs, from a cached input to four kinds of output.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipeline.h"

enum sink { TO_NULL, TO_WC, TO_MEMORY, TO_DISK };

struct programs {
	const struct pipeline *pipeline[32];
	size_t n;
	enum sink sink;
	struct transfer transfer;
	char output[3100]; /* the file that is overwritten */
};

#define SPOTS 64

/* The output already holds the input; where this has written, only a transfer can have put it back. */
static bool spoil(struct programs *p, bool check)
{
	static char spot[2][4096];
	uint64_t pages = p->transfer.size / sizeof(spot[0]), x = 1;
	int in = open(p->transfer.input, O_RDONLY | O_CLOEXEC), out = open(p->output, O_RDWR | O_CLOEXEC);
	bool ok = in >= 0 && out >= 0;

	for (int i = 0; i < SPOTS && ok; i++) {
		off_t at;

		x = x * 6364136223846793005u + 1442695040888963407u;
		at = (off_t)(i == 0 ? pages - 1 : (x >> 20) % pages) * (off_t)sizeof(spot[0]);
		if (check) {
			ok = pread(in, spot[0], sizeof(spot[0]), at) == (ssize_t)sizeof(spot[0]) &&
			     pread(out, spot[1], sizeof(spot[1]), at) == (ssize_t)sizeof(spot[1]) &&
			     memcmp(spot[0], spot[1], sizeof(spot[0])) == 0;
		} else {
			memset(spot[0], 0x55, sizeof(spot[0]));
			ok = pwrite(out, spot[0], sizeof(spot[0]), at) == (ssize_t)sizeof(spot[0]);
		}
	}
	/* What was written back before the clock starts does not disturb afterwards. */
	if (ok && !check && p->sink == TO_DISK)
		ok = fdatasync(out) == 0;
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return ok;
}

static bool counted(int fd, uint64_t size)
{
	char text[32] = "";

	return pread(fd, text, sizeof(text) - 1, 0) > 0 && strtoull(text, NULL, 10) == size;
}

/* Opens what the pipeline writes to; for wc, starts it at the end, behind a pipe. */
static int open_sink(const struct programs *p, int pipe_end[2], int *count)
{
	char path[3100];

	switch (p->sink) {
	case TO_NULL: return open("/dev/null", O_WRONLY | O_CLOEXEC);
	case TO_WC:
		snprintf(path, sizeof(path), "%s/count", work_dir);
		*count = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		return *count < 0 || pipe2(pipe_end, O_CLOEXEC) ? -1 : pipe_end[1];
	default: return open(p->output, O_WRONLY | O_CLOEXEC);
	}
}

static void programs_measure(struct row *row, size_t index, void *arg)
{
	static const char *const wc[] = { "wc", "-c", NULL };
	struct programs *p = arg;
	const struct pipeline *pipeline = p->pipeline[index];
	double wall, gib = (double)p->transfer.size / (double)GIB;
	int pipe_end[2] = { -1, -1 }, count = -1, out;
	struct crew crew;
	char why[160] = "";
	bool ok;

	if (p->sink >= TO_MEMORY && !spoil(p, false)) {
		row_failed(row, "cannot prepare the output");
		return;
	}
	out = open_sink(p, pipe_end, &count);
	if (out < 0) {
		row_failed(row, strerror(errno));
		return;
	}
	crew_start(&crew, p->transfer.cpu);
	pipeline_start(&crew, pipeline, &p->transfer, out);
	if (p->sink == TO_WC)
		crew_program(&crew, wc, pipe_end[0], count);
	close(out);
	if (pipe_end[0] >= 0)
		close(pipe_end[0]);
	ok = crew_wait(&crew, &wall, why, sizeof(why));
	if (ok && p->sink == TO_WC && !counted(count, p->transfer.size)) {
		snprintf(why, sizeof(why), "wc did not count all bytes");
		ok = false;
	}
	if (ok && p->sink >= TO_MEMORY && !pipeline->writes_anything && !spoil(p, true)) {
		snprintf(why, sizeof(why), "the output is not the input");
		ok = false;
	}
	if (count >= 0)
		close(count);
	if (ok)
		row_value(row, (double)p->transfer.size / wall / 1e9, crew.cpu_seconds / gib);
	else
		row_failed(row, why);
}

static bool wanted(const char *const *names, const char *name)
{
	for (; names && *names; names++)
		if (!strcmp(*names, name))
			return true;
	return !names;
}

/* The file that will be overwritten: a copy of the input, so that every run finds the same. */
static bool make_output(struct programs *p, const char *dir)
{
	static char block[BLOCK];
	int in = open(p->transfer.input, O_RDONLY | O_CLOEXEC), out;
	ssize_t n = -1;

	snprintf(p->output, sizeof(p->output), "%s/output", dir);
	out = open(p->output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	progress("making an output file");
	while (in >= 0 && out >= 0 && (n = read(in, block, sizeof(block))) > 0) {
		if (write(out, block, (size_t)n) != n) {
			n = -1;
			break;
		}
	}
	if (n == 0 && fsync(out))
		n = -1;
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return n == 0;
}

static void point(const char *group, const char *name, const char *const *names, enum sink sink,
                  uint64_t size, const int *cpu)
{
	struct programs p = { .sink = sink, .transfer = { .size = size, .cpu = cpu } };
	const char *input = input_file(size), *missing = input ? NULL : "no room for the input";
	size_t from = row_count(), n;
	const struct pipeline *all = pipelines(&n);

	p.transfer.input = input;
	if (input && sink >= TO_MEMORY && !make_output(&p, sink == TO_DISK ? disk_dir : work_dir))
		missing = "no room for the output";
	for (size_t i = 0; i < n; i++) {
		struct row *row;

		if (!wanted(names, all[i].name) || (all[i].writes_anything && sink < TO_MEMORY))
			continue;
		p.pipeline[p.n++] = &all[i];
		row = row_add(group, name, all[i].name, all[i].kind, "GB/s", false, "s/GiB");
		if (missing)
			row_absent(row, missing);
		else if (all[i].program && !have_program(all[i].program))
			row_absent(row, "not installed");
	}
	measure_rounds(from, settings.rounds, programs_measure, &p);
	if (p.output[0])
		unlink(p.output);
}

void programs_point(const char *group, const char *name, const char *const *names, const int *cpu)
{
	point(group, name, names, TO_NULL, settings.size < 512 * MIB ? settings.size : 512 * MIB, cpu);
}

void group_programs(void)
{
	/* On disk little enough that writing back can be waited for before every run. */
	uint64_t disk = settings.size < 512 * MIB ? settings.size : 512 * MIB;

	point("programs", "null", NULL, TO_NULL, settings.size, NULL);
	point("programs", "wc", NULL, TO_WC, settings.size, NULL);
	point("programs", "tmpfs", NULL, TO_MEMORY, settings.size, NULL);
	if (disk_dir[0])
		point("programs", "disk", NULL, TO_DISK, disk, NULL);
}
