/* SPDX-License-Identifier: MIT */
/*
 * trust.h - the channel to look for, and whom to trust: who made an object, and whether its header can be
 * true.
 */
#ifndef SV_CHANNEL_TRUST_H
#define SV_CHANNEL_TRUST_H

#include "os/record.h"
#include "os/rendezvous.h"
#include "os/segment.h"
#include "ring/layout.h"

/* The channel to look for, and what is known before its objects are looked at. */
struct sv_target {
	struct sv_record record; /* if recorded is false, only key and project are valid */
	bool recorded;
	bool only_recorded; /* only the channel of the record counts, not other objects that have the key */
	bool named;
	bool locked;
	struct sv_identity identity; /* of the file at the path, as it is now; inode 0: it is gone */
	uid_t owner;                 /* of that file */
	gid_t group;
	bool fresh;                  /* the rendezvous was made just now, and its key was free then */
	const struct sv_header *own; /* the caller's own mapping of the segment, or NULL */
	/* permission bits; bits for group or others mean that the caller trusts their objects too */
	unsigned consent;
};

/* What a header is. */
enum sv_trust {
	SV_TRUST_OK,
	SV_TRUST_FOREIGN, /* not a header of a channel */
	SV_TRUST_UNREADY, /* its creator died before it was complete, or the header is all zero */
	SV_TRUST_VERSION, /* it has another layout */
	SV_TRUST_CORRUPT  /* a header of a channel, but its geometry is impossible */
};

/* Check the bytes of a header against the size of the segment. */
enum sv_trust sv_header_judge(const struct sv_header *header, uint64_t bytes);

/*
 * Who made an object, and does the caller trust that user?  A user can give uid away, so it counts only
 * together with cuid.  A pure function: member tells whether the caller is in the creating group.
 */
struct sv_maker {
	uid_t creator, owner;
	gid_t creator_group;
};
bool sv_maker_is_trusted(const struct sv_maker *maker, const struct sv_target *target, uid_t caller,
                         bool member);

/* The same, for this process. */
bool sv_is_trusted(uid_t creator, uid_t owner, gid_t group, const struct sv_target *target);

/* Two files brought for SV_RESUME: are they the same file, and is its content unchanged? */
bool sv_source_is_same(const struct sv_source *a, const struct sv_source *b);
bool sv_source_is_unchanged(const struct sv_source *a, const struct sv_source *b);

#endif
