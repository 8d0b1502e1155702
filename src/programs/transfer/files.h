/* SPDX-License-Identifier: MIT */
/* files.h - open(2), read(2) and write(2) that signals interrupt and nothing else ends. */
#ifndef SV_TRANSFER_FILES_H
#define SV_TRANSFER_FILES_H

#include "transfer/transfer.h"

/* A FIFO waits for its other end.  A descriptor, or -1: see errno; EINTR when cli_must_stop(). */
int cli_open_file(struct cli_transfer *t, const char *file, int flags);

/*
 * Until something was moved.  -1: see errno.  0 of cli_write(), and of cli_read() when cli_must_stop(): this
 * side is to end with the status t->stop.  Writing to a command is bounded by --timeout.
 */
ssize_t cli_read(struct cli_transfer *t, int fd, void *data, size_t size);
ssize_t cli_write(struct cli_transfer *t, int fd, const void *data, size_t size);

/* After cli_write() returned -1: report it, and remember what to tell the writer.  The status to exit with.
 */
int cli_write_failed(struct cli_transfer *t);

#endif
