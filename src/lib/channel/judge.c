/* SPDX-License-Identifier: MIT */
/* judge.c - what is there under a key, whose it is, and whether anybody uses it. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

#include "channel/channel.h"

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
	    (header->flags & ~(uint32_t)SV_KIND_FLAGS) != 0 ||
	    (rv != NULL && header->key != (uint32_t)rv->key) ||
	    memchr(header->path, '\0', sizeof header->path) == NULL ||
	    memchr(header->name, '\0', sizeof header->name) == NULL)
		return SV_TRUST_CORRUPT;
	for (i = 0; i < 2; i++)
		if (atomic_load_explicit((_Atomic uint32_t *)&header->side[i].slot, memory_order_relaxed) >
		    SV_SLOT_LEFT)
			return SV_TRUST_CORRUPT;
	return SV_TRUST_OK;
}

enum sv_presence sv_presence_of(const struct sv_header *header, const struct sv_sem_facts *sem,
                                enum sv_role role)
{
	uint32_t slot =
		atomic_load_explicit((_Atomic uint32_t *)&header->side[role].slot, memory_order_acquire);

	bool weight = sem->value[sv_sem_of(role)] >= SV_GONE;

	/* ATTACHING without a weight while somebody else has the lock: died before the semop, as if it had
	 * never come. */
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
	if ((header->flags & SV_RESUME) == 0 || sv_status_of(&header->side[SV_READER]) != SV_DONE ||
	    slot == SV_SLOT_EMPTY)
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
	if (objects->semid != -1 && (code = sv_sem_stat(objects->semid, &objects->sem, fault)) != SV_OK)
		return code;
	return SV_OK;
}

int sv_objects_remove(const struct sv_objects *objects, const struct sv_rendezvous *rv)
{
	/* The set last: while it exists, what the record says of it can be checked. */
	int segment = sv_segment_remove(objects->shmid);
	int set = sv_sem_remove(objects->semid);

	if (segment == 0 && set == 0)
		sv_record_forget(rv);
	return segment != 0 ? segment : set;
}

static enum sv_found foreign(struct sv_fault *fault, const char *kind, int id, unsigned owner)
{
	sv_fault_set(fault, SV_EFOREIGN, 0,
	             "%s %d of user %u has the same key but is not this channel's; nothing was touched: "
	             "choose another "
	             "--channel, --path or --id",
	             kind, id, owner);
	return SV_FOUND_REFUSED;
}

static enum sv_found busy(struct sv_fault *fault, enum sv_role role, long pid)
{
	sv_fault_set(fault, SV_EBUSY, 0,
	             "busy: pid %ld is the %s; wait for it to end or choose another --channel", pid,
	             sv_role_name(role));
	fault->error.peer_pid = pid;
	return SV_FOUND_REFUSED;
}

static enum sv_found corrupt(struct sv_fault *fault, int shmid, const char *why)
{
	sv_fault_set(fault, SV_ECORRUPT, 0,
	             "corrupt channel: segment %d %s; if nobody uses it, svclean removes it", shmid, why);
	return SV_FOUND_REFUSED;
}

/* The segment, now mapped by this process, was attached by nobody before. */
static bool unmapped(const struct sv_objects *objects)
{
	return objects->shm.maps == 0 || sv_segment_unmapped(objects->shmid, SV_MAPS_OF_ONE);
}

/* Objects that a creator of ours, dead before it was done, left half-made: the record proves them ours. */
static bool half_made(const struct sv_objects *objects)
{
	return objects->record.valid && objects->shm.owner == geteuid() &&
	       (objects->record.shmid == -1 || objects->record.shmid == objects->shmid) && unmapped(objects);
}

/* After early removal of the segment only the set is left under the key. */
static enum sv_found judge_set_alone(const struct sv_objects *objects, enum sv_role *gone,
                                     struct sv_fault *fault)
{
	const struct sv_sem_facts *sem = &objects->sem;
	struct sv_segment_facts shm;
	struct sv_fault scratch = { .label = "" };
	bool destroyed, writer_gone, reader_gone;

