/* SPDX-License-Identifier: MIT */
/* membarrier(2) is used if, and only if, the kernel offers it. */
#define _GNU_SOURCE /* syscall */
#include <sys/syscall.h>
#include <unistd.h>

#include "os/membarrier.h"
#include "tap.h"

#define QUERY 0
#define GLOBAL_EXPEDITED 2
#define REGISTER_GLOBAL_EXPEDITED 4

int main(void)
{
	long offered = syscall(SYS_membarrier, QUERY, 0, 0);

	if (offered < 0)
		offered = 0;
	is(sv_membarrier_register(), (offered & REGISTER_GLOBAL_EXPEDITED) != 0, "registration");
	is(sv_membarrier_run(), (offered & GLOBAL_EXPEDITED) != 0, "the barrier");
	return tap_done();
}
