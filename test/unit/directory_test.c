/* SPDX-License-Identifier: MIT */
/* The directory of a user: where it is looked for, and which one is refused. */
#define _GNU_SOURCE /* O_PATH, RTLD_NEXT, syscall */
#include <dirent.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "libc.h"
#include "opening.h"
#include "os/directory.h"
#include "pair.h"

/* All that the library asks about other directories than a chosen one: these stand before the C library's. */
static uid_t user;
static char tried[200];
static const char *closed; /* where no file can be made */
static bool shut;          /* the first place may not be opened, */
static uid_t owner;        /* and belongs to this user */

uid_t geteuid(void)
{
	return user;
}

int access(const char *path, int mode)
{
	ok(mode == (W_OK | X_OK), "can files be made in %s?", path);
	return closed != NULL && strcmp(path, closed) == 0 ? -1 : 0;
}

static int refusal(int directory, const char *path, int flags)
{
	(void)directory;
	(void)flags;
	if (strstr(path, "/svipc") == NULL || strstr(path, "unit") != NULL)
		return 0;
	snprintf(tried + strlen(tried), sizeof tried - strlen(tried), "%s ", path);
	return shut && strncmp(path, "/dev/shm", 8) == 0 ? EACCES : ENOENT;
}

int fstatat(int directory, const char *restrict path, struct stat *restrict st, int flags)
{
	int nofollow = (flags & AT_SYMLINK_NOFOLLOW) != 0 ? O_NOFOLLOW : 0;
	int fd = (int)syscall(SYS_openat, directory, shut ? "/" : path, O_PATH | O_CLOEXEC | nofollow);
	int result = fd == -1 ? -1 : fstat(fd, st);

	if (fd != -1)
		close(fd);
	if (shut)
		st->st_uid = owner;
	return result;
}

static struct sv_fault fault;

static void are_tried(uid_t who, const char *expected)
{
	struct sv_directory directory;

	user = who;
	tried[0] = '\0';
	is(sv_directory_open(&directory, false, &fault), SV_ESYSTEM, "user %u has no directory",
	   (unsigned)who);
	is(fault.error.sys_errno, ENOENT, "it is not there");
	ok(strcmp(tried, expected) == 0, "these were tried: %s", tried);
}

static void refused(int mode, const char *text)
{
	struct sv_directory directory;

	must(chmod(unit_directory, (mode_t)mode) == 0);
	is(sv_directory_open(&directory, true, &fault), SV_ESYSTEM, "a directory of mode %04o is refused",
	   mode);
	ok(strstr(fault.error.text, text) != NULL, "why: %s", fault.error.text);
	is(fault.error.sys_errno, 0, "no system call has failed");
	is(fault.error.advice, SV_ADVICE_DIRECTORY, "another one is advised");
	ok(directory.fd == -1 && directory.top == -1, "it is not open");
	ok(fcntl(STDIN_FILENO, F_GETFD) != -1, "but standard input is");
}

/* No memory for more: this stands before the C library's function. */
static bool short_of_memory;

DIR *fdopendir(int fd)
{
	return short_of_memory ? NULL : libc(fdopendir)(fd);
}

void *realloc(void *memory, size_t size)
{
	return short_of_memory ? NULL : libc(realloc)(memory, size);
}

static void names(void)
{
	int before = open_descriptors(), root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *handle;

	must(root != -1);
	inherited = 0;
	handle = sv_directory_names(root);
	ok(handle != NULL && readdir(handle) != NULL, "the names in a directory can be read");
	is(inherited, 0, "a program that is started does not inherit it");
	must(handle != NULL && closedir(handle) == 0);
	short_of_memory = true;
	ok(sv_directory_names(root) == NULL, "or not, if there is no memory");
	must(close(root) == 0);
	is(open_descriptors(), before, "nothing stays open");
	ok(sv_directory_names(-1) == NULL, "nor can what is not open");
}

static void spaces(void)
{
	struct sv_directory top = { .top = open(unit_directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC) };
	struct sv_spaces found;
	int i;

	short_of_memory = false;
	must(top.top != -1 && mkdirat(top.top, "ipc-1", 0700) == 0);
	for (i = 0; i < 2; i++) {
		sv_directory_find_spaces(&top, &found);
		is(found.count, 1 - i, "other namespaces, %s memory", i == 0 ? "with" : "without");
		sv_spaces_free(&found);
		short_of_memory = i == 0;
	}
	must(unlinkat(top.top, "ipc-1", AT_REMOVEDIR) == 0 && close(top.top) == 0);
}

