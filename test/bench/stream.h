/* SPDX-License-Identifier: MIT */
/*
 * stream.h - messages through a stream of bytes (pipe, socket): written one by one or in blocks, read as
 * many as are there, up to 64 KiB, as any program does that cares.
 */
#ifndef STREAM_H
#define STREAM_H

#include <stdlib.h>
#include <unistd.h>

#include "transport.h"

#define STREAM_BUFFER (64 * KIB)

struct stream {
	int fd[2]; /* to read from, to write to */
	char *buffer;
	size_t size;      /* of the buffer */
	size_t used, got; /* consumer: taken from the buffer, read into it; producer in blocks: used */
	char *pages;      /* vmsplice */
	size_t slot, slots;
};

static inline struct stream *stream_new(size_t size)
{
	struct stream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return NULL;
	stream->size = size > STREAM_BUFFER ? size : STREAM_BUFFER / size * size;
	/* On a page, as any large buffer is. */
	if (posix_memalign((void **)&stream->buffer, 4096, stream->size)) {
		free(stream);
		return NULL;
	}
	memset(stream->buffer, 0, stream->size);
	return stream;
}

static inline void stream_free(struct stream *stream)
{
	free(stream->buffer);
	free(stream);
}

static inline void stream_write(struct stream *stream, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t n = write(stream->fd[1], stream->buffer + done, size - done);

		if (n >= 0)
			done += (size_t)n;
		else if (errno != EAGAIN && errno != EINTR)
			side_fail("write: %s", strerror(errno));
	}
}

/* One by one. */
static inline void *stream_reserve(struct link *link, size_t size)
{
	(void)size;
	return ((struct stream *)link->state)->buffer;
}

static inline void stream_commit(struct link *link, size_t size)
{
	stream_write(link->state, size);
}

/* In blocks. */
static inline void *stream_reserve_more(struct link *link, size_t size)
{
	struct stream *stream = link->state;

	(void)size;
	return stream->buffer + stream->used;
}

static inline void stream_commit_full(struct link *link, size_t size)
{
	struct stream *stream = link->state;

	stream->used += size;
	if (stream->used == stream->size) {
		stream_write(stream, stream->used);
		stream->used = 0;
	}
}

static inline void stream_flush(struct link *link)
{
	struct stream *stream = link->state;

	stream_write(stream, stream->used);
	stream->used = 0;
}

/* The consumer's side of both. */
static inline const void *stream_peek(struct link *link, size_t size)
{
	struct stream *stream = link->state;

	while (stream->got - stream->used < size) {
		ssize_t n;

		if (stream->used == stream->got)
			stream->used = stream->got = 0;
		n = read(stream->fd[0], stream->buffer + stream->got, stream->size - stream->got);
		if (n > 0)
			stream->got += (size_t)n;
		else if (n == 0)
			side_fail("read: end of stream");
		else if (errno != EAGAIN && errno != EINTR)
			side_fail("read: %s", strerror(errno));
	}
	return stream->buffer + stream->used;
}

static inline void stream_release(struct link *link, size_t size)
{
	((struct stream *)link->state)->used += size;
}

#endif
