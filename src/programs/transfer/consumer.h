/* SPDX-License-Identifier: MIT */
/*
 * consumer.h - a reader that sleeps in the channel learns that nobody takes its output any more.
 *
 * A write would tell, but there is nothing to write while the writer is silent.  After a while of silence the
 * kernel is asked for a signal (SIGIO) when the last reader of the pipe goes; it ends the wait.  A socket
 * gives no such signal: it is looked at a few times a second.
 */
#ifndef SV_TRANSFER_CONSUMER_H
#define SV_TRANSFER_CONSUMER_H

#include "transfer/transfer.h"

/* How long to wait, in milliseconds, before cli_consumer_gone() is to be asked; -1: for ever. */
int cli_consumer_patience(const struct cli_transfer *t);

/* After such a wait, or one that was interrupted: true if the consumer has gone, which has been reported, and
 * t->stop is set. */
bool cli_consumer_gone(struct cli_transfer *t);

/* Something is to be written: no more signals. */
void cli_consumer_relax(struct cli_transfer *t);

/* A write failed with EPIPE, or would: report it, unless --quiet or a command's end will say more. */
void cli_consumer_report(struct cli_transfer *t);

#endif
