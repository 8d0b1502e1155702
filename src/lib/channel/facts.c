/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "channel/facts.h"

#include <errno.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

#include "channel/stranger.h"
#include "os/key.h"

void sv_target_of(struct sv_target *target, const struct sv_rendezvous *rv, unsigned consent, bool locked)
{
	target->recorded = sv_rendezvous_read(rv, &target->record);
	target->record.key = (uint32_t)rv->key;
	target->record.project = rv->project;
	target->only_recorded = false;
	target->named = rv->named;
	target->locked = locked;
	target->identity = rv->identity;
	target->owner = rv->owner;
	target->group = rv->group;
	target->fresh = rv->fresh;
	target->own = NULL;
	target->consent = consent;
}

static bool is_own(uid_t creator, uid_t owner)
{
	return creator == geteuid() && owner == geteuid();
}

/* --- the segment --- */

/* Copy the header as it is now.  False: this process may not read it.  own: this process has it mapped. */
static bool copy_header(struct sv_objects *o, int id, const struct sv_header *own)
{
	const void *header = own != NULL ? own : sv_segment_glance(id, o->shm.maps);

	if (header == NULL)
		return false;
	memcpy(&o->header, header, sizeof o->header);
	if (own == NULL)
		sv_segment_glance_end(header);
	return true;
}

static enum sv_segment_fact fact_of(enum sv_trust trust)
{
	switch (trust) {
	case SV_TRUST_OK: return SV_SEGMENT_GOOD;
	case SV_TRUST_UNREADY: return SV_SEGMENT_UNREADY;
	case SV_TRUST_VERSION: return SV_SEGMENT_VERSION;
	default: return SV_SEGMENT_CORRUPT;
	}
}

static bool is_as_recorded(const struct sv_header *header, const struct sv_target *t)
{
	const struct sv_identity *file = t->named ? &t->identity : &t->record.file;
	struct sv_identity identity = { header->device, header->inode, header->birth_ns };

	return header->generation == t->record.generation && header->semid == t->record.semid &&
	       header->key == t->record.key && header->project == (uint32_t)t->record.project &&
	       (file->inode == 0 || sv_identity_is_same(file, &identity));
}

/*
 * A segment that a complete record names.  Its id, its key and its maker must agree, and its generation or
 * the time when it was made.
 */
static void gather_recorded_segment(struct sv_objects *o, const struct sv_target *t)
{
	const struct sv_record *record = &t->record;
	struct sv_fault scratch = { .label = "" };
	int code = sv_segment_stat(record->shmid, &o->shm, &scratch);
	enum sv_trust trust;

	if (code != SV_OK) {
		/*
		 * Ids are used again, so it is ours only if our key leads to it.  Then either this process
		 * may not look at it, or it is just being removed.
		 */
		if (shmget((key_t)record->key, 0, 0) == record->shmid &&
		    !sv_note_untrusted(o, "segment", record->shmid, t))
			o->facts.segment = SV_SEGMENT_DOUBT;
		return;
	}
	if (!(o->shm.marked || o->shm.key == record->key) || sv_segment_capacity(o->shm.bytes) == 0)
		return;
	if (!sv_is_trusted(o->shm.creator_uid, o->shm.owner, o->shm.creator_gid, t)) {
		sv_note_segment(o, record->shmid, true);
		return;
	}
	if (!copy_header(o, record->shmid, t->own)) {
		o->facts.segment = SV_SEGMENT_DOUBT;
		o->shmid = record->shmid;
		return;
	}
	trust = sv_header_judge(&o->header, o->shm.bytes);
	if (trust == SV_TRUST_OK && !is_as_recorded(&o->header, t))
		trust = SV_TRUST_CORRUPT;
	/* An overwritten segment is still the recorded one if the time that the kernel reports agrees. */
	if (trust != SV_TRUST_OK && o->header.generation != record->generation &&
	    o->shm.changed_s != record->made_s)
		return;
	o->shmid = record->shmid;
	o->facts.segment = fact_of(trust);
}

/* A segment that our record announces: our maker died before it wrote down the id, or is still working. */
static void gather_begun_segment(struct sv_objects *o, const struct sv_target *t)
{
	int id = shmget((key_t)t->record.key, 0, 0);
	struct sv_fault scratch = { .label = "" };
	enum sv_trust trust;

	if (id == -1)
		return;
	if (sv_segment_stat(id, &o->shm, &scratch) != SV_OK || !is_own(o->shm.creator_uid, o->shm.owner) ||
	    sv_segment_capacity(o->shm.bytes) == 0 || !copy_header(o, id, NULL)) {
		sv_note_segment(o, id, false);
		return;
	}
	trust = sv_header_judge(&o->header, o->shm.bytes);
	if (trust != SV_TRUST_UNREADY && o->header.generation != t->record.generation) {
		sv_note_segment(o, id, false);
		return;
	}
	o->shmid = id;
	o->facts.segment = fact_of(trust);
}

