/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* ftok */
#include "os/key.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>

/*
 * ftok(3) needs a path.  The path of the descriptor leads to this file, unless something other than proc(5)
 * is mounted there.  Then the key differs from the formula below, which glibc and musl both use for an inode.
 */
int sv_key_of(int fd, const struct stat *st, const char *path, int project, key_t *key)
{
	uint32_t expected = (uint32_t)project << 24 | ((uint32_t)st->st_dev & 0xff) << 16 |
	                    ((uint32_t)st->st_ino & 0xffff);
	char link[40];

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	errno = 0; /* -1 may be a key too */
	*key = ftok(link, project);
	if ((uint32_t)*key != expected) {
		errno = 0;
		*key = ftok(path, project);
	}
	return *key == (key_t)-1 ? errno : 0;
}

bool sv_key_is_taken(key_t key)
{
	/* ENOSYS: the system has no such objects; making one will report it. */
	if (shmget(key, 0, 0) != -1 || (errno != ENOENT && errno != ENOSYS))
		return true;
	return semget(key, 0, 0) != -1 || (errno != ENOENT && errno != ENOSYS);
}
