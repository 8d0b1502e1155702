/* SPDX-License-Identifier: MIT */
/* detail.h - one channel on several lines, for a person. */
#ifndef SV_STATUS_DETAIL_H
#define SV_STATUS_DETAIL_H

#include <stdio.h>

#include "status/facts.h"

/* At most width columns a line; 0: any. */
void cli_detail_print(FILE *out, const struct cli_channel *channel, size_t width);

#endif
