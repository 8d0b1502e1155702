/* SPDX-License-Identifier: MIT */
/*
 * midway_preload.c - makes something happen to svwrite or svread in the middle of a transfer.
 *
 * It counts the read(2) and write(2) calls whose buffer lies in a System V segment.  After SV_MIDWAY_AFTER of
 * them (default 0), before the next one, SV_MIDWAY says what happens:
 *
 *	signal=N   the process sends itself signal N, once
 *	errno=N    that call fails with errno N, and so does each later one
 *	short=N    that call and each later one moves at most N bytes
 *	segment    a store into the buffer: a reader has it mapped read-only
 *	outside    a store to an address where nothing can be mapped
 *	close=N    close(2) of the descriptor that was read or written fails with errno N
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>
#include <unistd.h>

static struct {
	uintptr_t from, to;
} maps[16];
static volatile uintptr_t nowhere = 64; /* below vm.mmap_min_addr */
static int mapped, calls, done, used_fd = -1;

static void *real(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

/* The number after SV_MIDWAY's "what=", or -1. */
static int midway(const char *what)
{
	const char *value = getenv("SV_MIDWAY");
	size_t length = strlen(what);

	if (value == NULL || strncmp(value, what, length) != 0)
		return -1;
	return value[length] == '=' ? atoi(value + length + 1) : 0;
}

void *shmat(int id, const void *address, int flags)
{
	void *(*next)(int, const void *, int) = (void *(*)(int, const void *, int))real("shmat");
	void *base = next(id, address, flags);
	struct shmid_ds ds;

	if (base != (void *)-1 && mapped < 16 && shmctl(id, IPC_STAT, &ds) == 0) {
		maps[mapped].from = (uintptr_t)base;
		maps[mapped++].to = (uintptr_t)base + ds.shm_segsz;
	}
	return base;
}

static int is_block(const void *data)
{
	int i;

	for (i = 0; i < mapped; i++)
		if ((uintptr_t)data >= maps[i].from && (uintptr_t)data < maps[i].to)
			return 1;
	return 0;
}

/* Make it happen.  1: the call fails with errno. */
static int happens(int fd, const void *data, size_t *size)
{
	const char *after = getenv("SV_MIDWAY_AFTER");

	if (!is_block(data))
		return 0;
	used_fd = fd;
	if (calls++ < (after != NULL ? atoi(after) : 0))
		return 0;
	if (midway("segment") != -1)
		*(volatile char *)(uintptr_t)data = 'x';
	if (midway("outside") != -1)
		*(volatile char *)nowhere = 'x';
	if (midway("signal") != -1 && !done) {
		done = 1;
		kill(getpid(), midway("signal"));
	}
	if (midway("short") > 0 && *size > (size_t)midway("short"))
		*size = (size_t)midway("short");
	errno = midway("errno");
	return midway("errno") != -1;
}

ssize_t read(int fd, void *data, size_t size)
{
	static ssize_t (*next)(int, void *, size_t);

	if (next == NULL)
		next = (ssize_t(*)(int, void *, size_t))real("read");
	return happens(fd, data, &size) ? -1 : next(fd, data, size);
}

ssize_t write(int fd, const void *data, size_t size)
{
	static ssize_t (*next)(int, const void *, size_t);

	if (next == NULL)
		next = (ssize_t(*)(int, const void *, size_t))real("write");
	return happens(fd, data, &size) ? -1 : next(fd, data, size);
}

int close(int fd)
{
	static int (*next)(int);
	int result;

	if (next == NULL)
		next = (int (*)(int))real("close");
	result = next(fd);
	if (fd == used_fd && midway("close") != -1) {
		errno = midway("close");
		result = -1;
	}
	return result;
}
