/* SPDX-License-Identifier: MIT */
/* leaks.h - whether a function frees what it allocates, where the C library says how much is allocated. */
#ifndef SV_LEAKS_H
#define SV_LEAKS_H

#include <malloc.h>
#include <stdbool.h>
#include <stddef.h>

static inline size_t allocated(void)
{
#ifdef __GLIBC__
#if __GLIBC_PREREQ(2, 33)
	return mallinfo2().uordblks;
#endif
#endif
	return 0;
}

/* The first calls may fill caches of the C library. */
static inline bool frees_all(void (*call)(void))
{
	size_t before = 0;
	int i;

	for (i = -10; i < 100; i++) {
		if (i == 0)
			before = allocated();
		call();
	}
	return allocated() < before + 100 * sizeof(void *);
}

#endif
