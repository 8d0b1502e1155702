/* SPDX-License-Identifier: MIT */
/* pipe.h - larger pipes. */
#ifndef SV_TRANSFER_PIPE_H
#define SV_TRANSFER_PIPE_H

#include <stdbool.h>

#include "transfer/transfer.h"

/*
 * If fd is a pipe or FIFO with room for less than 512 KiB, give it that much if the system allows it
 * (fcntl(2), F_SETPIPE_SZ), so that its other end is woken less often.  Not for messages, because they should
 * not queue up in the pipe.  True: it is such a pipe.
 */
bool cli_widen_pipe(const struct cli_transfer *t, int fd);

#endif
