/* SPDX-License-Identifier: MIT */
/* stream.c - bytes in place: reserve and commit, peek and release; and how a transfer ends. */
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "channel/channel.h"

/* A want that no position reaches: only a status or a death ends the wait. */
#define ONLY_A_STATUS (UINT64_C(1) << 60)

int sv_channel_refuse(struct sv_channel *ch, unsigned kind, const char *call)
{
	enum sv_role role = (kind & SV_KIND_READER) != 0 ? SV_READER : SV_WRITER;

	if (ch->role != role)
		return sv_fault_set(&ch->fault, SV_EINVAL, 0, "%s: for a %s only", call, sv_role_name(role));
	if (((ch->kind ^ kind) & SV_KIND_MESSAGES) != 0)
		return sv_fault_set(&ch->fault, SV_EMODE, 0, "%s: the channel carries %s", call,
		                    (kind & SV_KIND_MESSAGES) != 0 ? "bytes" : "messages");
	return sv_fault_set(&ch->fault, SV_EINVAL, 0, "%s: the transfer was ended by this side", call);
}

static int check_want(struct sv_channel *ch, size_t want, int timeout_ms, const char *call)
{
	if (want == 0 || timeout_ms < -1)
		return sv_fault_set(&ch->fault, SV_EINVAL, 0,
		                    "%s: want must be above 0 and timeout_ms at least -1", call);
	if (want > ch->ring.capacity)
		return sv_fault_set(&ch->fault, SV_ETOOBIG, 0, "%s: %zu bytes wanted of a channel of %llu",
		                    call, want, (unsigned long long)ch->ring.capacity);
	return SV_OK;
}

bool sv_reader_done_early(const struct sv_channel *ch)
{
	if (sv_status_of(ch->ring.peer) != SV_DONE)
		return false;
	/* It may have been done with what a former writer had finished; this one has yet to find that out. */
	return (ch->flags & SV_RESUME) == 0 || ch->ring.seen != ch->ring.position;
}

int sv_reserve(sv_channel *ch, size_t want, void **data, size_t *got, int timeout_ms)
{
	int code = sv_channel_check(ch, 0, "sv_reserve");

	if (code == SV_OK)
		code = check_want(ch, want, timeout_ms, "sv_reserve");
	if (code != SV_OK)
		return code;
	/* The status is looked at each time: a reader that failed must not be fed until the ring is full. */
	if (sv_ring_room(&ch->ring) < want || sv_status_of(ch->ring.peer) != SV_RUNNING) {
		if (sv_status_of(ch->ring.peer) > SV_DONE)
			return sv_peer_verdict(ch, sv_status_of(ch->ring.peer));
		code = sv_channel_wait(ch, want, timeout_ms);
		if (code == SV_END || (code == SV_OK && sv_reader_done_early(ch)))
			return sv_fault_set(&ch->fault, SV_ECORRUPT, 0,
			                    "corrupt channel: the reader finished before the writer");
		if (code != SV_OK)
			return code;
	}
	*data = sv_ring_place(&ch->ring);
	*got = (size_t)sv_ring_room(&ch->ring);
	ch->granted = *got;
	return SV_OK;
}

/* Both directions publish in the same way. */
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
		code = check_want(ch, want, timeout_ms, "sv_peek");
	if (code != SV_OK)
		return code;
	if (sv_ring_room(&ch->ring) < want) {
		code = sv_channel_wait(ch, want, timeout_ms);
		/* What was published before the end, good or bad, is still the reader's. */
		if ((code == SV_END || code == SV_EPEER || code == SV_EDIED) && sv_ring_room(&ch->ring) > 0)
			code = SV_OK;
		if (code == SV_END)
			ch->end_seen = true;
		if (code != SV_OK)
			return code;
	}
	*data = sv_ring_place(&ch->ring);
	*got = (size_t)sv_ring_room(&ch->ring);
	ch->granted = *got;
	return SV_OK;
}

int sv_release(sv_channel *ch, size_t n)
{
	int code = sv_channel_check(ch, SV_KIND_READER, "sv_release");

	return code != SV_OK ? code : publish_granted(ch, n, "sv_release");
}

static int end_with(struct sv_channel *ch, uint32_t status)
{
	ch->kind |= SV_KIND_FINISHED;
	if (sv_ring_set_status(&ch->ring, status) && !sv_channel_ring(ch))
		return ch->fault.error.code;
	return SV_OK;
}

int sv_finish(sv_channel *ch, int timeout_ms)
{
	int code = SV_OK;

	if (getpid() != ch->process || timeout_ms < -1)
		return sv_fault_set(&ch->fault, SV_EINVAL, 0,
		                    "sv_finish: bad timeout_ms, or a handle of another process");
	if (ch->role == SV_READER) {
		if (sv_channel_finished(ch))
			return SV_OK;
		if (!ch->end_seen)
			return sv_fault_set(&ch->fault, SV_EINVAL, 0,
			                    "sv_finish: the end of the stream was not seen");
		ch->complete = true;
		/* The writer may have seen that already: from here on it is so, even if there is no bell left
		 * to ring. */
		end_with(ch, SV_DONE);
		return SV_OK;
	}
	if (!sv_channel_finished(ch)) {
		if (ch->staged > 0)
			code = sv_msg_flush(ch);
		if (code == SV_OK)
			code = end_with(ch, SV_DONE);
		if (code != SV_OK)
			return code;
	} else if (sv_status_of(ch->ring.own) != SV_DONE) {
		return sv_fault_set(&ch->fault, SV_EINVAL, 0,
		                    "sv_finish: the transfer was aborted by this side");
	}
	if ((ch->flags & SV_DETACH) != 0) {
		ch->complete = true;
		return SV_OK;
	}
	code = sv_channel_wait(ch, ONLY_A_STATUS, timeout_ms);
	if (code != SV_END)
		return code;
	if (ch->ring.seen != ch->ring.position)
		return sv_fault_set(&ch->fault, SV_ECORRUPT, 0,
		                    "corrupt channel: the reader finished without taking all bytes");
	ch->complete = true;
	return SV_OK;
}

int sv_abort(sv_channel *ch, int reason)
{
	uint32_t status;

	if (reason == 0 || reason > (int)SV_STATUS_VALUE || reason < -(int)SV_STATUS_VALUE)
		return sv_fault_set(&ch->fault, SV_EINVAL, 0,
		                    "sv_abort: a reason is an errno value or minus a signal number");
	/* What both sides agreed on cannot be taken back. */
	if (ch->complete)
		return SV_OK;
	status = reason > 0 ? SV_FAILED | (uint32_t)reason : SV_SIGNALLED | (uint32_t)-reason;
	end_with(ch, status);
	return SV_OK;
}

void sv_interrupt(sv_channel *ch)
{
	/* One bell until the call has returned: bells that nobody waits for must not add up to a weight. */
	if (atomic_exchange(&ch->interrupted, 1) == 0)
		sv_sem_ring_own(ch->semid, ch->role);
}

const struct sv_error *sv_last_error(const sv_channel *ch)
{
	return &ch->fault.error;
}

uint64_t sv_capacity(const sv_channel *ch)
{
	return ch->ring.capacity;
}

uint64_t sv_position(const sv_channel *ch)
{
	return ch->ring.position;
}

int sv_contains(const sv_channel *ch, const void *address)
{
	uintptr_t base = (uintptr_t)ch->segment.base, at = (uintptr_t)address;

	return base != 0 && at >= base && at - base < ch->segment.header + 2 * ch->segment.capacity;
}
