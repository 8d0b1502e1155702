/* SPDX-License-Identifier: MIT */
/* owner.h - who made an object that this process may not look at. */
#ifndef SV_OS_OWNER_H
#define SV_OS_OWNER_H

#include <stdbool.h>
#include <sys/types.h>

/* From /proc/sysvipc, which tells everybody.  False: not there, or no such file. */
bool sv_owner_of(bool set, int id, uid_t *creator);

#endif
