/* SPDX-License-Identifier: MIT */
/*
 * clock_preload.c - a clock that moves only when it is read: what a program does for some time, it does for a
 * fixed number of readings, however busy the machine is.
 *
 *	SV_CLOCK_STEP=NS     how far it moves at each reading (CLOCK_MONOTONIC only)
 *	SV_CLOCK_LOOKS=FILE  write the number of readings to FILE when the program exits
 *	SV_CLOCK_CPU=N       the CPU on which the program believes that it runs
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static long long looks;

static long long number(const char *name, long long otherwise)
{
	const char *value = getenv(name);

	return value != NULL ? atoll(value) : otherwise;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	static int (*real)(clockid_t, struct timespec *);
	long long step = number("SV_CLOCK_STEP", 0), ns;
	int result;

	if (real == NULL)
		real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
	result = real(clock, now);
	if (clock == CLOCK_MONOTONIC && step > 0) {
		ns = 1000000000 + ++looks * step;
		now->tv_sec = (time_t)(ns / 1000000000);
		now->tv_nsec = (long)(ns % 1000000000);
	}
	return result;
}

int sched_getcpu(void)
{
	static int (*real)(void);

	if (real == NULL)
		real = (int (*)(void))dlsym(RTLD_NEXT, "sched_getcpu");
	return (int)number("SV_CLOCK_CPU", real());
}

static void __attribute__((destructor)) tell(void)
{
	const char *name = getenv("SV_CLOCK_LOOKS");
	FILE *file = name != NULL ? fopen(name, "w") : NULL;

	if (file == NULL)
		return;
	fprintf(file, "%lld\n", looks);
	fclose(file);
}
