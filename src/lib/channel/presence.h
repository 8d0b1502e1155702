/* SPDX-License-Identifier: MIT */
/* presence.h - the objects of a channel, and who is attached, from slots, weights and mappings together. */
#ifndef SV_CHANNEL_PRESENCE_H
#define SV_CHANNEL_PRESENCE_H

#include "channel/classify.h"
#include "os/segment.h"
#include "os/semaphores.h"
#include "ring/layout.h"

/*
 * An object that has the key, but is not the channel's or was made by a user whom the caller does not trust.
 */
struct sv_stranger {
	const char *kind; /* "segment" or "semaphore set"; NULL: none */
	int id;
	bool known; /* owner is valid */
	bool untrusted;
	bool unreadable;
	uid_t owner;
};

/* The objects of a channel, and the facts about them. */
struct sv_objects {
	int shmid; /* -1: none */
	int semid; /* -1: none */
	struct sv_segment_facts shm;
	struct sv_sem_facts sem;
	struct sv_header header; /* a copy, taken once; valid if facts.segment is SV_SEGMENT_GOOD */
	struct sv_facts facts;
	struct sv_stranger stranger;
};

/* Fill in the facts about the two sides, from the header and the semaphores that were gathered. */
void sv_judge_presence(struct sv_objects *objects, unsigned long own_maps);

static inline uint32_t sv_status_of(const struct sv_side_line *side)
{
	return atomic_load_explicit((_Atomic uint32_t *)&side->status, memory_order_acquire);
}

#endif
