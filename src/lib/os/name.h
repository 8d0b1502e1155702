/* SPDX-License-Identifier: MIT */
/* name.h - names of channels, and of the files that they lead to. */
#ifndef SV_OS_NAME_H
#define SV_OS_NAME_H

#include <stddef.h>

#include "error.h"

#define SV_NAME_MAX 64

/* SV_OK if this is a valid channel name, else SV_EINVAL. */
int sv_name_check(const char *name, struct sv_fault *fault);

/* The file name of a named channel in the directory; project 0: the default. */
void sv_name_file(char *file, size_t size, const char *name, int project);

#endif