	if (!objects->record.valid || sem->count != SV_SEM_COUNT)
		return foreign(fault, "semaphore set", objects->semid, sem->owner);
	if (objects->record.semid == -1 && sem->used_s == 0 && sem->owner == geteuid())
		return SV_FOUND_LEFTOVER;
	if (objects->record.semid != objects->semid)
		return foreign(fault, "semaphore set", objects->semid, sem->owner);
	/* A segment lives as long as anybody has it mapped, also without its key. */
	destroyed = objects->record.shmid != -1 &&
	            sv_segment_stat(objects->record.shmid, &shm, &scratch) == SV_EREMOVED;
	writer_gone = destroyed || sem->used_s == 0 || sem->value[SV_SEM_DATA] >= SV_GONE;
	reader_gone = destroyed || sem->used_s == 0 || sem->value[SV_SEM_SPACE] >= SV_GONE;
	if (writer_gone && reader_gone)
		return SV_FOUND_LEFTOVER;
	if (writer_gone || reader_gone) {
		*gone = writer_gone ? SV_WRITER : SV_READER;
		return SV_FOUND_ENDING;
	}
	/* A side that waits alone while its segment was removed by hand finds that out when it wakes. */
	/* One bell each is enough, and many would look like a weight. */
	if (sem->value[SV_SEM_DATA] == 0)
		sv_sem_ring(objects->semid, SV_WRITER);
	if (sem->value[SV_SEM_SPACE] == 0)
		sv_sem_ring(objects->semid, SV_READER);
	sv_fault_set(fault, SV_EBUSY, 0,
	             "busy: a transfer is running; wait for it to end or choose another --channel");
	return SV_FOUND_REFUSED;
}

bool sv_source_is_same(const struct sv_source *a, const struct sv_source *b)
{
	return a->device == b->device && a->inode == b->inode;
}

bool sv_source_is_unchanged(const struct sv_source *a, const struct sv_source *b)
{
	return a->size == b->size && a->mtime_ns == b->mtime_ns;
}

/* A transfer that has succeeded, and a predecessor that did not live to see it.  Whoever brings anything else
 * begins anew. */
static bool is_owed(const struct sv_channel *ch, const struct sv_header *header)
{
	const struct sv_source *file = &header->file[ch->role];

	return sv_header_owed(header, ch->role) &&
	       ((header->flags ^ ch->flags) & (SV_RESUME | SV_CARRIES)) == 0 &&
	       sv_source_is_same(file, &ch->file) &&
	       (ch->role == SV_READER || sv_source_is_unchanged(file, &ch->file));
}

static enum sv_found judge_kept(struct sv_channel *ch, const struct sv_header *header,
                                const enum sv_presence *presence)
{
	enum sv_role peer = sv_other(ch->role);

	if (presence[SV_WRITER] != SV_PRESENT && presence[SV_READER] != SV_PRESENT &&
	    !sv_header_of_use(header))
		return is_owed(ch, header) ? SV_FOUND_JOIN : SV_FOUND_LEFTOVER;
	if ((header->flags & SV_RESUME) != 0)
		return SV_FOUND_JOIN;
	/* Detached: one writer in its life, and readers one after the other until one has taken it all. */
	if (ch->role == SV_READER)
		return presence[peer] == SV_HAS_GONE && !sv_header_of_use(header) ? SV_FOUND_LEFTOVER
		                                                                  : SV_FOUND_JOIN;
	if (presence[SV_WRITER] == SV_NEVER_CAME)
		return SV_FOUND_JOIN;
	sv_fault_set(&ch->fault, SV_EBUSY, 0,
	             "it holds %llu bytes that were left for a reader; take them with svread, or "
	             "drop them with svclean --all",
	             (unsigned long long)atomic_load((_Atomic uint64_t *)&header->side[SV_WRITER].position));
	return SV_FOUND_REFUSED;
}

/* The kind of channel must be what both sides expect. */
static bool same_kind(struct sv_channel *ch, const struct sv_header *header)
{
	const char *what = NULL;

	if (((header->flags ^ ch->flags) & SV_MESSAGES) != 0)
		what = (header->flags & SV_MESSAGES) != 0 ? "it carries messages (lines), not bytes"
		                                          : "it carries bytes, not messages (lines)";
	else if (((header->flags ^ ch->flags) & SV_RECORDS_NUL) != 0)
		what = (header->flags & SV_RECORDS_NUL) != 0
		               ? "its messages are records that end with NUL, not with a newline"
		               : "its messages do not end with NUL";
	else if (((header->flags ^ ch->flags) & SV_RESUME) != 0)
		what = (header->flags & SV_RESUME) != 0
		               ? "it is resumable: use --resume to go on with it, or svclean --all to drop it"
		               : "it is not resumable: leave out --resume, or wait for it to end";
	if (what != NULL)
		sv_fault_set(&ch->fault, SV_EMODE, 0, "%s", what);
	return what == NULL;
}

enum sv_presence sv_objects_presence(const struct sv_objects *objects, const struct sv_header *header,
                                     enum sv_role role)
{
	enum sv_presence presence = sv_presence_of(header, &objects->sem, role);

