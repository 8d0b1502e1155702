/* SPDX-License-Identifier: MIT */
/* The file of a record: made whole or not at all, also where a file cannot be made without a name. */
#define _GNU_SOURCE
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "opening.h"
#include "os/record.h"
#include "pair.h"

/* Without a name no file can be made, and none can be locked. */
static bool no_nameless, no_locks;
static int taken, temporary; /* how many temporary names are taken, and were tried */

/* This stands before the C library's function. */
int flock(int fd, int operation)
{
	errno = ENOLCK;
	return no_locks ? -1 : (int)syscall(SYS_flock, fd, operation);
}

static int refusal(int directory, const char *path, int flags)
{
	bool is_temporary = strncmp(path, ".new.", 5) == 0;

	(void)directory;
	temporary += is_temporary;
	if (no_nameless && (flags & O_TMPFILE) == O_TMPFILE)
		return EOPNOTSUPP;
	return is_temporary && taken-- > 0 ? EEXIST : 0;
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

/* The text of a record as it is written; each %s is a field that a test may change. */
#define RECORD \
	"svipc 2\ngeneration %s\nkey 00000006\nproject %s\nsegment %s\nset %s\nmade 9\nfile 1 2 3\npath%s"

static bool given_away; /* to another user */

static bool is_record(const char *generation, const char *project, const char *segment, const char *set,
                      const char *rest)
{
	int fd = memfd_create("record", MFD_CLOEXEC);
	struct sv_record read;
	bool valid;

	must(fd != -1 && fchmod(fd, 0600) == 0);
	/* Only root can give a file away, and not everywhere. */
	if (given_away && fchown(fd, geteuid() + 1, (gid_t)-1) == -1)
		return false;
	must(dprintf(fd, RECORD, generation, project, segment, set, rest) > 0);
	valid = sv_record_read(fd, &read);
	must(close(fd) == 0);
	return valid;
}

static bool something_else(const char *text)
{
	int fd = memfd_create("record", MFD_CLOEXEC);
	struct sv_record read = record;
	bool valid;

	must(fd != -1 && fchmod(fd, 0600) == 0 && dprintf(fd, "%s", text) > 0);
	valid = sv_record_read(fd, &read);
	must(close(fd) == 0);
	return valid;
}

/* A file that is not exactly a record is somebody's data. */
static void what_is_a_record(void)
{
	ok(is_record("5", "83", "7", "8", " \n"), "a record without a path");
	ok(is_record("5", "1", "-1", "-1", " /a b\n"), "a record with a path, before there are objects");
	ok(is_record("5", "255", "0", "0", " \n"), "a record of objects with the id 0");
	ok(!is_record("0", "83", "7", "8", " \n"), "no generation");
	ok(!is_record("5", "0", "7", "8", " \n"), "a project id that is too small");
	ok(!is_record("5", "256", "7", "8", " \n"), "a project id that is too large");
	ok(!is_record("5", "83", "-2", "8", " \n"), "an id of a segment that cannot be");
	ok(!is_record("5", "83", "7", "-2", " \n"), "an id of a set that cannot be");
	ok(!is_record("5", "83", "7", "x", " \n"), "an id that is no number");
	ok(!is_record("5", "83", "7", "8", ""), "a record that ends too early");
	ok(!is_record("5", "83", "7", "8", "s/a\n"), "another word");
	ok(!is_record("5", "83", "7", "8", " a\n"), "a path that is not absolute");
	ok(!is_record("5", "83", "7", "8", " /a"), "a path without an end");
	ok(!is_record("5", "83", "7", "8", " /a\nb"), "something after the path");
	is(something_else("x /a\n"), false, "another text");
	given_away = true;
	ok(!is_record("5", "83", "7", "8", " \n"), "another user's record");
}

int main(void)
{
	char path[] = "/tmp/svipc-record-test.XXXXXX";
	int directory, nameless, refused = ENOSPC;

	must(mkdtemp(path) != NULL && (directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) != -1);
	what_is_a_record();
	nameless = (int)syscall(SYS_openat, directory, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	makes(directory, "without a name at first");
	ok(temporary == 0 || nameless == -1, "where that is possible");
	makes_none(directory, &refused, ENOSPC, "if the caller refuses the file");
	no_locks = true;
	makes_none(directory, NULL, ENOLCK, "if it cannot be locked");
	no_locks = false;
	no_nameless = true;
	makes(directory, "with a temporary name");
	taken = 2;
	makes(directory, "with the third temporary name, where two are taken");
	makes_none(directory, &refused, ENOSPC, "if the caller refuses the file with a temporary name");
	taken = 100;
	makes_none(directory, NULL, EEXIST, "if all temporary names are taken");
	is(inherited, 0, "a program that is started inherits no record");
	ok(fcntl(STDIN_FILENO, F_GETFD) != -1, "standard input is still open");
	must((nameless == -1 || close(nameless) == 0) && close(directory) == 0 && rmdir(path) == 0);
	return tap_done();
}