/* Without proc(5) nobody knows the namespace.  These two stand before the C library's. */
static bool no_proc;

int stat(const char *restrict path, struct stat *restrict st)
{
	return no_proc ? -1 : fstatat(AT_FDCWD, path, st, 0);
}

ssize_t readlink(const char *restrict path, char *restrict text, size_t size)
{
	return no_proc ? -1 : readlinkat(AT_FDCWD, path, text, size);
}

static void unknown_namespace(void)
{
	struct sv_directory directory;

	no_proc = true;
	/* The C library may have other functions for them. */
	if (sv_ipc_namespace() == 0)
		ok(sv_directory_open(&directory, true, &fault) == SV_ESYSTEM &&
		           fault.error.sys_errno == ENOSYS,
		   "without proc(5) something is missing: %s", fault.error.text);
	no_proc = false;
}

/* Whatever was there before, the path is the shortest one. */
static void canonical(void)
{
	struct sv_directory directory;
	char path[128], expected[128];

	snprintf(path, sizeof path, "%s/../%s", unit_directory, strrchr(unit_directory, '/') + 1);
	snprintf(expected, sizeof expected, "%s/ipc-%llu", unit_directory,
	         (unsigned long long)sv_ipc_namespace());
	memset(&directory, 'x', sizeof directory);
	use_directory(path);
	is(sv_directory_open(&directory, true, &fault), SV_OK, "a directory by another path");
	ok(strcmp(directory.path, expected) == 0, "has its own: %s", directory.path);
	sv_directory_close(&directory);
	snprintf(path, sizeof path, "%s/two\nlines", unit_directory);
	use_directory(path);
	is(sv_directory_open(&directory, true, &fault), SV_EINVAL, "no path has two lines");
	is(fault.error.sys_errno, 0, "no system call has failed");
	must(rmdir(path) == 0);
	use_directory(unit_directory);
}

/* Only what another user may have put in the way is left for the next place. */
static void not_to_be_opened(void)
{
	struct sv_directory directory;

	use_directory(NULL);
	closed = NULL;
	shut = true;
	owner = 70002;
	are_tried(70001, "/dev/shm/svipc-70001 /tmp/svipc-70001 ");
	owner = 0;
	tried[0] = '\0';
	is(sv_directory_open(&directory, false, &fault), SV_ESYSTEM, "root's may not be opened either");
	is(fault.error.sys_errno, EACCES, "which is what it says");
	ok(strcmp(tried, "/dev/shm/svipc-70001 ") == 0, "no other is tried: %s", tried);
	shut = false;
}

static void not_a_directory(void)
{
	struct sv_directory directory;
	char path[PATH_MAX];
	uint64_t other;
	int fd;

	must(chmod(unit_directory, 0700) == 0);
	snprintf(path, sizeof path, "%s/file", unit_directory);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	must(fd != -1 && close(fd) == 0);
	use_directory(path);
	is(sv_directory_open(&directory, true, &fault), SV_ESYSTEM, "a file is no directory");
	ok(strstr(fault.error.text, "it is not a directory") != NULL, "why: %s", fault.error.text);
	is(fault.error.sys_errno, 0, "no system call has failed");
	must(unlink(path) == 0);
	is(sv_directory_only_elsewhere("default", &other), 0,
	   "where there is no directory, there is no channel");
	must(rmdir(path) == -1 && errno == ENOENT);
	use_directory(unit_directory);
}

int main(void)
{
	uid_t me = (uid_t)syscall(SYS_geteuid);

	use_directory(NULL);
	are_tried(0, "/run/svipc /dev/shm/svipc-0 /tmp/svipc-0 ");
	are_tried(1000, "/dev/shm/svipc-1000 /tmp/svipc-1000 ");
	closed = "/dev/shm";
	are_tried(1000, "/tmp/svipc-1000 ");
	not_to_be_opened();
	user = me;
	own_directory();
	refused(0770, "its mode is 0770");
	refused(0701, "its mode is 0701");
	user = me + 1;
	refused(0700, "it belongs to user");
	user = me;
	not_a_directory();
	names();
	spaces();
	unknown_namespace();
	canonical();
	ok(directory_is_empty(), "nothing is left");
	return tap_done();
}
