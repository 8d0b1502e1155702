/* SPDX-License-Identifier: MIT */
/*
 * record.h - what this user wrote down about a channel, in a directory that only this user can write.
 *
 * A record is made before the objects (ids -1) and completed with their ids, so that after a crash ours can
 * be told from foreign without a look into memory.  It is a few lines of text, written at once: it is either
 * whole or, in a file that holds anything else, not there.
 */
#ifndef SV_OS_RECORD_H
#define SV_OS_RECORD_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "os/identity.h"

struct sv_record {
	uint64_t generation; /* of the channel: random, also in the segment's header */
	uint32_t key;
	int project;
	int shmid;               /* -1: about to be made */
	int semid;               /* -1: about to be made */
	int64_t made_s;          /* shm_ctime of the segment, 0: not made */
	struct sv_identity file; /* of the rendezvous; all 0 where the record itself is the rendezvous */
	char path[PATH_MAX];     /* of the rendezvous; empty where the record itself is */
};

/* Read a record.  False: the file holds anything else, or is not this user's alone. */
bool sv_record_read(int fd, struct sv_record *record);

/* Write it into an open file, from its start.  0 or an errno value. */
int sv_record_write(int fd, const struct sv_record *record);

/*
 * Make a file that appears at once, complete and locked (flock(2)), and return its descriptor; -1 with errno,
 * EEXIST where a file of this name exists.  Before it appears, try is called with the descriptor; non-zero
 * makes it vanish again, with that value as errno.
 */
int sv_record_make(int directory, const char *name, struct sv_record *record, int (*try)(int fd, void *arg),
                   void *arg);

#endif
