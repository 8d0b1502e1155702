/* SPDX-License-Identifier: MIT */
/* clean.c - removing what is stale, and only that. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "growth.h"
#include "inspect/inspect.h"

struct clean {
	const struct sv_clean_options *options;
	sv_clean_visit visit;
	void *arg;
};

static bool is_the_file(int fd, const char *path)
{
	struct stat opened, now;

	return fstat(fd, &opened) == 0 && stat(path, &now) == 0 && opened.st_dev == now.st_dev &&
	       opened.st_ino == now.st_ino;
}

/*
 * The lock of a channel that may be removed.  -1: somebody is opening or closing it just now, hands off.  The
 * file may be gone: then nobody can come by it any more, and *fd is -1.
 */
static int lock(const struct sv_sight *sight, int *fd)
{
	*fd = open(sight->record.path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (*fd == -1)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
	/* The last one out unlinks the file before it unlocks it, and a newcomer then locks a file of its
	 * own. */
	if (flock(*fd, LOCK_EX | LOCK_NB) == 0 && is_the_file(*fd, sight->record.path))
		return 0;
	close(*fd);
	*fd = -1;
	return -1;
}

/* The rendezvous was gone when its lock was asked for, but somebody may have made a new one since. */
static bool is_back(const struct sv_sight *sight)
{
	struct stat st;

	return lstat(sight->record.path, &st) == 0 || errno != ENOENT;
}

static bool may_remove(const struct sv_sight *sight, const struct sv_clean_options *options)
{
	const struct sv_info *info = &sight->info;

	if (info->maps > 0 || info->side[SV_WRITER].attached || info->side[SV_READER].attached)
		return false;
	switch (info->state) {
	case SV_STATE_STALE: return true;
	case SV_STATE_CORRUPT:
		/* Ours by its record, whatever its header says now. */
		return sight->record.valid && sight->record.shmid == sight->shmid;
	case SV_STATE_DETACHED:
	case SV_STATE_RESUMABLE: return options->all != 0;
	default: return false;
	}
}

static int remove_all(struct sv_sight *sight)
{
	int segment = sight->have_shm ? sv_segment_remove(sight->shmid) : 0;
	/* A set is only removed if a header or record of ours names it. */
	int set = sight->have_sem ? sv_sem_remove(sight->semid) : 0;

	if (segment == 0 && set == 0 && sight->file[0] != '\0')
		unlink(sight->file);
	return segment != 0 ? segment : set;
}

static void examine_again(struct sv_sight *sight)
{
	char path[PATH_MAX], file[PATH_MAX];

	if (sight->file[0] == '\0') {
		sv_sight_examine(sight);
		return;
	}
	memcpy(path, sight->record.path, sizeof path);
	memcpy(file, sight->file, sizeof file);
	sv_sight_of_path(sight, path, sight->record.project, sight->named, file);
}

/* Examine again under the lock: what was seen without it may have changed. */
static int clean_one(struct sv_sight *sight, const struct clean *clean)
{
	struct sv_info *info = &sight->info;
	int fd = -1, removed = 0, code;

	if (clean->options->older_than_s > 0 && info->created != 0 &&
	    (int64_t)time(NULL) - info->created < clean->options->older_than_s)
		return 0;
	if (lock(sight, &fd) == -1) {
		snprintf(info->reason, sizeof info->reason, "locked: a process is opening or closing it");
		return clean->visit(info, 0, clean->arg);
	}
	/* A record that is the rendezvous itself is gone with it; what it led to is found by its segment. */
	if (fd == -1 && strcmp(sight->file, sight->record.path) == 0)
		return 0;
	examine_again(sight);
	/* Mapped, but by neither side: perhaps only somebody's look, which is over at once. */
	if (info->maps > 0 && !info->side[SV_WRITER].attached && !info->side[SV_READER].attached &&
	    sv_segment_unmapped(sight->shmid, 0))
		examine_again(sight);
	if (may_remove(sight, clean->options) && (fd != -1 || !is_back(sight))) {
		removed = 1;
		code = clean->options->dry_run ? 0 : remove_all(sight);
		if (code != 0) {
			removed = -1;
			snprintf(info->reason, sizeof info->reason, "cannot remove it: %s", strerror(code));
		}
	}
	if (fd != -1)
		close(fd);
	return clean->visit(info, removed, clean->arg);
}

static int visit_sight(struct sv_sight *sight, void *arg)
{
	return clean_one(sight, arg);
}

/* One channel that the user named; nothing there is nothing to do. */
static int clean_named(const struct clean *clean, struct sv_fault *fault)
{
	const struct sv_clean_options *options = clean->options;
	struct sv_sight sight;
	bool there;
	int code;

	memset(&sight, 0, sizeof sight);
	code = sv_sight_of_choice(&sight, options->name, options->path, options->project, &there, fault);
	if (code == SV_OK && there)
		code = clean_one(&sight, clean);
	return code;
}

/* Does a record exist for a file, under any project id?  Their names tell the key, and so the file. */
static bool has_record(int dir, uint32_t key)
{
	char file[16];
	uint32_t project;

	for (project = 1; project <= 255; project++) {
		snprintf(file, sizeof file, ".at.%08x", (unsigned)(project << 24 | (key & 0xffffff)));
		if (faccessat(dir, file, F_OK, 0) == 0)
			return true;
	}
	return false;
}

static bool is_empty_rendezvous(const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_size == 0 && st->st_uid == geteuid() &&
	       (st->st_mode & 07777) == 0600 && st->st_nlink == 1;
}

/*
 * A rendezvous file is empty while its channel is being made, when that died before the record was written,
 * and when only channels with a project id of their own were there.  Under its lock, with no object and no
 * record, it is a leftover.
 */
static void prune_file(const char *dir, int dirfd, const char *name, int64_t older_than_s)
{
	char path[PATH_MAX + NAME_MAX + 2];
	struct stat st, now;
	key_t key;
	int fd;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	if (lstat(path, &st) == -1 || !is_empty_rendezvous(&st) ||
	    (older_than_s > 0 && (int64_t)time(NULL) - (int64_t)st.st_mtime < older_than_s))
		return;
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd == -1)
		return;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &st) == 0 && lstat(path, &now) == 0 &&
	    st.st_ino == now.st_ino && st.st_dev == now.st_dev && is_empty_rendezvous(&st) &&
	    (key = ftok(path, SV_PROJECT_DEFAULT)) != (key_t)-1 && shmget(key, 0, 0) == -1 &&
	    errno == ENOENT && semget(key, 0, 0) == -1 && errno == ENOENT &&
	    !has_record(dirfd, (uint32_t)key))
		unlink(path);
	close(fd);
}

