/* SPDX-License-Identifier: MIT */
/* programs.c - the groups that measure whole programs, from the start of the first to the end of the last. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bench.h"

#define HUGE_PAGE (2 * MIB)
#define SPOTS 64

enum sink { TO_NULL, TO_WC, TO_MEMORY, TO_DISK };

/* How the programs of a way are put together.  "@" is the input file; a setting is added to each command. */
struct pipeline {
	const char *first[6], *second[6]; /* NULL: none */
	bool beside; /* they find each other: no pipe between them, no input for the second */
	void (*side)(void *arg, int side); /* or this program itself, alone or (pair) as two */
	bool pair;
};

/* For sides of this program: descriptors and setting. */
struct copying {
	int in, out, pipe[2];
	const char *setting;
};

static size_t block_of(const char *setting)
{
	return strtoul(setting, NULL, 10) * (strchr(setting, 'M') != NULL ? MIB : KIB);
}

/* A buffer on huge pages, or on small ones. */
static void *buffer(size_t size, bool huge)
{
	uintptr_t p = (uintptr_t)mmap(NULL, 2 * HUGE_PAGE + size, PROT_READ | PROT_WRITE,
	                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	p = (p + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
	madvise((void *)p, HUGE_PAGE, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	return (void *)p;
}

/* read(2) and write(2), alone or at either end of a pipe. */
static void copy_side(void *arg, int side)
{
	const struct copying *c = arg;
	size_t size = block_of(c->setting);
	char *block = buffer(size, strstr(c->setting, "huge") != NULL);
	int in = c->pipe[0] != -1 && side == 1 ? c->pipe[0] : c->in,
	    out = c->pipe[0] != -1 && side == 0 ? c->pipe[1] : c->out;
	ssize_t n, done, put;

	if (c->pipe[0] != -1)
		close(c->pipe[side == 0 ? 0 : 1]);
	while ((n = read(in, block, size)) > 0)
		for (done = 0; done < n; done += put) {
			put = write(out, block + done, (size_t)(n - done));
			if (put == -1)
				side_fail("write: %s", strerror(errno));
		}
	if (n == -1)
		side_fail("read: %s", strerror(errno));
}

static const char *const *command(const char *const *words, const char *setting, const char *input)
{
	static char text[2][8][6400], options[2][200];
	static const char *argv[2][16];
	static int place;
	size_t n = 0, i;
	char *word, *rest;

	place = !place;
	argv[place][n] = words[0];
	if (strncmp(words[0], "sv", 2) == 0) {
		snprintf(text[place][0], sizeof text[0][0], "%s/%s", program_dir, words[0]);
		argv[place][n] = text[place][0];
	}
	n++;
	snprintf(options[place], sizeof options[0], "%s", setting);
	for (word = strtok_r(options[place], " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest))
		argv[place][n++] = word;
	for (i = 1; words[i] != NULL; i++) {
		const char *at = strchr(words[i], '@');

		argv[place][n] = words[i];
		if (at != NULL) {
			snprintf(text[place][i], sizeof text[0][0], "%.*s%s", (int)(at - words[i]), words[i],
			         input);
			argv[place][n] = text[place][i];
		}
		n++;
	}
	argv[place][n] = NULL;
	return argv[place];
}

/* Start what copies input to out. */
static void start(struct crew *crew, const struct pipeline *p, const char *setting, const char *input,
                  int out)
{
	int in = open(input, O_RDONLY | O_CLOEXEC), none = open("/dev/null", O_RDWR | O_CLOEXEC),
	    fd[2] = { -1, -1 };
	struct copying copying = { in, out, { -1, -1 }, setting };

	if (in == -1 || none == -1 || pipe2(fd, O_CLOEXEC) == -1) {
		crew->broken = true;
		snprintf(shared->failure[0], WHY_SIZE, "open: %s", strerror(errno));
	} else if (p->side != NULL) {
		if (p->pair) {
			memcpy(copying.pipe, fd, sizeof fd);
			fcntl(fd[1], F_SETPIPE_SZ, (int)MIB);
		}
		crew_function(crew, p->side, &copying);
		if (p->pair)
			crew_function(crew, p->side, &copying);
	} else if (p->second[0] == NULL) {
		crew_program(crew, command(p->first, setting, input), in, out);
	} else {
		crew_program(crew, command(p->first, setting, input), none, p->beside ? out : fd[1]);
		crew_program(crew, command(p->second, setting, input), p->beside ? none : fd[0], out);
	}
	close(in);
	close(none);
	close(fd[0]);
	close(fd[1]);
}

/* The output already holds the input.  The check overwrites some places; only a transfer can restore them. */
static bool spots(const char *input, const char *output, uint64_t size, bool check)
{
	static char spot[2][4096];
	uint64_t pages = size / sizeof spot[0], x = 1;
	int in = open(input, O_RDONLY | O_CLOEXEC), out = open(output, O_RDWR | O_CLOEXEC), i;
	bool ok = in != -1 && out != -1;
	off_t at;

	for (i = 0; i < SPOTS && ok; i++) {
		x = x * 6364136223846793005u + 1442695040888963407u;
		at = (off_t)(i == 0 ? pages - 1 : (x >> 20) % pages) * (off_t)sizeof spot[0];
		memset(spot[0], 0x55, sizeof spot[0]);
		if (check)
			ok = pread(in, spot[0], sizeof spot[0], at) == (ssize_t)sizeof spot[0] &&
			     pread(out, spot[1], sizeof spot[1], at) == (ssize_t)sizeof spot[1] &&
			     memcmp(spot[0], spot[1], sizeof spot[0]) == 0;
		else
			ok = pwrite(out, spot[0], sizeof spot[0], at) == (ssize_t)sizeof spot[0];
	}
	/* Write back the data before the clock starts, so that this does not disturb the measurement. */
	if (ok && !check)
		ok = fdatasync(out) == 0;
	close(in);
	close(out);
	return ok;
}

static const char *output_file(const char *input, enum sink sink)
{
	static char path[2][3100];
	char command_line[6400], *p = path[sink == TO_DISK];

	snprintf(p, sizeof path[0], "%s/output", sink == TO_DISK ? disk_dir : work_dir);
	snprintf(command_line, sizeof command_line, "cp '%s' '%s' && sync '%s'", input, p, p);
	if (access(p, F_OK) == -1 && system(command_line) != 0)
		return NULL;
	return p;
}

static bool measure_file(const struct point *point, const struct way *way, const char *setting, uint64_t *n,
                         double sample[2], char *why)
{
	static const char *const wc[] = { "wc", "-c", NULL };
	const char *input = input_file(point->size), *output = NULL;
	enum sink sink = (enum sink)point->detail;
	int out = -1, fd[2] = { -1, -1 }, count = -1;
	char path[3100], text[32] = "";
	struct crew crew;
	double wall;
	bool ok;

	(void)n;
	if (sink >= TO_MEMORY) {
		output = output_file(input, sink);
		ok = output != NULL && spots(input, output, point->size, false);
		out = ok ? open(output, O_WRONLY | O_CLOEXEC) : -1;
	} else if (sink == TO_WC) {
		snprintf(path, sizeof path, "%s/count", work_dir);
		count = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		out = pipe2(fd, O_CLOEXEC) == -1 ? -1 : fd[1];
	} else {
		out = open("/dev/null", O_WRONLY | O_CLOEXEC);
	}
	if (out == -1) {
		snprintf(why, WHY_SIZE, "cannot prepare the output: %s", strerror(errno));
		return false;
	}
	crew_start(&crew, NULL);
	start(&crew, way->how, setting, input, out);
	if (sink == TO_WC)
		crew_program(&crew, wc, fd[0], count);
	close(out);
	close(fd[0]);
	ok = crew_wait(&crew, &wall, why);
	if (ok && sink == TO_WC &&
	    (pread(count, text, sizeof text - 1, 0) <= 0 || strtoull(text, NULL, 10) != point->size))
		ok = snprintf(why, WHY_SIZE, "wc did not count all bytes") < 0;
	if (ok && sink >= TO_MEMORY && !spots(input, output, point->size, true))
		ok = snprintf(why, WHY_SIZE, "the output is not the input") < 0;
	close(count);
	sample[0] = (double)point->size / wall / 1e9;
	sample[1] = crew.cpu_seconds / ((double)point->size / (double)GIB);
	return ok;
}

/* From start to end in milliseconds. */
static bool measure_small(const struct point *point, const struct way *way, const char *setting, uint64_t *n,
                          double sample[2], char *why)
{
	const char *input = input_file(point->size);
	int none = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct crew crew;
	bool ok;

	(void)n;
	crew_start(&crew, NULL);
	start(&crew, way->how, setting, input, none);
	close(none);
	ok = crew_wait(&crew, &sample[0], why);
	sample[0] *= 1e3;
	sample[1] = crew.cpu_seconds * 1e3;
	return ok;
}

static const struct pipeline writer_first = { { "svwrite", "@" }, { "svread" }, .beside = true },
			     reader_first = { { "svread" }, { "svwrite", "@" }, .beside = true },
			     cats = { { "cat", "@" }, { "cat" }, .beside = false },
			     mbuffers = { { "mbuffer", "-q" }, .beside = false },
			     buffers = { { "buffer" }, .beside = false },
			     shell = { { "sh", "-c", "echo | cat" }, .beside = false },
			     one = { .side = copy_side }, pair = { .side = copy_side, .pair = true };

static const struct way
	ours = { "svwrite and svread", OURS, NULL, { NULL }, &writer_first },
	ours_back = { "svread, then svwrite", OURS, NULL, { NULL }, &reader_first },
	cat = { "cat | cat", RIVAL, NULL, { NULL }, &cats },
	echo = { "sh -c 'echo | cat'", RIVAL, NULL, { NULL }, &shell },
	mbuffer = { "mbuffer",
	            RIVAL,
	            "mbuffer",
	            { "-s 64k -m 1M", "-s 128k -m 4M", "-s 256k -m 4M", "-s 512k -m 4M", "-s 256k -m 16M" },
	            &mbuffers },
	buffer_ = { "buffer",
	            RIVAL,
	            "buffer",
	            { "-s 64k -m 1m", "-s 128k -m 2m", "-s 256k -m 4m", "-s 512k -m 8m" },
	            &buffers },
	pair_ = { "read and write, 1 MiB pipe", RIVAL, NULL, { "64K", "256K", "1M", "256K huge" }, &pair },
	one_ = { "one process", LIMIT, NULL, { "64K", "256K", "1M", "256K huge", "1M huge" }, &one };

void add_small(void)
{
	static const struct way *const ways[] = { &ours, &ours_back, &cat, NULL }, *const greeting[] = {
		&ours, &ours_back, &echo, NULL
	};
	static const struct {
		const char *name;
		uint64_t size;
	} sizes[] = { { "greeting", 18 },    { "4 KiB", 4 * KIB }, { "256 KiB", 256 * KIB },
		      { "1 MiB", MIB },      { "4 MiB", 4 * MIB }, { "16 MiB", 16 * MIB },
		      { "64 MiB", 64 * MIB } };
	struct point *point;
	size_t i;

	for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		point = point_add("small", sizes[i].name);
		point->unit = "ms";
		point->second_unit = "CPU ms";
		point->lower = true;
		point->touched = "written, read by nobody";
		point->size = sizes[i].size;
		point->ways = i == 0 ? greeting : ways;
		point->measure = measure_small;
		point->times = 5;
	}
}

void add_files(void)
{
	static const struct way *const ways[] = { &ours, &one_, &mbuffer, &buffer_, &cat, &pair_, NULL };
	static const char *const names[] = { "to /dev/null", "into wc -c", "to tmpfs", "to disk" };
	struct point *point;
	int i;

	for (i = TO_NULL; i <= TO_DISK; i++) {
		if (i == TO_DISK && disk_dir[0] == '\0')
			continue;
		point = point_add("files", names[i]);
		point->unit = "GB/s";
		point->second_unit = "CPU s/GiB";
		point->touched = i == TO_NULL ? "written, read by nobody" : "written, and copied out";
		point->size = i == TO_DISK && file_size > 128 * MIB ? 128 * MIB : file_size;
		point->ways = ways;
		point->measure = measure_file;
		point->detail = i;
	}
}
