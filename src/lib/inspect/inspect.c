/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "growth.h"
#include "inspect/inspect.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/*
 * How often to look at a channel that another process has locked, once a millisecond, before reporting that
 * it is being opened or closed.
 */
#define MOST_LOOKS 20

/*
 * How long to wait for the lock that a removal needs.  Processes that look at the channel, open it or close
 * it hold the lock for less than a millisecond of their running time.
 */
#define LOCK_PATIENCE_MS 1000

/* --- facts as the public header has them --- */

static void copy_side(struct sv_side *out, const struct sv_side_line *side, bool apart)
{
	uint32_t status = sv_status_of(side);
	_Atomic uint64_t *position = (_Atomic uint64_t *)(apart ? &side->taken : &side->position);

	out->pid = (long)atomic_load((_Atomic int64_t *)&side->pid);
	out->uid = atomic_load((_Atomic uint32_t *)&side->uid);
	out->position = atomic_load(position);
	out->finished = status == SV_DONE;
	out->sys_errno = (status & SV_STATUS_CLASS) == SV_FAILED ? (int)(status & SV_STATUS_VALUE) : 0;
	out->signal = (status & SV_STATUS_CLASS) == SV_SIGNALLED ? (int)(status & SV_STATUS_VALUE) : 0;
}

static void copy_header(struct sv_info *info, const struct sv_header *header)
{
	bool apart = (header->flags & SV_DETACH) != 0;

	info->flags = header->flags;
	info->capacity = header->capacity;
	info->total = atomic_load((_Atomic uint64_t *)&header->total);
	info->created = header->created_s;
	copy_side(&info->side[SV_WRITER], &header->side[SV_WRITER], false);
	copy_side(&info->side[SV_READER], &header->side[SV_READER], apart);
	info->file[SV_WRITER] = header->file[SV_WRITER];
	info->file[SV_READER] = header->file[SV_READER];
}

static void fill_objects(struct sv_info *info, const struct sv_objects *o)
{
	const struct sv_stranger *stranger = &o->stranger;
	bool known = true;

	info->shmid = o->shmid;
	info->semid = o->semid;
	if (o->shmid != -1) {
		info->segment = o->shm.bytes;
		info->owner = (unsigned)o->shm.owner;
		info->mode = o->shm.mode;
		info->maps = o->shm.maps;
		info->created = o->shm.changed_s;
	} else if (o->semid != -1) {
		info->owner = (unsigned)o->sem.owner;
		info->mode = o->sem.mode;
	} else if (stranger->kind != NULL) {
		known = stranger->known;
		info->owner = (unsigned)stranger->owner;
		if (strcmp(stranger->kind, "segment") == 0)
			info->shmid = stranger->id;
		else
			info->semid = stranger->id;
	}
	if (!known)
		info->owner = (unsigned)-1;
}

static void fill_presence(struct sv_info *info, const struct sv_objects *o)
{
	static const int sleeps_on[2] = { SV_SEM_SPACE, SV_SEM_DATA };
	int role;

	for (role = 0; role < 2; role++) {
		enum sv_presence presence = o->facts.side[role];

		info->side[role].attached = presence == SV_PRESENT || presence == SV_ARRIVING;
		info->side[role].asleep =
			presence == SV_PRESENT && o->semid != -1 && o->sem.sleepers[sleeps_on[role]] > 0;
	}
}

static void fill(struct sv_sight *sight)
{
	struct sv_info *info = &sight->info;
	const struct sv_objects *o = &sight->objects;

	memset(info, 0, sizeof *info);
	info->struct_size = sizeof *info;
	info->total = SV_UNKNOWN;
	info->page_size = (uint64_t)sysconf(_SC_PAGESIZE);
	info->key = sight->target.record.key;
	info->project = sight->target.record.project;
	info->ipc_namespace = sv_ipc_namespace();
	snprintf(info->name, sizeof info->name, "%s", sight->rv.name);
	snprintf(info->path, sizeof info->path, "%.*s", (int)sizeof info->path - 1, sight->rv.path);
	fill_objects(info, o);
	fill_presence(info, o);
	if (o->facts.segment == SV_SEGMENT_GOOD)
		copy_header(info, &o->header);
	if (sight->rv.directory.top != -1 && sight->rv.file[0] != '\0')
		info->elsewhere =
			sv_directory_elsewhere(&sight->rv.directory, sight->rv.file, &info->other_namespace);
	info->state = sight->verdict.state;
	/* It stayed like this for a while, so nobody is opening or closing it. */
	if (sight->unreachable != 0 && sight->verdict.doubt)
		info->state = SV_STATE_STALE;
	if (sight->unreachable != 0)
		snprintf(info->reason, sizeof info->reason, "its rendezvous cannot be opened: %s",
		         strerror(sight->unreachable));
	else if (info->state == SV_STATE_FOREIGN && o->stranger.kind != NULL && o->stranger.known)
		snprintf(info->reason, sizeof info->reason, "%s %d of user %u has its key and %s",
		         o->stranger.kind, o->stranger.id, (unsigned)o->stranger.owner,
		         o->stranger.unreadable ? "may not be looked at" : "is not its own");
	else
		snprintf(info->reason, sizeof info->reason, "%s", sight->verdict.reason);
}

/* --- looking --- */

/* Meanwhile the record may have changed, and the rendezvous may have been replaced. */
static void judge(struct sv_sight *sight, bool locked)
{
	if (sight->rv.fd != -1)
		sv_target_of(&sight->target, &sight->rv, 0666, locked);
	else
		sight->target.locked = sight->gone;
	sv_gather(&sight->objects, &sight->target);
	sight->verdict = sv_classify(&sight->objects.facts);
}

