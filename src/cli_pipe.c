/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* F_SETPIPE_SZ */
#include "cli_pipe.h"

#include <fcntl.h>

/* What /proc/sys/fs/pipe-max-size allows everybody by default. */
#define WIDE (1 << 20)

void cli_widen_pipe(const struct cli_transfer *t, int fd)
{
#ifdef F_SETPIPE_SZ
	/* -1, with EBADF: not a pipe. */
	int size = (t->options.flags & SV_MESSAGES) != 0 ? -1 : fcntl(fd, F_GETPIPE_SZ);

	/* Where it is refused the pipe stays as it was, which does no harm. */
	if (size > 0 && size < WIDE)
		(void)fcntl(fd, F_SETPIPE_SZ, WIDE);
#else
	(void)t;
	(void)fd;
#endif
}
