/* SPDX-License-Identifier: MIT */
/*
 * rendezvous.h - the file that two processes agree on.  Its inode gives the key (ftok(3)), and its lock
 * (flock(2)) protects every step in a channel's life.
 *
 * The rendezvous of a named channel is a file in this user's directory that is also its record (record.h).
 * The rendezvous of a channel with a path is the file at that path; its record is a separate file in this
 * user's directory.
 */
#ifndef SV_OS_RENDEZVOUS_H
#define SV_OS_RENDEZVOUS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "clock.h"
#include "error.h"
#include "os/directory.h"
#include "os/identity.h"
#include "os/keep.h"

enum sv_lock {
	SV_LOCK_WHOLE,  /* to change something */
	SV_LOCK_SHARED, /* to look: other processes that look can hold it too */
	SV_LOCK_NONE    /* to look without the lock: what is seen may be half of a change */
};

/* Which rendezvous, how to find it, and what ends the wait for its lock. */
struct sv_whereabouts {
	const char *name; /* or NULL */
	const char *path; /* or NULL */
	int project;
	bool create; /* make a named rendezvous if it is missing */
	enum sv_lock lock;
	const struct sv_directory *directory; /* one that is open, and stays so; NULL: open it */
	struct sv_patience patience;
};

/*
 * Open and lock.  SV_OK; SV_EINVAL; SV_EAGAIN and SV_ETIMEDOUT (another process holds the lock); SV_EINTR;
 * SV_EFOREIGN (another file than a channel's has the name); SV_ESYSTEM (ENOENT: missing, without create).
 * Sets the label of the fault.  On failure nothing is open, but rv->key, its path and the directory's path
 * may be filled in.
 */
int sv_rendezvous_open(struct sv_rendezvous *rv, const struct sv_whereabouts *where, struct sv_fault *fault);

/*
 * Drop a named rendezvous whose key leads to a foreign object, and make another: a new inode gives a new key.
 */
int sv_rendezvous_renew(struct sv_rendezvous *rv, struct sv_fault *fault);

/* Lock again after an unlock, with the codes above.  Not recursive. */
int sv_rendezvous_lock(struct sv_rendezvous *rv, bool shared, const struct sv_patience *patience,
                       struct sv_fault *fault);
void sv_rendezvous_unlock(struct sv_rendezvous *rv);

/* Unlock and close.  A child of fork(2) shares the lock, so closing alone would not release it. */
void sv_rendezvous_close(struct sv_rendezvous *rv);

/*
 * Open any path only to lock it, without the side effects of opening a device or a FIFO.  -1 with errno;
 * EMEDIUMTYPE: it is neither a regular file nor a directory.
 */
int sv_rendezvous_open_file(const char *path, struct stat *st);

#endif
