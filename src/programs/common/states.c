/* SPDX-License-Identifier: MIT */
#include "common/states.h"

#include <string.h>

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

bool cli_state_parse(const char *word, enum sv_state *state)
{
	int i;

	/* The states are numbered from 0 without a gap. */
	for (i = 0; strcmp(sv_strstate((enum sv_state)i), "unknown") != 0; i++)
		if (strcmp(word, cli_state_word((enum sv_state)i)) == 0) {
			*state = (enum sv_state)i;
			return true;
		}
	return false;
}
