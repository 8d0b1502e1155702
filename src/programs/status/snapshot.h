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
struct cli_look {
	struct cli_channel *channel;
	size_t count, room;
	int64_t at_ns;
	size_t missing; /* chosen, but not there */
};

/* Look, into a look that is zero or was used before.  tell_missing: with a message for each.  false: failed,
 * with a message. */
bool cli_look_around(struct cli_look *look, const struct cli_choice *choice, bool tell_missing);

/* Fill in the rates since an earlier look. */
void cli_look_rates(struct cli_look *now, const struct cli_look *before);

void cli_look_free(struct cli_look *look);

#endif
