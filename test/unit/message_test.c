/* SPDX-License-Identifier: MIT */
/* Whole messages through a real channel: every size, batches, and lengths that no svipc writer stores. */
#include "channel/channel.h"
#include "pair.h"

#define CAPACITY 4096u

static void fill(unsigned char *data, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		data[i] = (unsigned char)(i * 7 + size);
}

/* Every length from nothing to the longest, so that each also wraps at another place. */
static bool every_size(struct pair *pair)
{
	static unsigned char sent[CAPACITY];
	size_t size, length;
	const void *there;
	void *place;

	for (size = 0; size <= sv_msg_max(pair->writer); size++) {
		if (sv_msg_reserve(pair->writer, size, &place, 0) != SV_OK || ((uintptr_t)place & 7) != 0)
			return false;
		fill(sent, size);
		memcpy(place, sent, size);
		if (sv_msg_commit(pair->writer, size) != SV_OK ||
		    sv_msg_peek(pair->reader, &there, &length, (int)(size & 1) - 1) != SV_OK)
			return false;
		if (length != size || ((uintptr_t)there & 7) != 0 || memcmp(there, sent, size) != 0 ||
		    sv_msg_release(pair->reader) != SV_OK)
			return false;
	}
	return true;
}

static void batches(struct pair *pair)
{
	size_t length;
	const void *there;
	void *place;
	int i, taken = 0;

	for (i = 0; i < 10; i++) {
		must(sv_msg_reserve(pair->writer, 8, &place, 0) == SV_OK);
		must(sv_msg_stage(pair->writer, 8) == SV_OK);
	}
	ok(sv_msg_peek(pair->reader, &there, &length, 0) == SV_EAGAIN, "staged messages are not seen");
	ok(sv_msg_flush(pair->writer) == SV_OK, "a flush publishes them");
	must(sv_msg_peek(pair->reader, &there, &length, 0) == SV_OK);
	is(sv_msg_peek(pair->reader, &there, &length, -2), SV_EINVAL, "a time-out that is none");
	while (sv_msg_peek(pair->reader, &there, &length, 0) == SV_OK &&
	       sv_msg_release(pair->reader) == SV_OK)
		taken++;
	ok(taken == 10, "all at once");
	/* More than fits: reserving must publish the batch, or no reader could make room. */
	for (i = 0; sv_msg_reserve(pair->writer, 100, &place, 0) == SV_OK; i++)
		must(sv_msg_stage(pair->writer, 100) == SV_OK);
	for (taken = 0; sv_msg_peek(pair->reader, &there, &length, 0) == SV_OK; taken++)
		must(sv_msg_release(pair->reader) == SV_OK);
	ok(i > 10 && taken == i, "a batch that fills the ring is published by the next reservation");
}

static void batches_of_the_reader(struct pair *pair)
{
	struct sv_msg batch[8];
	size_t count, length, i, right = 0;
	const void *there;

	is(sv_msg_peek_batch(pair->reader, batch, 8, &count, 0), SV_EAGAIN, "no message, no batch");
	for (i = 0; i < 10; i++)
		must(sv_send(pair->writer, "0123456789", i, 0) == SV_OK);
	ok(sv_msg_peek_batch(pair->reader, batch, 8, &count, -1) == SV_OK && count == 8,
	   "as many messages as there is room for");
	for (i = 0; i < count; i++)
		right += batch[i].len == i && memcmp(batch[i].data, "0123456789", i) == 0;
	is(right, 8, "each is itself");
	is(sv_msg_release_batch(pair->reader, 9), SV_EINVAL, "more than were peeked");
	is(sv_msg_release_batch(pair->reader, 3), SV_OK, "the first ones are given back");
	ok(sv_msg_peek(pair->reader, &there, &length, 0) == SV_OK && length == 3, "the next is the fourth");
	must(sv_msg_release(pair->reader) == SV_OK);
	is(sv_msg_release_batch(pair->reader, 1), SV_EINVAL, "none of them twice");
	must(sv_msg_peek_batch(pair->reader, batch, 2, &count, 0) == SV_OK && count == 2);
	must(sv_msg_release_batch(pair->reader, 1) == SV_OK);
	is(sv_msg_release(pair->reader), SV_OK, "after a part of a batch one message is the next of it");
	ok(sv_msg_peek(pair->reader, &there, &length, 0) == SV_OK && length == 6, "and no more than that");
	ok(sv_msg_peek_batch(pair->reader, batch, 8, &count, 0) == SV_OK && count == 4 && batch[3].len == 9,
	   "those that are there, if they are fewer");
	is(sv_msg_release_batch(pair->reader, 4), SV_OK, "all are given back at once");
	is(sv_fill(pair->writer), 0, "and the ring is empty");
	must(sv_send(pair->writer, "", 0, 0) == SV_OK && sv_send(pair->writer, "0123456789", 10, 0) == SV_OK);
	must(sv_msg_peek_batch(pair->reader, batch, 8, &count, 0) == SV_OK && count == 2);
	must(sv_msg_release_batch(pair->reader, 1) == SV_OK);
	ok(sv_msg_release(pair->reader) == SV_OK && sv_fill(pair->writer) == 0,
	   "a longer message after a shorter one is given back whole");
	must(sv_send(pair->writer, "", 0, 0) == SV_OK && sv_send(pair->writer, "", 0, 0) == SV_OK);
	ok(sv_msg_peek_batch(pair->reader, batch, 8, &count, 0) == SV_OK && count == 2,
	   "an empty message at the end belongs to the batch");
	must(sv_msg_release_batch(pair->reader, 2) == SV_OK);
	ok(sv_msg_number(pair->reader) == SV_UNKNOWN,
	   "messages are not numbered on a channel that nobody resumes");
}

