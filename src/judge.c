/* SPDX-License-Identifier: MIT */
/* judge.c - what is there under a key, whose it is, and whether anybody uses it. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

#include "channel.h"

enum sv_trust sv_header_judge(const struct sv_header *header, uint64_t bytes, const struct sv_rendezvous *rv)
{
	unsigned i;

	if (header->magic == 0)
		return SV_TRUST_UNREADY;
	if (header->magic != SV_MAGIC)
		return SV_TRUST_FOREIGN;
	if (atomic_load_explicit((_Atomic uint32_t *)&header->ready, memory_order_acquire) != SV_READY)
		return SV_TRUST_UNREADY;
	if (header->format != SV_FORMAT)
		return SV_TRUST_CORRUPT;
	if (rv != NULL && (header->device != rv->device || header->inode != rv->inode ||
	                   header->project != (uint32_t)rv->project))
		return SV_TRUST_FOREIGN;
	if (header->header_size != sv_segment_header_size() || header->capacity == 0 ||
	    header->capacity != sv_segment_capacity(bytes) ||
	    (header->flags & ~(uint32_t)(SV_MESSAGES | SV_KEPT)) != 0 || (rv != NULL && header->key != (uint32_t)rv->key) ||
	    memchr(header->path, '\0', sizeof header->path) == NULL ||
	    memchr(header->name, '\0', sizeof header->name) == NULL)
		return SV_TRUST_CORRUPT;
	for (i = 0; i < 2; i++)
		if (atomic_load_explicit((_Atomic uint32_t *)&header->side[i].slot, memory_order_relaxed) > SV_SLOT_LEFT)
			return SV_TRUST_CORRUPT;
	return SV_TRUST_OK;
}

enum sv_presence sv_presence_of(const struct sv_header *header, const struct sv_bells_facts *sem, enum sv_role role)
{
	uint32_t slot = atomic_load_explicit((_Atomic uint32_t *)&header->side[role].slot, memory_order_acquire);

	bool weight = sem->value[sv_sem_of(role)] >= SV_GONE;

	/* ATTACHING without a weight while somebody else has the lock: died before the semop, as if it had never come. */
	if (slot == SV_SLOT_EMPTY || (slot == SV_SLOT_ATTACHING && !weight))
		return SV_NEVER_CAME;
	return slot == SV_SLOT_LEFT || weight ? SV_HAS_GONE : SV_PRESENT;
}

bool sv_header_of_use(const struct sv_header *header)
{
	bool sent = sv_status_of(&header->side[SV_WRITER]) == SV_DONE;
	bool taken = sv_status_of(&header->side[SV_READER]) == SV_DONE;

	if ((header->flags & SV_DETACH) != 0)
		return sent && !taken;
	if ((header->flags & SV_RESUME) != 0)
		/* A reader is done only after the writer was, whatever became of that one since. */
		return !taken && atomic_load((_Atomic uint64_t *)&header->side[SV_WRITER].position) > 0;
	return false;
}

bool sv_header_owed(const struct sv_header *header, enum sv_role role)
{
	const struct sv_side_line *side = &header->side[role];
	uint32_t slot = atomic_load_explicit((_Atomic uint32_t *)&side->slot, memory_order_acquire);

	/* A reader is done only after the writer was, so its word is enough. */
	if ((header->flags & SV_RESUME) == 0 || sv_status_of(&header->side[SV_READER]) != SV_DONE || slot == SV_SLOT_EMPTY)
		return false;
	return slot != SV_SLOT_LEFT || sv_status_of(side) != SV_DONE;
}

int sv_objects_find(struct sv_objects *objects, const struct sv_rendezvous *rv, struct sv_fault *fault)
{
	int code;

	sv_record_read(rv, &objects->record);
	objects->shmid = shmget(rv->key, 0, 0);
	if (objects->shmid == -1 && errno != ENOENT)
		return sv_fault_set(fault, SV_ESYSTEM, errno, "cannot look for its segment");
	objects->semid = semget(rv->key, 0, 0);
	if (objects->semid == -1 && errno != ENOENT)
		return sv_fault_set(fault, SV_ESYSTEM, errno, "cannot look for its semaphores");
	if (objects->shmid != -1 && (code = sv_segment_stat(objects->shmid, &objects->shm, fault)) != SV_OK)
		return code;
	if (objects->semid != -1 && (code = sv_bells_stat(objects->semid, &objects->sem, fault)) != SV_OK)
		return code;
	return SV_OK;
}

int sv_objects_remove(const struct sv_objects *objects, const struct sv_rendezvous *rv)
{
	/* The set last: while it exists, what the record says of it can be checked. */
	int segment = sv_segment_remove(objects->shmid);
	int set = sv_bells_remove(objects->semid);

	if (segment == 0 && set == 0)
		sv_record_forget(rv);
	return segment != 0 ? segment : set;
}
