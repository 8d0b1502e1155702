/* SPDX-License-Identifier: MIT */
/* watch.h - a writer whose input is silent still learns at once that its reader is gone. */
#ifndef SV_TRANSFER_WATCH_H
#define SV_TRANSFER_WATCH_H

#include "transfer/transfer.h"

/*
 * Wait until fd can be read, or the reader's process ends: read(2) alone would not notice.  SV_OK: read now
 * (a signal may have come instead); else the reader's failure, reported.  Of no use for a regular file, which
 * is always ready.
 */
int cli_await_input(struct cli_transfer *t, int fd);

/* Let go of what cli_await_input() opened. */
void cli_unwatch(struct cli_transfer *t);

#endif
