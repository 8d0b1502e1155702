/* SPDX-License-Identifier: MIT */
/* finish.c - how a transfer ends: well, or with a reason. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "channel/channel.h"
#include "clock.h"

static int end_with(struct sv_channel *ch, uint32_t status)
{
	ch->kind |= SV_KIND_FINISHED;
	/* Bytes that are reserved, staged or peeked now can no longer be published or released. */
	ch->reserved = ch->staged = 0;
	ch->next = ch->batch = ch->ring.position;
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
		/*
		 * The writer may have seen "done" already, so this side has succeeded even if the bell cannot
		 * be rung.
		 */
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
	code = sv_channel_wait(ch, SV_NO_POSITION, timeout_ms);
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
	/* Both sides have agreed on success, which cannot be revoked. */
	if (ch->complete)
		return SV_OK;
	status = reason > 0 ? SV_FAILED | (uint32_t)reason : SV_SIGNALLED | (uint32_t)-reason;
	end_with(ch, status);
	return SV_OK;
}
