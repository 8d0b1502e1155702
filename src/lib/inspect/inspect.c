/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* SHM_INFO, SHM_STAT */
#include "growth.h"
#include "inspect/inspect.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

static void conclude(struct sv_info *info, enum sv_state state, const char *reason)
{
	info->state = state;
	snprintf(info->reason, sizeof info->reason, "%s", reason);
}

static void copy_side(struct sv_side *out, const struct sv_side_line *side)
{
	uint32_t status = sv_status_of(side);

	out->pid = (long)atomic_load((_Atomic int64_t *)&side->pid);
	out->uid = atomic_load((_Atomic uint32_t *)&side->uid);
	out->position = atomic_load((_Atomic uint64_t *)&side->position);
	out->finished = status == SV_DONE;
	out->sys_errno = (status & SV_STATUS_CLASS) == SV_FAILED ? (int)(status & SV_STATUS_VALUE) : 0;
	out->signal = (status & SV_STATUS_CLASS) == SV_SIGNALLED ? (int)(status & SV_STATUS_VALUE) : 0;
}

static void copy_header(struct sv_info *info, const struct sv_header *header)
{
	info->key = header->key;
	info->project = (int)header->project;
	info->flags = header->flags;
	info->capacity = header->capacity;
	info->total = atomic_load((_Atomic uint64_t *)&header->total);
	info->created = header->created_s;
	/* The judge saw both end in time, but they may have changed since. */
	snprintf(info->name, sizeof info->name, "%.*s", (int)sizeof info->name - 1, header->name);
	snprintf(info->path, sizeof info->path, "%.*s", (int)sizeof info->path - 1, header->path);
	copy_side(&info->side[SV_WRITER], &header->side[SV_WRITER]);
	copy_side(&info->side[SV_READER], &header->side[SV_READER]);
}

static void judge_attached(struct sv_sight *sight, const struct sv_header *header)
{
	struct sv_info *info = &sight->info;
	const struct sv_sem_facts *sem = &sight->sem;
	enum sv_presence writer = sv_presence_of(header, sem, SV_WRITER);
	enum sv_presence reader = sv_presence_of(header, sem, SV_READER);
	bool kept = (header->flags & SV_KEPT) != 0;

	/* Whoever is attached has it mapped: if only this look has, somebody overwrote the slots or the
	 * semaphores. */
	if ((writer == SV_PRESENT || reader == SV_PRESENT) && sight->shm.maps == 0 &&
	    sv_segment_unmapped(sight->shmid, 1)) {
		writer = writer == SV_PRESENT ? SV_HAS_GONE : writer;
		reader = reader == SV_PRESENT ? SV_HAS_GONE : reader;
	}
	info->side[SV_WRITER].attached = writer == SV_PRESENT;
	info->side[SV_READER].attached = reader == SV_PRESENT;
	info->side[SV_WRITER].asleep = writer == SV_PRESENT && sem->sleepers[SV_SEM_SPACE] > 0;
	info->side[SV_READER].asleep = reader == SV_PRESENT && sem->sleepers[SV_SEM_DATA] > 0;
	if (writer == SV_PRESENT && reader == SV_PRESENT)
		conclude(info, SV_STATE_RUNNING, "writer and reader are attached");
	else if (writer == SV_PRESENT && reader == SV_NEVER_CAME)
		conclude(info, SV_STATE_WAITING_READER, "no reader has come");
	else if (reader == SV_PRESENT && writer == SV_NEVER_CAME)
		conclude(info, SV_STATE_WAITING_WRITER, "no writer has come");
	else if (writer == SV_PRESENT || reader == SV_PRESENT) {
		if (kept && (header->flags & SV_DETACH) != 0 && reader == SV_PRESENT)
			conclude(info, SV_STATE_RUNNING, "the reader takes what was left for it");
		else if (kept)
			conclude(info, SV_STATE_RESUMABLE,
			         writer == SV_PRESENT ? "the reader is gone, the writer waits for the next"
			                              : "the writer is gone, the reader waits for the next");
		else
			conclude(info, SV_STATE_FINISHING,
			         writer == SV_PRESENT ? "the reader is gone, the writer is about to end"
			                              : "the writer is gone, the reader is about to end");
	} else if (sv_header_of_use(header))
		conclude(info, (header->flags & SV_DETACH) != 0 ? SV_STATE_DETACHED : SV_STATE_RESUMABLE,
		         (header->flags & SV_DETACH) != 0 ? "data was left for a reader"
		                                          : "stopped half-way, can go on");
	else if (sight->shm.maps > 0)
		conclude(info, SV_STATE_FINISHING, "both sides are gone but the segment is still mapped");
	else if (sv_header_owed(header, SV_WRITER) || sv_header_owed(header, SV_READER))
		conclude(info, SV_STATE_STALE,
		         sv_header_owed(header, SV_WRITER)
		                 ? "complete, but its writer ended before it knew: start it again to learn so"
		                 : "complete, but its reader ended before it knew: start it again to learn "
		                   "so");
	else
		conclude(info, SV_STATE_STALE, "both sides are gone");
}

