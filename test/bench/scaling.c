/* SPDX-License-Identifier: MIT */
/*
 * scaling.c - the same transfer at sizes that differ by thousands: the rate must not depend on the size.
 *
 * "attached": read(2) into the ring and write(2) out of it, as the programs do it, between two processes
 * that are attached already and have been twice round the ring.  Small sizes are moved many times, each
 * from a standstill, so that all are timed for long enough.  A small input is in the cache of a CPU, and
 * faster to read: the limit, one process that does the same, shows how much of a difference that makes.
 * "programs": from the start of both to the end of both, so that a small transfer shows what starting costs.
 * Sizes above the input's go through the same file several times.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "svipc.h"
#include "bench.h"

#define MAX_FILES 64
#define AT_LEAST (64 * MIB) /* to be moved in a measurement */

struct scale {
	const char *input;
	uint64_t size, file; /* bytes to move, bytes of the input */
};

static void scale_writer(sv_channel *channel, int in, uint64_t size)
{
	size_t want = sv_capacity(channel) / 4 < BLOCK ? sv_capacity(channel) / 4 : BLOCK;
	size_t got;
	void *data;

	while (size > 0) {
		size_t most = size < want ? (size_t)size : want;
		ssize_t n;

		if (sv_reserve(channel, most, &data, &got, -1) != SV_OK)
			side_fail("sv_reserve: %s", sv_last_error(channel)->text);
		n = read(in, data, most);
		if (n < 0)
			side_fail("read: %s", strerror(errno));
		if (n == 0) {
			lseek(in, 0, SEEK_SET);
			continue;
		}
		if (sv_commit(channel, (size_t)n) != SV_OK)
			side_fail("sv_commit: %s", sv_last_error(channel)->text);
		size -= (uint64_t)n;
	}
}

static void scale_reader(sv_channel *channel, int out, uint64_t size)
{
	const void *data;
	size_t got;

	while (size > 0) {
		if (sv_peek(channel, 1, &data, &got, -1) != SV_OK)
			side_fail("sv_peek: %s", sv_last_error(channel)->text);
		got = got < BLOCK ? got : BLOCK;
		got = got < size ? got : (size_t)size;
		if (write(out, data, got) != (ssize_t)got)
			side_fail("write: %s", strerror(errno));
		if (sv_release(channel, got) != SV_OK)
			side_fail("sv_release: %s", sv_last_error(channel)->text);
		size -= got;
	}
}

static uint64_t moved_by(const struct scale *scale)
{
	return scale->size < AT_LEAST ? AT_LEAST : scale->size;
}

static void scale_side(void *arg, int side)
{
	const struct scale *scale = arg;
	void (*move)(sv_channel *, int, uint64_t) = side == 0 ? scale_writer : scale_reader;
	struct sv_options options = SV_OPTIONS_INIT;
	int fd = side == 0 ? open(scale->input, O_RDONLY | O_CLOEXEC)
	                   : open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct sv_error error = SV_ERROR_INIT;
	sv_channel *channel;
	const void *data;
	size_t got;

	options.name = "link0";
	options.capacity = settings.capacity;
	if (fd < 0)
		side_fail("open: %s", strerror(errno));
	if (sv_open(&channel, side == 0 ? SV_WRITER : SV_READER, &options, -1, &error) != SV_OK)
		side_fail("sv_open: %s", error.text);
	if (sv_wait_peer(channel, -1) != SV_OK)
		side_fail("sv_wait_peer: %s", sv_last_error(channel)->text);
	move(channel, fd, 2 * sv_capacity(channel));
	for (int part = 1; (uint64_t)(part - 1) * scale->size < moved_by(scale); part++) {
		struct usage start, end;

		if (side == 0)
			lseek(fd, 0, SEEK_SET);
		side_barrier(2 * part);
		start = usage_now();
		move(channel, fd, scale->size);
		end = usage_now();
		/* The reader's time is that of both: it ends last. */
		shared->note[side] += end.wall - start.wall;
		shared->note[2 + side] += end.cpu - start.cpu;
	}
	if (side == 1 && sv_peek(channel, 1, &data, &got, -1) != SV_END)
		side_fail("end of stream: %s", sv_last_error(channel)->text);
	if (sv_finish(channel, -1) != SV_OK)
		side_fail("sv_finish: %s", sv_last_error(channel)->text);
	sv_close(channel);
}

