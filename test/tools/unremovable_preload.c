/* SPDX-License-Identifier: MIT */
/* unremovable_preload.c - a kernel, or a sandbox, that lets nobody remove System V objects. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>

int shmctl(int id, int command, struct shmid_ds *ds)
{
	static int (*real)(int, int, struct shmid_ds *);

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "shmctl");
	errno = EPERM;
	return command == IPC_RMID ? -1 : real(id, command, ds);
}

int semctl(int id, int number, int command, ...)
{
	static int (*real)(int, int, int, ...);
	va_list args;
	void *arg;

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "semctl");
	va_start(args, command);
	arg = va_arg(args, void *);
	va_end(args);
	errno = EPERM;
	return command == IPC_RMID ? -1 : real(id, number, command, arg);
}
