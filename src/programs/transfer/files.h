/* SPDX-License-Identifier: MIT */
/* files.h - open(2), read(2) and write(2) that continue after signals, unless the program must stop. */
#ifndef SV_TRANSFER_FILES_H
#define SV_TRANSFER_FILES_H

#include "transfer/transfer.h"

/*
 * Open a file; a FIFO waits for its other end.  A descriptor, or -1 with errno; EINTR when cli_must_stop().
 */
int cli_open_file(struct cli_transfer *t, const char *file, int flags);

/*
 * Read or write until some bytes have moved.  -1 with errno.  0 of cli_write(), and 0 of cli_read() when
 * cli_must_stop(), mean that this side must end with the status t->stop.  Writing to a command is limited by
 * --timeout.
 */
ssize_t cli_read(struct cli_transfer *t, int fd, void *data, size_t size);
ssize_t cli_write(struct cli_transfer *t, int fd, const void *data, size_t size);

/*
 * Call it after cli_write() returned -1: report it, and store what to tell the writer.  Returns the status to
 * exit with.
 */
int cli_write_failed(struct cli_transfer *t);

#endif