static void copies(struct pair *pair)
{
	char text[16] = "";
	size_t length = 0;

	ok(sv_send(pair->writer, "twelve bytes", 12, 0) == SV_OK, "send copies in");
	ok(sv_recv(pair->reader, text, 5, &length, 0) == SV_ETOOBIG && length == 12,
	   "receive tells the length of what does not fit, and leaves it");
	ok(sv_recv(pair->reader, text, sizeof text, &length, 0) == SV_OK && length == 12 &&
	           memcmp(text, "twelve bytes", 12) == 0,
	   "and copies out what does");
	ok(sv_send(pair->writer, NULL, 0, 0) == SV_OK &&
	           sv_recv(pair->reader, NULL, 0, &length, 0) == SV_OK && length == 0,
	   "an empty message is a message");
}

static void wrong_calls(struct pair *pair)
{
	const void *there;
	size_t got;
	void *place;

	ok(sv_msg_commit(pair->writer, 1) == SV_EINVAL, "commit without a reservation");
	ok(sv_msg_reserve(pair->writer, sv_msg_max(pair->writer) + 1, &place, 0) == SV_ETOOBIG,
	   "longer than the longest");
	must(sv_msg_reserve(pair->writer, 8, &place, 0) == SV_OK);
	ok(sv_msg_commit(pair->writer, 9) == SV_EINVAL, "longer than reserved");
	ok(sv_msg_commit(pair->writer, 3) == SV_OK, "shorter is fine");
	ok(sv_msg_peek(pair->reader, &there, &got, 0) == SV_OK && got == 3, "and arrives as long as it is");
	must(sv_msg_release(pair->reader) == SV_OK);
	ok(sv_msg_release(pair->reader) == SV_EINVAL, "release without a message");
	ok(sv_reserve(pair->writer, 1, &place, &got, 0) == SV_EMODE &&
	           strstr(sv_last_error(pair->writer)->text, "the channel carries messages") != NULL,
	   "bytes on a channel of messages, writing");
	ok(sv_peek(pair->reader, 1, &there, &got, 0) == SV_EMODE, "and reading");
	ok(sv_msg_reserve(pair->reader, 1, &place, 0) == SV_EINVAL, "a reader does not write");
	ok(sv_msg_reserve(pair->writer, 1, &place, -2) == SV_EINVAL, "no such time-out");
}

