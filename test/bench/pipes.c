/* SPDX-License-Identifier: MIT */
/* pipes.c - messages through a pipe: a write each, or in blocks; the reader takes what is there, as any does.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "transport.h"

#define LEAST_BUFFER (64 * KIB)

struct stream {
	int fd[2];
	char *buffer;
	size_t size;      /* of the buffer */
	size_t used, got; /* consumer: taken from the buffer, read into it; producer in blocks: used */
};

static bool stream_open(struct link *link)
{
	struct stream *stream = calloc(1, sizeof *stream);
	size_t least = link->block > LEAST_BUFFER ? link->block : LEAST_BUFFER;

	if (stream == NULL)
		return false;
	stream->size = link->size > least ? link->size : least / link->size * link->size;
	if (posix_memalign((void **)&stream->buffer, 4096, stream->size) != 0 ||
	    pipe2(stream->fd, O_CLOEXEC) == -1 ||
	    fcntl(stream->fd[1], F_SETPIPE_SZ, (int)link->capacity) == -1)
		return false;
	memset(stream->buffer, 0, stream->size);
	link->state = stream;
	return true;
}

static void stream_close(struct link *link)
{
	struct stream *stream = link->state;

	close(stream->fd[0]);
	close(stream->fd[1]);
	free(stream->buffer);
	free(stream);
}

/* A side that keeps the other's end open would never notice that it was closed. */
static void stream_attach(struct link *link, enum end end)
{
	struct stream *stream = link->state;

	close(stream->fd[end == PRODUCER ? 0 : 1]);
}

static void stream_detach(struct link *link, enum end end)
{
	(void)link, (void)end;
}

static void stream_write(struct stream *stream, size_t size)
{
	size_t done;
	ssize_t n;

	for (done = 0; done < size; done += (size_t)n) {
		n = write(stream->fd[1], stream->buffer + done, size - done);
		if (n == -1)
			side_fail("write: %s", strerror(errno));
	}
}

static inline void *stream_reserve(struct link *link, size_t size)
{
	struct stream *stream = link->state;

	(void)size;
	return stream->buffer + stream->used;
}

static inline void stream_commit(struct link *link, size_t size)
{
	stream_write(link->state, size);
}

static void stream_flush(struct link *link)
{
	struct stream *stream = link->state;

	stream_write(stream, stream->used);
	stream->used = 0;
}

static inline void stream_commit_block(struct link *link, size_t size)
{
	struct stream *stream = link->state;

	stream->used += size;
	if (stream->used == stream->size)
		stream_flush(link);
}

static inline const void *stream_peek(struct link *link, size_t size)
{
	struct stream *stream = link->state;
	ssize_t n;

	while (stream->got - stream->used < size) {
		if (stream->used == stream->got)
			stream->used = stream->got = 0;
		n = read(stream->fd[0], stream->buffer + stream->got, stream->size - stream->got);
		if (n <= 0)
			side_fail("read: %s", n == 0 ? "end of stream" : strerror(errno));
		stream->got += (size_t)n;
	}
	return stream->buffer + stream->used;
}

static inline void stream_release(struct link *link, size_t size)
{
	((struct stream *)link->state)->used += size;
}

TRANSPORT(pipe_messages, stream_open, stream_attach, stream_detach, stream_close, stream_reserve,
          stream_commit, stream_peek, stream_release, NULL);
TRANSPORT(pipe_batches, stream_open, stream_attach, stream_detach, stream_close, stream_reserve,
          stream_commit_block, stream_peek, stream_release, stream_flush);
