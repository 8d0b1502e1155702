/* SPDX-License-Identifier: MIT */
/* The file of a record: made whole or not at all, also where a file cannot be made without a name. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/record.h"
#include "pair.h"

/* What openat(2) does to files without a name, and to temporary names: it stands before the C library's. */
static bool no_nameless, all_taken;

int openat(int directory, const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(args, mode_t) : 0;
	va_end(args);
	errno = 0;
	if (no_nameless && (flags & O_TMPFILE) == O_TMPFILE)
		errno = EOPNOTSUPP;
	else if (all_taken && strncmp(path, ".new.", 5) == 0)
		errno = EEXIST;
	return errno != 0 ? -1 : (int)syscall(SYS_openat, directory, path, flags, mode);
}

static int accept(int fd, void *arg)
{
	(void)fd;
	return arg == NULL ? 0 : *(int *)arg;
}

static int files_in(int directory)
{
	DIR *handle = fdopendir(dup(directory));
	struct dirent *entry;
	int count = 0;

	must(handle != NULL);
	rewinddir(handle);
	while ((entry = readdir(handle)) != NULL)
		count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
	must(closedir(handle) == 0);
	return count;
}

static struct sv_record record = { .generation = 5, .key = 6, .project = 83, .shmid = 7, .semid = 8 };

static void makes(int directory, const char *how)
{
	struct sv_record read;
	int fd = sv_record_make(directory, "name", &record, accept, NULL);

	ok(fd > 2, "a record is made %s", how);
	ok(sv_record_read(fd, &read) && read.generation == 5 && read.shmid == 7 && read.semid == 8,
	   "it is complete");
	is(files_in(directory), 1, "nothing else is there");
	must(close(fd) == 0);
	ok(sv_record_make(directory, "name", &record, accept, NULL) == -1 && errno == EEXIST,
	   "it is not replaced");
	is(files_in(directory), 1, "nothing else is left");
	must(unlinkat(directory, "name", 0) == 0);
}

static void makes_none(int directory, int *reason, int expected, const char *why)
{
	ok(sv_record_make(directory, "name", &record, accept, reason) == -1 && errno == expected,
	   "no record is made %s", why);
	is(files_in(directory), 0, "nothing is left");
}

int main(void)
{
	char path[] = "/tmp/svipc-record-test.XXXXXX";
	int directory, refused = ENOLCK;

	must(mkdtemp(path) != NULL && (directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) != -1);
	makes(directory, "without a name at first");
	makes_none(directory, &refused, ENOLCK, "if the caller refuses the file");
	no_nameless = true;
	makes(directory, "with a temporary name");
	makes_none(directory, &refused, ENOLCK, "if the caller refuses the file with a temporary name");
	all_taken = true;
	makes_none(directory, NULL, EEXIST, "if all temporary names are taken");
	ok(fcntl(STDIN_FILENO, F_GETFD) != -1, "standard input is still open");
	must(close(directory) == 0 && rmdir(path) == 0);
	return tap_done();
}
