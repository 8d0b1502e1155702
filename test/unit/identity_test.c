/* SPDX-License-Identifier: MIT */
/* Which file is the same file as before, and which IPC namespace this is. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/identity.h"
#include "tap.h"

static bool answers; /* does statx(2) exist here?  It leaves what was there, which is no time of birth. */

/* This stands before the C library's. */
long syscall(long number, ...)
{
	va_list args;

	(void)number;
	va_start(args, number);
	(void)va_arg(args, int);
	(void)va_arg(args, char *);
	(void)va_arg(args, int);
	(void)va_arg(args, unsigned);
	if (answers)
		memset(va_arg(args, void *), 0x11, 256);
	va_end(args);
	errno = ENOSYS;
	return answers ? 0 : -1;
}

ssize_t getrandom(void *data, size_t size, unsigned flags)
{
	(void)data;
	(void)size;
	(void)flags;
	errno = EAGAIN;
	return -1;
}

static bool blind; /* stat(2) fails */

int stat(const char *restrict path, struct stat *restrict st)
{
	errno = EACCES;
	return blind ? -1 : fstatat(AT_FDCWD, path, st, 0);
}

static void the_namespace(void)
{
	uint64_t number = sv_ipc_namespace();

	ok(number != 0, "the IPC namespace has a number");
	blind = true;
	ok(sv_ipc_namespace() == number, "which is the same if it is asked for in the other way");
	blind = false;
}

int main(void)
{
	const struct sv_identity file = { .device = 1, .inode = 2, .birth_ns = 3 };
	const struct sv_identity device = { .device = 9, .inode = 2, .birth_ns = 3 };
	const struct sv_identity inode = { .device = 1, .inode = 9, .birth_ns = 3 };
	const struct sv_identity later = { .device = 1, .inode = 2, .birth_ns = 9 };
	const struct sv_identity unknown = { .device = 1, .inode = 2 };
	const struct stat st = { .st_dev = 1, .st_ino = 2 };
	struct sv_identity taken;

	ok(sv_identity_is_same(&file, &file), "a file is the same as itself");
	ok(!sv_identity_is_same(&file, &device), "a file on another device is another one");
	ok(!sv_identity_is_same(&file, &inode), "so is a file with another inode");
	ok(!sv_identity_is_same(&file, &later), "and one that was made later with the same inode");
	ok(sv_identity_is_same(&file, &unknown) && sv_identity_is_same(&unknown, &file),
	   "a time of birth that is not known proves nothing");
	ok(sv_identity_is_same(&unknown, &unknown), "on neither side");
	taken = sv_identity_of(STDIN_FILENO, &st);
	ok(taken.device == 1 && taken.inode == 2 && taken.birth_ns == 0,
	   "a kernel without statx(2) tells no time of birth");
	answers = true;
	is(sv_identity_of(STDIN_FILENO, &st).birth_ns, 0, "nor does a file system that has none");
	the_namespace();
	ok(sv_random() != 0 && sv_random() != sv_random(), "without getrandom(2) numbers differ, too");
	return tap_done();
}
