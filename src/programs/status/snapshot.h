/* SPDX-License-Identifier: MIT */
/* snapshot.h - a look at channels: all of them, or those that were chosen. */
#ifndef SV_STATUS_SNAPSHOT_H
#define SV_STATUS_SNAPSHOT_H

#include "status/facts.h"

struct cli_choice {
	bool all; /* of every user */
	char *const *names;
	size_t name_count;
	const char *path; /* in place of names */
	int project;
};

/* Channels at one time: all, in order of what they are shown as, or the chosen ones as they were given. */
struct cli_snapshot {
	struct cli_channel *channel;
	size_t count, room;
	int64_t at_ns;
	size_t missing; /* chosen, but not there */
};

/* Look, into a look that is zero or was used before.  tell_missing: with a message for each.  false: failed,
 * with a message. */
bool cli_snapshot_take(struct cli_snapshot *look, const struct cli_choice *choice, bool tell_missing);

/* Fill in the rates since an earlier look. */
void cli_snapshot_rates(struct cli_snapshot *now, const struct cli_snapshot *before);

void cli_snapshot_free(struct cli_snapshot *look);

#endif
