/* SPDX-License-Identifier: MIT */
/* owner.h - who made an object at which this process may not look. */
#ifndef SV_OS_OWNER_H
#define SV_OS_OWNER_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Reads /proc/sysvipc, which every user may read.  False: the object is not there, or the file does not
 * exist.
 */
bool sv_owner_of(bool set, int id, uid_t *creator);

#endif
