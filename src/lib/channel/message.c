/* SPDX-License-Identifier: MIT */
/*
 * message.c - whole messages in a ring of bytes.
 *
 * A message is a 64-bit length and then its bytes, padded to a multiple of 8.  Because the ring is mapped
 * twice, a message is contiguous wherever it starts.  Only whole messages are published, so a length that
 * reaches beyond the published bytes comes from a broken writer.
 */
#include <string.h>

#include "channel/channel.h"

#define LENGTH_SIZE SV_MESSAGE_LEAST

size_t sv_msg_max(const sv_channel *ch)
{
	return (size_t)(ch->ring.capacity - LENGTH_SIZE);
}

static int wrong(struct sv_channel *ch, const char *call, const char *what)
{
	return sv_fault_set(&ch->fault, SV_EINVAL, 0, "%s: %s", call, what);
}

/* The slow path of a reservation: a call that is not allowed, a reader that has ended, a full ring. */
static int make_room(struct sv_channel *ch, size_t len, const void *data, int timeout_ms)
{
	int code = sv_channel_check(ch, SV_KIND_MESSAGES, "sv_msg_reserve");
	uint64_t need;

	if (code != SV_OK)
		return code;
	if (len > sv_msg_max(ch))
		return sv_fault_set(&ch->fault, SV_ETOOBIG, 0,
		                    "a message of %zu bytes; the channel takes at most %zu", len,
		                    sv_msg_max(ch));
	if (data == NULL || timeout_ms < -1)
		return wrong(ch, "sv_msg_reserve", "timeout_ms must be at least -1, and data not NULL");
	need = sv_message_framed(len);
	if (sv_ring_space(&ch->ring) >= ch->staged + need && sv_peer_status(ch) == SV_RUNNING)
		return SV_OK;
	if (sv_peer_status(ch) > SV_DONE)
		return sv_peer_verdict(ch, sv_peer_status(ch));
	/* The reader can make room only by taking what is staged. */
	if (!sv_ring_look(&ch->ring) || sv_ring_room(&ch->ring) < ch->staged + need)
		code = sv_msg_flush(ch);
	if (code == SV_OK)
		code = sv_channel_wait_room(ch, ch->staged + need, timeout_ms);
	if (code == SV_END || (code == SV_OK && sv_reader_done_early(ch)))
		return sv_fault_set(&ch->fault, SV_ECORRUPT, 0,
		                    "corrupt channel: the reader finished before the writer");
	return code;
}

static inline int grant(struct sv_channel *ch, size_t len, void **data)
{
	ch->reserved = len + 1;
	*data = sv_ring_place(&ch->ring, ch->staged) + LENGTH_SIZE;
	return SV_OK;
}

static __attribute__((noinline, cold)) int reserve_slowly(struct sv_channel *ch, size_t len, void **data,
                                                          int timeout_ms)
{
	int code = make_room(ch, len, data, timeout_ms);

	return code != SV_OK ? code : grant(ch, len, data);
}

/*
 * This and the calls below do the common case in few instructions.  They leave all else to a last call of
 * another function, so they need no stack.
 */
int sv_msg_reserve(sv_channel *ch, size_t len, void **data, int timeout_ms)
{
	uint64_t room = sv_ring_space(&ch->ring) - ch->staged;

	/* There is room for the message, whatever its padding. */
	if (__builtin_expect(room <= len || room - len < LENGTH_SIZE + 7 || ch->kind != SV_KIND_MESSAGES ||
	                             sv_status_of(ch->ring.peer) != SV_RUNNING || data == NULL ||
	                             timeout_ms < -1,
	                     0))
		return reserve_slowly(ch, len, data, timeout_ms);
	return grant(ch, len, data);
}

/*
 * The length of the message that begins here, if the whole message lies within room bytes.  It is read only
 * once, because the peer might change it between the check and the use.
 */
static inline bool frame_of(const unsigned char *place, uint64_t room, uint64_t *length)
{
	*length = __atomic_load_n((const uint64_t *)(const void *)place, __ATOMIC_RELAXED);
	/* The first comparison rejects lengths that overflow when they are framed. */
	return *length <= room && sv_message_framed(*length) <= room;
}

/* The same at an offset from this side's position, if there is a message before end. */
static inline bool frame_at(const struct sv_channel *ch, uint64_t at, uint64_t end, uint64_t *length)
{
	return end - at >= LENGTH_SIZE && frame_of(sv_ring_place(&ch->ring, at), end - at, length);
}

static __attribute__((noinline, cold)) int changed_length(struct sv_channel *ch)
{
	return sv_fault_set(&ch->fault, SV_ECORRUPT, 0, "corrupt channel: a message changed its length");
}

