/* SPDX-License-Identifier: MIT */
/*
 * orphans.h - System V objects that are not svipc's and look orphaned.
 *
 * Only what the kernel says of them: nobody attached, and the processes that made and last used them are
 * gone. That proves nothing about objects that are meant to outlive processes, so this reports and never
 * removes.
 */
#ifndef SV_STATUS_ORPHANS_H
#define SV_STATUS_ORPHANS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/json.h"

struct cli_orphan {
	bool is_set; /* a semaphore set, else a segment */
	int id;
	uint32_t key;
	unsigned owner;
	unsigned mode;
	uint64_t size;   /* bytes of the segment, or semaphores of the set */
	int64_t changed; /* made, or its permissions changed: seconds since 1970 */
	int64_t used;    /* last attached, detached, operated on; 0: never */
	char reason[160];
};

/* Called for each; a non-zero result ends the walk and is returned. */
typedef int (*cli_orphan_visit)(const struct cli_orphan *orphan, void *arg);

/*
 * Segments, then sets, by id.  0, or what visit returned, or -1 with a message printed: /proc/sysvipc or the
 * channels cannot be read.  When in doubt (a pid of another pid namespace, no right to read, never used) an
 * object is left out.
 */
int cli_foreign_walk(int64_t older_than_s, cli_orphan_visit visit, void *arg);

/* Two lines on standard output: what it is and why, and the command that would remove it. */
void cli_orphan_print(const struct cli_orphan *orphan);

/* The members of an object that is open. */
void cli_orphan_json(struct cli_json *json, const struct cli_orphan *orphan);

#endif
