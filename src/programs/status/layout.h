/* SPDX-License-Identifier: MIT */
/* layout.h - chooses the columns for which a window has room. */
#ifndef SV_STATUS_LAYOUT_H
#define SV_STATUS_LAYOUT_H

#include "status/columns.h"
#include "status/snapshot.h"

/*
 * The table of a snapshot, with the columns that were asked for, or as many as fit into width.  The caller
 * frees it.
 */
void cli_layout_table(struct cli_table *table, const struct cli_snapshot *snapshot,
                      const struct cli_view *view, size_t width);

#endif
