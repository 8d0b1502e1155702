/* SPDX-License-Identifier: MIT */
/*
 * record.h - what this user has written down about a channel, in a directory that only this user can write.
 *
 * A record is made before the objects (with ids -1) and completed with their ids.  So after a crash our
 * objects can be told from foreign ones without looking into memory.  It is a few lines of text that are
 * written at once: a file holds either a whole record or none.
 */
#ifndef SV_OS_RECORD_H
#define SV_OS_RECORD_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "os/identity.h"

struct sv_record {
	uint64_t generation; /* random number of the channel, also in the segment's header */
	uint32_t key;
	int project;
	int shmid;      /* -1: about to be made */
	int semid;      /* -1: about to be made */
	int64_t made_s; /* shm_ctime of the segment, 0: not made */
	struct sv_identity
		file;        /* identity of the rendezvous; all 0 if the record itself is the rendezvous */
	char path[PATH_MAX]; /* path of the rendezvous; empty if the record itself is the rendezvous */
};

/* Read a record.  False: the file holds something else, or other users can access it. */
bool sv_record_read(int fd, struct sv_record *record);

/* Write a record into an open file, from its start.  0 or an errno value. */
int sv_record_write(int fd, const struct sv_record *record);

/* Is the text of this record as long as the file, so that sv_record_write() replaces all of it? */
bool sv_record_fits(int fd, const struct sv_record *record);

/*
 * Make a file that appears at once, complete and locked (flock(2)), and return its descriptor; -1 with errno,
 * EEXIST if a file of this name exists.  Before it appears, try is called with the descriptor; if try returns
 * an errno value, the file is dropped and errno is set to that value.
 */
int sv_record_make(int directory, const char *name, struct sv_record *record, int (*try)(int fd, void *arg),
                   void *arg);

/* Is this the name of a file that sv_record_make() has not finished? */
bool sv_record_is_temporary(const char *name);

#endif
