/* SPDX-License-Identifier: MIT */
/* inspect.h - looking at channels from outside: what they are, what they do, what may be removed. */
#ifndef SV_INSPECT_INSPECT_H
#define SV_INSPECT_INSPECT_H

#include <stdbool.h>

#include "channel/channel.h"

/* A channel seen from outside: by its rendezvous, by its record, or by its segment alone. */
struct sv_sight {
	struct sv_rendezvous rv;
	bool gone; /* rv.fd is -1 because the file was removed or replaced, so no process can find it any more
	            */
	int unreachable; /* errno if rv.fd is -1 because the file cannot be opened; others may still reach it
	                  */
	struct sv_target target;
	struct sv_objects objects;
	struct sv_verdict verdict;
	struct sv_info info;
};

/*
 * Which channels a walk visits: those of this user, or those of all users that can be seen.  Some have a
 * record in this user's directory, and others are known from their segments only.
 */
enum sv_scope {
	SV_SCOPE_OWN,
	SV_SCOPE_TIDY, /* the same, and temporary files of creators that died are removed */
	SV_SCOPE_ALL
};

/* Visit each channel, without a lock.  A non-zero result of visit ends the walk and is returned. */
int sv_sight_walk(enum sv_scope scope, int (*visit)(struct sv_sight *sight, void *arg), void *arg,
                  struct sv_fault *fault);

/*
 * Look at the one channel that the user chose: by path if it is not NULL, else by name; project 0: the
 * default.  SV_OK, SV_EINVAL, SV_EFOREIGN, SV_ESYSTEM (ENOENT: there is none).  The caller must close the
 * sight, even after a failure.
 */
int sv_sight_of_choice(struct sv_sight *sight, const char *name, const char *path, int project,
                       struct sv_fault *fault);

/*
 * Gather and classify.  If the channel may be changing just now, look again, with the lock for a moment if it
 * is free.
 */
void sv_sight_look(struct sv_sight *sight);

/*
 * The same with an exclusive lock, which is held until the sight is closed.  False: another process has held
 * it for a second, or has removed the channel.
 */
bool sv_sight_lock(struct sv_sight *sight);

void sv_sight_close(struct sv_sight *sight);

#endif
