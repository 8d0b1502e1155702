/* SPDX-License-Identifier: MIT */
/*
 * named_preload.c - a file system without O_TMPFILE; a temporary name is removed only when the file SV_GO
 * exists.
 * The file SV_BLIND is not found the first time, as if another process made it right after.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int openat(int directory, const char *path, int flags, ...)
{
	int (*next)(int, const char *, int, ...) =
		(int (*)(int, const char *, int, ...))dlsym(RTLD_NEXT, "openat");
	const char *blind = getenv("SV_BLIND");
	static int blinded;
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = (mode_t)va_arg(args, unsigned);
	va_end(args);
	if (blind != NULL && !blinded && strcmp(path, blind) == 0) {
		blinded = 1;
		errno = ENOENT;
		return -1;
	}
	if ((flags & O_TMPFILE) == O_TMPFILE) {
		errno = EOPNOTSUPP;
		return -1;
	}
	return next(directory, path, flags, mode);
}

/* The name of the same call where file offsets have 64 bits. */
int openat64(int directory, const char *path, int flags, ...) __attribute__((alias("openat")));

int unlinkat(int directory, const char *path, int flags)
{
	int (*next)(int, const char *, int) = (int (*)(int, const char *, int))dlsym(RTLD_NEXT, "unlinkat");
	const struct timespec pause = { 0, 1000000 };
	const char *go = getenv("SV_GO");

	while (go != NULL && strncmp(path, ".new.", 5) == 0 && access(go, F_OK) == -1)
		nanosleep(&pause, NULL);
	return next(directory, path, flags);
}
