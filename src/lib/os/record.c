/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* O_TMPFILE, O_NOFOLLOW */
#include "os/record.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/directory.h"

#define RECORD_MAX (PATH_MAX + 256)

static bool parse(const char *text, size_t length, struct sv_record *record)
{
	int used = 0;
	const char *end;

	/* It stores a number in used only if all that is before it is there. */
	sscanf(text,
	       "svipc 2\ngeneration %16" SCNx64 "\nkey %8" SCNx32
	       "\nproject %d\nsegment %d\nset %d\nmade %" SCNd64 "\nfile %" SCNx64 " %" SCNx64 " %" SCNd64
	       "\npath%n",
	       &record->generation, &record->key, &record->project, &record->shmid, &record->semid,
	       &record->made_s, &record->file.device, &record->file.inode, &record->file.birth_ns, &used);
	if (used == 0 || text[used] != ' ')
		return false;
	text += used + 1;
	length -= (size_t)used + 1;
	/* The path is one line, and the last one of the file. */
	end = memchr(text, '\n', length);
	if (end == NULL || end + 1 != text + length || (size_t)(end - text) >= sizeof record->path)
		return false;
	memcpy(record->path, text, (size_t)(end - text));
	record->path[end - text] = '\0';
	return memchr(text, '\0', length) == NULL && (record->path[0] == '\0' || record->path[0] == '/') &&
	       record->generation != 0 && record->project >= 1 && record->project <= 255 &&
	       record->shmid >= -1 && record->semid >= -1;
}

bool sv_record_read(int fd, struct sv_record *record)
{
	char text[RECORD_MAX + 1];
	struct stat st;
	ssize_t length;

	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 077) != 0)
		return false;
	length = pread(fd, text, RECORD_MAX, 0);
	if (length <= 0 || length == RECORD_MAX)
		return false;
	text[length] = '\0';
	return parse(text, (size_t)length, record);
}

/*
 * The numbers that change have a fixed width, so completing a record does not change its length, and one
 * write(2) does it.
 */
static int compose(char text[RECORD_MAX], const struct sv_record *record)
{
	return snprintf(text, RECORD_MAX,
	                "svipc 2\ngeneration %016" PRIx64 "\nkey %08" PRIx32
	                "\nproject %d\nsegment %11d\nset %11d\nmade %20" PRId64 "\nfile %" PRIx64 " %" PRIx64
	                " %" PRId64 "\npath %s\n",
	                record->generation, record->key, record->project, record->shmid, record->semid,
	                record->made_s, record->file.device, record->file.inode, record->file.birth_ns,
	                record->path);
}

bool sv_record_fits(int fd, const struct sv_record *record)
{
	char text[RECORD_MAX];
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_size == compose(text, record);
}

int sv_record_write(int fd, const struct sv_record *record)
{
	char text[RECORD_MAX];
	int length = compose(text, record);
	ssize_t written = pwrite(fd, text, (size_t)length, 0);

	return written == length ? 0 : written == -1 ? errno : ENOSPC;
}

/* Make a file with a temporary name. */
static int make_temporary(int directory, char *name, size_t size)
{
	static _Atomic unsigned number;
	int fd, tries;

	for (tries = 0; tries < 100; tries++) {
		snprintf(name, size, ".new.%ld.%u", (long)getpid(), number++);
		fd = openat(directory, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd != -1 || errno != EEXIST)
			return sv_safe_descriptor(fd);
	}
	return -1;
}

bool sv_record_is_temporary(const char *name)
{
	unsigned number;
	long pid;
	char rest;

	return sscanf(name, ".new.%ld.%u%c", &pid, &number, &rest) == 2;
}

/* Give a file without a name one. */
static int give_name(int directory, int fd, const char *name)
{
	char link[40];

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, link, directory, name, AT_SYMLINK_FOLLOW);
}

static int make(int directory, bool nameless, const char *name, struct sv_record *record,
                int (*try)(int fd, void *arg), void *arg)
{
	char temporary[64];
	int fd, code = 0;

	fd = nameless ? sv_safe_descriptor(openat(directory, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600))
	              : make_temporary(directory, temporary, sizeof temporary);
	if (fd == -1)
		return -1;
	if (flock(fd, LOCK_EX | LOCK_NB) == -1)
		code = errno;
	if (code == 0)
		code = try(fd, arg);
	if (code == 0)
		code = sv_record_write(fd, record);
	if (code == 0 && (nameless ? give_name(directory, fd, name)
	                           : linkat(directory, temporary, directory, name, 0)) == -1)
		code = errno;
	if (!nameless)
		unlinkat(directory, temporary, 0);
	if (code == 0)
		return fd;
	close(fd);
	errno = code;
	return -1;
}

int sv_record_make(int directory, const char *name, struct sv_record *record, int (*try)(int fd, void *arg),
                   void *arg)
{
	int fd = make(directory, true, name, record, try, arg);

	/*
	 * The file system or kernel cannot make files without a name, or without /proc they cannot be given
	 * one.
	 */
	if (fd == -1 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL || errno == ENOENT))
		fd = make(directory, false, name, record, try, arg);
	return fd;
}
