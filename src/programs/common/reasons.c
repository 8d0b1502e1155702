/* SPDX-License-Identifier: MIT */
#include "common/reasons.h"

#include <stdio.h>

char *cli_reason_text(char *out, size_t size, int reason)
{
	const char *text = NULL;

	switch (reason) {
	case CLI_REASON_SHORT: text = "its input was truncated during the transfer"; break;
	case CLI_REASON_CHANGED: text = "its input was changed during the transfer"; break;
	case CLI_REASON_UNREAD: text = "its command ended before it had read everything"; break;
	case CLI_REASON_CLOSED: text = "its command closed its input before it had read everything"; break;
	case CLI_REASON_OUTPUT: text = "its output is not the file that the transfer was begun with"; break;
	case CLI_REASON_SAME: text = "input and output are the same file"; break;
	}
	if (text != NULL)
		snprintf(out, size, "%s", text);
	else if (reason > CLI_REASON_EXIT && reason <= CLI_REASON_EXIT + 255)
		snprintf(out, size, "its command exited with status %d", reason - CLI_REASON_EXIT);
	else if (reason > CLI_REASON_KILLED && reason <= CLI_REASON_KILLED + 127)
		snprintf(out, size, "its command was killed by signal %d", reason - CLI_REASON_KILLED);
	else
		return NULL;
	return out;
}
