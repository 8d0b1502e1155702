/* SPDX-License-Identifier: MIT */
/* refresh.h - a snapshot after the other, on a screen or as blocks of text or lines of JSON. */
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

/* The status to exit with, after standard output was closed; or the program ends by the signal that came. */
int cli_refresh(const struct cli_refresh *refresh);

#endif
