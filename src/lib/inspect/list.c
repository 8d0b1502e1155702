/* SPDX-License-Identifier: MIT */
/* list.c - every channel there is: those that have a record, then those that only their segments tell of. */
#define _GNU_SOURCE /* SHM_INFO, SHM_STAT */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <unistd.h>

#include "inspect/inspect.h"

static int visit_record_file(const char *dir, const char *name, int (*visit)(struct sv_sight *, void *),
                             void *arg)
{
	struct sv_sight sight;
	struct sv_record record;
	char file[PATH_MAX + 260];
	unsigned key;
	bool apart = sscanf(name, ".at.%8x", &key) == 1;

	snprintf(file, sizeof file, "%s/%s", dir, name);
	if (strlen(file) >= PATH_MAX)
		return 0;
	sv_record_load(file, &record);
	if (!record.valid || (!apart && strcmp(record.path, file) != 0))
		return 0;
	sv_sight_of_path(&sight, record.path, record.project, !apart, file);
	if (sight.key == 0 && apart) {
		/* The rendezvous is gone; the record's own name still tells the key. */
		sight.key = key;
		sv_sight_examine(&sight);
	}
	return visit(&sight, arg);
}

/* Segments that no record leads to: the rendezvous or the directory was deleted, or they are another user's.
 */
struct seen {
	int *ids;
	size_t count, room;
};

static bool was_seen(const struct seen *seen, int id)
{
	size_t i;

	for (i = 0; i < seen->count; i++)
		if (seen->ids[i] == id)
			return true;
	return false;
}

static bool remember(struct seen *seen, int id)
{
	if (was_seen(seen, id))
		return false;
	if (seen->count == seen->room) {
		size_t room = seen->room * 2 + 64;
		int *ids = realloc(seen->ids, room * sizeof *ids);

		if (ids == NULL)
			return true;
		seen->ids = ids;
		seen->room = room;
	}
	seen->ids[seen->count++] = id;
	return true;
}

struct walk {
	int (*visit)(struct sv_sight *, void *);
	void *arg;
	const char *within; /* only segments of channels in this directory; NULL: of any */
	struct seen seen;
};

static int visit_once(struct sv_sight *sight, void *arg)
{
	struct walk *walk = arg;

	if (sight->have_shm && !remember(&walk->seen, sight->shmid))
		return 0;
	return walk->visit(sight, walk->arg);
}

static bool is_within(const char *path, const char *directory)
{
	size_t length = strlen(directory);

	return strncmp(path, directory, length) == 0 && path[length] == '/';
}

static bool is_one_of_ours(int shmid, unsigned long maps, struct sv_sight *sight)
{
	const struct sv_header *header = sv_segment_glance(shmid, maps);
	bool ours;

	if (header == NULL)
		return false;
	ours = header->magic == SV_MAGIC && memchr(header->path, '\0', sizeof header->path) != NULL;
	if (ours) {
		sight->record.project = (int)header->project;
		snprintf(sight->record.path, sizeof sight->record.path, "%.*s", (int)sizeof header->path - 1,
		         header->path);
	}
	shmdt(header);
	return ours;
}

static int walk_segments(bool all, struct walk *walk)
{
	struct shm_info usage;
	struct shmid_ds ds;
	int last = shmctl(0, SHM_INFO, (struct shmid_ds *)(void *)&usage);
	int i, id, result = 0;

	for (i = 0; i <= last && result == 0; i++) {
		struct sv_sight sight;

		id = shmctl(i, SHM_STAT, &ds);
		if (id == -1 || (!all && ds.shm_perm.uid != geteuid()) ||
		    sv_segment_capacity(ds.shm_segsz) == 0)
			continue;
		/* A look costs far more than this. */
		if (was_seen(&walk->seen, id))
			continue;
		memset(&sight, 0, sizeof sight);
		if (!is_one_of_ours(id, (unsigned long)ds.shm_nattch, &sight) ||
		    (walk->within != NULL && !is_within(sight.record.path, walk->within)))
			continue;
		sight.shmid = id;
		sight.semid = -1;
		sv_sight_examine(&sight);
		result = visit_once(&sight, walk);
	}
	return result;
}

int sv_sight_walk(bool all, int (*visit)(struct sv_sight *, void *), void *arg, struct sv_fault *fault)
{
	struct walk walk = { .visit = visit, .arg = arg };
	char dir[PATH_MAX];
	struct dirent *entry;
	int result = sv_rendezvous_directory(dir, false, fault);
	DIR *handle = NULL;

	if (result == SV_OK)
		handle = opendir(dir);
	else if (fault->error.sys_errno != ENOENT)
		return result;
	result = 0;
	/* A directory that the user chose is a world of its own. */
	if (!all && getenv("SVIPC_DIR") != NULL && getenv("SVIPC_DIR")[0] != '\0')
		walk.within = dir;
	while (handle != NULL && result == 0 && (entry = readdir(handle)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			result = visit_record_file(dir, entry->d_name, visit_once, &walk);
	if (handle != NULL)
		closedir(handle);
	if (result == 0)
		result = walk_segments(all, &walk);
	free(walk.seen.ids);
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

int sv_list(int all, sv_visit visit, void *arg, struct sv_error *err)
{
	struct list list = { .visit = visit, .arg = arg };
	struct sv_fault fault = { .label = "" };
	int code;

	if (visit == NULL || !sv_error_is_possible(err))
		return SV_EINVAL;
	code = sv_sight_walk(all != 0, visit_for_list, &list, &fault);
	sv_fault_give(&fault, err);
	return code;
}
