/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* strverscmp */
#include "status/snapshot.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "common/advice.h"
#include "common/memory.h"

#define PAUSE_NS 20000000
#define ROUNDS 4

bool cli_choice_is_named(const struct cli_choice *choice)
{
	return choice->path != NULL || choice->name_count > 0;
}

/* The default project id comes first. */
static int project_order(const struct sv_info *info)
{
	return info->project == SV_PROJECT_DEFAULT ? 0 : info->project;
}

/* By name or path in version order, then by whatever else tells two channels apart. */
static int compare(const void *a, const void *b)
{
	const struct sv_info *x = &((const struct cli_channel *)a)->info,
			     *y = &((const struct cli_channel *)b)->info;
	int order =
		strverscmp(x->name[0] != '\0' ? x->name : x->path, y->name[0] != '\0' ? y->name : y->path);

	if (order == 0)
		order = strcmp(x->path, y->path);
	if (order == 0)
		order = project_order(x) - project_order(y);
	return order != 0 ? order : (x->shmid > y->shmid) - (x->shmid < y->shmid);
}

static int compare_rates(const void *a, const void *b)
{
	double x = ((const struct cli_channel *)a)->rate, y = ((const struct cli_channel *)b)->rate;

	/* An unknown rate is negative; it counts as 0. */
	x = x < 0 ? 0 : x;
	y = y < 0 ? 0 : y;
	return x != y ? (x < y) - (x > y) : compare(a, b);
}

static int add(const struct sv_info *info, void *arg)
{
	struct cli_snapshot *snapshot = arg;

	if (snapshot->count == snapshot->room) {
		snapshot->room = snapshot->room * 2 + 16;
		snapshot->channel =
			cli_must(realloc(snapshot->channel, snapshot->room * sizeof *snapshot->channel));
	}
	cli_channel_take(&snapshot->channel[snapshot->count++], info);
	return 0;
}

/* A channel that is made while the library walks through records and segments can be seen as both. */
static void drop_doubles(struct cli_snapshot *snapshot)
{
	size_t i, kept = 0;

	for (i = 0; i < snapshot->count; i++) {
		const struct sv_info *info = &snapshot->channel[i].info,
				     *next = i + 1 < snapshot->count ? &snapshot->channel[i + 1].info : NULL;

		if (next != NULL && info->shmid == -1 && info->project == next->project &&
		    strcmp(next->path, info->path) == 0)
			continue;
		if (kept != i)
			snapshot->channel[kept] = snapshot->channel[i];
		kept++;
	}
	snapshot->count = kept;
}

static void keep_failure(struct cli_snapshot *snapshot, const struct cli_choice *choice, const char *name,
                         const struct sv_error *error)
{
	static char advice[CLI_ADVICE_SIZE];

	snprintf(snapshot->failure, sizeof snapshot->failure, "%s%s", error->text,
	         cli_advise(advice, sizeof advice, error, name, choice->path, choice->project));
}

/* Note one more missing channel, with the reason that was stored last. */
static void add_missing(struct cli_snapshot *snapshot)
{
	size_t count = snapshot->missing + 1;

	snapshot->why = cli_must(realloc(snapshot->why, count * sizeof *snapshot->why));
	snapshot->why[count - 1] = cli_must(strdup(snapshot->failure));
	snapshot->missing = count;
}

static void clear(struct cli_snapshot *snapshot)
{
	while (snapshot->missing > 0)
		free(snapshot->why[--snapshot->missing]);
	snapshot->count = 0;
	snapshot->failure[0] = '\0';
}

static int take_named(struct cli_snapshot *snapshot, const struct cli_choice *choice)
{
	struct sv_error error = SV_ERROR_INIT;
	struct sv_info info = SV_INFO_INIT;
	const char *name;
	size_t i;
	int code;

	for (i = 0; i < (choice->path != NULL ? 1 : choice->name_count); i++) {
		name = choice->path != NULL ? NULL : choice->names[i];
		code = sv_find(name, choice->path, choice->project, &info, &error);
		if (code == SV_OK) {
			add(&info, snapshot);
			continue;
		}
		keep_failure(snapshot, choice, name, &error);
		if (code == SV_EINVAL)
			return CLI_USAGE;
		add_missing(snapshot);
	}
	return CLI_OK;
}

