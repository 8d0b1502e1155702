/* SPDX-License-Identifier: MIT */
/* elsewhere.h - that a channel of the same name exists where this process cannot see it. */
#ifndef SV_COMMON_ELSEWHERE_H
#define SV_COMMON_ELSEWHERE_H

#include <stddef.h>

#include "svipc.h"

/* "; the name exists in another IPC namespace (ipc-N)", or "" if it does not.  out. */
char *cli_elsewhere(char *out, size_t size, const struct sv_info *info);

#endif
