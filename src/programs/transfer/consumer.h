/* SPDX-License-Identifier: MIT */
/*
 * consumer.h - how a reader that sleeps in the channel learns that nobody reads its output any more.
 *
 * A write would show it, but there is nothing to write while the writer is silent.  After some silence the
 * kernel is asked for a signal (SIGIO) when the last reader of the pipe closes it; the signal ends the wait.
 * A socket gives no such signal, so it is polled a few times a second.
 */
#ifndef SV_TRANSFER_CONSUMER_H
#define SV_TRANSFER_CONSUMER_H

#include "transfer/transfer.h"

/* How many milliseconds to wait before the next call of cli_consumer_gone(); -1: for ever. */
int cli_consumer_patience(const struct cli_transfer *t);

/*
 * Call it after such a wait, or after one that was interrupted.  True: the consumer has gone; this has been
 * reported, and t->stop is set.
 */
bool cli_consumer_gone(struct cli_transfer *t);

/* There is something to write: stop the signals. */
void cli_consumer_relax(struct cli_transfer *t);

/*
 * A write failed with EPIPE, or would fail: report it, unless --quiet is given or the end of a command will
 * say more.
 */
void cli_consumer_report(struct cli_transfer *t);

#endif
