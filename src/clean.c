/* SPDX-License-Identifier: MIT */
/* clean.c - removing what is stale, and only that. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "inspect.h"

struct clean {
	const struct sv_clean_options *options;
	sv_clean_visit visit;
	void *arg;
};

/*
 * The lock of a channel that may be removed.  -1: somebody is opening or closing it just now, hands off.  The file may be gone: then
 * nobody can come by it any more, and *fd is -1.
 */
static int lock(const struct sv_sight *sight, int *fd)
{
	*fd = open(sight->record.path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (*fd == -1)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
	if (flock(*fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	close(*fd);
	*fd = -1;
	return -1;
}

static bool may_remove(const struct sv_sight *sight, const struct sv_clean_options *options)
{
	const struct sv_info *info = &sight->info;

	if (info->maps > 0 || info->side[SV_WRITER].attached || info->side[SV_READER].attached)
		return false;
	switch (info->state) {
	case SV_STATE_STALE:
		return true;
	case SV_STATE_CORRUPT:
		/* Ours by its record, whatever its header says now. */
		return sight->record.valid && sight->record.shmid == sight->shmid;
	case SV_STATE_DETACHED:
	case SV_STATE_RESUMABLE:
		return options->all != 0;
	default:
		return false;
	}
}

static int remove_all(struct sv_sight *sight)
{
	int segment = sight->have_shm ? sv_segment_remove(sight->shmid) : 0;
	/* A set is only removed if a header or record of ours names it. */
	int set = sight->have_sem ? sv_bells_remove(sight->semid) : 0;

	if (segment == 0 && set == 0 && sight->file[0] != '\0')
		unlink(sight->file);
	return segment != 0 ? segment : set;
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
	if (sight->file[0] != '\0') {
		char path[PATH_MAX], file[PATH_MAX];

		memcpy(path, sight->record.path, sizeof path);
		memcpy(file, sight->file, sizeof file);
		sv_sight_of_path(sight, path, sight->record.project, sight->named, file);
	} else {
		sv_sight_examine(sight);
	}
	if (may_remove(sight, clean->options)) {
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
	int project = options->project != 0 ? options->project : SV_PROJECT_DEFAULT;
	bool apart = options->path != NULL || project != SV_PROJECT_DEFAULT;
	char dir[PATH_MAX], path[PATH_MAX], file[PATH_MAX + 32];
	struct sv_sight sight;
	struct stat st;
	int code = options->name != NULL ? sv_rendezvous_check_name(options->name, fault) : SV_OK;

	if (code == SV_OK)
		code = sv_rendezvous_directory(dir, false, fault);
	if (code != SV_OK)
		return fault->error.sys_errno == ENOENT && options->path == NULL ? SV_OK : code;
	if (options->path != NULL && realpath(options->path, path) == NULL)
		return sv_fault_set(fault, SV_ESYSTEM, errno, "cannot find %s", options->path);
	if (options->path == NULL &&
	    (size_t)snprintf(path, sizeof path, "%.*s/%s", PATH_MAX - SV_NAME_MAX - 2, dir, options->name) >= sizeof path)
		return sv_fault_set(fault, SV_ESYSTEM, ENAMETOOLONG, "cannot use %s", dir);
	if (lstat(path, &st) == -1)
		return errno == ENOENT ? SV_OK : sv_fault_set(fault, SV_ESYSTEM, errno, "cannot look at %s", path);
	sv_sight_of_path(&sight, path, project, !apart, apart ? "" : path);
	if (apart) {
		snprintf(file, sizeof file, "%.*s/.at.%08x", PATH_MAX - 16, dir, (unsigned)sight.key);
		sv_sight_of_path(&sight, path, project, !apart, file);
	}
	if (!sight.have_shm && !sight.have_sem && !sight.record.valid)
		return SV_OK;
	return clean_one(&sight, clean);
}

int sv_clean(const struct sv_clean_options *options, sv_clean_visit visit, void *arg, struct sv_error *err)
{
	struct clean clean = { .options = options, .visit = visit, .arg = arg };
	struct sv_fault fault = { .label = "" };
	int code;

	if (options->struct_size != sizeof *options || (options->name != NULL && options->path != NULL) ||
	    options->project < 0 || options->project > 255)
		code = sv_fault_set(&fault, SV_EINVAL, 0, "sv_clean: a name or a path, a project id of 1 to 255, and options from "
				    "SV_CLEAN_INIT");
	else if (options->name != NULL || options->path != NULL)
		code = clean_named(&clean, &fault);
	else
		code = sv_sight_walk(false, visit_sight, &clean, &fault);
	if (err != NULL)
		*err = fault.error;
	return code;
}
