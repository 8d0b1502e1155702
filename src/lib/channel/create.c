/* SPDX-License-Identifier: MIT */
/* create.c - making the two objects of a channel, and its header. */
#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "channel/channel.h"

#define MOST_TRIES 10

static void fill_header(struct sv_channel *ch)
{
	struct sv_header *header = ch->header;

	header->magic = SV_MAGIC;
	header->format = SV_FORMAT;
	header->header_size = ch->segment.header;
	header->capacity = ch->segment.capacity;
	header->generation = ch->record.generation;
	header->device = ch->rv.identity.device;
	header->inode = ch->rv.identity.inode;
	header->birth_ns = ch->rv.identity.birth_ns;
	header->project = (uint32_t)ch->rv.project;
	header->key = (uint32_t)ch->rv.key;
	header->semid = ch->semid;
	header->flags = ch->flags & SV_HEADER_FLAGS;
	header->created_s = (int64_t)time(NULL);
	header->creator_pid = getpid();
	atomic_store(&header->total, SV_UNKNOWN);
	snprintf(header->name, sizeof header->name, "%s", ch->rv.name);
	snprintf(header->path, sizeof header->path, "%.*s", (int)sizeof header->path - 1, ch->rv.path);
	/*
	 * Last, with release order (see sv_header_judge): if a process holds the lock and finds a header that
	 * is not ready, its maker has died.
	 */
	atomic_store_explicit(&header->ready, SV_READY, memory_order_release);
}

void sv_channel_unmake(struct sv_channel *ch, int shmid)
{
	struct sv_objects made = { .shmid = shmid, .semid = ch->semid };

	sv_segment_unmap(&ch->segment);
	ch->header = NULL;
	if (sv_objects_remove(&made) == 0)
		sv_rendezvous_forget(&ch->rv, ch->record.generation);
	ch->semid = -1;
}

/* Make a default capacity smaller if kernel.shmmax does not allow it; a capacity that was asked for stays. */
static int create_segment(struct sv_channel *ch, const struct sv_options *options, uint64_t *capacity,
                          int *shmid, unsigned mode)
{
	int code = sv_segment_create(shmid, ch->rv.key, *capacity, mode, &ch->fault);

	while (code == SV_ESYSTEM && ch->fault.error.sys_errno == EINVAL && options->capacity == 0 &&
	       *capacity > sv_segment_round(1)) {
		*capacity /= 2;
		code = sv_segment_create(shmid, ch->rv.key, *capacity, mode, &ch->fault);
	}
	return code;
}

/*
 * Without its segment, a set is proved to be ours by its age.  If this process was stopped between the two,
 * or the clock was set, both are made again.
 */
static int create_objects(struct sv_channel *ch, const struct sv_options *options, uint64_t *capacity,
                          int *shmid, struct sv_segment_facts *facts)
{
	unsigned mode = options->mode != 0 ? options->mode : 0600;
	struct sv_sem_facts set;
	int code, tries;

	for (tries = 0; tries < MOST_TRIES; tries++) {
		code = create_segment(ch, options, capacity, shmid, mode);
		if (code == SV_OK)
			code = sv_sem_create(&ch->semid, ch->rv.key, mode, &ch->fault);
		if (code == SV_OK)
			code = sv_segment_stat(*shmid, facts, &ch->fault);
		if (code == SV_OK)
			code = sv_sem_stat(ch->semid, &set, &ch->fault);
		if (code != SV_OK || sv_is_made_together(facts->changed_s, set.changed_s))
			return code;
		sv_segment_remove(*shmid);
		sv_sem_remove(ch->semid);
		*shmid = ch->semid = -1;
	}
	return sv_fault_set(&ch->fault, SV_ESYSTEM, ETIME, "cannot make its two objects at one time");
}

/*
 * Make both objects.  The record is written first, so that after a crash the objects are known to be ours; it
 * is completed at the end.
 */
int sv_channel_create(struct sv_channel *ch, const struct sv_options *options, uint64_t capacity)
{
	struct sv_record *record = &ch->record;
	struct sv_fault *fault = &ch->fault;
	struct sv_segment_facts facts;
	int shmid = -1, code = SV_OK;

	/* A new named rendezvous already contains this record; one that a dead process left does not. */
	if (!ch->rv.fresh || !sv_rendezvous_read(&ch->rv, record)) {
		*record = (struct sv_record){ .generation = sv_random(), .key = (uint32_t)ch->rv.key };
		record->project = ch->rv.project;
		record->shmid = record->semid = -1;
		code = sv_rendezvous_write(&ch->rv, record, fault);
	}
	if (code == SV_OK)
		code = create_objects(ch, options, &capacity, &shmid, &facts);
	if (code == SV_OK) {
		record->shmid = shmid;
		record->semid = ch->semid;
		record->made_s = facts.changed_s;
		code = sv_rendezvous_write(&ch->rv, record, fault);
	}
	if (code == SV_OK)
		code = sv_segment_map(&ch->segment, shmid, capacity, fault);
	if (code != SV_OK) {
		sv_channel_unmake(ch, shmid);
		return code;
	}
	ch->header = (struct sv_header *)ch->segment.base;
	fill_header(ch);
	return SV_OK;
}
