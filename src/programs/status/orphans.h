/* SPDX-License-Identifier: MIT */
/*
 * orphans.h - System V objects of other software that seem to be forgotten.  Only what the kernel stores is
 * known: nobody is attached to the object or waits on it, and the processes that made it and used it last do
 * not exist.  Some software leaves such objects on purpose, so this code reports them and never removes one.
 */
#ifndef SV_STATUS_ORPHANS_H
#define SV_STATUS_ORPHANS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/json.h"

enum cli_orphan_kind { CLI_SEGMENT, CLI_SET, CLI_QUEUE };

struct cli_orphan {
	enum cli_orphan_kind kind;
	int id;
	uint32_t key;
	unsigned owner;
	unsigned mode;
	uint64_t size;   /* bytes of the segment, semaphores of the set, messages in the queue */
	int64_t changed; /* time when it was made or its permissions changed: seconds since 1970 */
	int64_t used;    /* time of the last attach, detach, operation, send or receive; 0: never */
	char reason[160];
};

/* Called for each object; a non-zero result ends the walk and is returned. */
typedef int (*cli_orphan_visit)(const struct cli_orphan *orphan, void *arg);

/*
 * Visit segments, then sets, then queues, in the order of their ids.  With older_than_s above 0, only those
 * that nobody has used or changed for this many seconds.  An object in doubt is left out: one that was never
 * used, one that may not be read, or one whose users belong to another pid namespace.  Returns 0, or the
 * result of visit, or -1 after printing why /proc/sysvipc or the channels cannot be read.
 */
int cli_orphans_walk(int64_t older_than_s, cli_orphan_visit visit, void *arg);

/* Print two lines on standard output: what it is and why, and the command that removes it. */
void cli_orphan_print(const struct cli_orphan *orphan);

/* Write the members into an open JSON object. */
void cli_orphan_json(struct cli_json *json, const struct cli_orphan *orphan);

#endif
