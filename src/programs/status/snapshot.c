/* SPDX-License-Identifier: MIT */
#include "status/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"

/* The default comes first. */
static int project_order(const struct sv_info *info)
{
	return info->project == SV_PROJECT_DEFAULT ? 0 : info->project;
}

/* By what is shown first, then by all that tells two channels apart. */
static int compare(const void *a, const void *b)
{
	const struct sv_info *x = &((const struct cli_channel *)a)->info,
			     *y = &((const struct cli_channel *)b)->info;
	int order = strcmp(x->name[0] != '\0' ? x->name : x->path, y->name[0] != '\0' ? y->name : y->path);

	if (order == 0)
		order = strcmp(x->path, y->path);
	if (order == 0)
		order = project_order(x) - project_order(y);
	return order != 0 ? order : (x->shmid > y->shmid) - (x->shmid < y->shmid);
}

static int add(const struct sv_info *info, void *arg)
{
	struct cli_snapshot *look = arg;

	if (look->count == look->room) {
		look->room = look->room * 2 + 16;
		look->channel = realloc(look->channel, look->room * sizeof *look->channel);
		if (look->channel == NULL) {
			cli_say("out of memory");
			exit(CLI_FAILED);
		}
	}
	cli_channel_take(&look->channel[look->count++], info);
	return 0;
}

/* One that came up between the look at its record and the look at the segments was seen twice. */
static void drop_doubles(struct cli_snapshot *look)
{
	size_t i, kept = 0;

	for (i = 0; i < look->count; i++) {
		const struct sv_info *next = i + 1 < look->count ? &look->channel[i + 1].info : NULL;
		const struct sv_info *info = &look->channel[i].info;

		if (info->shmid == -1 && next != NULL && next->shmid != -1 &&
		    next->project == info->project && strcmp(next->path, info->path) == 0)
			continue;
		if (kept != i)
			look->channel[kept] = look->channel[i];
		kept++;
	}
	look->count = kept;
}

static void look_at_named(struct cli_snapshot *look, const struct cli_choice *choice, bool tell)
{
	struct sv_error error = SV_ERROR_INIT;
	struct sv_info info = SV_INFO_INIT;
	size_t i;

	for (i = 0; i < (choice->path != NULL ? 1 : choice->name_count); i++) {
		if (sv_find(choice->path != NULL ? NULL : choice->names[i], choice->path, choice->project,
		            &info, &error) == SV_OK) {
			add(&info, look);
			continue;
		}
		look->missing++;
		if (tell)
			cli_say("%s", error.text);
	}
}

bool cli_snapshot_take(struct cli_snapshot *look, const struct cli_choice *choice, bool tell_missing)
{
	struct sv_error error = SV_ERROR_INIT;

	look->count = look->missing = 0;
	look->at_ns = sv_now();
	if (choice->path != NULL || choice->name_count > 0) {
		look_at_named(look, choice, tell_missing);
		return true;
	}
	if (sv_list(choice->all, add, look, &error) != SV_OK) {
		cli_say("%s", error.text);
		return false;
	}
	if (look->count > 0)
		qsort(look->channel, look->count, sizeof *look->channel, compare);
	drop_doubles(look);
	return true;
}

void cli_snapshot_rates(struct cli_snapshot *now, const struct cli_snapshot *before)
{
	double seconds = (double)(now->at_ns - before->at_ns) / 1e9;
	size_t i, j;

	for (i = 0; i < now->count && seconds > 0; i++) {
		struct cli_channel *channel = &now->channel[i];
		uint64_t position = channel->info.side[SV_READER].position;

		for (j = 0; j < before->count; j++)
			if (compare(channel, &before->channel[j]) == 0)
				break;
		if (j < before->count && position >= before->channel[j].info.side[SV_READER].position)
			channel->rate =
				(double)(position - before->channel[j].info.side[SV_READER].position) /
				seconds;
	}
}

void cli_snapshot_free(struct cli_snapshot *look)
{
	free(look->channel);
	memset(look, 0, sizeof *look);
}
