/* SPDX-License-Identifier: MIT */
/* opening.h - files that cannot be opened, as the test decides: the functions below stand before the C
 * library's. */
#ifndef SV_OPENING_H
#define SV_OPENING_H

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

static int inherited; /* files that a program which is started at that moment would have open */

/* Of the test: the errno of an attempt to open this file, or 0. */
static int refusal(int directory, const char *path, int flags);

static inline int open_if_possible(int directory, const char *path, int flags, va_list args)
{
	mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(args, mode_t) : 0;
	int reason = refusal(directory, path, flags);

	inherited += (flags & O_CLOEXEC) == 0;
	/* As in the C library, success leaves errno alone. */
	if (reason == 0)
		return (int)syscall(SYS_openat, directory, path, flags, mode);
	errno = reason;
	return -1;
}

int openat(int directory, const char *path, int flags, ...)
{
	va_list args;
	int fd;

	va_start(args, flags);
	fd = open_if_possible(directory, path, flags, args);
	va_end(args);
	return fd;
}

int open(const char *path, int flags, ...)
{
	va_list args;
	int fd;

	va_start(args, flags);
	fd = open_if_possible(AT_FDCWD, path, flags, args);
	va_end(args);
	return fd;
}

#endif