/*
 * A segment without a record, of a channel with a path: its maker is the peer, so only its key and header
 * identify it.
 */
static void gather_unrecorded_segment(struct sv_objects *o, const struct sv_target *t)
{
	int id = shmget((key_t)t->record.key, 0, 0);
	struct sv_fault scratch = { .label = "" };
	struct sv_identity identity;
	enum sv_trust trust;

	if (id == -1)
		return;
	if (sv_segment_stat(id, &o->shm, &scratch) != SV_OK) {
		memset(&o->shm, 0, sizeof o->shm);
		o->facts.segment = SV_SEGMENT_DOUBT;
		sv_note_segment(o, id, false);
		return;
	}
	if (!sv_is_trusted(o->shm.creator_uid, o->shm.owner, o->shm.creator_gid, t)) {
		sv_note_segment(o, id, true);
		return;
	}
	if (sv_segment_capacity(o->shm.bytes) == 0) {
		sv_note_segment(o, id, false);
		return;
	}
	if (!copy_header(o, id, NULL)) {
		o->facts.segment = SV_SEGMENT_DOUBT;
		sv_note_segment(o, id, false);
		return;
	}
	trust = sv_header_judge(&o->header, o->shm.bytes);
	identity = (struct sv_identity){ o->header.device, o->header.inode, o->header.birth_ns };
	if (trust == SV_TRUST_FOREIGN || trust == SV_TRUST_UNREADY ||
	    (trust == SV_TRUST_OK &&
	     (o->header.project != (uint32_t)t->record.project || o->header.key != t->record.key ||
	      o->header.generation == 0 || !sv_identity_is_same(&identity, &t->identity)))) {
		sv_note_segment(o, id, false);
		return;
	}
	o->shmid = id;
	o->facts.segment = fact_of(trust);
}

/* --- the set --- */

static void gather_recorded_set(struct sv_objects *o, const struct sv_target *t)
{
	struct sv_fault scratch = { .label = "" };
	int code = sv_sem_stat(t->record.semid, &o->sem, &scratch);

	if (code != SV_OK) {
		if (semget((key_t)t->record.key, 0, 0) == t->record.semid &&
		    !sv_note_untrusted(o, "semaphore set", t->record.semid, t))
			o->facts.set = SV_SET_DOUBT;
		return;
	}
	if (o->sem.key != t->record.key || o->sem.count != SV_SEM_COUNT)
		return;
	if (!sv_is_trusted(o->sem.creator_uid, o->sem.owner, o->sem.creator_gid, t)) {
		sv_note_set(o, t->record.semid, true);
		return;
	}
	/*
	 * A set has no generation.  In a new IPC namespace, and after a restart of the machine, ids begin at
	 * 0 again.  So an old record may name the set of another channel with this key, and that may be
	 * alive. The segment that was recorded proves that the set is its own.  Without the segment, the set
	 * must have been made when the segment was.
	 */
	if (o->facts.segment != SV_SEGMENT_GOOD && !sv_is_made_together(t->record.made_s, o->sem.changed_s)) {
		sv_note_set(o, t->record.semid, false);
		return;
	}
	o->semid = t->record.semid;
	o->facts.set = o->sem.used_s == 0 ? SV_SET_NEW : SV_SET_GOOD;
}

static void gather_begun_set(struct sv_objects *o, const struct sv_target *t)
{
	int id = semget((key_t)t->record.key, 0, 0);
	struct sv_fault scratch = { .label = "" };

	if (id == -1)
		return;
	if (sv_sem_stat(id, &o->sem, &scratch) != SV_OK || !is_own(o->sem.creator_uid, o->sem.owner) ||
	    o->sem.count != SV_SEM_COUNT || o->sem.used_s != 0) {
		sv_note_set(o, id, false);
		return;
	}
	o->semid = id;
	o->facts.set = SV_SET_NEW;
}

