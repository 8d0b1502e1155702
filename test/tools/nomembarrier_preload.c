/* SPDX-License-Identifier: MIT */
/*
 * nomembarrier_preload.c - a kernel without membarrier(2).  SV_NO_MEMBARRIER=all: every command fails, as on
 * a kernel that lacks it; =fence: only the fence fails, as in a sandbox that was closed after the
 * registration.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define REGISTER_GLOBAL_EXPEDITED (1 << 2) /* linux/membarrier.h */

long syscall(long number, ...)
{
	static long (*real)(long, ...);
	const char *what = getenv("SV_NO_MEMBARRIER");
	long a[6];
	va_list args;
	int i;

	if (real == NULL)
		real = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	va_start(args, number);
	for (i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	if (number == SYS_membarrier && what != NULL &&
	    (strcmp(what, "all") == 0 || (int)a[0] != REGISTER_GLOBAL_EXPEDITED)) {
		errno = ENOSYS;
		return -1;
	}
	return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
