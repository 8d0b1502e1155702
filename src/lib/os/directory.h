/* SPDX-License-Identifier: MIT */
/*
 * directory.h - the directory of this user's rendezvous files and records.
 *
 * Nobody else can write there.  It has a sub-directory for each IPC namespace, because a process cannot know
 * anything about the objects of another namespace.
 */
#ifndef SV_OS_DIRECTORY_H
#define SV_OS_DIRECTORY_H

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

/* The IPC namespaces that have a sub-directory there, but for this one. */
struct sv_spaces {
	uint64_t *number;
	size_t count;
};

struct sv_directory {
	int top;                        /* descriptor of the user's directory, -1: not open */
	int fd;                         /* descriptor of the sub-directory for this namespace, -1: not open */
	char path[PATH_MAX];            /* canonical path of that sub-directory */
	bool borrowed;                  /* closing it leaves the descriptors open */
	const struct sv_spaces *spaces; /* NULL: look for them each time */
};

/*
 * Open the directory; with create, make it if it is missing.  It is refused unless it belongs to this user,
 * has mode 0700 and is no symbolic link.  SV_OK; SV_ESYSTEM (ENOENT: missing, without create; ENOSYS: the IPC
 * namespace is not known, because /proc is not mounted); SV_EINVAL: SVIPC_DIR cannot be used.
 */
int sv_directory_open(struct sv_directory *directory, bool create, struct sv_fault *fault);
void sv_directory_close(struct sv_directory *directory);

/* All names in an open directory, for readdir(3) and closedir(3).  NULL: it cannot be read. */
DIR *sv_directory_names(int directory);

/*
 * Find the other namespaces once, for many questions; to be freed.  Those that it cannot find are left out.
 */
void sv_directory_find_spaces(const struct sv_directory *directory, struct sv_spaces *spaces);
void sv_spaces_free(struct sv_spaces *spaces);

/* In how many other IPC namespaces does a file of this name exist?  *one: the number of one of them, or 0. */
unsigned sv_directory_elsewhere(const struct sv_directory *directory, const char *file, uint64_t *one);

/* The same, if sv_directory_open() has failed, for example because this namespace has no directory. */
unsigned sv_directory_only_elsewhere(const char *file, uint64_t *one);

/*
 * A copy of the descriptor that is never 0, 1 or 2, because a program may write to those unchecked.  It
 * closes the old one.  -1 with errno.
 */
int sv_safe_descriptor(int fd);

#endif
