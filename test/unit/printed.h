/* SPDX-License-Identifier: MIT */
/* printed.h - what is printed, to a stream or to a descriptor, and whether it is what it should be. */
#ifndef SV_PRINTED_H
#define SV_PRINTED_H

#include "pair.h"

static inline void same(const char *what, const char *text, const char *expected)
{
	if (!ok(strcmp(text, expected) == 0, "%s", what))
		printf("# is\n%s\n# expected\n%s\n", text, expected);
}

static char *streamed; /* what was written to a stream that is closed; it is to be freed */

static inline FILE *open_stream(void)
{
	static size_t size;
	FILE *stream = open_memstream(&streamed, &size);

	must(stream != NULL);
	return stream;
}

static struct {
	int fd, before, pipe;
} hearing;

/* From here on, what is written to this descriptor goes into a pipe. */
static inline void hear(int fd)
{
	int ends[2];

	must(fflush(stdout) == 0 && pipe(ends) == 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
	hearing.fd = fd;
	hearing.before = dup(fd);
	hearing.pipe = ends[0];
	must(hearing.before != -1 && dup2(ends[1], fd) != -1 && close(ends[1]) == 0);
}

/* What has come since the last time. */
static inline const char *heard(void)
{
	static char text[65536];
	ssize_t n;

	must(fflush(stdout) == 0);
	n = read(hearing.pipe, text, sizeof text - 1);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

/* The same, and the descriptor is what it was before. */
static inline const char *heard_at_last(void)
{
	const char *text = heard();

	must(dup2(hearing.before, hearing.fd) != -1);
	must(close(hearing.before) == 0 && close(hearing.pipe) == 0);
	return text;
}

#endif