static int take(struct cli_snapshot *snapshot, const struct cli_choice *choice)
{
	struct sv_error error = SV_ERROR_INIT;

	clear(snapshot);
	snapshot->at_ns = sv_now();
	if (cli_choice_is_named(choice))
		return take_named(snapshot, choice);
	if (sv_list(choice->all, add, snapshot, &error) != SV_OK) {
		keep_failure(snapshot, choice, NULL, &error);
		return CLI_FAILED;
	}
	if (snapshot->count > 0)
		qsort(snapshot->channel, snapshot->count, sizeof *snapshot->channel, compare);
	drop_doubles(snapshot);
	return CLI_OK;
}

static bool is_same(const struct sv_info *a, const struct sv_info *b)
{
	return a->shmid == b->shmid && a->project == b->project && strcmp(a->path, b->path) == 0;
}

/* Was a channel exactly like this in a snapshot? */
static bool was_there(const struct cli_snapshot *snapshot, const struct sv_info *info)
{
	size_t i;

	for (i = 0; i < snapshot->count; i++) {
		const struct sv_info *other = &snapshot->channel[i].info;

		if (is_same(other, info) && other->semid == info->semid && other->key == info->key &&
		    other->state == info->state)
			return true;
	}
	return false;
}

/* Does a channel seem to be unusable that did not seem so in the snapshot before? */
static bool is_in_doubt(const struct cli_snapshot *snapshot, const struct cli_snapshot *before)
{
	size_t i;

	for (i = 0; i < snapshot->count; i++) {
		const struct sv_info *info = &snapshot->channel[i].info;

		if ((info->state == SV_STATE_STALE || info->state == SV_STATE_FOREIGN ||
		     info->state == SV_STATE_CORRUPT) &&
		    !was_there(before, info))
			return true;
	}
	return false;
}

/*
 * While a process makes or removes a channel, it can seem to be stale, foreign or corrupt for a moment.  So
 * such a state counts only if it is the same after a pause.
 */
int cli_snapshot_take(struct cli_snapshot *snapshot, const struct cli_choice *choice)
{
	const struct timespec pause = { 0, PAUSE_NS };
	struct cli_snapshot before = { 0 }, other;
	int status = take(snapshot, choice), round;

	for (round = 0; round < ROUNDS && status == CLI_OK && is_in_doubt(snapshot, &before); round++) {
		nanosleep(&pause, NULL);
		other = before;
		before = *snapshot;
		*snapshot = other;
		status = take(snapshot, choice);
	}
	cli_snapshot_free(&before);
	return status;
}

void cli_snapshot_rates(struct cli_snapshot *now, const struct cli_snapshot *before)
{
	double seconds = (double)(now->at_ns - before->at_ns) / 1e9;
	size_t i, j;

	for (i = 0; i < now->count && seconds > 0; i++) {
		struct cli_channel *channel = &now->channel[i];
		uint64_t position = channel->info.side[SV_READER].position, old;

		for (j = 0; j < before->count && !is_same(&channel->info, &before->channel[j].info); j++)
			;
		if (j == before->count)
			continue;
		old = before->channel[j].info.side[SV_READER].position;
		if (position >= old)
			channel->rate = (double)(position - old) / seconds;
	}
}

void cli_snapshot_sort_by_rate(struct cli_snapshot *snapshot)
{
	if (snapshot->count > 0)
		qsort(snapshot->channel, snapshot->count, sizeof *snapshot->channel, compare_rates);
}

void cli_snapshot_free(struct cli_snapshot *snapshot)
{
	clear(snapshot);
	free(snapshot->why);
	free(snapshot->channel);
	memset(snapshot, 0, sizeof *snapshot);
}
