/* SPDX-License-Identifier: MIT */
/* Has the reader finished before it had all?  A restarted writer judges by where the reader is now. */
#include "channel/channel.h"
#include "tap.h"

static bool done_early(unsigned flags, uint32_t status, uint64_t read)
{
	struct sv_side_line reader = { .slot = SV_SLOT_ATTACHED };
	struct sv_channel ch = { .role = SV_WRITER, .flags = flags };

	atomic_store(&reader.status, status);
	atomic_store(&reader.position, read);
	ch.ring.peer = &reader;
	ch.ring.position = 100;
	/* What the writer saw last is older than what the reader has said since. */
	ch.ring.seen = 60;
	return sv_reader_done_early(&ch);
}

int main(void)
{
	ok(!done_early(SV_RESUME, SV_RUNNING, 100), "a reader that goes on is not done");
	ok(!done_early(SV_RESUME, SV_DONE, 100), "it is done and has all that a former writer sent");
	ok(done_early(SV_RESUME, SV_DONE, 99), "it is done, and a byte is missing");
	ok(done_early(0, SV_DONE, 100), "without --resume no former writer has finished");
	ok(!done_early(0, SV_RUNNING, 60), "nor is a reader done that goes on");
	return tap_done();
}
