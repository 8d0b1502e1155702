/* SPDX-License-Identifier: MIT */
/*
 * peer_zmq.c - ZeroMQ, push and pull over ipc:// (a Unix socket; it has threads of its own).
 */
#include "transport.h"

#ifdef HAVE_ZMQ
#include <stdlib.h>

#include <zmq.h>

struct zmq_state {
	void *context, *socket;
	zmq_msg_t message;
	int flags;
};

static void zmq_fail(const char *what)
{
	side_fail("%s: %s", what, zmq_strerror(zmq_errno()));
}

static void zmq_attach(struct link *link, enum end end)
{
	struct zmq_state *zmq = calloc(1, sizeof(*zmq));
	int most = (int)(8 * MIB / link->size), linger = -1;
	char address[3200];

	if (!zmq)
		side_fail("out of memory");
	link->state = zmq;
	zmq->flags = link->wait == WAIT_SPIN ? ZMQ_DONTWAIT : 0;
	zmq->context = zmq_ctx_new();
	zmq->socket = zmq->context ? zmq_socket(zmq->context, end == PRODUCER ? ZMQ_PUSH : ZMQ_PULL) : NULL;
	if (!zmq->socket)
		zmq_fail("zmq_socket");
	/* The default of 1,000 messages, or 8 MiB of large ones. */
	most = most < 2 ? 2 : most > 1000 ? 1000 : most;
	zmq_setsockopt(zmq->socket, ZMQ_SNDHWM, &most, sizeof(most));
	zmq_setsockopt(zmq->socket, ZMQ_RCVHWM, &most, sizeof(most));
	zmq_setsockopt(zmq->socket, ZMQ_LINGER, &linger, sizeof(linger));
	snprintf(address, sizeof(address), "ipc://%s/zmq%d", work_dir, link->number);
	if (end == PRODUCER ? zmq_bind(zmq->socket, address) : zmq_connect(zmq->socket, address))
		zmq_fail("ipc");
}

static void zmq_detach(struct link *link, enum end end)
{
	struct zmq_state *zmq = link->state;

	(void)end;
	/* A consumer at its high-water mark loses what it has not read yet when the producer closes. */
	side_barrier(4 + 2 * link->number);
	zmq_close(zmq->socket);
	zmq_ctx_term(zmq->context);
}

static inline void *zmq_reserve(struct link *link, size_t size)
{
	struct zmq_state *zmq = link->state;

	if (zmq_msg_init_size(&zmq->message, size))
		zmq_fail("zmq_msg_init_size");
	return zmq_msg_data(&zmq->message);
}

static inline void zmq_commit(struct link *link, size_t size)
{
	struct zmq_state *zmq = link->state;

	(void)size;
	while (zmq_msg_send(&zmq->message, zmq->socket, zmq->flags) < 0)
		if (errno != EAGAIN && errno != EINTR)
			zmq_fail("zmq_msg_send");
}

static inline const void *zmq_peek(struct link *link, size_t size)
{
	struct zmq_state *zmq = link->state;

	zmq_msg_init(&zmq->message);
	while (zmq_msg_recv(&zmq->message, zmq->socket, zmq->flags) < 0)
		if (errno != EAGAIN && errno != EINTR)
			zmq_fail("zmq_msg_recv");
	if (zmq_msg_size(&zmq->message) != size)
		side_fail("message of %zu bytes", zmq_msg_size(&zmq->message));
	return zmq_msg_data(&zmq->message);
}

static inline void zmq_release(struct link *link, size_t size)
{
	struct zmq_state *zmq = link->state;

	(void)size;
	zmq_msg_close(&zmq->message);
}

TRANSPORT_LOOPS(zmq, zmq_reserve, zmq_commit, zmq_peek, zmq_release, NULL)

const struct transport zeromq = {
	.name = "ZeroMQ push/pull, ipc",
	.kind = KIND_PEER,
	.attach = zmq_attach,
	LOOPS_OF(zmq),
	.detach = zmq_detach,
};

#else

static const char *zmq_absent(size_t size)
{
	(void)size;
	return "built without libzmq3-dev";
}

const struct transport zeromq = {
	.name = "ZeroMQ push/pull, ipc",
	.kind = KIND_PEER,
	.absent = zmq_absent,
};

#endif
