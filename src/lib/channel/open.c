/* SPDX-License-Identifier: MIT */
/* open.c - opening a channel: find, judge, then create or join.  All under the lock of the rendezvous. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/shm.h>
#include <time.h>
#include <unistd.h>

#include "channel/channel.h"
#include "clock.h"
#include "growth.h"
#include "os/membarrier.h"

static void fill_header(struct sv_channel *ch, unsigned flags)
{
	struct sv_header *header = ch->header;

	header->magic = SV_MAGIC;
	header->format = SV_FORMAT;
	header->header_size = ch->segment.header;
	header->capacity = ch->segment.capacity;
	header->device = ch->rv.device;
	header->inode = ch->rv.inode;
	header->project = (uint32_t)ch->rv.project;
	header->key = (uint32_t)ch->rv.key;
	header->semid = ch->semid;
	header->flags = flags;
	header->created_s = (int64_t)time(NULL);
	header->creator_pid = getpid();
	atomic_store(&header->total, SV_UNKNOWN);
	snprintf(header->name, sizeof header->name, "%s", ch->rv.name);
	snprintf(header->path, sizeof header->path, "%.*s", (int)sizeof header->path - 1, ch->rv.path);
	/* Last: a header that is not ready under the lock was left by a creator that died (release,
	 * sv_header_judge). */
	atomic_store_explicit(&header->ready, SV_READY, memory_order_release);
}

static int create(struct sv_channel *ch, const struct sv_options *options, uint64_t capacity)
{
	struct sv_fault *fault = &ch->fault;
	unsigned mode = options->mode != 0 ? options->mode : 0600;
	struct sv_objects made = { .shmid = -1, .semid = -1 };
	int code;

	code = sv_record_write(&ch->rv, -1, -1, fault);
	if (code == SV_OK)
		code = sv_segment_create(&made.shmid, ch->rv.key, capacity, mode, fault);
	if (code == SV_OK)
		code = sv_sem_create(&made.semid, ch->rv.key, mode, fault);
	if (code == SV_OK)
		code = sv_record_write(&ch->rv, made.shmid, made.semid, fault);
	if (code == SV_OK)
		code = sv_segment_map(&ch->segment, made.shmid, capacity, fault);
	if (code != SV_OK) {
		sv_objects_remove(&made, &ch->rv);
		return code;
	}
	ch->semid = made.semid;
	ch->header = (struct sv_header *)ch->segment.base;
	fill_header(ch, ch->flags);
	return SV_OK;
}

/* Who goes on must bring what the first one began with. */
static int take_file(struct sv_channel *ch)
{
	struct sv_source *file = &ch->header->file[ch->role];
	const char *kind = ch->role == SV_WRITER ? "input" : "output";

	if ((ch->flags & SV_RESUME) == 0)
		return SV_OK;
	if (atomic_load(&ch->header->side[ch->role].position) == 0) {
		*file = ch->file;
		return SV_OK;
	}
	if (!sv_source_is_same(file, &ch->file))
		return sv_fault_set(&ch->fault, SV_ESOURCE, 0,
		                    "it was begun with another %s file; give that one, or drop the channel "
		                    "with svclean --all",
		                    kind);
	if (ch->role == SV_WRITER && !sv_source_is_unchanged(file, &ch->file))
		return sv_fault_set(&ch->fault, SV_ESOURCE, 0,
		                    "the input file has changed since it was begun; drop the channel with "
		                    "svclean --all and start again");
	return SV_OK;
}

/* The traces of a peer that is gone and has no verdict worth keeping. */
static int clear_peer(struct sv_channel *ch, const struct sv_objects *objects)
{
	enum sv_role peer = sv_other(ch->role);
	struct sv_side_line *side = &ch->header->side[peer];

	if (sv_objects_presence(objects, ch->header, peer) != SV_HAS_GONE || sv_status_of(side) == SV_DONE)
		return SV_OK;
	atomic_store(&side->slot, SV_SLOT_EMPTY);
	atomic_store(&side->status, SV_RUNNING);
	atomic_store(&side->wake, 0);
	return sv_sem_clear(ch->semid, peer, &ch->fault);
}

