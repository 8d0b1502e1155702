/* SPDX-License-Identifier: MIT */
/*
 * rendezvous.h - the file that two processes agree on: its inode gives the key (ftok(3)), and its lock
 * (flock(2)) guards every step in a channel's life.
 *
 * A named channel's rendezvous is a file in this user's directory that is its own record (record.h).  For a
 * channel with a path the rendezvous is that file, and the record lies apart in this user's directory.
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
	SV_LOCK_SHARED, /* to look: others who look may have it too */
	SV_LOCK_NONE    /* to look without: what is seen may be half of a change */
};

/* Which rendezvous, how to find it, and what may end the wait for its lock. */
struct sv_whereabouts {
	const char *name; /* or NULL */
	const char *path; /* or NULL */
	int project;
	bool create; /* make a named one that is missing */
	enum sv_lock lock;
	struct sv_patience patience;
};

/* SV_OK if name may name a channel, else SV_EINVAL. */
int sv_rendezvous_check_name(const char *name, struct sv_fault *fault);

/* The name of a named channel's file in the directory; project 0: the default. */
void sv_rendezvous_file(char *file, size_t size, const char *name, int project);

/*
 * Open and lock.  SV_OK; SV_EINVAL; SV_EAGAIN and SV_ETIMEDOUT (somebody holds the lock); SV_EINTR;
 * SV_EFOREIGN (a file that is not a channel's has the name); SV_ESYSTEM (ENOENT when it is missing and not to
 * be made).  Sets the label of the fault.  On failure nothing is open, but rv->key, path and directory's path
 * may be filled in.
 */
int sv_rendezvous_open(struct sv_rendezvous *rv, const struct sv_whereabouts *where, struct sv_fault *fault);

/* Give up a named rendezvous whose key leads to an object of somebody else's, and make another: a new inode,
 * a new key. */
int sv_rendezvous_renew(struct sv_rendezvous *rv, struct sv_fault *fault);

/* As before, for a handle that is open.  Not recursive. */
int sv_rendezvous_lock(struct sv_rendezvous *rv, bool shared, const struct sv_patience *patience,
                       struct sv_fault *fault);
void sv_rendezvous_unlock(struct sv_rendezvous *rv);

/* Unlock and close.  A child of fork(2) shares the lock, so closing alone would not give it back. */
void sv_rendezvous_close(struct sv_rendezvous *rv);

/*
 * Open any path for its lock alone, without the side effects that opening a device or a FIFO may have.  -1
 * with errno, EMEDIUMTYPE: it is neither a regular file nor a directory.
 */
int sv_rendezvous_open_file(const char *path, struct stat *st);

/* Is there any object under a key? */
bool sv_key_is_taken(key_t key);

#endif