/* destroyed: the segment of the record is no more, not even as one that is marked for removal. */
static void judge_no_segment(struct sv_sight *sight, bool destroyed)
{
	struct sv_info *info = &sight->info;
	const struct sv_sem_facts *sem = &sight->sem;
	bool writer_gone, reader_gone;

	if (sight->in_doubt) {
		conclude(info, SV_STATE_FOREIGN, "its segment or its semaphores may not be looked at");
		return;
	}
	if (!sight->have_sem) {
		conclude(info, SV_STATE_STALE, "only its record is left");
		return;
	}
	writer_gone = destroyed || sem->used_s == 0 || sem->value[SV_SEM_DATA] >= SV_GONE;
	reader_gone = destroyed || sem->used_s == 0 || sem->value[SV_SEM_SPACE] >= SV_GONE;
	info->side[SV_WRITER].attached = !writer_gone;
	info->side[SV_READER].attached = !reader_gone;
	if (sight->half_made || (writer_gone && reader_gone))
		conclude(info, SV_STATE_STALE, "both sides are gone, only the semaphores are left");
	else if (writer_gone || reader_gone)
		conclude(info, SV_STATE_FINISHING,
		         writer_gone ? "the writer is gone, the reader is about to end"
		                     : "the reader is gone, the writer is about to end");
	else
		conclude(info, SV_STATE_RUNNING, "both sides may be attached; the segment cannot be seen");
}

/* The set that a header or record names is believed only if it has the channel's key, or its rendezvous is
 * unknown. */
static void find_set(struct sv_sight *sight, struct sv_fault *scratch)
{
	int code;

	if (sight->semid == -1)
		return;
	code = sv_sem_stat(sight->semid, &sight->sem, scratch);
	if (code != SV_OK && code != SV_EREMOVED)
		sight->in_doubt = true;
	sight->have_sem = code == SV_OK && sight->sem.count == SV_SEM_COUNT && sight->sem.key == sight->key;
}

/* A segment that its own bytes do not show to be ours, but its record does: same id, same key, same user. */
static bool ours_by_record(const struct sv_sight *sight)
{
	return sight->record.valid && sight->record.shmid == sight->shmid && sight->key != 0 &&
	       sight->shm.key == sight->key && sight->shm.owner == geteuid();
}

/* Nothing in the header is to be believed; the set is the one of the record, if any. */
static void conclude_corrupt(struct sv_sight *sight, const char *reason, struct sv_fault *scratch)
{
	conclude(&sight->info, SV_STATE_CORRUPT, reason);
	find_set(sight, scratch);
	sight->info.semid = sight->have_sem ? sight->semid : -1;
}

