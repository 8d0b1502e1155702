/* SPDX-License-Identifier: MIT */
/*
 * peer_pipe.c - pipes: as they come, larger, written in blocks, and with the writer's pages lent by vmsplice.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "transport.h"
#include "stream.h"

#define LARGE ((int)MIB)

static const char *pipe_open(struct link *link)
{
	struct stream *stream = stream_new(link->size);

	if (!stream)
		return "no memory";
	if (pipe2(stream->fd, O_CLOEXEC | (link->wait == WAIT_SPIN ? O_NONBLOCK : 0))) {
		stream_free(stream);
		return "pipe";
	}
	link->state = stream;
	return NULL;
}

static void pipe_close(struct link *link)
{
	struct stream *stream = link->state;

	close(stream->fd[0]);
	close(stream->fd[1]);
	stream_free(stream);
}

/* A side that keeps the other's end open would never see it go. */
static void pipe_attach(struct link *link, enum end end)
{
	struct stream *stream = link->state;

	close(stream->fd[end == PRODUCER ? 0 : 1]);
}

static void pipe_detach(struct link *link, enum end end)
{
	(void)link, (void)end;
}

TRANSPORT_LOOPS(plain, stream_reserve, stream_commit, stream_peek, stream_release, NULL)

const struct transport pipe_plain = {
	.name = "pipe",
	.kind = KIND_PEER,
	.open = pipe_open,
	.attach = pipe_attach,
	LOOPS_OF(plain),
	.detach = pipe_detach,
	.close = pipe_close,
};

static const char *pipe_open_large(struct link *link)
{
	const char *error = pipe_open(link);

	if (!error && fcntl(((struct stream *)link->state)->fd[1], F_SETPIPE_SZ, LARGE) < 0) {
		pipe_close(link);
		error = "F_SETPIPE_SZ";
	}
	return error;
}

const struct transport pipe_large = {
	.name = "pipe of 1 MiB",
	.kind = KIND_PEER,
	.open = pipe_open_large,
	.attach = pipe_attach,
	LOOPS_OF(plain),
	.detach = pipe_detach,
	.close = pipe_close,
};

static const char *buffered_absent(size_t size)
{
	return size > STREAM_BUFFER / 2 ? "a block is 64 KiB" : NULL;
}

TRANSPORT_LOOPS(buffered, stream_reserve_more, stream_commit_full, stream_peek, stream_release, stream_flush)

const struct transport pipe_buffered = {
	.name = "pipe, blocks of 64 KiB",
	.kind = KIND_PEER,
	.batch = true,
	.absent = buffered_absent,
	.open = pipe_open,
	.attach = pipe_attach,
	LOOPS_OF(buffered),
	.detach = pipe_detach,
	.close = pipe_close,
};

/*
 * vmsplice: the pipe holds references to the producer's pages, and the consumer's read(2) is the only copy.
 * A page may be filled again only when it has left the pipe, so the producer goes round more pages than the
 * pipe can hold, and then fills the message that was taken longest ago.
 */
static const char *vmsplice_absent(size_t size)
{
	return size % (16 * KIB) ? "whole pages only" : NULL;
}

static const char *vmsplice_open(struct link *link)
{
	const char *error = pipe_open_large(link);
	struct stream *stream = link->state;

	if (error)
		return error;
	stream->slots = LARGE / link->size + 2;
	stream->pages = mmap(NULL, stream->slots * link->size, PROT_READ | PROT_WRITE,
	                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (stream->pages != MAP_FAILED)
		return NULL;
	pipe_close(link);
	return "mmap";
}

static void vmsplice_close(struct link *link)
{
	struct stream *stream = link->state;

	munmap(stream->pages, stream->slots * link->size);
	pipe_close(link);
}

static inline void *vmsplice_reserve(struct link *link, size_t size)
{
	struct stream *stream = link->state;

	return stream->pages + stream->slot * size;
}

static inline void vmsplice_commit(struct link *link, size_t size)
{
	struct stream *stream = link->state;
	struct iovec part = { stream->pages + stream->slot * size, size };

	while (part.iov_len) {
		ssize_t n = vmsplice(stream->fd[1], &part, 1, 0);

		if (n < 0) {
			if (errno == EAGAIN)
				continue;
			side_fail("vmsplice: %s", strerror(errno));
		}
		part.iov_base = (char *)part.iov_base + n;
		part.iov_len -= (size_t)n;
	}
	stream->slot = (stream->slot + 1) % stream->slots;
}

TRANSPORT_LOOPS(spliced, vmsplice_reserve, vmsplice_commit, stream_peek, stream_release, NULL)

const struct transport pipe_vmsplice = {
	.name = "vmsplice into 1 MiB pipe, read",
	.kind = KIND_PEER,
	.absent = vmsplice_absent,
	.open = vmsplice_open,
	.attach = pipe_attach,
	LOOPS_OF(spliced),
	.detach = pipe_detach,
	.close = vmsplice_close,
};
