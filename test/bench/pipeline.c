/* SPDX-License-Identifier: MIT */
/*
 * pipeline.c - this toolkit's programs, what people use instead, and what one process can do alone.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pipeline.h"

#define LARGE ((int)MIB) /* bytes of the bench's own pipes */

static void copy(int in, int out)
{
	char *block = malloc(BLOCK);
	ssize_t n;

	if (!block)
		side_fail("out of memory");
	while ((n = read(in, block, BLOCK)) > 0) {
		for (ssize_t done = 0, put; done < n; done += put) {
			put = write(out, block + done, (size_t)(n - done));
			if (put < 0)
				side_fail("write: %s", strerror(errno));
		}
	}
	if (n < 0)
		side_fail("read: %s", strerror(errno));
}

static void copy_side(void *arg, int in, int out)
{
	(void)arg;
	copy(in, out);
}

static void write_side(void *arg, int in, int out)
{
	const struct transfer *transfer = arg;
	char *block = malloc(BLOCK);

	(void)in;
	if (!block)
		side_fail("out of memory");
	memset(block, 1, BLOCK);
	for (uint64_t done = 0; done < transfer->size; done += BLOCK)
		if (write(out, block, BLOCK) != (ssize_t)BLOCK)
			side_fail("write: %s", strerror(errno));
}

static void splice_side(void *arg, int in, int out)
{
	ssize_t n;

	(void)arg;
	/* The pipe to wc is made larger, too: between two small pipes it would only measure the small one. */
	fcntl(out, F_SETPIPE_SZ, LARGE);
	while ((n = splice(in, NULL, out, NULL, MIB, SPLICE_F_MOVE)) > 0)
		;
	if (n < 0)
		side_fail("splice: %s", strerror(errno));
}

/* clang-format off */
static const struct pipeline table[] = {
	{"read+write, one process", KIND_LIMIT, FUNCTIONS, .source = copy_side},
	{"write alone", KIND_BLIND, FUNCTIONS, .source = write_side, .writes_anything = true},
	{"svwrite | svread", KIND_OURS, BESIDE, .first = {"svwrite", "@"}, .second = {"svread"}},
	{"cat | cat", KIND_PEER, PIPED, "cat", .first = {"cat", "@"}, .second = {"cat"}},
	{"dd | dd", KIND_PEER, PIPED, "dd", .first = {"dd", "if=@", "bs=256k", "status=none"},
		.second = {"dd", "bs=256k", "iflag=fullblock", "status=none"}},
	{"pv | cat", KIND_PEER, PIPED, "pv", .first = {"pv", "-q", "@"}, .second = {"cat"}},
	{"buffer", KIND_PEER, ALONE, "buffer", .first = {"buffer"}},
	{"buffer -s64k -m1m", KIND_PEER, ALONE, "buffer", .first = {"buffer", "-s64k", "-m1m"}},
	{"buffer -s128k -m2m", KIND_PEER, ALONE, "buffer", .first = {"buffer", "-s128k", "-m2m"}},
	{"buffer -s256k -m2m", KIND_PEER, ALONE, "buffer", .first = {"buffer", "-s256k", "-m2m"}},
	{"buffer -s512k -m8m", KIND_PEER, ALONE, "buffer", .first = {"buffer", "-s512k", "-m8m"}},
	{"mbuffer -m16M", KIND_PEER, ALONE, "mbuffer", .first = {"mbuffer", "-q", "-m", "16M"}},
	{"mbuffer -s256k -m4M", KIND_PEER, ALONE, "mbuffer", .first = {"mbuffer", "-q", "-s", "256k", "-m", "4M"}},
	{"socat, Unix socket", KIND_PEER, BESIDE, "socat",
		.first = {"socat", "-u", "-b262144", "OPEN:@", "UNIX-LISTEN:%"},
		.second = {"socat", "-u", "-b262144", "UNIX-CONNECT:%", "STDOUT"}},
	{"read/write pair, 1 MiB pipe", KIND_PEER, FUNCTIONS, .source = copy_side, .drain = copy_side},
	{"splice pair, 1 MiB pipe", KIND_BLIND, FUNCTIONS, .source = splice_side, .drain = splice_side},
};
/* clang-format on */