/* What the calls for bytes leave in a handle is no message, nor what the other role leaves. */
static void other_calls(void)
{
	struct pair pair = open_pair(0, CAPACITY);
	const void *there;
	size_t got;
	void *place;

	must(sv_reserve(pair.writer, 64, &place, &got, 0) == SV_OK);
	memset(place, 1, 64);
	ok(sv_msg_commit(pair.writer, 8) == SV_EMODE && sv_msg_stage(pair.writer, 8) == SV_EMODE,
	   "bytes that are reserved are no message");
	ok(strstr(sv_last_error(pair.writer)->text, "the channel carries bytes") != NULL, "it says so");
	must(sv_commit(pair.writer, 64) == SV_OK);
	must(sv_peek(pair.reader, 64, &there, &got, 0) == SV_OK && got == 64);
	ok(sv_msg_release(pair.reader) == SV_EMODE && sv_msg_release_batch(pair.reader, 1) == SV_EMODE,
	   "nor are bytes that are peeked");
	is(sv_msg_peek(pair.reader, &there, &got, 0), SV_EMODE, "nor those that can be");
	ok(sv_msg_commit(pair.reader, 8) == SV_EINVAL, "which a reader does not publish");
	must(sv_release(pair.reader, 16) == SV_OK);
	ok(sv_msg_release(pair.reader) == SV_EMODE, "or that are released");
	ok(sv_msg_release(pair.writer) == SV_EINVAL, "a writer of bytes releases nothing");
	is(sv_position(pair.reader), 16, "no call moved a position");
	is(sv_position(pair.writer), 64, "of either side");
	close_pair(&pair);
	pair = open_pair(SV_MESSAGES, CAPACITY);
	must(sv_send(pair.writer, "one", 3, 0) == SV_OK);
	ok(sv_msg_release(pair.writer) == SV_EINVAL, "nor does a writer of messages");
	must(sv_msg_peek(pair.reader, &there, &got, 0) == SV_OK);
	ok(sv_msg_commit(pair.reader, 0) == SV_EINVAL && sv_msg_flush(pair.reader) == SV_EINVAL,
	   "a reader of messages publishes nothing");
	must(sv_msg_release(pair.reader) == SV_OK);
	is(sv_position(pair.reader), sv_position(pair.writer), "and no position moved");
	atomic_store(&pair.reader->ring.own->status, SV_DONE);
	is(sv_msg_reserve(pair.writer, 1, &place, 0), SV_ECORRUPT, "no reader is done before its writer");
	close_pair(&pair);
}

/* A peeked message stays until it is released, whichever calls show it. */
static void peeks_again(void)
{
	struct pair pair = open_pair(SV_MESSAGES, CAPACITY);
	const void *there, *again;
	struct sv_msg batch[4];
	char text[16];
	size_t got, count;
	int i;

	for (i = 0; i < 4; i++) {
		snprintf(text, sizeof text, "%d", i);
		must(sv_send(pair.writer, text, 1, 0) == SV_OK);
	}
	must(sv_msg_peek(pair.reader, &there, &got, 0) == SV_OK);
	ok(sv_msg_peek(pair.reader, &again, &got, 0) == SV_OK && again == there, "the same message again");
	must(sv_msg_peek_batch(pair.reader, batch, 3, &count, 0) == SV_OK && count == 3);
	ok(batch[0].data == there && *(const char *)batch[2].data == '2', "and in a batch");
	must(sv_msg_release(pair.reader) == SV_OK);
	ok(sv_msg_peek(pair.reader, &there, &got, 0) == SV_OK && *(const char *)there == '1',
	   "then the one after it");
	ok(sv_msg_release_batch(pair.reader, 3) == SV_EINVAL, "what was not peeked is not released");
	ok(sv_msg_release_batch(pair.reader, 1) == SV_OK && sv_msg_release(pair.reader) == SV_OK &&
	           sv_msg_release(pair.reader) == SV_EINVAL,
	   "what is left of a batch can be released singly");
	ok(sv_msg_release_batch(pair.reader, 1) == SV_EINVAL, "and the batch is over");
	ok(sv_msg_peek(pair.reader, &there, &got, 0) == SV_OK && *(const char *)there == '3' &&
	           sv_msg_release_batch(pair.reader, 1) == SV_OK,
	   "a single message is a batch of one");
	is(sv_position(pair.reader), sv_position(pair.writer), "all is released");
	close_pair(&pair);
}

/*
 * Lengths beyond what is published, beyond the capacity, and such that adding the frame overflows: what comes
 * before them is good.
 */
