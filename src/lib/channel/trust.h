/* SPDX-License-Identifier: MIT */
/* trust.h - which channel is looked for, and whom to believe: who made an object, whether a header can be
 * true. */
#ifndef SV_CHANNEL_TRUST_H
#define SV_CHANNEL_TRUST_H

#include "os/record.h"
#include "os/rendezvous.h"
#include "os/segment.h"
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

/* Files that were brought for SV_RESUME: the same one, and as it was? */
bool sv_source_is_same(const struct sv_source *a, const struct sv_source *b);
bool sv_source_is_unchanged(const struct sv_source *a, const struct sv_source *b);

#endif