const struct pipeline *pipelines(size_t *n)
{
	*n = sizeof(table) / sizeof(table[0]);
	return table;
}

/* The words of one command, with "@" and "%" replaced; valid until the next call for the same place. */
static const char *const *command(const char *const *words, int place, const struct transfer *transfer)
{
	static char text[2][12][6300], socket[3100];
	static const char *argv[2][16];
	size_t n = 0;

	snprintf(socket, sizeof(socket), "%s/socket", work_dir);
	for (; words[n]; n++) {
		size_t length = strlen(words[n]);
		char last = words[n][length - 1];
		char *to = text[place][n];

		if (!strncmp(words[n], "sv", 2))
			snprintf(to, sizeof(text[0][0]), "%s", own_program(words[n]));
		else if (last == '@' || last == '%')
			snprintf(to, sizeof(text[0][0]), "%.*s%s%s", (int)length - 1, words[n],
			         last == '@' ? transfer->input : socket,
			         /* The listener may come second. */
			         strstr(words[n], "CONNECT") ? ",retry=400,interval=0.005" : "");
		else
			snprintf(to, sizeof(text[0][0]), "%s", words[n]);
		argv[place][n] = to;
	}
	if (!strncmp(words[0], "sv", 2) && settings.capacity) {
		static char capacity[32];

		/* Options come before the operands. */
		snprintf(capacity, sizeof(capacity), "-s%llu", (unsigned long long)settings.capacity);
		memmove(&argv[place][2], &argv[place][1], (n - 1) * sizeof(argv[0][0]));
		argv[place][1] = capacity;
		n++;
	}
	argv[place][n] = NULL;
	return argv[place];
}

static void start_functions(struct crew *crew, const struct pipeline *pipeline, struct transfer *transfer,
                            int in, int out)
{
	int fd[2];

	if (!pipeline->drain) {
		crew_function(crew, pipeline->name, pipeline->source, transfer, in, out);
		return;
	}
	if (pipe2(fd, O_CLOEXEC) || fcntl(fd[1], F_SETPIPE_SZ, LARGE) < 0) {
		crew->broken = true;
		snprintf(shared->failure[0], sizeof(shared->failure[0]), "pipe: %s", strerror(errno));
		return;
	}
	crew_function(crew, "source", pipeline->source, transfer, in, fd[1]);
	close(fd[1]);
	crew_function(crew, "drain", pipeline->drain, transfer, fd[0], out);
	close(fd[0]);
}

static void start_programs(struct crew *crew, const struct pipeline *pipeline, struct transfer *transfer,
                           int in, int nothing, int out)
{
	char path[3100];
	int fd[2];

	if (pipeline->shape == ALONE) {
		crew_program(crew, command(pipeline->first, 0, transfer), in, out);
	} else if (pipeline->shape == BESIDE) {
		snprintf(path, sizeof(path), "%s/socket", work_dir);
		unlink(path);
		crew_program(crew, command(pipeline->first, 0, transfer), nothing, nothing);
		crew_program(crew, command(pipeline->second, 1, transfer), nothing, out);
	} else if (pipe2(fd, O_CLOEXEC)) {
		crew->broken = true;
		snprintf(shared->failure[0], sizeof(shared->failure[0]), "pipe: %s", strerror(errno));
	} else {
		crew_program(crew, command(pipeline->first, 0, transfer), nothing, fd[1]);
		close(fd[1]);
		crew_program(crew, command(pipeline->second, 1, transfer), fd[0], out);
		close(fd[0]);
	}
}

void pipeline_start(struct crew *crew, const struct pipeline *pipeline, struct transfer *transfer, int out)
{
	int in = open(transfer->input, O_RDONLY | O_CLOEXEC), nothing = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (in < 0 || nothing < 0) {
		crew->broken = true;
		snprintf(shared->failure[0], sizeof(shared->failure[0]), "open: %s", strerror(errno));
	} else if (pipeline->shape == FUNCTIONS) {
		start_functions(crew, pipeline, transfer, in, out);
	} else {
		start_programs(crew, pipeline, transfer, in, nothing, out);
	}
	if (in >= 0)
		close(in);
	if (nothing >= 0)
		close(nothing);
}
