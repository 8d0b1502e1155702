/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* F_SETPIPE_SZ */
#include "cli_pipe.h"

#include <fcntl.h>

/* What /proc/sys/fs/pipe-max-size allows everybody by default. */
#define WIDE (1 << 20)

void cli_widen_pipe(int fd)
{
#ifdef F_SETPIPE_SZ
	int size = fcntl(fd, F_GETPIPE_SZ);

	/* Not a pipe: EBADF.  Refused: as it was. */
	if (size > 0 && size < WIDE)
		(void)fcntl(fd, F_SETPIPE_SZ, WIDE);
#else
	(void)fd;
#endif
}
