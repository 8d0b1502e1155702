/* SPDX-License-Identifier: MIT */
#include "channel/stranger.h"

#include "os/owner.h"

void sv_note_stranger(struct sv_objects *o, const char *kind, int id, bool known, uid_t owner, bool untrusted)
{
	bool unreadable = !known;

	o->facts.in_the_way = true;
	if (unreadable)
		known = sv_owner_of(kind[1] == 'e' && kind[2] == 'm', id, &owner);
	else if (owner == (uid_t)-1)
		known = false;
	/* Of several strangers, keep the one that explains most. */
	if (o->stranger.kind == NULL || (untrusted && !o->stranger.untrusted))
		o->stranger = (struct sv_stranger){ kind, id, known, untrusted, unreadable, owner };
}

bool sv_note_untrusted(struct sv_objects *o, const char *kind, int id, const struct sv_target *t)
{
	uid_t creator;

	if (!sv_owner_of(kind[1] == 'e' && kind[2] == 'm', id, &creator) ||
	    sv_is_trusted(creator, creator, t->group, t))
		return false;
	sv_note_stranger(o, kind, id, true, creator, true);
	return true;
}

void sv_note_segment(struct sv_objects *o, int id, bool untrusted)
{
	sv_note_stranger(o, "segment", id, o->shm.bytes != 0, o->shm.creator_uid, untrusted);
}

void sv_note_set(struct sv_objects *o, int id, bool untrusted)
{
	sv_note_stranger(o, "semaphore set", id, o->sem.count != 0, o->sem.creator_uid, untrusted);
}
