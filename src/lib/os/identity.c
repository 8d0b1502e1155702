/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* AT_EMPTY_PATH, syscall */
#include "os/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif

/*
 * The head of struct statx in linux/stat.h (since Linux 4.11).  That header is not included, because musl's
 * compiler wrapper lacks it.
 */
struct statx_time {
	int64_t seconds;
	uint32_t nanoseconds;
	int32_t reserved;
};
struct statx_head {
	uint32_t mask;
	uint32_t block_size;
	uint64_t attributes;
	uint32_t links, uid, gid;
	uint16_t mode, reserved;
	uint64_t inode, size, blocks, attributes_mask;
	struct statx_time accessed, born, changed, modified;
	unsigned char rest[128];
};
#define STATX_BIRTH 0x800u
_Static_assert(sizeof(struct statx_head) == 256, "as large as the kernel's struct statx");

static int64_t birth_of(int fd)
{
#ifdef SYS_statx
	struct statx_head head = { 0 };

	if (syscall(SYS_statx, fd, "", AT_EMPTY_PATH, STATX_BIRTH, &head) == 0 &&
	    (head.mask & STATX_BIRTH) != 0)
		return (int64_t)((uint64_t)head.born.seconds * 1000000000u + head.born.nanoseconds);
#else
	(void)fd;
#endif
	return 0;
}

struct sv_identity sv_identity_of(int fd, const struct stat *st)
{
	return (struct sv_identity){ .device = (uint64_t)st->st_dev,
		                     .inode = (uint64_t)st->st_ino,
		                     .birth_ns = birth_of(fd) };
}

bool sv_identity_is_same(const struct sv_identity *a, const struct sv_identity *b)
{
	return a->device == b->device && a->inode == b->inode &&
	       (a->birth_ns == b->birth_ns || a->birth_ns == 0 || b->birth_ns == 0);
}

uint64_t sv_ipc_namespace(void)
{
	struct stat st;

	char text[64] = "";
	unsigned long long number = 0;

	if (stat("/proc/self/ns/ipc", &st) == 0)
		return (uint64_t)st.st_ino;
	/* If two sides got different answers, they would never meet: so ask in a second way. */
	if (readlink("/proc/self/ns/ipc", text, sizeof text - 1) > 0 &&
	    sscanf(text, "ipc:[%llu]", &number) == 1)
		return number;
	return 0;
}

uint64_t sv_random(void)
{
	uint64_t number = 0;

	/* Early at boot getrandom(2) can fail; then the clock and the process id differ enough. */
	while (number == 0)
		if (getrandom(&number, sizeof number, GRND_NONBLOCK) != (ssize_t)sizeof number)
			number = (uint64_t)sv_now() * UINT64_C(0x9e3779b97f4a7c15) ^ (uint64_t)getpid();
	return number;
}
