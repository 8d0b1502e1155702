/* SPDX-License-Identifier: MIT */
/* clean.c - removing channels that are proved to belong to this user and that nobody needs any more. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "growth.h"
#include "inspect/inspect.h"

struct clean {
	const struct sv_clean_options *options;
	sv_clean_visit visit;
	void *arg;
};

/* If the caller asks for an age, a channel of unknown age is left alone. */
static bool is_too_young(const struct sv_info *info, int64_t older_than_s)
{
	return older_than_s > 0 && (info->created == 0 || (int64_t)time(NULL) - info->created < older_than_s);
}

/*
 * Remove the objects first and the record last: if this fails half-way, the record still proves that the rest
 * is ours.
 */
static int remove_all(struct sv_sight *sight)
{
	int code = sv_objects_remove(&sight->objects);

	if (code == 0 && sight->objects.facts.record != SV_RECORD_NONE)
		sv_rendezvous_forget(&sight->rv, sight->target.record.generation);
	return code;
}

/* Judge again under the lock, because the channel may have changed since. */
static int clean_one(struct sv_sight *sight, void *arg)
{
	const struct clean *clean = arg;
	struct sv_info *info = &sight->info;
	enum sv_removal needed = clean->options->all != 0 ? SV_REMOVE_WITH_ALL : SV_REMOVE_YES;
	int removed = 0, code;

	if (is_too_young(info, clean->options->older_than_s))
		return 0;
	if (!sv_sight_lock(sight)) {
		if (sight->rv.fd != -1)
			snprintf(info->reason, sizeof info->reason,
			         "locked: a process is opening or closing it");
		return clean->visit(info, 0, clean->arg);
	}
	/* Another channel of this path may have come meanwhile, which is younger. */
	if (sight->verdict.state == SV_STATE_NOTHING || is_too_young(info, clean->options->older_than_s))
		return 0;
	if (sight->verdict.removal >= needed) {
		removed = 1;
		/* Objects that have the key but are not the channel's stay. */
		info->shmid = sight->objects.shmid;
		info->semid = sight->objects.semid;
		code = clean->options->dry_run ? 0 : remove_all(sight);
		if (code != 0) {
			removed = -1;
			snprintf(info->reason, sizeof info->reason, "cannot remove it: %s", strerror(code));
		}
	}
	return clean->visit(info, removed, clean->arg);
}

/* One channel that the user named. If it does not exist, there is nothing to do. */
static int clean_named(struct clean *clean, struct sv_fault *fault)
{
	const struct sv_clean_options *options = clean->options;
	struct sv_sight sight;
	int code = sv_sight_of_choice(&sight, options->name, options->path, options->project, fault);

	if (code == SV_OK)
		code = sight.verdict.state == SV_STATE_NOTHING ? SV_OK : clean_one(&sight, clean);
	else if (code == SV_ESYSTEM && options->path == NULL && fault->error.sys_errno == ENOENT)
		code = SV_OK;
	sv_sight_close(&sight);
	return code;
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
		code = sv_sight_walk(options->dry_run ? SV_SCOPE_OWN : SV_SCOPE_TIDY, clean_one, &clean,
		                     &fault);
	sv_fault_give(&fault, err);
	return code;
}
