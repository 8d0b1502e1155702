/* SPDX-License-Identifier: MIT */
/* asleep.h - is a process asleep in a semaphore operation, waiting for another one? */
#ifndef ASLEEP_H
#define ASLEEP_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>

static inline bool is_semop(long number)
{
#ifdef SYS_semop
	if (number == SYS_semop)
		return true;
#endif
#ifdef SYS_semtimedop_time64
	if (number == SYS_semtimedop_time64)
		return true;
#endif
#ifdef SYS_semtimedop
	return number == SYS_semtimedop;
#else
	return false;
#endif
}

static inline bool read_proc(pid_t pid, const char *name, char *text, size_t size)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, name);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	text[fread(text, 1, size - 1, file)] = '\0';
	fclose(file);
	return text[0] != '\0';
}

/* Both files name a call or a place only while the process is neither running nor about to run. */
static inline bool asleep(pid_t pid)
{
	char text[256];
	long number;

	if (read_proc(pid, "syscall", text, sizeof text))
		return sscanf(text, "%ld", &number) == 1 && is_semop(number);
	/* Not every kernel has this file. */
	return read_proc(pid, "wchan", text, sizeof text) && strstr(text, "semtimedop") != NULL;
}

#endif
