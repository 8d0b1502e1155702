/* SPDX-License-Identifier: MIT */
/* keep.h - an open rendezvous, and its record: in the file itself, or apart from it. */
#ifndef SV_OS_KEEP_H
#define SV_OS_KEEP_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "error.h"
#include "os/directory.h"
#include "os/identity.h"
#include "os/record.h"

#define SV_NAME_MAX 64

struct sv_rendezvous {
	int fd;                        /* with the lock on it; -1: not open */
	struct sv_directory directory; /* of the record */
	bool named;
	bool fresh; /* the file was made by this call: nothing else has ever seen it */
	int project;
	key_t key;
	struct sv_identity identity;
	uid_t owner; /* of the file */
	gid_t group;
	char name[SV_NAME_MAX + 1];
	char file[SV_NAME_MAX + 48]; /* name of the record in the directory */
	char path[PATH_MAX];         /* of the rendezvous, absolute and canonical */
};

/* Does the path still lead to this file?  While it does not, nobody can come by it any more. */
bool sv_rendezvous_is_there(const struct sv_rendezvous *rv);

/* The record of this rendezvous.  Under the lock.  read: false if there is none.  write: SV_OK or SV_ESYSTEM.
 * forget: if it is still the one of that generation; of a named one in any case.
 */
bool sv_rendezvous_read(const struct sv_rendezvous *rv, struct sv_record *record);
int sv_rendezvous_write(const struct sv_rendezvous *rv, const struct sv_record *record,
                        struct sv_fault *fault);
void sv_rendezvous_forget(const struct sv_rendezvous *rv, uint64_t generation);

#endif