static void gather_unrecorded_set(struct sv_objects *o, const struct sv_target *t)
{
	int id = semget((key_t)t->record.key, 0, 0);
	struct sv_fault scratch = { .label = "" };

	if (id == -1)
		return;
	if (sv_sem_stat(id, &o->sem, &scratch) != SV_OK) {
		memset(&o->sem, 0, sizeof o->sem);
		o->facts.set = SV_SET_DOUBT;
		sv_note_set(o, id, false);
		return;
	}
	if (!sv_is_trusted(o->sem.creator_uid, o->sem.owner, o->sem.creator_gid, t)) {
		sv_note_set(o, id, true);
		return;
	}
	/*
	 * Without its segment, a set that no record names is not known to be a channel's if it is our own, or
	 * if nobody has used it.
	 */
	if (o->facts.segment == SV_SEGMENT_NONE &&
	    (o->sem.used_s == 0 || is_own(o->sem.creator_uid, o->sem.owner))) {
		sv_note_set(o, id, false);
		return;
	}
	/*
	 * Both objects must be one user's, and the segment must name this set, though that alone proves
	 * nothing.
	 */
	if (o->sem.count != SV_SEM_COUNT ||
	    (o->facts.segment != SV_SEGMENT_NONE && o->sem.creator_uid != o->shm.creator_uid) ||
	    (o->facts.segment == SV_SEGMENT_GOOD && o->header.semid != id)) {
		sv_note_set(o, id, false);
		return;
	}
	o->semid = id;
	o->facts.set = o->sem.used_s == 0 ? SV_SET_NEW : SV_SET_GOOD;
}

/* --- both together --- */

/* Note other objects that have the key. */
static void look_behind_key(struct sv_objects *o, const struct sv_target *t)
{
	struct sv_fault scratch = { .label = "" };
	struct sv_segment_facts shm;
	struct sv_sem_facts sem;
	int id;

	if (!t->recorded || t->record.shmid == -1)
		return;
	id = shmget((key_t)t->record.key, 0, 0);
	if (id != -1 && id != o->shmid && o->facts.segment != SV_SEGMENT_DOUBT) {
		bool known = sv_segment_stat(id, &shm, &scratch) == SV_OK;

		sv_note_stranger(o, "segment", id, known, known ? shm.creator_uid : 0, false);
	}
	id = semget((key_t)t->record.key, 0, 0);
	if (id != -1 && id != o->semid && o->facts.set != SV_SET_DOUBT) {
		bool known = sv_sem_stat(id, &sem, &scratch) == SV_OK;

		sv_note_stranger(o, "semaphore set", id, known, known ? sem.creator_uid : 0, false);
	}
}

/*
 * When this user is killed, its record of another user's channel stays behind.  The objects that it names are
 * gone, and it says nothing about the objects that have the key now, which may be the same peer's next
 * channel.
 */
static void look_without_record(struct sv_objects *o, const struct sv_target *t)
{
	struct sv_facts *f = &o->facts;
	enum sv_record_fact record = f->record;
	bool other_file = f->other_file;

	if (t->named || t->only_recorded || f->segment != SV_SEGMENT_NONE || f->set != SV_SET_NONE ||
	    !sv_key_is_taken((key_t)t->record.key))
		return;
	f->record = SV_RECORD_NONE;
	f->other_file = f->in_the_way = false;
	o->stranger = (struct sv_stranger){ 0 };
	gather_unrecorded_segment(o, t);
	gather_unrecorded_set(o, t);
	if (f->segment == SV_SEGMENT_NONE && f->set == SV_SET_NONE) {
		f->record = record;
		f->other_file = other_file;
	}
}

void sv_gather(struct sv_objects *o, const struct sv_target *t)
{
	struct sv_facts *f = &o->facts;

	memset(o, 0, sizeof *o);
	o->shmid = o->semid = -1;
	f->locked = t->locked;
	f->record = !t->recorded ? SV_RECORD_NONE : t->record.shmid == -1 ? SV_RECORD_BEGUN : SV_RECORD_FULL;
	f->other_file = t->recorded && !t->named && !sv_identity_is_same(&t->record.file, &t->identity);
	switch (f->record) {
	case SV_RECORD_FULL:
		gather_recorded_segment(o, t);
		gather_recorded_set(o, t);
		look_without_record(o, t);
		break;
	case SV_RECORD_BEGUN:
		if (t->fresh)
			break;
		gather_begun_segment(o, t);
		gather_begun_set(o, t);
		look_without_record(o, t);
		break;
	case SV_RECORD_NONE:
		gather_unrecorded_segment(o, t);
		gather_unrecorded_set(o, t);
		break;
	}
	if (o->shmid != -1 && o->semid != -1 && o->sem.creator_uid != o->shm.creator_uid) {
		sv_note_set(o, o->semid, true);
		o->semid = -1;
		f->set = SV_SET_NONE;
	}
	look_behind_key(o, t);
	f->own = (o->shmid == -1 || is_own(o->shm.creator_uid, o->shm.owner)) &&
	         (o->semid == -1 || is_own(o->sem.creator_uid, o->sem.owner));
	f->sole = o->shmid != -1 && is_own(o->shm.creator_uid, o->shm.owner) && (o->shm.mode & 077) == 0;
	sv_judge_presence(o, t->own != NULL);
}

int sv_objects_remove(const struct sv_objects *objects)
{
	/* Remove the set last: while it exists, it shows whether anybody is attached. */
	int code = sv_segment_remove(objects->shmid);

	return code != 0 ? code : sv_sem_remove(objects->semid);
}
