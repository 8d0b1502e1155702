/* SPDX-License-Identifier: MIT */
/* join.h - joining a channel, meeting the other side, and leaving. */
#ifndef SV_TRANSFER_JOIN_H
#define SV_TRANSFER_JOIN_H

#include "transfer/transfer.h"

/* Start a new transfer: nothing has moved yet. */
void cli_transfer_begin(struct cli_transfer *t);

/*
 * Open the channel; wait for the peer, and tell the user if this takes long.  CLI_OK or the status to exit
 * with, reported.
 */
int cli_transfer_open(struct cli_transfer *t);
int cli_transfer_meet(struct cli_transfer *t);

/*
 * Tell the peer about a failure here, then call sv_close().  Returns status, or does not return if a signal
 * ended the transfer.
 */
int cli_transfer_close(struct cli_transfer *t, int status);

#endif
