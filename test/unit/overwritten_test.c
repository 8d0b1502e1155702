/* SPDX-License-Identifier: MIT */
/*
 * A reader that may write to the segment overwrites lengths that the writer has stored but not published: the
 * writer is told, and does not count for ever.
 */
#include <stdint.h>
#include <string.h>

#include "pair.h"

/* Stage three messages, overwrite the length of one of them, and publish. */
static void overwrite(uint64_t length, int which, const char *what)
{
	struct pair pair = open_pair(SV_MESSAGES | SV_RESUME, 4096);
	const void *there;
	uint64_t right;
	void *place[3];
	size_t got;
	int i;

	for (i = 0; i < 3; i++) {
		must(sv_msg_reserve(pair.writer, 5, &place[i], 0) == SV_OK);
		memcpy(place[i], "12345", 5);
		must(sv_msg_stage(pair.writer, 5) == SV_OK);
	}
	memcpy(&right, (char *)place[which] - sizeof right, sizeof right);
	memcpy((char *)place[which] - sizeof length, &length, sizeof length);
	is(sv_msg_flush(pair.writer), SV_ECORRUPT, "%s in message %d: the writer is told", what, which + 1);
	is(sv_msg_peek(pair.reader, &there, &got, 0), SV_EAGAIN, "and nothing was published");
	is(sv_finish(pair.writer, 0), SV_ECORRUPT, "the transfer cannot succeed");
	memcpy((char *)place[which] - sizeof right, &right, sizeof right);
	ok(sv_msg_flush(pair.writer) == SV_OK && sv_msg_number(pair.writer) == 3,
	   "with the right length again, all three are published and counted");
	for (i = 0; i < 3; i++)
		must(sv_msg_peek(pair.reader, &there, &got, 0) == SV_OK &&
		     sv_msg_release(pair.reader) == SV_OK);
	must(sv_finish(pair.writer, 0) == SV_EAGAIN);
	must(sv_msg_peek(pair.reader, &there, &got, 0) == SV_END && sv_finish(pair.reader, 0) == SV_OK);
	is(sv_finish(pair.writer, 0), SV_OK, "and the transfer succeeds");
	close_pair(&pair);
}

int main(void)
{
	int i;

	own_directory();
	alarm(60);
	for (i = 0; i < 3; i++) {
		overwrite(UINT64_MAX - 7, i, "a length that makes a message of 0 bytes");
		overwrite(UINT64_MAX, i, "the largest length");
		overwrite(4096, i, "a length beyond the batch");
	}
	ok(directory_is_empty(), "nothing is left");
	return tap_done();
}
