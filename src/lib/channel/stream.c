/* SPDX-License-Identifier: MIT */
/* stream.c - bytes in place: reserve and commit, peek and release. */
#include "channel/channel.h"

static int check_want(struct sv_channel *ch, size_t want, const void *data, const size_t *got, int timeout_ms,
                      const char *call)
{
	if (want == 0 || data == NULL || got == NULL || timeout_ms < -1)
		return sv_fault_set(&ch->fault, SV_EINVAL, 0,
		                    "%s: want must be above 0, timeout_ms at least -1, and neither data nor "
		                    "got NULL",
		                    call);
	if (want > ch->ring.capacity)
		return sv_fault_set(&ch->fault, SV_ETOOBIG, 0, "%s: %zu bytes wanted of a channel of %llu",
		                    call, want, (unsigned long long)ch->ring.capacity);
	return SV_OK;
}

int sv_channel_wait_room(struct sv_channel *ch, uint64_t want, int timeout_ms)
{
	if (sv_channel_heeds_peer(ch) || sv_ring_room(&ch->ring) >= want)
		return sv_channel_wait(ch, want, timeout_ms);
	return sv_fault_set(&ch->fault, SV_ETOOBIG, 0,
	                    "data for a later reader must fit into the channel's %llu bytes",
	                    (unsigned long long)ch->ring.capacity);
}

int sv_reserve(sv_channel *ch, size_t want, void **data, size_t *got, int timeout_ms)
{
	int code = sv_channel_check(ch, 0, "sv_reserve");

	if (code == SV_OK)
		code = check_want(ch, want, data, got, timeout_ms, "sv_reserve");
	if (code != SV_OK)
		return code;
	/* Read the status each time: a failed reader must not be fed until the ring is full. */
	if (sv_ring_room(&ch->ring) < want || sv_peer_status(ch) != SV_RUNNING) {
		if (sv_peer_status(ch) > SV_DONE)
			return sv_peer_verdict(ch, sv_peer_status(ch));
		code = sv_channel_wait_room(ch, want, timeout_ms);
		if (code == SV_END || (code == SV_OK && sv_reader_done_early(ch)))
			return sv_fault_set(&ch->fault, SV_ECORRUPT, 0,
			                    "corrupt channel: the reader finished before the writer");
		if (code != SV_OK)
			return code;
	}
	*data = sv_ring_place(&ch->ring, 0);
	*got = (size_t)sv_ring_room(&ch->ring);
	ch->granted = *got;
	return SV_OK;
}

/* Both directions publish this way. */
static int publish_granted(struct sv_channel *ch, size_t n, const char *call)
{
	if (n > ch->granted)
		return sv_fault_set(&ch->fault, SV_EINVAL, 0, "%s: %zu bytes of %llu", call, n,
		                    (unsigned long long)ch->granted);
	ch->granted -= n;
	return n == 0 ? SV_OK : sv_channel_publish(ch, n);
}

int sv_commit(sv_channel *ch, size_t n)
{
	int code = sv_channel_check(ch, 0, "sv_commit");

	return code != SV_OK ? code : publish_granted(ch, n, "sv_commit");
}

int sv_peek(sv_channel *ch, size_t want, const void **data, size_t *got, int timeout_ms)
{
	int code = sv_channel_check(ch, SV_KIND_READER, "sv_peek");

	if (code == SV_OK)
		code = check_want(ch, want, data, got, timeout_ms, "sv_peek");
	if (code != SV_OK)
		return code;
	if (sv_ring_room(&ch->ring) < want) {
		code = sv_channel_wait(ch, want, timeout_ms);
		if (code == SV_END)
			sv_fault_plain(&ch->fault, SV_END, "the writer has finished");
		/*
		 * What was published before the end still belongs to the reader, whether the end is good or
		 * bad.  The fault says why it is less than wanted.
		 */
		if ((code == SV_END || code == SV_EPEER || code == SV_EDIED) && sv_ring_room(&ch->ring) > 0)
			code = SV_OK;
		if (code == SV_END)
			ch->end_seen = true;
		if (code != SV_OK)
			return code;
	}
	*data = sv_ring_place(&ch->ring, 0);
	*got = (size_t)sv_ring_room(&ch->ring);
	ch->granted = *got;
	return SV_OK;
}

int sv_release(sv_channel *ch, size_t n)
{
	int code = sv_channel_check(ch, SV_KIND_READER, "sv_release");

	return code != SV_OK ? code : publish_granted(ch, n, "sv_release");
}
