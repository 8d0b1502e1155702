/* SPDX-License-Identifier: MIT */
/*
 * directory.h - where this user's rendezvous files and records are: one directory that nobody else can write,
 * with a sub-directory for each IPC namespace, because a process can know nothing of the objects of another
 * one.
 */
#ifndef SV_OS_DIRECTORY_H
#define SV_OS_DIRECTORY_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "error.h"

struct sv_directory {
	int top;             /* descriptor of the user's directory, -1: not open */
	int fd;              /* descriptor of this namespace's sub-directory, -1: not open */
	char path[PATH_MAX]; /* of this namespace's sub-directory, canonical */
};

/*
 * Open it; with create it is made if missing.  Refused unless it is a directory of this user with mode 0700
 * and no symbolic link.  SV_OK; SV_ESYSTEM (ENOENT: not there, and not create); SV_EINVAL: SVIPC_DIR cannot
 * be used.
 */
int sv_directory_open(struct sv_directory *directory, bool create, struct sv_fault *fault);
void sv_directory_close(struct sv_directory *directory);

/* In how many other IPC namespaces does a file of this name exist?  *one: the number of one of those, or 0.
 */
unsigned sv_directory_elsewhere(const struct sv_directory *directory, const char *file, uint64_t *one);

/* The same where sv_directory_open() has failed, because there is no directory for this namespace say. */
unsigned sv_directory_only_elsewhere(const char *file, uint64_t *one);

/* The same descriptor, but never 0, 1 or 2: a program may write to those without a look.  -1 with errno. */
int sv_safe_descriptor(int fd);

#endif
