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
 * A user namespace shows everybody whom it does not map as one user (/proc/sys/kernel/overflowuid), who may
 * be this one too, and every such group as one group.  What others may use could then be anybody's: these two
 * return -1 instead.  If its mode keeps others out, the kernel has checked who uses it.
 */
uid_t sv_certain_user(uid_t user, unsigned mode);
gid_t sv_certain_group(gid_t group, unsigned mode);

#endif
