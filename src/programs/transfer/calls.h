/* SPDX-License-Identifier: MIT */
/*
 * calls.h - the library's calls that wait, as the programs use them: with their time-out, with progress, and
 * on a resumable channel with waiting for the next peer when one dies.
 *
 * Each returns a library code.  The failure has been reported unless the code is SV_OK, SV_END or SV_EINTR;
 * after SV_EINTR t->stop is the status to exit with.
 */
#ifndef SV_TRANSFER_CALLS_H
#define SV_TRANSFER_CALLS_H

#include "transfer/transfer.h"

int cli_reserve(struct cli_transfer *t, size_t want, void **data, size_t *got);
int cli_peek(struct cli_transfer *t, const void **data, size_t *got);
int cli_finish(struct cli_transfer *t);
int cli_msg_reserve(struct cli_transfer *t, size_t size, void **data);
int cli_msg_peek(struct cli_transfer *t, const void **data, size_t *size);

/* The status to exit with after one of these calls. */
int cli_call_status(const struct cli_transfer *t, int code);

#endif
