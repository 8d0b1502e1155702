/* SPDX-License-Identifier: MIT */
/* inspect.h - looking at channels from outside: who they are, what they do, what may be removed. */
#ifndef SV_INSPECT_INSPECT_H
#define SV_INSPECT_INSPECT_H

#include <stdbool.h>

#include "channel/channel.h"

/* A channel seen from outside: by its record, by its segment, or by a name that the user gave. */
struct sv_sight {
	struct sv_record record; /* path and project are filled in even when it is not valid */
	char file[PATH_MAX];     /* of the record; empty: none */
	bool named;
	uint32_t key; /* 0: the rendezvous is gone and no object tells */
	int shmid;    /* of this channel for certain, or -1 */
	int semid;
	bool have_shm, have_sem; /* the facts are valid */
	bool in_doubt;           /* an object may be there, but the kernel does not let us look */
	bool half_made;          /* a creator of ours died, or is at it (only the lock tells) */
	struct sv_segment_facts shm;
	struct sv_sem_facts sem;
	struct sv_info info;
};

/* Find the objects of a sight whose record, key and ids are filled in, and say what state they are in. */
void sv_sight_examine(struct sv_sight *sight);

/* Sights of this user (or all), each examined.  A non-zero result of visit ends the walk and is returned. */
int sv_sight_walk(bool all, int (*visit)(struct sv_sight *sight, void *arg), void *arg,
                  struct sv_fault *fault);

/* The sight of a rendezvous path, whether or not anything is recorded there.  record_file may be "". */
void sv_sight_of_path(struct sv_sight *sight, const char *path, int project, bool named,
                      const char *record_file);

/*
 * The sight of the one channel that the user chose: by name, or by path when that is not NULL; project 0: the
 * default.  *there tells whether anything is; if not, only the sight's key may be valid (0: not even that).
 * SV_OK, SV_EINVAL (name), SV_ESYSTEM.
 */
int sv_sight_of_choice(struct sv_sight *sight, const char *name, const char *path, int project, bool *there,
                       struct sv_fault *fault);

#endif
