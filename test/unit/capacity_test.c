/* SPDX-License-Identifier: MIT */
/* The capacity of a ring for which no size was asked: it follows the cache of the CPU, within limits. */
#include <sys/auxv.h>
#include <unistd.h>

#include "os/segment.h"
#include "tap.h"

#define MIB ((uint64_t)1 << 20)

#ifdef _SC_LEVEL2_CACHE_SIZE /* musl does not have it */
static long cache;
#endif

/* This stands before the C library's function. */
long sysconf(int name)
{
#ifdef _SC_LEVEL2_CACHE_SIZE
	if (name == _SC_LEVEL2_CACHE_SIZE)
		return cache;
#endif
	return name == _SC_PAGESIZE ? (long)getauxval(AT_PAGESZ) : 65536;
}

int main(void)
{
	is(sv_segment_default(), 4 * MIB, "4 MiB if the cache is not known");
#ifdef _SC_LEVEL2_CACHE_SIZE
	cache = 2 << 20;
	is(sv_segment_default(), 8 * MIB, "four times the cache");
	cache = 1 << 16;
	is(sv_segment_default(), MIB, "at least 1 MiB");
	cache = 64 << 20;
	is(sv_segment_default(), 16 * MIB, "at most 16 MiB");
#endif
	return tap_done();
}
