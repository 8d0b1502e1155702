/* SPDX-License-Identifier: MIT */
/* keep.h - an open rendezvous and its record: in the rendezvous file, or in a file of its own. */
#ifndef SV_OS_KEEP_H
#define SV_OS_KEEP_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "error.h"
#include "os/directory.h"
#include "os/identity.h"
#include "os/name.h"
#include "os/record.h"

struct sv_rendezvous {
	int fd;                        /* the locked file; -1: not open */
	struct sv_directory directory; /* directory of the record */
	bool named;
	bool fresh; /* this call has made the file, so no other process has seen it */
	int project;
	key_t key;
	struct sv_identity identity;
	uid_t owner; /* of the file */
	gid_t group;
	char name[SV_NAME_MAX + 1];
	char file[SV_NAME_MAX + 48]; /* name of the record in the directory */
	char path[PATH_MAX];         /* path of the rendezvous, absolute and canonical */
	/* The record of a named rendezvous.  known: it was read or written under the lock that is held. */
	bool known;
	struct sv_record record;
};

/* Does the path still lead to this file?  If not, no other process can find the file any more. */
bool sv_rendezvous_is_there(const struct sv_rendezvous *rv);

/*
 * Does the open file of a name have another name (a hard link)?  Where files without a name cannot be made, a
 * new one has a temporary name too, until its maker, who has it locked, removes that.  locked: this process
 * has the exclusive lock, so the maker died, and this call removes the temporary name.
 */
bool sv_rendezvous_has_other_name(const struct sv_rendezvous *rv, bool locked);

/*
 * The record of this rendezvous, under the lock.  read: false if there is none.  write: SV_OK or SV_ESYSTEM.
 * forget: remove it, for a channel with a path only if it still has this generation.
 */
bool sv_rendezvous_read(const struct sv_rendezvous *rv, struct sv_record *record);
int sv_rendezvous_write(struct sv_rendezvous *rv, const struct sv_record *record, struct sv_fault *fault);
void sv_rendezvous_forget(const struct sv_rendezvous *rv, uint64_t generation);

#endif