static bool lock(struct sv_sight *sight, bool shared, int timeout_ms)
{
	struct sv_fault scratch = { .label = "" };
	struct sv_patience patience = sv_patience(timeout_ms, NULL);

	if (sight->rv.fd == -1)
		return sight->gone;
	return sv_rendezvous_lock(&sight->rv, shared, &patience, &scratch) == SV_OK;
}

void sv_sight_look(struct sv_sight *sight)
{
	struct timespec pause = { 0, 1000000 };
	int i;

	judge(sight, false);
	for (i = 0; sight->verdict.doubt && i < MOST_LOOKS; i++) {
		if (lock(sight, true, 0)) {
			judge(sight, true);
			/*
			 * The last one out removes the objects, and then the file that is open here: the
			 * channel has ended.
			 */
			if (sight->objects.shmid == -1 && sight->objects.semid == -1 && sight->rv.fd != -1 &&
			    !sv_rendezvous_is_there(&sight->rv))
				sight->verdict.state = SV_STATE_NOTHING;
			sv_rendezvous_unlock(&sight->rv);
			break;
		}
		nanosleep(&pause, NULL);
		judge(sight, false);
	}
	fill(sight);
}

bool sv_sight_lock(struct sv_sight *sight)
{
	if (!lock(sight, false, LOCK_PATIENCE_MS))
		return false;
	/* We hold the lock: a process that has opened the channel again meanwhile uses another file. */
	if (sight->rv.fd != -1 && !sv_rendezvous_is_there(&sight->rv))
		return false;
	judge(sight, true);
	fill(sight);
	return true;
}

void sv_sight_close(struct sv_sight *sight)
{
	sv_rendezvous_close(&sight->rv);
}

int sv_sight_of_choice(struct sv_sight *sight, const char *name, const char *path, int project,
                       struct sv_fault *fault)
{
	struct sv_whereabouts where = { .path = path, .lock = SV_LOCK_NONE };
	int code;

	if (path == NULL)
		where.name = name != NULL ? name : "default";
	where.project = project != 0 ? project : SV_PROJECT_DEFAULT;
	sight->gone = false;
	sight->unreachable = 0;
	code = sv_rendezvous_open(&sight->rv, &where, fault);
	if (code == SV_OK)
		sv_sight_look(sight);
	return code;
}

/* --- public functions --- */

static bool info_is_possible(const struct sv_info *theirs)
{
	return sv_size_is_possible(theirs->struct_size, SV_SIZE_THROUGH(struct sv_info, side));
}

/* There is none here, but perhaps in another IPC namespace: in a container, or outside. */
static int not_found(struct sv_sight *sight, const char *name, int project, struct sv_fault *fault)
{
	struct sv_info *info = &sight->info;
	char file[SV_NAME_MAX + 16], where[160] = "";

	*info = (struct sv_info)SV_INFO_INIT;
	info->ipc_namespace = sv_ipc_namespace();
	if (name != NULL) {
		sv_name_file(file, sizeof file, name, project);
		info->elsewhere = sv_directory_only_elsewhere(file, &info->other_namespace);
	}
	if (info->elsewhere == 1)
		snprintf(where, sizeof where, "; the name exists in another IPC namespace (ipc-%llu)",
		         (unsigned long long)info->other_namespace);
	else if (info->elsewhere > 1)
		snprintf(where, sizeof where,
		         "; the name exists in %u other IPC namespaces (ipc-%llu is one)", info->elsewhere,
		         (unsigned long long)info->other_namespace);
	sv_fault_set(fault, SV_ESYSTEM, 0, "not found: nobody has made it%s, or it has ended%s",
	             info->elsewhere > 0 ? " here" : "", where);
	fault->error.sys_errno = ENOENT;
	return SV_ESYSTEM;
}

int sv_find(const char *name, const char *path, int project, struct sv_info *info, struct sv_error *err)
{
	struct sv_fault fault = { .label = "" };
	const char *wanted = name != NULL ? name : "default";
	struct sv_sight sight;
	bool missing;
	int code;

	if (info == NULL || !info_is_possible(info) || !sv_error_is_possible(err))
		return SV_EINVAL;
	if (name != NULL && path != NULL)
		code = sv_fault_set(&fault, SV_EINVAL, 0, "give a channel name or a path, not both");
	else if (project < 0 || project > 255)
		code = sv_fault_set(&fault, SV_EINVAL, 0, "invalid project id %d: use 1 to 255", project);
	else {
		code = sv_sight_of_choice(&sight, name, path, project, &fault);
		missing = (code == SV_OK && sight.verdict.state == SV_STATE_NOTHING) ||
		          (code == SV_ESYSTEM && path == NULL && fault.error.sys_errno == ENOENT);
		sv_sight_close(&sight);
		if (missing)
			code = not_found(&sight, path == NULL ? wanted : NULL, project, &fault);
		if (code == SV_OK || missing)
			sv_struct_give(info, &sight.info, sizeof sight.info);
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
	sight.rv = ch->rv;
	sight.target = (struct sv_target){
		.record = ch->record, .recorded = true, .only_recorded = true, .named = ch->rv.named
	};
	sight.target.record.file = sight.target.identity = ch->rv.identity;
	sight.target.owner = ch->rv.owner;
	sight.target.group = ch->rv.group;
	sight.target.consent = 0666;
	sv_gather(&sight.objects, &sight.target);
	sight.verdict = sv_classify(&sight.objects.facts);
	fill(&sight);
	sv_struct_give(info, &sight.info, sizeof sight.info);
	return sight.info.state == SV_STATE_CORRUPT ? SV_ECORRUPT : SV_OK;
}