static int enter(struct sv_channel *ch, const struct sv_options *options)
{
	struct sv_side_line *own = &ch->header->side[ch->role];
	enum sv_role peer = sv_other(ch->role);
	int code;

	ch->flags |= ch->header->flags & SV_DETACH;
	if ((ch->header->flags & SV_DETACH) == 0)
		ch->flags &= ~(unsigned)SV_DETACH;
	/* The ring of a detached channel still holds all: a reader after a dead one takes it from the start.
	 */
	if (ch->role == SV_READER && (ch->flags & SV_DETACH) != 0)
		atomic_store(&own->position, 0);
	if (ch->role == SV_WRITER)
		atomic_store(&ch->header->total, options->total);
	sv_ring_init(&ch->ring, ch->role, ch->header->side, ch->segment.base + ch->segment.header,
	             ch->segment.capacity);
	/* Only a resumed side begins anywhere but at 0; and its output is cut off there, so the position had
	 * better be right. */
	if (((ch->flags & SV_RESUME) == 0 && ch->ring.position != 0) || !sv_ring_look(&ch->ring))
		return sv_fault_set(&ch->fault, SV_ECORRUPT, 0,
		                    "corrupt channel: impossible positions; if nobody uses it, svclean "
		                    "--all removes it");
	ch->ring.light = ch->ring.lightable = sv_membarrier_register();
	atomic_store(&own->status, SV_RUNNING);
	atomic_store(&own->wake, 0);
	atomic_store(&own->cpu, sv_spin_cpu());
	atomic_store(&own->light, ch->ring.light);
	atomic_store(&own->uid, (uint32_t)geteuid());
	atomic_store(&own->pid, (int64_t)ch->process);
	atomic_store(&own->slot, SV_SLOT_ATTACHING);
	code = sv_sem_attach(ch->semid, ch->role, &ch->fault);
	if (code != SV_OK)
		return code;
	atomic_store(&own->slot, SV_SLOT_ATTACHED);
	ch->removable = (ch->flags & SV_KEPT) == 0;
	if (atomic_load(&ch->header->side[peer].slot) != SV_SLOT_EMPTY)
		sv_channel_remove_early(ch);
	return SV_OK;
}

/* Who is still attached while a transfer ends; 0: not known.  Its segment has no key any more, but its id is
 * recorded. */
static long survivor(const struct sv_objects *objects, enum sv_role gone)
{
	struct sv_fault scratch = { .label = "" };
	struct sv_segment_facts facts;
	const struct sv_header *header;
	long pid = 0;

	if (sv_segment_stat(objects->record.shmid, &facts, &scratch) != SV_OK ||
	    sv_segment_capacity(facts.bytes) == 0)
		return 0;
	header = sv_segment_glance(objects->record.shmid, facts.maps);
	if (header == NULL)
		return 0;
	if (sv_header_judge(header, facts.bytes, NULL) == SV_TRUST_OK && header->semid == objects->semid)
		pid = (long)atomic_load((_Atomic int64_t *)&header->side[sv_other(gone)].pid);
	shmdt(header);
	return pid;
}

static int not_ended(struct sv_channel *ch, int code, long pid)
{
	if (pid == 0)
		return sv_fault_set(&ch->fault, code, 0,
		                    "a previous transfer has not ended: one side is still attached");
	sv_fault_set(&ch->fault, code, 0, "a previous transfer has not ended: pid %ld is still attached",
	             pid);
	ch->fault.error.peer_pid = pid;
	return code;
}

