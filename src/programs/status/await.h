/* SPDX-License-Identifier: MIT */
/* await.h - wait until a channel is in a state, for scripts. */
#ifndef SV_STATUS_AWAIT_H
#define SV_STATUS_AWAIT_H

#include "status/snapshot.h"

/*
 * what: "NAME", "NAME=STATE" or, when the choice has the channel, "=STATE" or "".  STATE is "there" (the
 * default), "writer", "reader", "gone", or the word of a state.  The channel is looked at 20 times a second,
 * so a state that lasts for a shorter time can be missed.
 * Returns CLI_OK when the channel is in that state; after printing a message CLI_TIMEOUT when timeout_ms have
 * passed (-1: no limit), CLI_FAILED or CLI_USAGE.
 */
int cli_await(const char *what, const struct cli_choice *choice, int timeout_ms);

#endif