static void judge_segment(struct sv_sight *sight, const struct sv_header *header, struct sv_fault *scratch)
{
	struct sv_info *info = &sight->info;

	switch (sv_header_judge(header, sight->shm.bytes, NULL)) {
	case SV_TRUST_FOREIGN:
		if (ours_by_record(sight))
			conclude_corrupt(sight, "its identity was overwritten", scratch);
		else
			conclude(info, SV_STATE_FOREIGN, "the segment is not one of svipc's");
		return;
	case SV_TRUST_UNREADY:
		if (sight->half_made) {
			find_set(sight, scratch);
			info->semid = sight->have_sem ? sight->semid : -1;
			conclude(info, SV_STATE_STALE, "its creator died while making it");
		} else if (ours_by_record(sight)) {
			conclude_corrupt(sight, "its identity was overwritten", scratch);
		} else {
			conclude(info, SV_STATE_FOREIGN, "the segment is empty or not ready");
		}
		return;
	case SV_TRUST_CORRUPT:
		conclude_corrupt(sight,
		                 header->format != SV_FORMAT ? "made by another version, or overwritten"
		                                             : "its header holds what cannot be",
		                 scratch);
		return;
	case SV_TRUST_OK: break;
	}
	copy_header(info, header);
	/* The kernel's word goes before the header's: a header could name the key of somebody else's set. */
	if (sight->key == 0)
		sight->key = sight->shm.key != 0 ? sight->shm.key : header->key;
	if (header->key != sight->key || (sight->semid != -1 && sight->semid != header->semid)) {
		conclude_corrupt(sight, "its header names another key or semaphore set", scratch);
		return;
	}
	sight->semid = header->semid;
	find_set(sight, scratch);
	info->semid = sight->have_sem ? sight->semid : -1;
	if (sight->in_doubt)
		conclude(info, SV_STATE_FOREIGN, "its semaphores may not be looked at");
	else if (!sight->have_sem)
		conclude(info, sight->shm.maps > 0 ? SV_STATE_FINISHING : SV_STATE_STALE,
		         sight->shm.maps > 0 ? "its semaphores were removed, a process is still attached"
		                             : "its semaphores are gone and nobody is attached");
	else
		judge_attached(sight, header);
}

void sv_sight_examine(struct sv_sight *sight)
{
	struct sv_info *info = &sight->info;
	struct sv_fault scratch = { .label = "" };
	const char *base = strrchr(sight->record.path, '/');
	const struct sv_header *header;
	int code = SV_OK;

	memset(info, 0, sizeof *info);
	info->struct_size = sizeof *info;
	info->shmid = info->semid = -1;
	info->total = SV_UNKNOWN;
	info->page_size = (uint64_t)sysconf(_SC_PAGESIZE);
	info->key = sight->key;
	info->project = sight->record.project;
	snprintf(info->path, sizeof info->path, "%.*s", (int)sizeof info->path - 1, sight->record.path);
	if (sight->named && base != NULL)
		snprintf(info->name, sizeof info->name, "%.*s", (int)sizeof info->name - 1, base + 1);
	if (sight->shmid != -1)
		code = sv_segment_stat(sight->shmid, &sight->shm, &scratch);
	sight->have_shm = sight->shmid != -1 && code == SV_OK;
	sight->have_sem = false;
	sight->in_doubt = code != SV_OK && code != SV_EREMOVED;
	if (sight->have_shm) {
		info->shmid = sight->shmid;
		info->segment = sight->shm.bytes;
		info->owner = (unsigned)sight->shm.owner;
		info->mode = sight->shm.mode;
		info->maps = sight->shm.maps;
		info->created = sight->shm.changed_s;
		header = sv_segment_capacity(sight->shm.bytes) != 0
		                 ? sv_segment_glance(sight->shmid, info->maps)
		                 : NULL;
		if (header == NULL) {
			conclude(info, SV_STATE_FOREIGN,
			         sv_segment_capacity(sight->shm.bytes) != 0
			                 ? "the segment may not be read"
			                 : "the segment is of a size that svipc never makes");
			return;
		}
		judge_segment(sight, header, &scratch);
		shmdt(header);
		return;
	}
	find_set(sight, &scratch);
	if (sight->have_sem) {
		info->semid = sight->semid;
		info->owner = (unsigned)sight->sem.owner;
		info->mode = sight->sem.mode;
	}
	judge_no_segment(sight, sight->record.valid && code == SV_EREMOVED);
}

