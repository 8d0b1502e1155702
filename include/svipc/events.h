/* SPDX-License-Identifier: MIT */
/*
 * svipc/events.h - a channel in an event loop.
 *
 * A part of svipc.h, which includes it: include <svipc.h>.  The conventions there hold here too.
 */
#ifndef SVIPC_EVENTS_H
#define SVIPC_EVENTS_H

#include "svipc.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A descriptor for poll(2), select(2) and epoll(7) that becomes readable when a wait would end.  The first
 * call on a handle starts a thread that sleeps in place of the caller; it handles no signal and ends with
 * sv_close().  The descriptor belongs to the handle: do not read, write or close it.  Each event that had to
 * be waited for costs one more wake-up (of the thread) than a blocking call.
 *
 * SV_EINVAL (also in a child of fork), SV_ESYSTEM (no descriptor or thread): *fd is -1, and all other calls
 * work as before.
 */
int sv_event_fd(sv_channel *ch, int *fd);

/*
 * Say what to wait for; never blocks.  Repeat these three steps:
 *	sv_event_ask(ch, want);
 *	poll() until fd is readable;
 *	sv_peek(ch, want, &data, &got, 0) and the like  SV_EAGAIN is possible: ask again
 * The descriptor becomes readable when want bytes of room or data are available (on a channel of messages: a
 * message, or room for a message of want bytes).  Whatever want is, it also becomes readable when the peer
 * comes, finishes, gives up or dies, when the objects are removed, or when sv_interrupt() was called.  With
 * want 0 only these count.  It may become readable too early, but never too late.  A request holds until the
 * next one, or until a call on the handle that waits; such calls work as before.
 *
 * SV_EINVAL (no descriptor yet, a child of fork), SV_ETOOBIG (want above the capacity): the previous request
 * still holds.
 */
int sv_event_ask(sv_channel *ch, size_t want);

#ifdef __cplusplus
}
#endif
#endif
