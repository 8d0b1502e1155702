/* SPDX-License-Identifier: MIT */
/*
 * list.c - listing all channels: first those that have a record, then those that are known from their
 * segments only.
 */
#define _GNU_SOURCE /* SHM_INFO, SHM_STAT */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

#include "channel/turn.h"
#include "inspect/inspect.h"

struct walk {
	int (*visit)(struct sv_sight *, void *);
	void *arg;
	struct sv_directory directory;
	const char *within; /* only segments of channels in this directory; NULL: of any */
	int *ids;           /* segments that were visited */
	size_t count, room;
};

static bool was_seen(const struct walk *walk, int id)
{
	size_t i;

	for (i = 0; i < walk->count; i++)
		if (walk->ids[i] == id)
			return true;
	return false;
}

/* If memory is short a segment may be visited twice, which does no harm. */
static void remember(struct walk *walk, int id)
{
	size_t room = walk->room * 2 + 64;
	int *ids;

	if (walk->count == walk->room) {
		ids = realloc(walk->ids, room * sizeof *ids);
		if (ids == NULL)
			return;
		walk->ids = ids;
		walk->room = room;
	}
	walk->ids[walk->count++] = id;
}

static int visit(struct walk *walk, struct sv_sight *sight)
{
	int result;

	sv_sight_look(sight);
	if (sight->objects.shmid != -1)
		remember(walk, sight->objects.shmid);
	result = sight->verdict.state == SV_STATE_NOTHING ? 0 : walk->visit(sight, walk->arg);
	sv_sight_close(sight);
	return result;
}

/* --- records --- */

static int visit_named(struct walk *walk, const char *file)
{
	struct sv_whereabouts where = { .project = SV_PROJECT_DEFAULT,
		                        .lock = SV_LOCK_NONE,
		                        .directory = &walk->directory };
	struct sv_fault scratch = { .label = "" };
	struct sv_sight sight = { .gone = false };
	char name[NAME_MAX + 1];
	char *colon;

	snprintf(name, sizeof name, "%s", file);
	colon = strchr(name, ':');
	if (colon != NULL) {
		*colon = '\0';
		where.project = atoi(colon + 1);
	}
	where.name = name;
	/* The file does not belong to a channel, or has been removed meanwhile. */
	if (sv_rendezvous_open(&sight.rv, &where, &scratch) != SV_OK)
		return 0;
	/* A file "name:083" is not the one of project 83. */
	if (strcmp(sight.rv.file, file) != 0) {
		sv_sight_close(&sight);
		return 0;
	}
	return visit(walk, &sight);
}

/* Was the file that could not be opened removed, or replaced by something that no channel can have? */
static bool is_removed(int code)
{
	return code == ENOENT || code == ENOTDIR || code == ELOOP || code == EMEDIUMTYPE;
}

/*
 * The record of a channel with a path.  If that file was removed or replaced, or cannot be opened, only the
 * record is left.
 */
