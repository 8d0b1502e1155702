/* SPDX-License-Identifier: MIT */
/* detail.h - one channel on several lines, for a person. */
#ifndef SV_STATUS_DETAIL_H
#define SV_STATUS_DETAIL_H

#include <stdio.h>

#include "status/facts.h"

/* Print it with at most width columns in each line; 0: no limit. */
void cli_detail_print(FILE *out, const struct cli_channel *channel, size_t width);

#endif
