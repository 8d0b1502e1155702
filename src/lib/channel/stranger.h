/* SPDX-License-Identifier: MIT */
/* stranger.h - notes of the objects that have the key of a channel and are not the channel's. */
#ifndef SV_CHANNEL_STRANGER_H
#define SV_CHANNEL_STRANGER_H

#include "channel/presence.h"
#include "channel/trust.h"

/* kind: "segment" or "semaphore set"; known: owner is valid. */
void sv_note_stranger(struct sv_objects *o, const char *kind, int id, bool known, uid_t owner,
                      bool untrusted);

/* The segment or the set whose facts are in o. */
void sv_note_segment(struct sv_objects *o, int id, bool untrusted);
void sv_note_set(struct sv_objects *o, int id, bool untrusted);

/*
 * Note an object that this process may not read, if the system tells who made it.  False, and nothing is
 * noted: it does not tell, or the caller may trust that user.
 */
bool sv_note_untrusted(struct sv_objects *o, const char *kind, int id, const struct sv_target *t);

#endif
