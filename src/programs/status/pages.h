/* SPDX-License-Identifier: MIT */
/* pages.h - the pages that a channel is mapped with. */
#ifndef SV_STATUS_PAGES_H
#define SV_STATUS_PAGES_H

#include <stdint.h>

#include "svipc.h"

/*
 * Bytes of the largest page that a process attached to the channel has it mapped with, as /proc/PID/smaps of
 * that process tells; what the library says if that may not be read.
 */
uint64_t cli_page_size(const struct sv_info *info);

#endif
