/* SPDX-License-Identifier: MIT */
/*
 * ours.c - this toolkit's channels as transports: messages, messages in batches, bytes, bytes in blocks.
 */
#include <stdlib.h>

#include "svipc.h"
#include "transport.h"

#define BATCH (4 * KIB)  /* messages are published after so many bytes */
#define CHUNK (64 * KIB) /* bytes are published after so many */

struct ours {
	sv_channel *channel;
	char *place; /* bytes: the reservation, or what was peeked */
	size_t used, got;
};

static __attribute__((cold, noreturn)) void ours_fail(struct ours *ours, const char *what)
{
	side_fail("%s: %s", what, ours->channel ? sv_last_error(ours->channel)->text : "no channel");
}

static void ours_open_channel(struct link *link, enum end end, unsigned flags)
{
	struct ours *ours = calloc(1, sizeof(*ours));
	struct sv_options options = SV_OPTIONS_INIT;
	struct sv_error error = SV_ERROR_INIT;
	char name[16];

	if (!ours)
		side_fail("out of memory");
	link->state = ours;
	snprintf(name, sizeof(name), "link%d", link->number);
	options.name = name;
	options.flags = flags;
	options.wait = link->wait == WAIT_SPIN    ? SV_WAIT_SPIN
	               : link->wait == WAIT_SLEEP ? SV_WAIT_SLEEP
	                                          : SV_WAIT_AUTO;
	/* Large messages need a ring that holds two; for small ones the library chooses. */
	if (settings.capacity || link->size > 64 * KIB)
		options.capacity = ring_capacity(link->size);
	if (sv_open(&ours->channel, end == PRODUCER ? SV_WRITER : SV_READER, &options, -1, &error) != SV_OK)
		side_fail("sv_open: %s", error.text);
	if (sv_wait_peer(ours->channel, -1) != SV_OK)
		ours_fail(ours, "sv_wait_peer");
}

static void ours_close_channel(struct link *link, enum end end)
{
	struct ours *ours = link->state;
	const void *data;
	size_t got;
	int code = SV_END;

	/* Nothing is left, but it takes a look to learn that the stream has ended. */
	if (end == CONSUMER)
		code = link->transport == &svipc_messages || link->transport == &svipc_batches
		               ? sv_msg_peek(ours->channel, &data, &got, -1)
		               : sv_peek(ours->channel, 1, &data, &got, -1);
	if (code != SV_END)
		ours_fail(ours, "end of stream");
	if (sv_finish(ours->channel, -1) != SV_OK)
		ours_fail(ours, "sv_finish");
	sv_close(ours->channel);
}

/* Messages. */
static void ours_attach_messages(struct link *link, enum end end)
{
	ours_open_channel(link, end, SV_MESSAGES);
}

static inline void *message_reserve(struct link *link, size_t size)
{
	struct ours *ours = link->state;
	void *data;

	if (__builtin_expect(sv_msg_reserve(ours->channel, size, &data, -1) != SV_OK, 0))
		ours_fail(ours, "sv_msg_reserve");
	return data;
}

static inline void message_commit(struct link *link, size_t size)
{
	struct ours *ours = link->state;

	if (__builtin_expect(sv_msg_commit(ours->channel, size) != SV_OK, 0))
		ours_fail(ours, "sv_msg_commit");
}

static inline const void *message_peek(struct link *link, size_t size)
{
	struct ours *ours = link->state;
	const void *data;
	size_t len;

	if (__builtin_expect(sv_msg_peek(ours->channel, &data, &len, -1) != SV_OK, 0))
		ours_fail(ours, "sv_msg_peek");
	if (__builtin_expect(len != size, 0))
		side_fail("message of %zu bytes", len);
	return data;
}

static inline void message_release(struct link *link, size_t size)
{
	struct ours *ours = link->state;

	(void)size;
	if (__builtin_expect(sv_msg_release(ours->channel) != SV_OK, 0))
		ours_fail(ours, "sv_msg_release");
}

TRANSPORT_LOOPS(messages, message_reserve, message_commit, message_peek, message_release, NULL)

const struct transport svipc_messages = {
	.name = "svipc messages",
	.kind = KIND_OURS,
	.ring = true,
	.attach = ours_attach_messages,
	LOOPS_OF(messages),
	.detach = ours_close_channel,
};

/* Messages, published every BATCH bytes. */
static inline void batch_commit(struct link *link, size_t size)
{
	struct ours *ours = link->state;
	int code;

	ours->used += size;
	if (ours->used < BATCH) {
		code = sv_msg_stage(ours->channel, size);
	} else {
		ours->used = 0;
		code = sv_msg_commit(ours->channel, size);
	}
	if (__builtin_expect(code != SV_OK, 0))
		ours_fail(ours, "sv_msg_stage");
}

