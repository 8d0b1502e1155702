/* SPDX-License-Identifier: MIT */
/*
 * A peer that moves its position back, although positions only grow: the channel is corrupt, and no call
 * grants more than the ring has, whatever looks at the peer between a grant and its use.
 */
#include "channel/channel.h"
#include "pair.h"

#define CAPACITY 4096

/* What the peer stores.  A real one is a process that was let in with a mode for others. */
static void move_back(sv_channel *ch, uint64_t bytes)
{
	atomic_fetch_sub(&ch->ring.peer->position, bytes);
}

static void writer_of_bytes(void)
{
	struct pair pair = open_pair(0, CAPACITY);
	size_t got, i;
	void *place;

	for (i = 0; i < 100; i++)
		send_byte(pair.writer);
	take_bytes(pair.reader, 100);
	must(sv_reserve(pair.writer, CAPACITY, &place, &got, 0) == SV_OK && got == CAPACITY);
	move_back(pair.writer, 60);
	is(sv_check(pair.writer), SV_ECORRUPT, "a reader's position moved back: the writer is told");
	must(sv_commit(pair.writer, CAPACITY) == SV_OK);
	ok(sv_reserve(pair.writer, 1, &place, &got, 0) != SV_OK, "and gets no room that is not there");
	close_pair(&pair);
}

static void writer_of_messages(void)
{
	struct pair pair = open_pair(SV_MESSAGES, CAPACITY);
	const void *data;
	size_t got;
	void *place;

	must(sv_send(pair.writer, "a message", 9, 0) == SV_OK);
	must(sv_msg_peek(pair.reader, &data, &got, 0) == SV_OK && sv_msg_release(pair.reader) == SV_OK);
	must(sv_msg_reserve(pair.writer, CAPACITY - 8, &place, 0) == SV_OK);
	move_back(pair.writer, 16);
	is(sv_check(pair.writer), SV_ECORRUPT, "the same for messages");
	must(sv_msg_stage(pair.writer, CAPACITY - 8) == SV_OK);
	ok(sv_msg_reserve(pair.writer, (size_t)1 << 30, &place, 0) != SV_OK,
	   "no room for a message larger than the ring");
	close_pair(&pair);
}

static void reader_of_bytes(void)
{
	struct pair pair = open_pair(0, CAPACITY);
	const void *data;
	size_t got, i;

	for (i = 0; i < 100; i++)
		send_byte(pair.writer);
	must(sv_peek(pair.reader, 100, &data, &got, 0) == SV_OK && got == 100);
	move_back(pair.reader, 100);
	is(sv_check(pair.reader), SV_ECORRUPT, "a writer's position moved back: the reader is told");
	must(sv_release(pair.reader, 100) == SV_OK);
	ok(sv_peek(pair.reader, 1, &data, &got, 0) != SV_OK, "and gets no bytes that are not there");
	close_pair(&pair);
}

static void reader_of_messages(void)
{
	struct pair pair = open_pair(SV_MESSAGES, CAPACITY);
	const void *data;
	size_t got;

	must(sv_send(pair.writer, "a message", 9, 0) == SV_OK);
	must(sv_msg_peek(pair.reader, &data, &got, 0) == SV_OK);
	move_back(pair.reader, 24);
	is(sv_check(pair.reader), SV_ECORRUPT, "the same for messages");
	must(sv_msg_release(pair.reader) == SV_OK);
	/* The length that the writer stores where the next message would begin. */
	*(uint64_t *)(void *)(pair.writer->ring.data + 24) = UINT64_C(1) << 30;
	ok(sv_msg_peek(pair.reader, &data, &got, 0) != SV_OK, "no message longer than the ring");
	close_pair(&pair);
}

/* What moves forward as far as it may is right, also where positions wrap. */
static void honest(uint64_t start)
{
	static struct sv_side_line side[2];
	struct sv_ring writer, reader;

	atomic_store(&side[SV_WRITER].position, start);
	atomic_store(&side[SV_READER].position, start);
	sv_ring_init(&writer, SV_WRITER, side, NULL, CAPACITY);
	sv_ring_init(&reader, SV_READER, side, NULL, CAPACITY);
	must(sv_ring_look(&writer) && sv_ring_look(&reader));
	sv_ring_publish(&writer, CAPACITY);
	ok(sv_ring_look(&reader) && sv_ring_data(&reader) == CAPACITY, "a full ring is right");
	sv_ring_publish(&reader, CAPACITY);
	ok(sv_ring_look(&writer) && sv_ring_space(&writer) == CAPACITY, "so is an empty one");
	ok(sv_ring_look(&reader) && sv_ring_look(&writer), "and a peer that has not moved");
	atomic_store(&side[SV_READER].position, start + CAPACITY + 1);
	ok(!sv_ring_look(&writer), "a reader beyond the writer is not");
	atomic_store(&side[SV_WRITER].position, start + 2 * CAPACITY + 1);
	ok(!sv_ring_look(&reader), "nor a writer that has overtaken the reader");
	atomic_store(&side[SV_READER].position, start + CAPACITY - 1);
	ok(!sv_ring_look(&writer), "nor a reader that has moved back by 1");
	atomic_store(&side[SV_WRITER].position, start + CAPACITY - 1);
	ok(!sv_ring_look(&reader), "nor such a writer");
}

/* Who comes to a channel that cannot be resumed begins at 0. */
static void newcomer(void)
{
	struct sv_options options = options_of(0, CAPACITY);
	struct sv_error error = SV_ERROR_INIT;
	sv_channel *writer = open_side(SV_WRITER, &options), *reader;

	send_byte(writer);
	send_byte(writer);
	atomic_store(&writer->ring.peer->position, 1);
	is(sv_open(&reader, SV_READER, &options, 0, &error), SV_ECORRUPT, "nobody begins where others were");
	is(error.sys_errno, 0, "no system call has failed");
	is(error.advice, SV_ADVICE_CLEAN_ALL, "what helps is told");
	must(sv_close(writer) == SV_OK);
}

int main(void)
{
	own_directory();
	writer_of_bytes();
	writer_of_messages();
	reader_of_bytes();
	reader_of_messages();
	newcomer();
	honest(0);
	honest((uint64_t)0 - 100);
	ok(directory_is_empty(), "nothing is left");
	return tap_done();
}
