/* SPDX-License-Identifier: MIT */
/*
 * peer_socket.c - Unix sockets, as a stream and as packets that keep their boundaries.
 */
#include <sys/socket.h>

#include "transport.h"
#include "stream.h"

static const char *socket_open(struct link *link, int type)
{
	struct stream *stream = stream_new(link->size);
	int flags = SOCK_CLOEXEC | (link->wait == WAIT_SPIN ? SOCK_NONBLOCK : 0);

	if (!stream)
		return "no memory";
	if (socketpair(AF_UNIX, type | flags, 0, stream->fd)) {
		stream_free(stream);
		return "socketpair";
	}
	link->state = stream;
	return NULL;
}

static const char *socket_open_stream(struct link *link)
{
	return socket_open(link, SOCK_STREAM);
}

static void socket_close(struct link *link)
{
	struct stream *stream = link->state;

	close(stream->fd[0]);
	close(stream->fd[1]);
	stream_free(stream);
}

static void socket_attach(struct link *link, enum end end)
{
	struct stream *stream = link->state;

	close(stream->fd[end == PRODUCER ? 0 : 1]);
}

static void socket_detach(struct link *link, enum end end)
{
	(void)link, (void)end;
}

TRANSPORT_LOOPS(bytes, stream_reserve, stream_commit, stream_peek, stream_release, NULL)

const struct transport unix_stream = {
	.name = "Unix stream socket",
	.kind = KIND_PEER,
	.open = socket_open_stream,
	.attach = socket_attach,
	LOOPS_OF(bytes),
	.detach = socket_detach,
	.close = socket_close,
};

/* A packet must fit the send buffer with the kernel's own share: it counts double. */
static const char *seqpacket_absent(size_t size)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), want = (int)size + 4096, got = 0;
	socklen_t length = sizeof(got);

	if (fd < 0)
		return "no such socket";
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &want, sizeof(want));
	getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &got, &length);
	close(fd);
	return got < 2 * want ? "larger than net.core.wmem_max" : NULL;
}

static const char *seqpacket_open(struct link *link)
{
	const char *error = socket_open(link, SOCK_SEQPACKET);
	struct stream *stream = link->state;
	int size = 0, want = (int)link->size + 4096;
	socklen_t length = sizeof(size);

	if (error)
		return error;
	/* The default buffer, unless a message needs more. */
	if (getsockopt(stream->fd[1], SOL_SOCKET, SO_SNDBUF, &size, &length) == 0 && size < 2 * want)
		setsockopt(stream->fd[1], SOL_SOCKET, SO_SNDBUF, &want, sizeof(want));
	return NULL;
}

static inline const void *seqpacket_peek(struct link *link, size_t size)
{
	struct stream *stream = link->state;
	ssize_t n;

	while ((n = read(stream->fd[0], stream->buffer, size)) < 0)
		if (errno != EAGAIN && errno != EINTR)
			side_fail("read: %s", strerror(errno));
	if ((size_t)n != size)
		side_fail("packet of %zd bytes", n);
	return stream->buffer;
}

static inline void seqpacket_release(struct link *link, size_t size)
{
	(void)link, (void)size;
}

TRANSPORT_LOOPS(packets, stream_reserve, stream_commit, seqpacket_peek, seqpacket_release, NULL)

const struct transport unix_seqpacket = {
	.name = "Unix seqpacket socket",
	.kind = KIND_PEER,
	.absent = seqpacket_absent,
	.open = seqpacket_open,
	.attach = socket_attach,
	LOOPS_OF(packets),
	.detach = socket_detach,
	.close = socket_close,
};