/* One look under the lock.  SV_OK: attached; 1: look again, after the lock was dropped. */
static int look_and_attach(struct sv_channel *ch, const struct sv_options *options, uint64_t capacity,
                           int64_t deadline, int timeout_ms)
{
	struct sv_objects objects;
	enum sv_role gone = SV_WRITER;
	struct timespec left;
	enum sv_found found;
	int code = sv_objects_find(&objects, &ch->rv, &ch->fault);

	if (code != SV_OK)
		return code;
	found = sv_judge(ch, &objects, &gone);
	if (found != SV_FOUND_JOIN)
		sv_segment_unmap(&ch->segment);
	switch (found) {
	case SV_FOUND_REFUSED: return ch->fault.error.code;
	case SV_FOUND_ENDING:
		sv_rendezvous_unlock(&ch->rv);
		code = timeout_ms == 0 ? EAGAIN
		                       : sv_sem_sleep_end(objects.semid, gone, sv_time_left(deadline, &left));
		if (code == EAGAIN)
			return not_ended(ch, timeout_ms == 0 ? SV_EAGAIN : SV_ETIMEDOUT,
			                 survivor(&objects, gone));
		if (code == EINTR)
			return sv_fault_set(&ch->fault, SV_EINTR, 0,
			                    "interrupted while a previous transfer was ending");
		return 1;
	case SV_FOUND_LEFTOVER:
		code = sv_objects_remove(&objects, &ch->rv);
		if (code != 0)
			return sv_fault_set(&ch->fault, SV_ESYSTEM, code,
			                    "cannot remove what a crashed transfer left");
		/* The named file went with it: open it anew. */
		sv_rendezvous_unlock(&ch->rv);
		return 1;
	case SV_FOUND_NOTHING: code = create(ch, options, capacity); break;
	case SV_FOUND_JOIN:
		ch->semid = objects.semid;
		ch->header = (struct sv_header *)ch->segment.base;
		if (ch->rv.apart && !objects.record.valid)
			code = sv_record_write(&ch->rv, objects.shmid, objects.semid, &ch->fault);
		if (code == SV_OK && (ch->header->flags & SV_KEPT) != 0)
			code = clear_peer(ch, &objects);
		break;
	}
	if (code == SV_OK)
		code = take_file(ch);
	if (code == SV_OK && ch->role == SV_READER)
		code = sv_segment_protect(&ch->segment, &ch->fault);
	if (code == SV_OK)
		code = enter(ch, options);
	if (code != SV_OK && found == SV_FOUND_NOTHING && ch->header != NULL) {
		objects.shmid = ch->segment.id;
		objects.semid = ch->semid;
		sv_objects_remove(&objects, &ch->rv);
	}
	return code;
}

static int check_options(const struct sv_options *options, enum sv_role role, int timeout_ms,
                         uint64_t *capacity, struct sv_fault *fault)
{
	if ((role != SV_WRITER && role != SV_READER) || timeout_ms < -1)
		return sv_fault_set(fault, SV_EINVAL, 0, "sv_open: bad role or timeout_ms");
	if (options->name != NULL && options->path != NULL)
		return sv_fault_set(fault, SV_EINVAL, 0, "give a channel name or a path, not both");
	if (options->project < 0 || options->project > 255)
		return sv_fault_set(fault, SV_EINVAL, 0, "invalid project id %d: use 1 to 255",
		                    options->project);
	if ((options->mode & ~0666u) != 0 || (options->mode != 0 && (options->mode & 0600) != 0600))
		return sv_fault_set(fault, SV_EINVAL, 0,
		                    "invalid mode %04o: use 0600 plus read and write for group or others",
		                    options->mode);
	if ((options->flags & ~(unsigned)SV_KIND_FLAGS) != 0 || (options->flags & SV_KEPT) == SV_KEPT ||
	    (options->flags & (SV_MESSAGES | SV_RECORDS_NUL)) == SV_RECORDS_NUL ||
	    (unsigned)options->wait > SV_WAIT_SLEEP)
		return sv_fault_set(fault, SV_EINVAL, 0,
		                    "invalid flags or waiting policy; a channel cannot be both resumable and "
		                    "detached");
	*capacity = options->capacity != 0 ? sv_segment_round(options->capacity) : sv_segment_default();
	if (*capacity == 0)
		return sv_fault_set(fault, SV_ETOOBIG, 0, "a capacity of %llu bytes cannot be mapped",
		                    (unsigned long long)options->capacity);
	return SV_OK;
}

