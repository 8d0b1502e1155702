/* SPDX-License-Identifier: MIT */
/*
 * facts.h - gathers, by system calls, the facts on which a decision about a channel depends, and removes its
 * objects.
 */
#ifndef SV_CHANNEL_FACTS_H
#define SV_CHANNEL_FACTS_H

#include "channel/presence.h"
#include "channel/trust.h"

/* Fill in the target of an open rendezvous; consent as in struct sv_target. */
void sv_target_of(struct sv_target *target, const struct sv_rendezvous *rv, unsigned consent, bool locked);

/* Look at everything.  Never fails: that an object may not be looked at is a fact too. */
void sv_gather(struct sv_objects *objects, const struct sv_target *target);

/* Can a segment and a set that were last changed at these seconds have been made by one sv_open()? */
static inline bool sv_is_made_together(int64_t segment_s, int64_t set_s)
{
	return set_s >= segment_s && set_s <= segment_s + 2;
}

/* Remove the segment, then the set; stop at the first failure.  0 or an errno value. */
int sv_objects_remove(const struct sv_objects *objects);

#endif
