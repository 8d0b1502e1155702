/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* F_SETPIPE_SZ */
#include "cli_pipe.h"

#include <fcntl.h>
#include <stdint.h>

/* Half of what /proc/sys/fs/pipe-max-size allows everybody by default: all of it is no faster, and too much for some caches. */
#define WIDE (512 << 10)

/* The pipe's two ends cannot copy at the same time, so neither should for long. */
#define PIPE_BLOCK (64u << 10)

size_t cli_widen_pipe(const struct cli_transfer *t, int fd)
{
#ifdef F_SETPIPE_SZ
	/* -1, with EBADF: not a pipe. */
	int size = (t->options.flags & SV_MESSAGES) != 0 ? -1 : fcntl(fd, F_GETPIPE_SZ);

	/* Where it is refused the pipe stays as it was, which does no harm. */
	if (size > 0 && size < WIDE)
		(void)fcntl(fd, F_SETPIPE_SZ, WIDE);
	if (size > 0)
		return PIPE_BLOCK;
#else
	(void)t;
	(void)fd;
#endif
	return SIZE_MAX;
}