/* The caller's options, which may be shorter or longer than this library's. */
static int take_options(struct sv_options *own, const struct sv_options *theirs, struct sv_fault *fault)
{
	if (theirs == NULL ||
	    !sv_struct_take(own, sizeof *own, theirs, SV_SIZE_THROUGH(struct sv_options, capacity)))
		return sv_fault_set(fault, SV_EINVAL, 0,
		                    "sv_open: options that do not start from SV_OPTIONS_INIT, or that a "
		                    "later version of the library knows");
	return SV_OK;
}

int sv_open(sv_channel **out, enum sv_role role, const struct sv_options *theirs, int timeout_ms,
            struct sv_error *err)
{
	struct sv_options own = SV_OPTIONS_INIT;
	const struct sv_options *options = &own;
	int64_t deadline = sv_deadline(timeout_ms);
	struct sv_channel *ch;
	uint64_t capacity;
	int code;

	if (out == NULL || !sv_error_is_possible(err))
		return SV_EINVAL;
	*out = NULL;
	ch = calloc(1, sizeof *ch);
	if (ch == NULL) {
		struct sv_fault fault = { .label = "" };

		code = sv_fault_set(&fault, SV_ESYSTEM, ENOMEM, "cannot open a channel");
		sv_fault_give(&fault, err);
		return code;
	}
	ch->fault.error.struct_size = sizeof ch->fault.error;
	code = take_options(&own, theirs, &ch->fault);
	ch->role = role;
	ch->process = getpid();
	ch->flags = options->flags;
	ch->kind = (role == SV_READER ? SV_KIND_READER : 0) |
	           ((ch->flags & SV_MESSAGES) != 0 ? SV_KIND_MESSAGES : 0);
	ch->semid = -1;
	ch->rv.fd = -1;
	if (code == SV_OK)
		code = check_options(options, role, timeout_ms, &capacity, &ch->fault);
	if (code == SV_OK)
		ch->file = options->source;
	if (code == SV_OK) {
		sv_spin_init(&ch->spin, options->wait);
		sv_pace_init(&ch->pace, options->wait == SV_WAIT_AUTO && ch->spin.allowed);
	}
	for (;;) {
		if (code != SV_OK)
			break;
		code = sv_rendezvous_open(&ch->rv, options->name != NULL ? options->name : "default",
		                          options->path,
		                          options->project != 0 ? options->project : SV_PROJECT_DEFAULT, true,
		                          timeout_ms, &ch->fault);
		if (code != SV_OK)
			break;
		code = look_and_attach(ch, options, capacity, deadline, timeout_ms);
		if (code != 1)
			break;
		code = SV_OK;
		sv_rendezvous_close(&ch->rv);
	}
	if (code == SV_OK) {
		sv_rendezvous_unlock(&ch->rv);
		if (role == SV_WRITER && ch->ring.position == 0 && options->total != SV_UNKNOWN)
			sv_segment_collapse(&ch->segment, options->total);
		*out = ch;
		return SV_OK;
	}
	sv_fault_give(&ch->fault, err);
	/* A named file that this call made and that leads to nothing would be a leftover. */
	if (ch->rv.fd != -1 && ch->rv.named && !ch->rv.apart) {
		struct sv_objects none;

		if (sv_objects_find(&none, &ch->rv, &ch->fault) == SV_OK && none.shmid == -1 &&
		    none.semid == -1)
			sv_record_forget(&ch->rv);
	}
	sv_segment_unmap(&ch->segment);
	sv_rendezvous_close(&ch->rv);
	free(ch);
	return code;
}
