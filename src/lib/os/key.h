/* SPDX-License-Identifier: MIT */
/* key.h - the key that a file and a project id give (ftok(3)), and whether objects have it. */
#ifndef SV_OS_KEY_H
#define SV_OS_KEY_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

/* The key of an open file; st: its fstat(2); path: used where /proc is missing.  0 or an errno value. */
int sv_key_of(int fd, const struct stat *st, const char *path, int project, key_t *key);

/* Does any object have this key? */
bool sv_key_is_taken(key_t key);

#endif