/* A directory that holds anything else is not for channels alone, and its empty files may be anybody's. */
static bool is_for_channels_alone(const char *dir, DIR *handle)
{
	struct sv_fault scratch = { .label = "" };
	char path[PATH_MAX + NAME_MAX + 2];
	struct sv_record record;
	struct dirent *entry;
	struct stat st;

	while ((entry = readdir(handle)) != NULL) {
		const char *name = entry->d_name;

		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strncmp(name, ".at.", 4) == 0)
			continue;
		snprintf(path, sizeof path, "%s/%s", dir, name);
		if (sv_rendezvous_check_name(name, &scratch) != SV_OK || lstat(path, &st) == -1)
			return false;
		if (is_empty_rendezvous(&st))
			continue;
		sv_record_load(path, &record);
		if (!record.valid || strcmp(record.path, path) != 0)
			return false;
	}
	return true;
}

static void prune(const struct sv_clean_options *options)
{
	struct sv_fault scratch = { .label = "" };
	struct dirent *entry;
	char dir[PATH_MAX];
	DIR *handle;

	if (sv_rendezvous_directory(dir, false, &scratch) != SV_OK || (handle = opendir(dir)) == NULL)
		return;
	if (is_for_channels_alone(dir, handle)) {
		rewinddir(handle);
		while ((entry = readdir(handle)) != NULL)
			if (entry->d_name[0] != '.' &&
			    (options->name == NULL || strcmp(options->name, entry->d_name) == 0))
				prune_file(dir, dirfd(handle), entry->d_name, options->older_than_s);
	}
	closedir(handle);
}

int sv_clean(const struct sv_clean_options *theirs, sv_clean_visit visit, void *arg, struct sv_error *err)
{
	struct sv_clean_options own = SV_CLEAN_INIT;
	const struct sv_clean_options *options = &own;
	struct clean clean = { .options = options, .visit = visit, .arg = arg };
	struct sv_fault fault = { .label = "" };
	int code;

	if (visit == NULL || !sv_error_is_possible(err))
		return SV_EINVAL;
	if (theirs == NULL ||
	    !sv_struct_take(&own, sizeof own, theirs, SV_SIZE_THROUGH(struct sv_clean_options, all)) ||
	    (options->name != NULL && options->path != NULL) || options->project < 0 ||
	    options->project > 255)
		code = sv_fault_set(&fault, SV_EINVAL, 0,
		                    "sv_clean: a name or a path, a project id of 1 to 255, and options from "
		                    "SV_CLEAN_INIT");
	else if (options->name != NULL || options->path != NULL)
		code = clean_named(&clean, &fault);
	else
		code = sv_sight_walk(false, visit_sight, &clean, &fault);
	if (code == SV_OK && options->path == NULL && !options->dry_run)
		prune(options);
	sv_fault_give(&fault, err);
	return code;
}