/*
 * Publish n bytes of whole messages, which this side has written.  They are counted only now, so that other
 * channels do not pay for counting.
 */
static __attribute__((noinline)) int publish_messages(struct sv_channel *ch, uint64_t n)
{
	uint64_t at, length, count = 0;

	if (ch->numbered) {
		/* The peer can write here too, so these lengths are checked like those of a peer. */
		for (at = 0; at < n; count++) {
			if (!frame_at(ch, at, n, &length))
				return changed_length(ch);
			at += sv_message_framed(length);
		}
		sv_number_add(ch, n, count);
	}
	ch->staged = 0;
	return sv_channel_publish(ch, n);
}

/* After the end of the transfer nothing is reserved; see end_with() in finish.c. */
static __attribute__((noinline, cold)) int refuse_stage(struct sv_channel *ch, const char *call)
{
	int code = sv_channel_check(ch, SV_KIND_MESSAGES, call);

	return code != SV_OK ? code : wrong(ch, call, "no reservation, or longer than reserved");
}

static inline bool may_stage(const struct sv_channel *ch, size_t len)
{
	return __builtin_expect(len < ch->reserved, 1);
}

/* Store the length before the bytes.  Returns how many bytes are to be published now. */
static inline uint64_t put_length(struct sv_channel *ch, size_t len)
{
	*(uint64_t *)(void *)sv_ring_place(&ch->ring, ch->staged) = len;
	ch->reserved = 0;
	return ch->staged + sv_message_framed(len);
}

int sv_msg_stage(sv_channel *ch, size_t len)
{
	if (!may_stage(ch, len))
		return refuse_stage(ch, "sv_msg_stage");
	ch->staged = put_length(ch, len);
	return SV_OK;
}

int sv_msg_flush(sv_channel *ch)
{
	return ch->staged == 0 ? sv_channel_check(ch, SV_KIND_MESSAGES, "sv_msg_flush")
	                       : publish_messages(ch, ch->staged);
}

int sv_msg_commit(sv_channel *ch, size_t len)
{
	uint64_t n;

	if (!may_stage(ch, len))
		return refuse_stage(ch, "sv_msg_commit");
	n = put_length(ch, len);
	return __builtin_expect(ch->staged != 0 || ch->numbered, 0) ? publish_messages(ch, n)
	                                                            : sv_channel_publish(ch, n);
}

/* The slow path of a peek: a call that is not allowed, an empty ring, a writer that has ended. */
static int await_message(struct sv_channel *ch, const void *data, const void *len, int timeout_ms)
{
	int code = sv_channel_check(ch, SV_KIND_MESSAGES | SV_KIND_READER, "sv_msg_peek");

	if (code != SV_OK)
		return code;
	if (data == NULL || len == NULL || timeout_ms < -1)
		return wrong(ch, "sv_msg_peek",
		             "timeout_ms must be at least -1, and neither data nor len NULL");
	if (sv_ring_room(&ch->ring) >= LENGTH_SIZE)
		return SV_OK;
	code = sv_channel_wait(ch, LENGTH_SIZE, timeout_ms);
	if (code == SV_END) {
		ch->end_seen = true;
		sv_fault_plain(&ch->fault, SV_END, "the writer has finished");
	}
	return code;
}

static __attribute__((noinline, cold)) int impossible_length(struct sv_channel *ch)
{
	return sv_fault_set(&ch->fault, SV_ECORRUPT, 0, "corrupt channel: a message of impossible length");
}

/* Show the message at this side's position. */
static inline int show(struct sv_channel *ch, uint64_t position, const void **data, size_t *len)
{
	const unsigned char *place = ch->ring.data + (position & (ch->ring.capacity - 1));
	uint64_t length;

	if (__builtin_expect(!frame_of(place, ch->ring.seen - position, &length), 0))
		return impossible_length(ch);
	*data = place + LENGTH_SIZE;
	*len = (size_t)length;
	ch->next = position + sv_message_framed(length);
	return SV_OK;
}

static __attribute__((noinline, cold)) int peek_slowly(struct sv_channel *ch, const void **data, size_t *len,
                                                       int timeout_ms)
{
	int code = await_message(ch, data, len, timeout_ms);

	return code != SV_OK ? code : show(ch, ch->ring.position, data, len);
}

