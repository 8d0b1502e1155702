/* SPDX-License-Identifier: MIT */
/* pipe.h - pipes that hold more. */
#ifndef SV_TRANSFER_PIPE_H
#define SV_TRANSFER_PIPE_H

#include <stdbool.h>

#include "transfer/transfer.h"

/*
 * If fd is a pipe or FIFO that holds less than 512 KiB, make it hold that, where the system lets us
 * (fcntl(2), F_SETPIPE_SZ): its other end is woken less often.  Not in a transfer of messages, which are not
 * to queue up.  Is it such a pipe?
 */
bool cli_widen_pipe(const struct cli_transfer *t, int fd);

#endif
