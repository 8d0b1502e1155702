/* SPDX-License-Identifier: MIT */
#include "growth.h"

#include <string.h>

#define MOST_BYTES 65536 /* no struct of ours will ever be longer */

static size_t size_of(const void *theirs)
{
	size_t size;

	memcpy(&size, theirs, sizeof size);
	return size;
}

bool sv_size_is_possible(size_t size, size_t least)
{
	return size >= least && size <= MOST_BYTES;
}

bool sv_struct_take(void *own, size_t own_size, const void *theirs, size_t least)
{
	const unsigned char *bytes = theirs;
	size_t size = size_of(theirs), i;

	if (!sv_size_is_possible(size, least))
		return false;
	for (i = own_size; i < size; i++)
		if (bytes[i] != 0)
			return false;
	memcpy(own, theirs, size < own_size ? size : own_size);
	memcpy(own, &own_size, sizeof own_size);
	return true;
}

void sv_struct_give(void *theirs, const void *own, size_t own_size)
{
	size_t size = size_of(theirs), filled = size < own_size ? size : own_size;

	memcpy(theirs, own, filled);
	memset((unsigned char *)theirs + filled, 0, size - filled);
	memcpy(theirs, &filled, sizeof filled);
}