int sv_msg_peek(sv_channel *ch, const void **data, size_t *len, int timeout_ms)
{
	uint64_t position = ch->next;

	/* If the last message was released, this one begins where that one ended. */
	if (__builtin_expect(ch->kind != (SV_KIND_MESSAGES | SV_KIND_READER) ||
	                             ch->ring.position != position ||
	                             ch->ring.seen - position < LENGTH_SIZE || data == NULL || len == NULL ||
	                             timeout_ms < -1,
	                     0))
		return peek_slowly(ch, data, len, timeout_ms);
	/*
	 * Both are equal here, but next was stored earlier.  Keep the compiler from taking the other: each
	 * message would wait until the CPU can load the position that the last release has stored.
	 */
	__asm__("" : "+r"(position));
	return show(ch, position, data, len);
}

int sv_msg_peek_batch(sv_channel *ch, struct sv_msg *batch, size_t room, size_t *count, int timeout_ms)
{
	uint64_t at, length, end;
	size_t n;
	int code;

	if (batch == NULL || room == 0 || count == NULL)
		return wrong(ch, "sv_msg_peek_batch", "batch and count must not be NULL, and room above 0");
	code = sv_msg_peek(ch, &batch[0].data, &batch[0].len, timeout_ms);
	if (code != SV_OK)
		return code;
	at = ch->next - ch->ring.position;
	end = sv_ring_data(&ch->ring);
	/* An impossible message ends the batch; the call that finds it first in the ring reports it. */
	for (n = 1; n < room && frame_at(ch, at, end, &length); n++) {
		batch[n].data = sv_ring_place(&ch->ring, at) + LENGTH_SIZE;
		batch[n].len = (size_t)length;
		at += sv_message_framed(length);
	}
	ch->batch = ch->ring.position + at;
	*count = n;
	return SV_OK;
}

int sv_msg_release_batch(sv_channel *ch, size_t count)
{
	uint64_t at = 0, end = ch->next - ch->ring.position, length;
	size_t n;
	int code = sv_channel_check(ch, SV_KIND_MESSAGES | SV_KIND_READER, "sv_msg_release_batch");

	if (code != SV_OK)
		return code;
	if (end == 0)
		return wrong(ch, "sv_msg_release_batch", "no message was peeked");
	/* The batch lies ahead, unless all of it was released. */
	if (ch->batch - ch->ring.position <= sv_ring_data(&ch->ring) && ch->batch - ch->ring.position > end)
		end = ch->batch - ch->ring.position;
	for (n = 0; n < count; n++) {
		if (at == end)
			return wrong(ch, "sv_msg_release_batch", "more messages than were peeked");
		if (!frame_at(ch, at, end, &length))
			return changed_length(ch);
		at += sv_message_framed(length);
	}
	/* What follows is the message that sv_msg_release() gives back. */
	if (at != end && !frame_at(ch, at, end, &length))
		return changed_length(ch);
	ch->next = ch->ring.position + at + (at == end ? 0 : sv_message_framed(length));
	if (ch->numbered)
		sv_number_add(ch, at, count);
	return at == 0 ? SV_OK : sv_channel_publish(ch, at);
}

static __attribute__((noinline, cold)) int release_slowly(struct sv_channel *ch)
{
	int code = sv_channel_check(ch, SV_KIND_MESSAGES | SV_KIND_READER, "sv_msg_release");
	uint64_t n = ch->next - ch->ring.position;

	if (code != SV_OK)
		return code;
	if (n == 0)
		return wrong(ch, "sv_msg_release", "no message was peeked");
	sv_number_add(ch, n, 1);
	return sv_channel_publish(ch, n);
}

int sv_msg_release(sv_channel *ch)
{
	if (__builtin_expect(ch->kind != (SV_KIND_MESSAGES | SV_KIND_READER) || ch->numbered ||
	                             ch->next == ch->ring.position,
	                     0))
		return release_slowly(ch);
	return sv_channel_publish_at(ch, ch->next);
}

int sv_send(sv_channel *ch, const void *data, size_t len, int timeout_ms)
{
	void *place;
	int code;

	if (data == NULL && len > 0)
		return wrong(ch, "sv_send", "data is NULL");
	code = sv_msg_reserve(ch, len, &place, timeout_ms);
	if (code != SV_OK)
		return code;
	if (len > 0)
		memcpy(place, data, len);
	return sv_msg_commit(ch, len);
}

int sv_recv(sv_channel *ch, void *data, size_t size, size_t *len, int timeout_ms)
{
	const void *place;
	int code;

	if (data == NULL && size > 0)
		return wrong(ch, "sv_recv", "data is NULL");
	code = sv_msg_peek(ch, &place, len, timeout_ms);
	if (code != SV_OK)
		return code;
	if (*len > size)
		return sv_fault_set(&ch->fault, SV_ETOOBIG, 0, "a message of %zu bytes for a buffer of %zu",
		                    *len, size);
	if (*len > 0)
		memcpy(data, place, *len);
	return sv_msg_release(ch);
}
