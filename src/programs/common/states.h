/* SPDX-License-Identifier: MIT */
/*
 * states.h - the states of a channel, as all programs name them.  In sentences it is sv_strstate()'s words,
 * "waiting for a reader"; in JSON, in raw output and on command lines it is one word, "waiting_reader".
 */
#ifndef SV_COMMON_STATES_H
#define SV_COMMON_STATES_H

#include <stdbool.h>

#include "svipc.h"

/* One word; "unknown" for a state that this program does not know.  Static strings. */
const char *cli_state_word(enum sv_state state);

/* In at most nine characters, for narrow tables: "no reader". */
const char *cli_state_short(enum sv_state state);

/* The state of a word; false: there is none. */
bool cli_state_parse(const char *word, enum sv_state *state);

#endif