	return presence == SV_PRESENT && objects->shm.maps == 0 ? SV_HAS_GONE : presence;
}

static enum sv_found judge_live(struct sv_channel *ch, const struct sv_objects *objects,
                                const struct sv_header *header, enum sv_role *gone)
{
	enum sv_role own = ch->role, peer = sv_other(own);
	enum sv_presence presence[2];
	bool kept = (header->flags & SV_KEPT) != 0;

	presence[SV_WRITER] = sv_objects_presence(objects, header, SV_WRITER);
	presence[SV_READER] = sv_objects_presence(objects, header, SV_READER);
	if (!kept && presence[own] != SV_PRESENT && presence[peer] != SV_PRESENT)
		return SV_FOUND_LEFTOVER;
	if (!kept && (presence[own] == SV_HAS_GONE || presence[peer] == SV_HAS_GONE)) {
		*gone = presence[own] == SV_HAS_GONE ? own : peer;
		/* Without its weight there would be nothing to wait for. */
		if (objects->sem.value[sv_sem_of(*gone)] >= SV_GONE)
			return SV_FOUND_ENDING;
		return corrupt(&ch->fault, objects->shmid, "and its semaphores contradict each other");
	}
	if (presence[own] == SV_PRESENT)
		return busy(&ch->fault, own, (long)atomic_load((_Atomic int64_t *)&header->side[own].pid));
	if (kept) {
		enum sv_found found = judge_kept(ch, header, presence);

		if (found != SV_FOUND_JOIN)
			return found;
	}
	return same_kind(ch, header) ? SV_FOUND_JOIN : SV_FOUND_REFUSED;
}

/* Segment there and mapped (in ch->segment): whose is it, and who is in it? */
static enum sv_found judge_segment(struct sv_channel *ch, const struct sv_objects *objects,
                                   enum sv_role *gone)
{
	const struct sv_header *header = (const struct sv_header *)ch->segment.base;
	struct sv_fault *fault = &ch->fault;
	/* Ours, as the record in this user's directory proves, even if its own bytes do not. */
	bool recorded = objects->record.valid && objects->record.shmid == objects->shmid &&
	                objects->shm.owner == geteuid();

	switch (sv_header_judge(header, objects->shm.bytes, &ch->rv)) {
	case SV_TRUST_FOREIGN:
		if (recorded)
			return corrupt(fault, objects->shmid, "was overwritten: its identity is gone");
		return foreign(fault, "segment", objects->shmid, (unsigned)objects->shm.owner);
	case SV_TRUST_UNREADY:
		if (half_made(objects))
			return SV_FOUND_LEFTOVER;
		if (recorded)
			return corrupt(fault, objects->shmid, "was overwritten: it is no longer ready");
		return foreign(fault, "segment", objects->shmid, (unsigned)objects->shm.owner);
	case SV_TRUST_CORRUPT:
		return corrupt(fault, objects->shmid,
		               header->format != SV_FORMAT ? "was made by another version or overwritten"
		                                           : "holds a header that cannot be");
	case SV_TRUST_OK: break;
	}
	if (objects->semid != -1 && objects->semid != header->semid && recorded &&
	    objects->record.semid == objects->semid)
		return corrupt(fault, objects->shmid, "was overwritten: it names another semaphore set");
	if (objects->semid != -1 && objects->semid != header->semid)
		return foreign(fault, "semaphore set", objects->semid, (unsigned)objects->sem.owner);
	if (objects->semid == -1 && unmapped(objects))
		return SV_FOUND_LEFTOVER;
	if (objects->semid == -1) {
		sv_fault_set(fault, SV_EBUSY, 0,
		             "its semaphores were removed while a process is still attached: try again");
		return SV_FOUND_REFUSED;
	}
	if (objects->sem.count != SV_SEM_COUNT)
		return corrupt(fault, objects->shmid, "does not go with a set of two semaphores");
	return judge_live(ch, objects, header, gone);
}

enum sv_found sv_judge(struct sv_channel *ch, const struct sv_objects *objects, enum sv_role *gone)
{
	uint64_t capacity;

	if (objects->shmid == -1 && objects->semid == -1)
		return SV_FOUND_NOTHING;
	if (objects->shmid == -1)
		return judge_set_alone(objects, gone, &ch->fault);
	capacity = sv_segment_capacity(objects->shm.bytes);
	if (capacity == 0)
		return foreign(&ch->fault, "segment", objects->shmid, (unsigned)objects->shm.owner);
	if (sv_segment_map(&ch->segment, objects->shmid, capacity, &ch->fault) != SV_OK)
		return SV_FOUND_REFUSED;
	return judge_segment(ch, objects, gone);
}
