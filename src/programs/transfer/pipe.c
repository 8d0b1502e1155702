/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* F_SETPIPE_SZ */
#include "transfer/pipe.h"

#include <fcntl.h>

/*
 * Half of what /proc/sys/fs/pipe-max-size allows every user by default.  All of it is no faster, and too much
 * for some caches.
 */
#define WIDE (512 << 10)

bool cli_widen_pipe(const struct cli_transfer *t, int fd)
{
#ifdef F_SETPIPE_SZ
	/* -1: not a pipe, or a transfer of messages. */
	int size = (t->options.flags & SV_MESSAGES) != 0 ? -1 : fcntl(fd, F_GETPIPE_SZ);

	/* If this is refused, the pipe stays as it was, which does no harm. */
	if (size > 0 && size < WIDE)
		(void)fcntl(fd, F_SETPIPE_SZ, WIDE);
	return size > 0;
#else
	(void)t;
	(void)fd;
	return false;
#endif
}