static void batch_flush(struct link *link)
{
	struct ours *ours = link->state;

	ours->used = 0;
	if (sv_msg_flush(ours->channel) != SV_OK)
		ours_fail(ours, "sv_msg_flush");
}

static const char *batch_absent(size_t size)
{
	return size > BATCH / 2 ? "a batch is 4 KiB" : NULL;
}

TRANSPORT_LOOPS(batches, message_reserve, batch_commit, message_peek, message_release, batch_flush)

const struct transport svipc_batches = {
	.name = "svipc messages, batches",
	.kind = KIND_OURS,
	.batch = true,
	.absent = batch_absent,
	.ring = true,
	.attach = ours_attach_messages,
	LOOPS_OF(batches),
	.detach = ours_close_channel,
};

/* Bytes, each message published alone; the reader takes what is there, up to CHUNK, before it gives it back.
 */
static void ours_attach_bytes(struct link *link, enum end end)
{
	ours_open_channel(link, end, 0);
}

static inline void *bytes_reserve(struct link *link, size_t size)
{
	struct ours *ours = link->state;
	void *data;
	size_t got;

	if (__builtin_expect(sv_reserve(ours->channel, size, &data, &got, -1) != SV_OK, 0))
		ours_fail(ours, "sv_reserve");
	return data;
}

static inline void bytes_commit(struct link *link, size_t size)
{
	struct ours *ours = link->state;

	if (__builtin_expect(sv_commit(ours->channel, size) != SV_OK, 0))
		ours_fail(ours, "sv_commit");
}

static inline const void *bytes_peek(struct link *link, size_t size)
{
	struct ours *ours = link->state;
	const void *data;
	size_t got, most = size > CHUNK ? size : CHUNK / size * size;

	if (ours->used == ours->got) {
		if (__builtin_expect(sv_peek(ours->channel, size, &data, &got, -1) != SV_OK, 0))
			ours_fail(ours, "sv_peek");
		ours->place = (char *)(uintptr_t)data;
		ours->got = got < most ? got - got % size : most;
		ours->used = 0;
	}
	return ours->place + ours->used;
}

static inline void bytes_release(struct link *link, size_t size)
{
	struct ours *ours = link->state;

	ours->used += size;
	if (ours->used < ours->got)
		return;
	if (__builtin_expect(sv_release(ours->channel, ours->got) != SV_OK, 0))
		ours_fail(ours, "sv_release");
}

TRANSPORT_LOOPS(bytes, bytes_reserve, bytes_commit, bytes_peek, bytes_release, NULL)

const struct transport svipc_bytes = {
	.name = "svipc bytes",
	.kind = KIND_OURS,
	.ring = true,
	.attach = ours_attach_bytes,
	LOOPS_OF(bytes),
	.detach = ours_close_channel,
};

/* Bytes, published in blocks of up to CHUNK. */
static inline void *block_reserve(struct link *link, size_t size)
{
	struct ours *ours = link->state;
	size_t most = CHUNK / size * size;
	void *data;
	size_t got;

	if (ours->used == ours->got) {
		if (__builtin_expect(sv_reserve(ours->channel, most, &data, &got, -1) != SV_OK, 0))
			ours_fail(ours, "sv_reserve");
		ours->place = data;
		ours->got = most;
		ours->used = 0;
	}
	return ours->place + ours->used;
}

static inline void block_commit(struct link *link, size_t size)
{
	struct ours *ours = link->state;

	ours->used += size;
	if (ours->used == ours->got && __builtin_expect(sv_commit(ours->channel, ours->got) != SV_OK, 0))
		ours_fail(ours, "sv_commit");
}

static void block_flush(struct link *link)
{
	struct ours *ours = link->state;

	if (ours->used < ours->got && sv_commit(ours->channel, ours->used) != SV_OK)
		ours_fail(ours, "sv_commit");
	ours->used = ours->got = 0;
}

static const char *block_absent(size_t size)
{
	return size > CHUNK / 2 ? "a block is 64 KiB" : NULL;
}

TRANSPORT_LOOPS(blocks, block_reserve, block_commit, bytes_peek, bytes_release, block_flush)

const struct transport svipc_blocks = {
	.name = "svipc bytes, blocks",
	.kind = KIND_OURS,
	.batch = true,
	.absent = block_absent,
	.ring = true,
	.attach = ours_attach_bytes,
	LOOPS_OF(blocks),
	.detach = ours_close_channel,
};