/* One process, from the input to /dev/null. */
static void limit_side(void *arg, int side)
{
	const struct scale *scale = arg;
	char *block = malloc(BLOCK);
	int in = open(scale->input, O_RDONLY | O_CLOEXEC), out = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct usage start, end;
	uint64_t left = moved_by(scale);

	(void)side;
	if (!block || in < 0 || out < 0)
		side_fail("open: %s", strerror(errno));
	memset(block, 1, BLOCK);
	start = usage_now();
	while (left > 0) {
		ssize_t n = read(in, block, left < BLOCK ? (size_t)left : BLOCK);

		if (n < 0 || write(out, block, (size_t)n) != n)
			side_fail("read or write: %s", strerror(errno));
		if (n == 0)
			lseek(in, 0, SEEK_SET);
		left -= (uint64_t)n;
	}
	end = usage_now();
	shared->note[1] = end.wall - start.wall;
	shared->note[2] = end.cpu - start.cpu;
}

static void measure_sides(struct row *row, const struct scale *scale, int sides, side_function function)
{
	double moved = (double)moved_by(scale);
	char why[160];

	if (run_sides(sides, function, (void *)(uintptr_t)scale, settings.cpu, why, sizeof(why)))
		row_value(row, moved / shared->note[1] / 1e9,
		          (shared->note[2] + shared->note[3]) / (moved / (double)GIB));
	else
		row_failed(row, why);
}

static void measure_programs(struct row *row, const struct scale *scale)
{
	const char *writer[MAX_FILES + 2] = { own_program("svwrite") },
				       *reader[] = { own_program("svread"), NULL };
	int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct crew crew;
	char why[160];
	double wall;

	if (nothing < 0) {
		row_failed(row, strerror(errno));
		return;
	}
	for (uint64_t i = 0; i < scale->size / scale->file; i++)
		writer[i + 1] = scale->input;
	crew_start(&crew, NULL);
	crew_program(&crew, writer, nothing, nothing);
	crew_program(&crew, reader, nothing, nothing);
	if (crew_wait(&crew, &wall, why, sizeof(why)))
		row_value(row, (double)scale->size / wall / 1e9,
		          crew.cpu_seconds / ((double)scale->size / (double)GIB));
	else
		row_failed(row, why);
	close(nothing);
}

static void scaling_measure(struct row *row, size_t index, void *arg)
{
	if (index == 2)
		measure_programs(row, arg);
	else
		measure_sides(row, arg, index == 0 ? 1 : 2, index == 0 ? limit_side : scale_side);
}

void group_scaling(void)
{
	static const uint64_t sizes[] = { MIB, 8 * MIB, 64 * MIB, 256 * MIB, GIB, 8 * GIB };
	uint64_t file = settings.size < 512 * MIB ? settings.size : 512 * MIB;
	char name[24], path[3100];

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct scale scale = { .size = sizes[i], .file = sizes[i] < file ? sizes[i] : file };
		const char *input;
		size_t from = row_count();
		struct row *limit, *attached, *programs;

		if (settings.quick && sizes[i] > 256 * MIB)
			break;
		/* Whole files only. */
		if (sizes[i] % scale.file || sizes[i] / scale.file > MAX_FILES)
			continue;
		input = input_file(scale.file);
		limit = row_add("scaling", size_name(sizes[i], name), "read+write, one process", KIND_LIMIT,
		                "GB/s", false, "s/GiB");
		attached = row_add("scaling", name, "attached", KIND_OURS, "GB/s", false, "s/GiB");
		programs = row_add("scaling", name, "programs", KIND_OURS, "GB/s", false, "s/GiB");
		limit->bytes = attached->bytes = programs->bytes = sizes[i];
		if (!input) {
			row_absent(limit, "no room for the input");
			row_absent(attached, "no room for the input");
			row_absent(programs, "no room for the input");
			continue;
		}
		snprintf(path, sizeof(path), "%s", input);
		scale.input = path;
		measure_rounds(from, settings.rounds, scaling_measure, &scale);
	}
}