void sv_sight_of_path(struct sv_sight *sight, const char *path, int project, bool named,
                      const char *record_file)
{
	struct sv_record *record = &sight->record;
	struct sv_fault scratch = { .label = "" };
	key_t key = ftok(path, project);

	memset(sight, 0, sizeof *sight);
	sv_record_load(record_file, record);
	if (record->valid && (record->project != project || strcmp(record->path, path) != 0))
		record->valid = false;
	if (!record->valid)
		record->shmid = record->semid = -1;
	record->project = project;
	if (path != record->path)
		snprintf(record->path, sizeof record->path, "%s", path);
	snprintf(sight->file, sizeof sight->file, "%s", record_file);
	sight->named = named;
	sight->key = key == (key_t)-1 ? 0 : (uint32_t)key;
	sight->shmid = record->shmid;
	sight->semid = record->semid;
	if (record->shmid == -1 && sight->key != 0) {
		/* Being made, half made, or made by another user: what the key leads to, judged with more
		 * doubt. */
		sight->shmid = shmget((key_t)sight->key, 0, 0);
		sight->semid = semget((key_t)sight->key, 0, 0);
		sight->half_made =
			record->valid &&
			(sight->shmid == -1 ||
		         (sv_segment_stat(sight->shmid, &sight->shm, &scratch) == SV_OK &&
		          sight->shm.owner == geteuid() && sight->shm.maps == 0)) &&
			(sight->semid == -1 || (sv_sem_stat(sight->semid, &sight->sem, &scratch) == SV_OK &&
		                                sight->sem.owner == geteuid() && sight->sem.used_s == 0));
		/* A set that no record and no header of ours names cannot be told from foreign software's. */
		if (!sight->half_made && sight->shmid == -1)
			sight->semid = -1;
	} else if (record->shmid != -1) {
		/* Recorded but perhaps never ready. */
		sight->half_made = sv_segment_stat(record->shmid, &sight->shm, &scratch) == SV_OK &&
		                   sight->shm.key == sight->key && sight->shm.owner == geteuid() &&
		                   sight->shm.maps == 0;
	}
	sv_sight_examine(sight);
}

int sv_sight_of_choice(struct sv_sight *sight, const char *name, const char *path, int project, bool *there,
                       struct sv_fault *fault)
{
	int id = project != 0 ? project : SV_PROJECT_DEFAULT;
	bool apart = path != NULL || id != SV_PROJECT_DEFAULT;
	char dir[PATH_MAX], target[PATH_MAX], file[PATH_MAX + 32];
	struct stat st;
	int code = path == NULL ? sv_rendezvous_check_name(name, fault) : SV_OK;

	*there = false;
	if (code == SV_OK)
		code = sv_rendezvous_directory(dir, false, fault);
	/* Without a directory there can be no named channel, but one at a path may be another user's. */
	if (code != SV_OK && fault->error.sys_errno == ENOENT) {
		if (path == NULL)
			return SV_OK;
		dir[0] = '\0';
	} else if (code != SV_OK) {
		return code;
	}
	if (path != NULL && realpath(path, target) == NULL)
		return sv_fault_set(fault, SV_ESYSTEM, errno, "cannot find %s", path);
	if (path == NULL && (size_t)snprintf(target, sizeof target, "%.*s/%s", PATH_MAX - SV_NAME_MAX - 2,
	                                     dir, name) >= sizeof target)
		return sv_fault_set(fault, SV_ESYSTEM, ENAMETOOLONG, "cannot use %s", dir);
	if (lstat(target, &st) == -1)
		return errno == ENOENT ? SV_OK
		                       : sv_fault_set(fault, SV_ESYSTEM, errno, "cannot look at %s", target);
	sv_sight_of_path(sight, target, id, !apart, apart ? "" : target);
	if (apart && dir[0] != '\0') {
		snprintf(file, sizeof file, "%.*s/.at.%08x", PATH_MAX - 16, dir, (unsigned)sight->key);
		sv_sight_of_path(sight, target, id, !apart, file);
	}
	*there = sight->have_shm || sight->have_sem || sight->record.valid;
	return SV_OK;
}

