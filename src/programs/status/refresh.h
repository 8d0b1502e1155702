/* SPDX-License-Identifier: MIT */
/* refresh.h - shows one snapshot after the other: on a screen, as blocks of text, or as lines of JSON. */
#ifndef SV_STATUS_REFRESH_H
#define SV_STATUS_REFRESH_H

#include "status/columns.h"
#include "status/snapshot.h"

struct cli_refresh {
	struct cli_choice choice;
	struct cli_view view;
	bool json;
	int every_ms;
	int count; /* snapshots; 0: for ever */
};

/* Returns the status to exit with; standard output is closed.  If a signal came, the program dies by it. */
int cli_refresh(const struct cli_refresh *refresh);

#endif
