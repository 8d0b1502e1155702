/* SPDX-License-Identifier: MIT */
/* owner.h - who made an object at which this process may not look, and whether that is certain. */
#ifndef SV_OS_OWNER_H
#define SV_OS_OWNER_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Reads /proc/sysvipc, which every user may read.  False: the object is not there, or the file does not
 * exist.
 */
bool sv_owner_of(bool set, int id, uid_t *creator);

/*
 * A user namespace shows all users whom it does not map as one user (/proc/sys/kernel/overflowuid), which may
 * also be the user of this process; the same holds for groups.  An object that others may use could then be
 * anybody's, so these two functions return -1 for it.  If the object's mode keeps others out, the kernel has
 * checked who uses it.
 */
uid_t sv_certain_user(uid_t user, unsigned mode);
gid_t sv_certain_group(gid_t group, unsigned mode);

#endif