static int visit_apart(struct walk *walk, const char *file)
{
	int fd = openat(walk->directory.fd, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct sv_whereabouts where = { .lock = SV_LOCK_NONE, .directory = &walk->directory };
	struct sv_fault scratch = { .label = "" };
	struct sv_sight sight = { .gone = false };
	struct sv_record record;
	int unreachable = 0;
	bool valid = fd != -1 && sv_record_read(fd, &record) && record.path[0] != '\0';

	if (fd != -1)
		close(fd);
	if (!valid)
		return 0;
	where.path = record.path;
	where.project = record.project;
	if (sv_rendezvous_open(&sight.rv, &where, &scratch) == SV_OK) {
		if (strcmp(sight.rv.file, file) == 0)
			return visit(walk, &sight);
		sv_sight_close(&sight);
	} else if (!is_removed(scratch.error.sys_errno)) {
		unreachable = scratch.error.sys_errno;
		/* The file was replaced at each attempt: look at it another time. */
		if (unreachable == 0)
			return 0;
	}
	memset(&sight, 0, sizeof sight);
	sight.rv.fd = -1;
	sight.gone = unreachable == 0;
	sight.unreachable = unreachable;
	snprintf(sight.rv.file, sizeof sight.rv.file, "%.*s", (int)sizeof sight.rv.file - 1, file);
	snprintf(sight.rv.path, sizeof sight.rv.path, "%s", record.path);
	sight.rv.directory = walk->directory;
	sight.rv.directory.borrowed = true;
	sight.target = (struct sv_target){ .record = record, .recorded = true, .consent = 0666 };
	return visit(walk, &sight);
}

/*
 * A temporary file: its creator died before it gave the file its name.  It is empty or a record; anything
 * else is somebody's data.
 */
static void remove_unborn(struct walk *walk, const char *file)
{
	int fd = openat(walk->directory.fd, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct sv_record record;
	struct stat st;

	if (fd != -1 && flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_uid == geteuid() && (st.st_size == 0 || sv_record_read(fd, &record)))
		unlinkat(walk->directory.fd, file, 0);
	if (fd != -1)
		close(fd);
}

static int walk_records(struct walk *walk, bool tidy)
{
	DIR *handle = sv_directory_names(walk->directory.fd);
	struct dirent *entry;
	int result = 0;

	if (handle == NULL)
		return 0;
	while (result == 0 && (entry = readdir(handle)) != NULL) {
		if (strncmp(entry->d_name, ".path.", 6) == 0)
			result = visit_apart(walk, entry->d_name);
		else if (tidy && sv_record_is_temporary(entry->d_name))
			remove_unborn(walk, entry->d_name);
		else if (tidy && strncmp(entry->d_name, SV_TURN_PREFIX, strlen(SV_TURN_PREFIX)) == 0)
			sv_turn_prune(walk->directory.fd, entry->d_name);
		else if (entry->d_name[0] != '.')
			result = visit_named(walk, entry->d_name);
	}
	closedir(handle);
	return result;
}

/* --- segments without a record --- */

static bool is_within(const char *path, const char *directory)
{
	size_t length = strlen(directory);

	return strncmp(path, directory, length) == 0 && path[length] == '/';
}

/*
 * A header names the rendezvous of its segment.  That file is opened, to use its lock, only if nobody but
 * this user can have written the header.  Otherwise the path is only shown, as a claim.
 */
static bool take_from_header(struct sv_sight *sight, int id, const struct shmid_ds *ds)
{
	const struct sv_header *shared = sv_segment_glance(id, (unsigned long)ds->shm_nattch);
	bool sole = ds->shm_perm.cuid == geteuid() && ds->shm_perm.uid == geteuid() &&
	            (ds->shm_perm.mode & 077) == 0;
	struct sv_header header;
	struct sv_identity now;
	struct stat st;

	if (shared == NULL)
		return false;
	memcpy(&header, shared, sizeof header);
	sv_segment_glance_end(shared);
	if (sv_header_judge(&header, ds->shm_segsz) != SV_TRUST_OK || header.project < 1 ||
	    header.project > 255)
		return false;
	memset(sight, 0, sizeof *sight);
	sight->rv.fd = sight->rv.directory.fd = sight->rv.directory.top = -1;
	sight->rv.project = sight->target.record.project = (int)header.project;
	sight->rv.named = sight->target.named = header.name[0] != '\0';
	memcpy(sight->rv.path, header.path, sizeof header.path);
	snprintf(sight->rv.name, sizeof sight->rv.name, "%.*s", SV_NAME_MAX, header.name);
	sight->target.record.key = (uint32_t)ds->shm_perm.__key;
	sight->target.identity = (struct sv_identity){ header.device, header.inode, header.birth_ns };
	sight->target.consent = 0666;
	/*
	 * For a named channel of this user only this user's objects count.  Objects of others are only shown.
	 */
	if (!sole)
		sight->target.named = false;
	sight->gone = true;
	/* If the file still exists, its lock counts, whatever directory it is in. */
	if (sole) {
		sight->rv.fd = sv_rendezvous_open_file(header.path, &st);
		sight->gone =
			sight->rv.fd == -1 && (errno == ENOENT || errno == ENOTDIR || errno == EMEDIUMTYPE);
		sight->unreachable = sight->rv.fd == -1 && !sight->gone ? errno : 0;
		if (sight->rv.fd != -1)
			now = sv_identity_of(sight->rv.fd, &st);
		if (sight->rv.fd != -1 && !sv_identity_is_same(&now, &sight->target.identity)) {
			close(sight->rv.fd);
			sight->rv.fd = -1;
			sight->gone = true;
		}
	}
	if (sight->rv.fd != -1) {
		sight->rv.key = ds->shm_perm.__key;
		sight->rv.identity = now;
		sight->rv.owner = st.st_uid;
		sight->rv.group = st.st_gid;
	}
	return true;
}

static int walk_segments(enum sv_scope scope, struct walk *walk)
{
	struct shm_info usage;
	struct shmid_ds ds;
	int last = shmctl(0, SHM_INFO, (struct shmid_ds *)(void *)&usage);
	int i, id, result = 0;

	for (i = 0; i <= last && result == 0; i++) {
		struct sv_sight sight;

		id = shmctl(i, SHM_STAT, &ds);
		if (id == -1 || (scope != SV_SCOPE_ALL && ds.shm_perm.cuid != geteuid()) ||
		    sv_segment_capacity(ds.shm_segsz) == 0)
			continue;
		/*
		 * These checks are much cheaper than a look.  A segment that is marked for removal has no
		 * key, and the kernel removes it.
		 */
		if ((ds.shm_perm.mode & SHM_DEST) != 0 || was_seen(walk, id) ||
		    !take_from_header(&sight, id, &ds))
			continue;
		if (walk->within != NULL && !is_within(sight.rv.path, walk->within))
			sv_sight_close(&sight);
		else
			result = visit(walk, &sight);
	}
	return result;
}

int sv_sight_walk(enum sv_scope scope, int (*visit_one)(struct sv_sight *, void *), void *arg,
                  struct sv_fault *fault)
{
	struct walk walk = { .visit = visit_one, .arg = arg };
	const char *chosen = getenv("SVIPC_DIR");
	struct sv_spaces spaces = { .count = 0 };
	int result = sv_directory_open(&walk.directory, false, fault);

	if (result != SV_OK && fault->error.sys_errno != ENOENT)
		return result;
	/* If the user chose a directory, only the channels in it are listed. */
	if (scope != SV_SCOPE_ALL && chosen != NULL && chosen[0] != '\0')
		walk.within = result == SV_OK ? walk.directory.path : chosen;
	if (walk.directory.fd != -1) {
		sv_directory_find_spaces(&walk.directory, &spaces);
		walk.directory.spaces = &spaces;
	}
	result = walk_records(&walk, scope == SV_SCOPE_TIDY);
	if (result == 0)
		result = walk_segments(scope, &walk);
	free(walk.ids);
	sv_spaces_free(&spaces);
	sv_directory_close(&walk.directory);
	return result;
}

struct list {
	sv_visit visit;
	void *arg;
};

static int visit_for_list(struct sv_sight *sight, void *arg)
{
	struct list *list = arg;

	return list->visit(&sight->info, list->arg);
}

int sv_list(int all, sv_visit visit_one, void *arg, struct sv_error *err)
{
	struct list list = { .visit = visit_one, .arg = arg };
	struct sv_fault fault = { .label = "" };
	int code;

	if (visit_one == NULL || !sv_error_is_possible(err))
		return SV_EINVAL;
	code = sv_sight_walk(all != 0 ? SV_SCOPE_ALL : SV_SCOPE_OWN, visit_for_list, &list, &fault);
	sv_fault_give(&fault, err);
	return code;
}
