/* SPDX-License-Identifier: MIT */
/* trust.c - decides whether the maker of an object is trusted, and whether a header can be true. */
#define _GNU_SOURCE
#include <string.h>
#include <stdlib.h>
#include <unistd.h>

#include "channel/trust.h"
#include "channel/classify.h"

enum sv_trust sv_header_judge(const struct sv_header *header, uint64_t bytes)
{
	unsigned i;

	if (header->magic == 0)
		return SV_TRUST_UNREADY;
	if (header->magic != SV_MAGIC)
		return SV_TRUST_FOREIGN;
	if (header->format != SV_FORMAT && header->format != 0)
		return SV_TRUST_VERSION;
	if (atomic_load_explicit((_Atomic uint32_t *)&header->ready, memory_order_acquire) != SV_READY)
		return SV_TRUST_UNREADY;
	if (header->format != SV_FORMAT || header->header_size != sv_segment_header_size() ||
	    header->capacity == 0 || header->capacity != sv_segment_capacity(bytes) ||
	    (header->flags & ~(uint32_t)SV_HEADER_FLAGS) != 0 || (header->flags & SV_KEPT) == SV_KEPT ||
	    memchr(header->path, '\0', sizeof header->path) == NULL ||
	    memchr(header->name, '\0', sizeof header->name) == NULL)
		return SV_TRUST_CORRUPT;
	for (i = 0; i < 2; i++)
		if (atomic_load_explicit((_Atomic uint32_t *)&header->side[i].slot, memory_order_relaxed) >
		    SV_SLOT_LEFT)
			return SV_TRUST_CORRUPT;
	return SV_TRUST_OK;
}

bool sv_maker_is_trusted(const struct sv_maker *maker, const struct sv_target *target, uid_t caller,
                         bool member)
{
	if (maker->creator != maker->owner)
		return false;
	if (maker->creator == caller)
		return true;
	/* A name leads only to the caller's own objects; different users meet at a path. */
	if (target->named)
		return false;
	if (maker->creator == 0 || maker->creator == target->owner)
		return true;
	if ((target->consent & 006) != 0)
		return true;
	return (target->consent & 060) != 0 && (maker->creator_group == target->group || member);
}

static bool is_member(gid_t group)
{
	int count = getgroups(0, NULL), i;
	gid_t *groups;
	bool found = group == getegid();

	if (found || count <= 0)
		return found;
	groups = malloc((size_t)count * sizeof *groups);
	if (groups == NULL)
		return false;
	count = getgroups(count, groups);
	for (i = 0; i < count && !found; i++)
		found = groups[i] == group;
	free(groups);
	return found;
}

bool sv_is_trusted(uid_t creator, uid_t owner, gid_t group, const struct sv_target *target)
{
	struct sv_maker maker = { creator, owner, group };
	bool ask = !target->named && (target->consent & 060) != 0;

	return sv_maker_is_trusted(&maker, target, geteuid(), ask && is_member(group));
}

bool sv_source_is_same(const struct sv_source *a, const struct sv_source *b)
{
	return a->device == b->device && a->inode == b->inode;
}

bool sv_source_is_unchanged(const struct sv_source *a, const struct sv_source *b)
{
	return a->size == b->size && a->mtime_ns == b->mtime_ns;
}
