/* SPDX-License-Identifier: MIT */
/* facts.h - gathering, by system calls, what a judgement about a channel depends on; and removing its
 * objects. */
#ifndef SV_CHANNEL_FACTS_H
#define SV_CHANNEL_FACTS_H

#include "channel/presence.h"
#include "channel/trust.h"

/* The target of a rendezvous that is open; consent as in struct sv_target. */
void sv_target_of(struct sv_target *target, const struct sv_rendezvous *rv, unsigned consent, bool locked);

/* Look at everything.  Never fails: what may not be looked at is a fact too. */
void sv_gather(struct sv_objects *objects, const struct sv_target *target);

/* Remove them, the segment first; nothing after the first that fails.  0 or an errno value. */
int sv_objects_remove(const struct sv_objects *objects);

#endif