/* What the key of a rendezvous leads to need not be its channel. */
static void judge_identity(struct sv_sight *sight, const char *path)
{
	struct sv_info *info = &sight->info;

	if (!sight->have_shm || info->state == SV_STATE_FOREIGN || info->state == SV_STATE_CORRUPT)
		return;
	if (strncmp(info->path, path, sizeof info->path - 1) == 0)
		return;
	conclude(info, SV_STATE_FOREIGN,
	         "its key leads to the channel of another rendezvous, whose facts these are");
}

static bool info_is_possible(const struct sv_info *theirs)
{
	return sv_size_is_possible(theirs->struct_size, SV_SIZE_THROUGH(struct sv_info, side));
}

int sv_find(const char *name, const char *path, int project, struct sv_info *info, struct sv_error *err)
{
	struct sv_fault fault = { .label = "" };
	struct sv_sight sight;
	char wanted[PATH_MAX];
	bool there = false;
	int code, semid;

	if (info == NULL || !info_is_possible(info) || !sv_error_is_possible(err))
		return SV_EINVAL;
	if (name != NULL && path != NULL)
		code = sv_fault_set(&fault, SV_EINVAL, 0, "give a channel name or a path, not both");
	else if (project < 0 || project > 255)
		code = sv_fault_set(&fault, SV_EINVAL, 0, "invalid project id %d: use 1 to 255", project);
	else {
		memset(&sight, 0, sizeof sight);
		code = sv_sight_of_choice(&sight, name != NULL || path != NULL ? name : "default", path,
		                          project, &there, &fault);
	}
	if (code == SV_OK && !there && sight.key != 0 && (semid = semget((key_t)sight.key, 0, 0)) != -1) {
		sight.info.semid = semid;
		conclude(&sight.info, SV_STATE_FOREIGN,
		         "a semaphore set that no channel is known to have made has its key");
		there = true;
	}
	if (code == SV_OK && there) {
		memcpy(wanted, sight.record.path, sizeof wanted);
		judge_identity(&sight, wanted);
		sv_struct_give(info, &sight.info, sizeof sight.info);
	} else if (code == SV_OK) {
		snprintf(fault.label, sizeof fault.label,
		         path != NULL ? "channel at %.400s" : "channel '%.80s'",
		         path != NULL   ? path
		         : name != NULL ? name
		                        : "default");
		code = sv_fault_set(&fault, SV_ESYSTEM, 0, "not found: nobody has made it, or it has ended");
		fault.error.sys_errno = ENOENT;
	}
	sv_fault_give(&fault, err);
	return code;
}

int sv_stat(sv_channel *ch, struct sv_info *info)
{
	struct sv_sight sight;

	if (info == NULL || !info_is_possible(info))
		return sv_fault_set(&ch->fault, SV_EINVAL, 0, "sv_stat: info must start from SV_INFO_INIT");
	memset(&sight, 0, sizeof sight);
	sight.shmid = ch->segment.id;
	sight.semid = ch->semid;
	sight.key = (uint32_t)ch->rv.key;
	sight.named = ch->rv.named;
	sight.record.project = ch->rv.project;
	snprintf(sight.record.path, sizeof sight.record.path, "%s", ch->rv.path);
	sv_sight_examine(&sight);
	sv_struct_give(info, &sight.info, sizeof sight.info);
	return sight.info.state == SV_STATE_CORRUPT ? SV_ECORRUPT : SV_OK;
}
