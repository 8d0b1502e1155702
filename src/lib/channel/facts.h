/* SPDX-License-Identifier: MIT */
/* facts.h - gathering, by system calls, what a judgement about a channel depends on; and removing its
 * objects. */
#ifndef SV_CHANNEL_FACTS_H
#define SV_CHANNEL_FACTS_H

#include "channel/classify.h"
#include "os/record.h"
#include "os/rendezvous.h"
#include "os/segment.h"
#include "os/semaphores.h"
#include "ring/layout.h"

/* Which channel to look for, and what is known of it before its objects are looked at. */
struct sv_target {
	struct sv_record record; /* only key and project are valid where recorded is false */
	bool recorded;
	bool only_recorded; /* the very channel of the record: nothing else that has the key */
	bool named;
	bool locked;
	struct sv_identity identity; /* of a rendezvous with a path, as it is now; inode 0: it is gone */
	uid_t owner;                 /* of that file */
	gid_t group;
	unsigned long own_maps; /* mappings of the segment by the caller itself */
	unsigned consent; /* permission bits: with those for group or others the caller trusts their objects
	                     too */
};

/* An object that has the key but is not the channel's, or is made by somebody whom the caller does not trust.
 */
struct sv_stranger {
	const char *kind; /* "segment" or "semaphore set"; NULL: none */
	int id;
	bool known; /* owner is valid */
	bool untrusted;
	bool unreadable;
	uid_t owner;
};

/* The objects of a channel and what they say. */
struct sv_objects {
	int shmid; /* -1: none */
	int semid; /* -1: none */
	struct sv_segment_facts shm;
	struct sv_sem_facts sem;
	struct sv_header header; /* a copy, taken once; valid if facts.segment is SV_SEGMENT_GOOD */
	struct sv_facts facts;
	struct sv_stranger stranger;
};

/* How far to believe a header. */
enum sv_trust {
	SV_TRUST_OK,
	SV_TRUST_FOREIGN, /* not one of ours */
	SV_TRUST_UNREADY, /* its creator died before it was complete, or it is all zero */
	SV_TRUST_VERSION, /* of another layout */
	SV_TRUST_CORRUPT  /* ours, but its geometry cannot be */
};

/* Judge the bytes of a header against the segment's size. */
enum sv_trust sv_header_judge(const struct sv_header *header, uint64_t bytes);

/*
 * Who made an object, and whom does the caller trust?  uid can be given away and is believed only together
 * with cuid. Pure: member tells whether the caller is in the creating group.
 */
struct sv_maker {
	uid_t creator, owner;
	gid_t creator_group;
};
bool sv_maker_is_trusted(const struct sv_maker *maker, const struct sv_target *target, uid_t caller,
                         bool member);

/* The same for this process and an object of these owners. */
bool sv_is_trusted(uid_t creator, uid_t owner, gid_t group, const struct sv_target *target);

/* The target of a rendezvous that is open; consent as in struct sv_target. */
void sv_target_of(struct sv_target *target, const struct sv_rendezvous *rv, unsigned consent, bool locked);

/* Look at everything.  Never fails: what may not be looked at is a fact too. */
void sv_gather(struct sv_objects *objects, const struct sv_target *target);

/* presence.c: the facts about the two sides, from the header and the semaphores that were gathered. */
void sv_judge_presence(struct sv_objects *objects, unsigned long own_maps);

/* Remove them, the segment first; nothing after the first that fails.  0 or an errno value. */
int sv_objects_remove(const struct sv_objects *objects);

/* Files that were brought for SV_RESUME: the same one, and as it was? */
bool sv_source_is_same(const struct sv_source *a, const struct sv_source *b);
bool sv_source_is_unchanged(const struct sv_source *a, const struct sv_source *b);

static inline uint32_t sv_status_of(const struct sv_side_line *side)
{
	return atomic_load_explicit((_Atomic uint32_t *)&side->status, memory_order_acquire);
}

#endif
