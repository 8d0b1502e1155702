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

/*
 * Each message is contiguous, 8-byte aligned, and arrives whole or not at all.  sv_msg_max() is the longest
 * possible message in bytes: the capacity less 8.  Never fails.
 */
size_t sv_msg_max(const sv_channel *ch);

/*
 * Writer: wait for room for a message of len bytes (0..sv_msg_max) at *data, which belongs to the caller
 * until the next call on the handle that reserves, commits or stages.  Only one reservation is possible at a
 * time; another call replaces it.  If the ring is full, the batch of sv_msg_stage() is published first.
 *
 * Errors as for sv_reserve().
 */
int sv_msg_reserve(sv_channel *ch, size_t len, void **data, int timeout_ms);

/*
 * Writer: publish the reserved message, after those of the batch.  len may be smaller than reserved.  Never
 * blocks.  Errors as for sv_commit() and sv_msg_flush().  After SV_EINVAL (no reservation, or len above it)
 * the reservation stays.
 */
int sv_msg_commit(sv_channel *ch, size_t len);

/*
 * Writer: add the reserved message to a batch, which the next sv_msg_commit(), sv_msg_flush() or sv_finish()
 * publishes in one step.  Never blocks.  SV_EINVAL and SV_EMODE as for sv_msg_commit().
 */
int sv_msg_stage(sv_channel *ch, size_t len);

/*
 * Writer: publish the batch; an empty one is SV_OK.  Never blocks.  Errors as for sv_commit(); SV_EINVAL: not
 * the writer, or after the end; SV_ECORRUPT: the reader has overwritten it, and nothing was published.
 */
int sv_msg_flush(sv_channel *ch);

/*
 * Reader: wait for a message.  *data points to its *len bytes in the segment, which are read-only and valid
 * until the message is released.  Another call without a release returns the same message.
 *
 * SV_END, SV_EINVAL, SV_EMODE, errors of a wait and errors of the peer as for sv_peek().
 */
int sv_msg_peek(sv_channel *ch, const void **data, size_t *len, int timeout_ms);

/*
 * Reader: return the space of the peeked message to the writer.  Never blocks.  Errors as for sv_commit();
 * SV_EINVAL: no message was peeked.
 */
int sv_msg_release(sv_channel *ch);

/*
 * Reader: wait for a message as sv_msg_peek() does, then take all that are there, at most room (above 0),
 * into batch[0..*count-1].  sv_msg_release_batch() returns the space of the first count of them (0..*count)
 * in one step and never blocks; the others stay valid.
 *
 * Errors as for sv_msg_peek() and sv_msg_release(); SV_ECORRUPT if a message has changed its length
 * meanwhile: nothing was released.
 */
struct sv_msg {
	const void *data; /* in the segment */
	size_t len;       /* bytes */
};

int sv_msg_peek_batch(sv_channel *ch, struct sv_msg *batch, size_t room, size_t *count, int timeout_ms);
int sv_msg_release_batch(sv_channel *ch, size_t count);

/*
 * The number of messages that all processes in this role together have published or released on a resumable
 * channel (SV_RESUME).  It says where to resume after sv_open(), as sv_position() does in bytes, and survives
 * a kill at any moment.  SV_UNKNOWN on other channels, where the caller can count, and if the count was
 * overwritten.
 */
uint64_t sv_msg_number(const sv_channel *ch);

/*
 * Copy one message from or to the caller's memory; data may be NULL if there is nothing to copy.  They
 * combine sv_msg_reserve() with sv_msg_commit(), and sv_msg_peek() with sv_msg_release(), and have their
 * errors. sv_recv() sets *len; if the message does not fit into size bytes, it fails with SV_ETOOBIG and
 * leaves the message in place.
 */
int sv_send(sv_channel *ch, const void *data, size_t len, int timeout_ms);
int sv_recv(sv_channel *ch, void *data, size_t size, size_t *len, int timeout_ms);

#ifdef __cplusplus
}
#endif
#endif
