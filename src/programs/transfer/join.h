/* SPDX-License-Identifier: MIT */
/* join.h - joining a channel, meeting the other side, and leaving. */
#ifndef SV_TRANSFER_JOIN_H
#define SV_TRANSFER_JOIN_H

#include "transfer/transfer.h"

/* A new transfer: nothing has moved. */
void cli_transfer_begin(struct cli_transfer *t);

/* Open the channel, then wait for the peer, telling a person when it takes long.  CLI_OK or the status to
 * exit with, reported. */
int cli_transfer_open(struct cli_transfer *t);
int cli_transfer_meet(struct cli_transfer *t);

/* Tell the peer of a failure here; then sv_close.  Returns status, or does not return if a signal ended it.
 */
int cli_transfer_close(struct cli_transfer *t, int status);

#endif