static void impossible_lengths(void)
{
	static const uint64_t lengths[] = {
		9, 16, CAPACITY - 8, CAPACITY, UINT64_MAX, UINT64_MAX - 7, UINT64_C(1) << 63
	};
	struct sv_msg batch[4];
	const void *there;
	size_t i, got;
	void *place;

	for (i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		struct pair pair = open_pair(SV_MESSAGES, CAPACITY);

		must(sv_send(pair.writer, "good", 4, 0) == SV_OK);
		must(sv_msg_reserve(pair.writer, 8, &place, 0) == SV_OK &&
		     sv_msg_commit(pair.writer, 8) == SV_OK);
		((uint64_t *)place)[-1] = lengths[i];
		ok(sv_msg_peek_batch(pair.reader, batch, 4, &got, 0) == SV_OK && got == 1,
		   "a batch ends before a message that cannot be");
		must(sv_msg_release_batch(pair.reader, 1) == SV_OK);
		ok(sv_msg_peek_batch(pair.reader, batch, 4, &got, 0) == SV_ECORRUPT &&
		           sv_msg_peek(pair.reader, &there, &got, 0) == SV_ECORRUPT,
		   "a length of %llu where 8 were published is corrupt", (unsigned long long)lengths[i]);
		close_pair(&pair);
	}
}

/* On a resumable channel the number of messages survives its processes, as the position does. */
static void numbers(void)
{
	struct pair pair = open_pair(SV_MESSAGES | SV_RESUME, CAPACITY);
	struct sv_msg batch[4];
	char text[8];
	size_t length, count;
	void *place;
	int i;

	is(sv_msg_number(pair.writer), 0, "no message yet");
	must(sv_send(pair.writer, "1", 1, 0) == SV_OK);
	for (i = 0; i < 3; i++) {
		must(sv_msg_reserve(pair.writer, 5, &place, 0) == SV_OK);
		must(sv_msg_stage(pair.writer, 5) == SV_OK);
	}
	is(sv_msg_number(pair.writer), 1, "what is staged is not published");
	must(sv_send(pair.writer, "5", 1, 0) == SV_OK);
	is(sv_msg_number(pair.writer), 5, "a batch counts whole");
	must(sv_recv(pair.reader, text, sizeof text, &length, 0) == SV_OK);
	is(sv_msg_number(pair.reader), 1, "the reader counts what it has released");
	must(sv_msg_peek_batch(pair.reader, batch, 4, &count, 0) == SV_OK && count == 4);
	must(sv_msg_release_batch(pair.reader, 2) == SV_OK);
	is(sv_msg_number(pair.reader), 3, "a batch as well");
	/* A writer that is killed after it has written the next mark and before the position. */
	pair.writer->ring.own->mark[pair.writer->mark ^ 1].position = pair.writer->ring.position + 16;
	pair.writer->ring.own->mark[pair.writer->mark ^ 1].number = 6;
	close_pair(&pair);
	pair = open_pair(SV_MESSAGES | SV_RESUME, CAPACITY);
	is(sv_msg_number(pair.writer), 5, "a successor goes on with the number that its position has");
	is(sv_msg_number(pair.reader), 3, "and so does a reader's");
	must(sv_send(pair.writer, "6", 1, 0) == SV_OK);
	is(sv_msg_number(pair.writer), 6, "and counts on");
	while (sv_recv(pair.reader, text, sizeof text, &length, 0) == SV_OK)
		;
	is(sv_msg_number(pair.reader), 6, "both arrive at the same number");
	must(sv_finish(pair.writer, 0) == SV_EAGAIN);
	must(sv_recv(pair.reader, text, sizeof text, &length, 0) == SV_END &&
	     sv_finish(pair.reader, 0) == SV_OK);
	must(sv_finish(pair.writer, 0) == SV_OK);
	close_pair(&pair);
}

int main(void)
{
	struct pair pair;

	own_directory();
	pair = open_pair(SV_MESSAGES, CAPACITY);
	ok(sv_msg_max(pair.writer) == CAPACITY - 8, "the longest message is the capacity less 8");
	ok(every_size(&pair), "every size comes out as it went in, aligned");
	batches(&pair);
	batches_of_the_reader(&pair);
	copies(&pair);
	wrong_calls(&pair);
	close_pair(&pair);
	other_calls();
	peeks_again();
	impossible_lengths();
	numbers();
	ok(directory_is_empty(), "nothing is left");
	return tap_done();
}
