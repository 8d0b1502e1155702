/* SPDX-License-Identifier: MIT */
/* libc.h - functions of a test that stand before the C library's can call those: libc(shmget)(key, size,
 * flags). */
#ifndef SV_LIBC_H
#define SV_LIBC_H

#ifndef _GNU_SOURCE
#error "dlsym() needs _GNU_SOURCE to know RTLD_NEXT"
#endif
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define libc(function) ((__typeof__(&(function)))libc_address(#function))

static inline uintptr_t libc_address(const char *name)
{
	void *address = dlsym(RTLD_NEXT, name);

	if (address == NULL) {
		printf("Bail out! the C library has no %s()\n", name);
		exit(1);
	}
	return (uintptr_t)address;
}

#endif
