/* SPDX-License-Identifier: MIT */
/* identity.h - how to tell two files apart, and two IPC namespaces. */
#ifndef SV_OS_IDENTITY_H
#define SV_OS_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

/*
 * A file system uses the inode of a removed file for a new one, some of them at once.  The birth time tells
 * the two apart.
 */
struct sv_identity {
	uint64_t device;
	uint64_t inode;
	int64_t birth_ns; /* nanoseconds since 1970; 0: the file system does not record it */
};

/* The identity of an open file; st is what fstat(2) says of it. */
struct sv_identity sv_identity_of(int fd, const struct stat *st);

/* Is it the same file?  If a birth time is unknown, device and inode decide. */
bool sv_identity_is_same(const struct sv_identity *a, const struct sv_identity *b);

/* Number of the IPC namespace of this process: the inode of /proc/self/ns/ipc; 0 if that cannot be read. */
uint64_t sv_ipc_namespace(void);

/* A random number, not 0. */
uint64_t sv_random(void);

#endif
