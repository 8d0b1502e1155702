/* SPDX-License-Identifier: MIT */
/* ours.c - this toolkit's channels as transports: messages, messages in batches, bytes in blocks. */
#include <stdlib.h>

#include "transport.h"

#define BATCH 64 /* messages that a reader looks at together */

struct ours {
	sv_channel *channel;
	char *place;      /* bytes: the reservation, or what was peeked */
	size_t used, got; /* of that, or of batch */
	struct sv_msg batch[BATCH];
};

static __attribute__((cold, noreturn)) void our_failure(struct ours *ours, const char *what)
{
	side_fail("%s: %s", what, sv_last_error(ours->channel)->text);
}

static void open_channel(struct link *link, enum end end, unsigned flags)
{
	struct ours *ours = calloc(1, sizeof *ours);
	struct sv_options options = SV_OPTIONS_INIT;
	struct sv_error error = SV_ERROR_INIT;
	char name[16];

	if (ours == NULL)
		side_fail("out of memory");
	link->state = ours;
	snprintf(name, sizeof name, "link%d", link->number);
	options.name = name;
	options.flags = flags;
	options.wait = link->wait;
	options.capacity = link->capacity;
	if (sv_open(&ours->channel, end == PRODUCER ? SV_WRITER : SV_READER, &options, -1, &error) != SV_OK)
		side_fail("sv_open: %s", error.text);
	if (sv_wait_peer(ours->channel, -1) != SV_OK)
		our_failure(ours, "sv_wait_peer");
}

static void attach_messages(struct link *link, enum end end)
{
	open_channel(link, end, SV_MESSAGES);
}

static void attach_bytes(struct link *link, enum end end)
{
	open_channel(link, end, 0);
}

static void close_channel(struct link *link, enum end end)
{
	struct ours *ours = link->state;
	const void *data;
	size_t got;

	/* Nothing is left, but only another look shows that the stream has ended. */
	if (end == CONSUMER &&
	    (link->transport == &our_bytes ? sv_peek(ours->channel, 1, &data, &got, -1)
	                                   : sv_msg_peek(ours->channel, &data, &got, -1)) != SV_END)
		our_failure(ours, "end of stream");
	if (sv_finish(ours->channel, -1) != SV_OK)
		our_failure(ours, "sv_finish");
	sv_close(ours->channel);
}

static inline void *message_reserve(struct link *link, size_t size)
{
	struct ours *ours = link->state;
	void *data;

	if (__builtin_expect(sv_msg_reserve(ours->channel, size, &data, -1) != SV_OK, 0))
		our_failure(ours, "sv_msg_reserve");
	return data;
}

static inline void message_commit(struct link *link, size_t size)
{
	struct ours *ours = link->state;

	if (__builtin_expect(sv_msg_commit(ours->channel, size) != SV_OK, 0))
		our_failure(ours, "sv_msg_commit");
}

static inline const void *message_peek(struct link *link, size_t size)
{
	struct ours *ours = link->state;
	const void *data;
	size_t length;

	if (__builtin_expect(sv_msg_peek(ours->channel, &data, &length, -1) != SV_OK, 0))
		our_failure(ours, "sv_msg_peek");
	if (__builtin_expect(length != size, 0))
		side_fail("message of %zu bytes", length);
	return data;
}

static inline void message_release(struct link *link, size_t size)
{
	struct ours *ours = link->state;

	(void)size;
	if (__builtin_expect(sv_msg_release(ours->channel) != SV_OK, 0))
		our_failure(ours, "sv_msg_release");
}

TRANSPORT(our_messages, NULL, attach_messages, close_channel, NULL, message_reserve, message_commit,
          message_peek, message_release, NULL);

static inline void batch_commit(struct link *link, size_t size)
{
	struct ours *ours = link->state;
	int code;

	ours->used += size;
	if (ours->used < link->block) {
		code = sv_msg_stage(ours->channel, size);
	} else {
		ours->used = 0;
		code = sv_msg_commit(ours->channel, size);
	}
	if (__builtin_expect(code != SV_OK, 0))
		our_failure(ours, "sv_msg_stage");
}

static void batch_flush(struct link *link)
{
	struct ours *ours = link->state;

	ours->used = 0;
	if (sv_msg_flush(ours->channel) != SV_OK)
		our_failure(ours, "sv_msg_flush");
}

static inline const void *batch_peek(struct link *link, size_t size)
{
	struct ours *ours = link->state;

	if (ours->used == ours->got) {
		if (__builtin_expect(
			    sv_msg_peek_batch(ours->channel, ours->batch, BATCH, &ours->got, -1) != SV_OK, 0))
			our_failure(ours, "sv_msg_peek_batch");
		ours->used = 0;
	}
	if (__builtin_expect(ours->batch[ours->used].len != size, 0))
		side_fail("message of %zu bytes", ours->batch[ours->used].len);
	return ours->batch[ours->used].data;
}

static inline void batch_release(struct link *link, size_t size)
{
	struct ours *ours = link->state;

	(void)size;
	if (++ours->used == ours->got &&
	    __builtin_expect(sv_msg_release_batch(ours->channel, ours->got) != SV_OK, 0))
		our_failure(ours, "sv_msg_release_batch");
}

TRANSPORT(our_batches, NULL, attach_messages, close_channel, NULL, message_reserve, batch_commit, batch_peek,
          batch_release, batch_flush);

static inline void *bytes_reserve(struct link *link, size_t size)
{
	struct ours *ours = link->state;
	void *data;
	size_t got;

	(void)size;
	if (ours->used == ours->got) {
		if (__builtin_expect(sv_reserve(ours->channel, link->block, &data, &got, -1) != SV_OK, 0))
			our_failure(ours, "sv_reserve");
		ours->place = data;
		ours->got = link->block;
		ours->used = 0;
	}
	return ours->place + ours->used;
}

static inline void bytes_commit(struct link *link, size_t size)
{
	struct ours *ours = link->state;

	ours->used += size;
	if (ours->used == ours->got && __builtin_expect(sv_commit(ours->channel, ours->got) != SV_OK, 0))
		our_failure(ours, "sv_commit");
}

static void bytes_flush(struct link *link)
{
	struct ours *ours = link->state;

	if (ours->used < ours->got && sv_commit(ours->channel, ours->used) != SV_OK)
		our_failure(ours, "sv_commit");
	ours->used = ours->got = 0;
}

static inline const void *bytes_peek(struct link *link, size_t size)
{
	struct ours *ours = link->state;
	const void *data;
	size_t got;

	if (ours->used == ours->got) {
		if (__builtin_expect(sv_peek(ours->channel, size, &data, &got, -1) != SV_OK, 0))
			our_failure(ours, "sv_peek");
		ours->place = (char *)(uintptr_t)data;
		ours->got = got < link->block ? got - got % size : link->block;
		ours->used = 0;
	}
	return ours->place + ours->used;
}

static inline void bytes_release(struct link *link, size_t size)
{
	struct ours *ours = link->state;

	ours->used += size;
	if (ours->used == ours->got && __builtin_expect(sv_release(ours->channel, ours->got) != SV_OK, 0))
		our_failure(ours, "sv_release");
}

TRANSPORT(our_bytes, NULL, attach_bytes, close_channel, NULL, bytes_reserve, bytes_commit, bytes_peek,
          bytes_release, bytes_flush);
