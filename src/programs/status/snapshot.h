/* SPDX-License-Identifier: MIT */
/* snapshot.h - the channels at one moment: all of them, or those that were chosen. */
#ifndef SV_STATUS_SNAPSHOT_H
#define SV_STATUS_SNAPSHOT_H

#include "status/facts.h"

struct cli_choice {
	bool all; /* channels of every user */
	char *const *names;
	size_t name_count;
	const char *path; /* used instead of names */
	int project;
};

/* Did the user name channels? */
bool cli_choice_is_named(const struct cli_choice *choice);

/* All channels, by name in version order (m2 before m10), or the chosen ones in the order of the choice. */
struct cli_snapshot {
	struct cli_channel *channel;
	size_t count, room;
	int64_t at_ns;
	size_t missing;     /* number of chosen channels that do not exist */
	char **why;         /* a reason for each missing channel */
	char failure[2048]; /* why the snapshot could not be taken */
};

/*
 * Take a snapshot into a struct that is zero or was used before.  Returns CLI_OK, also when some of the
 * chosen channels are missing; else the status to exit with, and snapshot->failure tells why: CLI_FAILED, or
 * CLI_USAGE for a name that no channel can have.
 */
int cli_snapshot_take(struct cli_snapshot *snapshot, const struct cli_choice *choice);

/* Fill in the rates since an earlier snapshot. */
void cli_snapshot_rates(struct cli_snapshot *now, const struct cli_snapshot *before);

/* Sort the busiest first; channels that move nothing stay in order. */
void cli_snapshot_sort_by_rate(struct cli_snapshot *snapshot);

void cli_snapshot_free(struct cli_snapshot *snapshot);

#endif
