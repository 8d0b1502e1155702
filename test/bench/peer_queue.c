/* SPDX-License-Identifier: MIT */
/*
 * peer_queue.c - the kernel's message queues, System V and POSIX, with the system's default limits.
 */
#include <fcntl.h>
#include <mqueue.h>
#include <stdlib.h>
#include <sys/msg.h>
#include <unistd.h>

#include "transport.h"
#include "sysv.h"

/* The layout that msgsnd(2) wants; a POSIX queue takes the data alone. */
struct message {
	long type;
	char data[];
};

struct queue {
	int id;
	mqd_t posix;
	bool spin;
	struct message *message;
};

static long limit(const char *file)
{
	FILE *in = fopen(file, "re");
	long value = 0;

	if (in) {
		if (fscanf(in, "%ld", &value) != 1)
			value = 0;
		fclose(in);
	}
	return value;
}

static struct queue *queue_new(struct link *link)
{
	struct queue *queue = calloc(1, sizeof(*queue));

	if (!queue)
		return NULL;
	queue->message = calloc(1, sizeof(long) + link->size);
	if (!queue->message) {
		free(queue);
		return NULL;
	}
	queue->message->type = 1;
	queue->spin = link->wait == WAIT_SPIN;
	link->state = queue;
	return queue;
}

static void queue_free(struct link *link)
{
	struct queue *queue = link->state;

	free(queue->message);
	free(queue);
}

static void queue_attach(struct link *link, enum end end)
{
	(void)link, (void)end;
}

static inline void *queue_reserve(struct link *link, size_t size)
{
	(void)size;
	return ((struct queue *)link->state)->message->data;
}

static inline void queue_release(struct link *link, size_t size)
{
	(void)link, (void)size;
}

/* System V. */
static const char *sysv_absent(size_t size)
{
	return (long)size > limit("/proc/sys/kernel/msgmax") ? "larger than kernel.msgmax" : NULL;
}

static const char *sysv_open(struct link *link)
{
	struct queue *queue = queue_new(link);

	if (!queue)
		return "no memory";
	queue->id = sysv_queue_new();
	if (queue->id >= 0)
		return NULL;
	queue_free(link);
	return "msgget";
}

static void sysv_close(struct link *link)
{
	sysv_remove(((struct queue *)link->state)->id);
	queue_free(link);
}

static inline void sysv_commit(struct link *link, size_t size)
{
	struct queue *queue = link->state;

	while (msgsnd(queue->id, queue->message, size, queue->spin ? IPC_NOWAIT : 0))
		if (errno != EAGAIN && errno != EINTR)
			side_fail("msgsnd: %s", strerror(errno));
}

static inline const void *sysv_peek(struct link *link, size_t size)
{
	struct queue *queue = link->state;

	while (msgrcv(queue->id, queue->message, size, 0, queue->spin ? IPC_NOWAIT : 0) != (ssize_t)size)
		if (errno != ENOMSG && errno != EINTR)
			side_fail("msgrcv: %s", strerror(errno));
	return queue->message->data;
}

TRANSPORT_LOOPS(sysv, queue_reserve, sysv_commit, sysv_peek, queue_release, NULL)

const struct transport sysv_queue = {
	.name = "SysV message queue",
	.kind = KIND_PEER,
	.absent = sysv_absent,
	.open = sysv_open,
	.attach = queue_attach,
	LOOPS_OF(sysv),
	.detach = queue_attach,
	.close = sysv_close,
};

/* POSIX. */
static const char *posixq_absent(size_t size)
{
	long most = limit("/proc/sys/fs/mqueue/msgsize_max");

	if (!most)
		return "the kernel has none";
	return (long)size > most ? "larger than fs.mqueue.msgsize_max" : NULL;
}

static const char *posixq_open(struct link *link)
{
	struct queue *queue = queue_new(link);
	struct mq_attr attributes = { .mq_maxmsg = limit("/proc/sys/fs/mqueue/msg_max"),
		                      .mq_msgsize = (long)link->size };
	char name[64];

	if (!queue)
		return "no memory";
	snprintf(name, sizeof(name), "/svbench-%ld-%d", (long)getpid(), link->number);
	queue->posix =
		mq_open(name, O_RDWR | O_CREAT | O_EXCL | (queue->spin ? O_NONBLOCK : 0), 0600, &attributes);
	if (queue->posix != (mqd_t)-1) {
		/* The descriptor is inherited; the name was only needed to get it. */
		mq_unlink(name);
		return NULL;
	}
	queue_free(link);
	return "mq_open";
}

static void posixq_close(struct link *link)
{
	mq_close(((struct queue *)link->state)->posix);
	queue_free(link);
}

static inline void posixq_commit(struct link *link, size_t size)
{
	struct queue *queue = link->state;

	while (mq_send(queue->posix, queue->message->data, size, 0))
		if (errno != EAGAIN && errno != EINTR)
			side_fail("mq_send: %s", strerror(errno));
}

static inline const void *posixq_peek(struct link *link, size_t size)
{
	struct queue *queue = link->state;

	while (mq_receive(queue->posix, queue->message->data, size, NULL) != (ssize_t)size)
		if (errno != EAGAIN && errno != EINTR)
			side_fail("mq_receive: %s", strerror(errno));
	return queue->message->data;
}

TRANSPORT_LOOPS(posixq, queue_reserve, posixq_commit, posixq_peek, queue_release, NULL)

const struct transport posix_queue = {
	.name = "POSIX message queue",
	.kind = KIND_PEER,
	.absent = posixq_absent,
	.open = posixq_open,
	.attach = queue_attach,
	LOOPS_OF(posixq),
	.detach = queue_attach,
	.close = posixq_close,
};
