/* SPDX-License-Identifier: MIT */
/* peer.h - waiting for the other side, and telling the user which command to start. */
#ifndef SV_TRANSFER_PEER_H
#define SV_TRANSFER_PEER_H

#include "transfer/transfer.h"

/* The complete command to type on the other side, in a buffer of CLI_COMMAND_SIZE. */
char *cli_peer_command(char *out, size_t size, const struct cli_transfer *t);

/*
 * sv_wait_peer() with this program's time-out.  next: wait for the peer that comes after one that died.
 * Returns a library code; reports no failure.
 */
int cli_wait_peer(struct cli_transfer *t, bool next);

#endif
