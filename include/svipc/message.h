/* SPDX-License-Identifier: MIT */
/*
 * svipc/message.h - whole messages instead of bytes (SV_MESSAGES on both sides).
 *
 * A part of svipc.h, which includes it: include <svipc.h>.  The conventions there hold here too.
 */
#ifndef SVIPC_MESSAGE_H
#define SVIPC_MESSAGE_H

#include "svipc.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Each message is contiguous, 8-byte aligned, and arrives whole or not at all.  This is the longest one, in
 * bytes: the capacity less 8.  Never fails. */
size_t sv_msg_max(const sv_channel *ch);

/*
 * Writer: wait for room for a message of len bytes (0..sv_msg_max) at *data, which stays the caller's until
 * the next call on the handle that reserves, commits or stages.  One reservation at a time: calling again
 * replaces it.  If the ring is full, the batch of sv_msg_stage() is published first.
 *
 * Errors as for
 * sv_reserve().
 */
int sv_msg_reserve(sv_channel *ch, size_t len, void **data, int timeout_ms);

/*
 * Writer: publish the reserved message, after those of the batch.  len may be smaller than reserved.  Never
 * blocks.  Errors as for sv_commit(); after SV_EINVAL (no reservation, or len above it) the reservation
 * stays.
 */
int sv_msg_commit(sv_channel *ch, size_t len);

/* Writer: add the reserved message to a batch that the next sv_msg_commit(), sv_msg_flush() or sv_finish()
 * publishes at once.  Never blocks.  Errors as for sv_msg_commit(), of which only SV_EINVAL and SV_EMODE. */
int sv_msg_stage(sv_channel *ch, size_t len);

/* Writer: publish the batch; an empty one is SV_OK.  Never blocks.  Errors as for sv_commit(); SV_EINVAL: not
 * the writer, or after the end. */
int sv_msg_flush(sv_channel *ch);

/*
 * Reader: wait for a message.  *data points to its *len bytes in the segment, read-only and valid until it is
 * released.  Calling again without that gives the same message.
 * SV_END, SV_EINVAL, SV_EMODE, those of a wait and those of the peer as for sv_peek().
 */
int sv_msg_peek(sv_channel *ch, const void **data, size_t *len, int timeout_ms);

/* Reader: give the peeked message back to the writer.  Never blocks.  Errors as for sv_commit(); SV_EINVAL:
 * no message was peeked. */
int sv_msg_release(sv_channel *ch);

/*
 * Reader: wait for a message as sv_msg_peek() does, then take as many as are there, at most room (above 0),
 * into batch[0..*count-1].  sv_msg_release_batch() gives the first count of them (0..*count) back at once and
 * never blocks; the others stay valid.
 * Errors as for sv_msg_peek(), and as for sv_msg_release(), with SV_ECORRUPT when a message has changed its
 * length meanwhile: nothing was released.
 */
struct sv_msg {
	const void *data; /* in the segment */
	size_t len;       /* bytes */
};

int sv_msg_peek_batch(sv_channel *ch, struct sv_msg *batch, size_t room, size_t *count, int timeout_ms);
int sv_msg_release_batch(sv_channel *ch, size_t count);

/*
 * How many messages this side has published or released in the life of a resumable channel (SV_RESUME),
 * whoever did it: where to go on after sv_open(), as sv_position() is in bytes.  It survives a kill at any
 * moment.
 *
 * SV_UNKNOWN on other channels, where the caller can count as well, and when the count was
 * overwritten.
 */
uint64_t sv_msg_number(const sv_channel *ch);

/*
 * Copy one message from or to the caller's memory; data may be NULL when there is nothing to copy.  They are
 * sv_msg_reserve() and sv_msg_commit(), sv_msg_peek() and sv_msg_release(), with their errors.  sv_recv()
 * sets *len; when the message does not fit into size bytes it fails with SV_ETOOBIG and leaves the message in
 * place.
 */
int sv_send(sv_channel *ch, const void *data, size_t len, int timeout_ms);
int sv_recv(sv_channel *ch, void *data, size_t size, size_t *len, int timeout_ms);

#ifdef __cplusplus
}
#endif
#endif
