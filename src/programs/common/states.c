/* SPDX-License-Identifier: MIT */
#include "common/states.h"

const char *cli_state_word(enum sv_state state)
{
	switch (state) {
	case SV_STATE_WAITING_READER: return "waiting_reader";
	case SV_STATE_WAITING_WRITER: return "waiting_writer";
	/* The library's other states are one word each. */
	default: return sv_strstate(state);
	}
}

const char *cli_state_short(enum sv_state state)
{
	switch (state) {
	case SV_STATE_WAITING_READER: return "no reader";
	case SV_STATE_WAITING_WRITER: return "no writer";
	default: return sv_strstate(state);
	}
}
