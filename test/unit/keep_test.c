/* SPDX-License-Identifier: MIT */
/* A process forgets only its own record: a file of the same name may belong to the next channel by now. */
#define _GNU_SOURCE /* O_PATH, RTLD_NEXT */
#include <dirent.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "libc.h"
#include "opening.h"
#include "os/rendezvous.h"
#include "pair.h"

/*
 * Another user's move, between a look at a file by its path and the next step: the parent of the file becomes
 * an attacker's directory, which has another file of the same name.  The library calls the three functions
 * below instead of those of libc.
 */
static char parent[160], away[160], other[160];
static bool changing;         /* another file is at each path, whenever it is looked at */
static int looks, swap_after; /* swap_after: after which look; 0: after none */

static void swap(void)
{
	looks++;
	if (looks == swap_after && (rename(parent, away) == -1 || rename(other, parent) == -1))
		perror(parent);
}

static int look(int at, const char *path, struct stat *st, int flags)
{
	int fd = openat(at, path, O_PATH | O_CLOEXEC | flags), result = fd == -1 ? -1 : fstat(fd, st);

	if (fd != -1)
		close(fd);
	if (changing && strstr(path, "/file") != NULL)
		st->st_ino++;
	swap();
	return result;
}

int fstatat(int at, const char *restrict path, struct stat *restrict st, int flags)
{
	return look(at, path, st, (flags & AT_SYMLINK_NOFOLLOW) != 0 ? O_NOFOLLOW : 0);
}

int stat(const char *restrict path, struct stat *restrict st)
{
	return look(AT_FDCWD, path, st, 0);
}

int lstat(const char *restrict path, struct stat *restrict st)
{
	return look(AT_FDCWD, path, st, O_NOFOLLOW);
}

static int refusal(int at, const char *path, int flags)
{
	(void)at;
	(void)path;
	(void)flags;
	return 0;
}

/* Is there no room for another name? */
static bool full;

int linkat(int from, const char *old, int to, const char *name, int flags)
{
	errno = ENOSPC;
	return full ? -1 : (int)syscall(SYS_linkat, from, old, to, name, flags);
}

/* Is there no memory to read a directory? */
static bool blind;

DIR *fdopendir(int fd)
{
	return blind ? NULL : libc(fdopendir)(fd);
}

/* What is removed while the library waits for it; NULL: nothing. */
static const char *vanishes;

int nanosleep(const struct timespec *pause, struct timespec *left)
{
	(void)pause;
	(void)left;
	return vanishes != NULL ? unlink(vanishes) : 0;
}

static struct sv_fault fault;

static struct sv_rendezvous opened(const char *name, const char *path)
{
	struct sv_whereabouts where = { .name = name, .path = path, .project = 83, .create = true };
	struct sv_rendezvous rv;

	fault.label[0] = '\0';
	where.patience = sv_patience(10000, NULL);
	must(sv_rendezvous_open(&rv, &where, &fault) == SV_OK);
	return rv;
}

static bool write_one(struct sv_rendezvous *rv, uint64_t generation)
{
	struct sv_record record = { .generation = generation,
		                    .key = (uint32_t)rv->key,
		                    .project = rv->project,
		                    .shmid = 7,
		                    .semid = 8 };

	return sv_rendezvous_write(rv, &record, &fault) == SV_OK;
}

static bool has(const struct sv_rendezvous *rv, uint64_t generation)
{
	struct sv_record record;

	return sv_rendezvous_read(rv, &record) && record.generation == generation;
}

static int count_one(const struct sv_info *info, void *arg)
{
	(void)info;
	++*(int *)arg;
	return 0;
}

static void of_a_path(void)
{
	const char *path = options_of_file(0, 0).path;
	struct sv_rendezvous rv = opened(NULL, path);
	struct sv_record without_path, read;
	int64_t birth;
	int fd, count = 0;

	ok(write_one(&rv, 1) && has(&rv, 1), "the record of a path is read as it was written");
	ok(write_one(&rv, 2) && has(&rv, 2), "the next channel of that path writes its own in its place");
	/* As a process sees it that may not call statx(2). */
	birth = rv.identity.birth_ns;
	rv.identity.birth_ns = 0;
	ok(write_one(&rv, 2) && has(&rv, 2), "so does one that cannot tell when the file was made");
	rv.identity.birth_ns = birth;
	ok(write_one(&rv, 2) && has(&rv, 2), "and one that can tell");
	without_path = (struct sv_record){ .generation = 2, .project = rv.project };
	memset(without_path.path + 1, 'x', sizeof without_path.path - 1);
	read = without_path;
	fd = openat(rv.directory.fd, rv.file, O_RDWR | O_TRUNC | O_CLOEXEC);
	ok(fd != -1 && sv_record_write(fd, &without_path) == 0 && close(fd) == 0 &&
	           !sv_rendezvous_read(&rv, &read),
	   "a record without a path is none of a path");
	ok(unlinkat(rv.directory.fd, rv.file, 0) == 0 && symlinkat("away", rv.directory.fd, rv.file) == 0 &&
	           !write_one(&rv, 2) && fault.error.sys_errno == ELOOP,
	   "none is written through a symbolic link");
	full = true;
	ok(unlinkat(rv.directory.fd, rv.file, 0) == 0 && !write_one(&rv, 2) &&
	           fault.error.sys_errno == ENOSPC,
	   "nor where there is no room");
	full = false;
	ok(write_one(&rv, 2) && has(&rv, 2), "but one is written again");
	ok(renameat(rv.directory.fd, rv.file, rv.directory.fd, ".away") == 0 &&
	           symlinkat(".away", rv.directory.fd, rv.file) == 0 && !has(&rv, 2),
	   "a symbolic link to a record is none");
	ok(renameat(rv.directory.fd, ".away", rv.directory.fd, rv.file) == 0 && has(&rv, 2),
	   "the record itself is");
	changing = true;
	ok(sv_list(0, count_one, &count, NULL) == SV_OK, "all is listed");
	ok(count == 0 || looks == 0, "who lists a file that is replaced all the time leaves it out");
	changing = false;
	ok(sv_list(0, count_one, &count, NULL) == SV_OK, "all is listed");
	ok(count > 0, "but not later");
	sv_rendezvous_forget(&rv, 1);
	ok(has(&rv, 2), "who forgets the first channel leaves the record of the second");
	sv_rendezvous_forget(&rv, 2);
	ok(!has(&rv, 2), "who forgets the second removes it");
	sv_rendezvous_close(&rv);
	must(unlink(path) == 0);
}

static void of_a_name(void)
{
	struct sv_record of_path = {
		.generation = 3, .project = 83, .path = "/of/another", .file = { .inode = 4 }
	};
	struct sv_rendezvous old = opened("name", NULL), next;

	ok(sv_rendezvous_write(&old, &of_path, &fault) == SV_OK && sv_rendezvous_read(&old, &of_path) &&
	           of_path.path[0] == '\0' && of_path.file.inode == 0,
	   "the record of a name is written without a path");
	/* Somebody removes the file by hand, and somebody makes it again. */
	must(unlink(old.path) == 0);
	next = opened("name", NULL);
	sv_rendezvous_forget(&old, 0);
	ok(sv_rendezvous_is_there(&next), "who forgets the old file leaves the new one of that name");
	sv_rendezvous_forget(&next, 0);
	ok(!sv_rendezvous_is_there(&next), "who forgets the new one removes it");
	sv_rendezvous_close(&next);
	sv_rendezvous_close(&old);
}

/* A hard link makes a file somebody's data, unless it is the name that the maker gave it at first. */
static void of_other_names(void)
{
	struct sv_rendezvous rv = opened("name", NULL);
	char link[160];
	int fd;

	fd = openat(rv.directory.fd, ".new.1.1", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	snprintf(link, sizeof link, "%s/link", unit_directory);
	ok(fd != -1 && close(fd) == 0 && linkat(rv.directory.fd, rv.file, AT_FDCWD, link, 0) == 0,
	   "the file has another name");
	ok(sv_rendezvous_has_other_name(&rv, true) && sv_rendezvous_has_other_name(&rv, false),
	   "which is not that of another file that is being made");
	blind = true;
	ok(sv_rendezvous_has_other_name(&rv, true), "it counts if nobody can tell whose it is");
	blind = false;
	vanishes = link;
	ok(!sv_rendezvous_has_other_name(&rv, false), "but a name that is removed meanwhile is none");
	vanishes = NULL;
	ok(unlinkat(rv.directory.fd, ".new.1.1", 0) == 0, "that other file is left alone");
	ok(linkat(rv.directory.fd, rv.file, rv.directory.fd, ".new.1.2", 0) == 0,
	   "the maker of the file died before it removed the first name");
	ok(!sv_rendezvous_has_other_name(&rv, false), "that is no other name");
	ok(faccessat(rv.directory.fd, ".new.1.2", F_OK, 0) == 0, "without the lock it stays");
	ok(!sv_rendezvous_has_other_name(&rv, true), "with the lock");
	ok(faccessat(rv.directory.fd, ".new.1.2", F_OK, 0) == -1, "it is removed");
	sv_rendezvous_forget(&rv, 0);
	sv_rendezvous_close(&rv);
}

/* A channel of another directory is known from its segment only, which has the path of its file. */
static void of_a_name_elsewhere(void)
{
	struct sv_rendezvous rv = opened("name", NULL), found = rv;
	int before = open_descriptors();

	found.directory.fd = -1;
	found.identity.inode++;
	sv_rendezvous_forget(&found, 0);
	ok(sv_rendezvous_is_there(&rv), "who has found another file at the path of a name leaves it");
	found.identity = rv.identity;
	sv_rendezvous_forget(&found, 0);
	is(open_descriptors(), before, "no descriptor stays open");
	ok(!sv_rendezvous_is_there(&rv), "who has found the file by its path removes it");
	sv_rendezvous_close(&rv);
}

/* Swap after the first look, the second, and so on, until there are no more.  False: there were no more. */
static bool of_a_parent_that_is_swapped(int after)
{
	struct sv_rendezvous rv = opened("name", NULL), found = rv;
	char file[320];
	bool swapped;

	/* A directory that can take the parent's place, with a file of the same name. */
	snprintf(parent, sizeof parent, "%.*s", (int)(strrchr(rv.path, '/') - rv.path), rv.path);
	snprintf(away, sizeof away, "%s/away%d", unit_directory, after);
	snprintf(other, sizeof other, "%s/other%d", unit_directory, after);
	snprintf(file, sizeof file, "%s/%s", other, rv.file);
	must(mkdir(other, 0700) == 0 && close(open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600)) == 0);
	found.directory.fd = -1;
	looks = 0;
	swap_after = after;
	sv_rendezvous_forget(&found, 0);
	swap_after = 0;
	swapped = looks >= after;
	if (swapped)
		ok(access(rv.path, F_OK) == 0, "a parent swapped after look %d: its file stays", after);
	else
		ok(!sv_rendezvous_is_there(&rv), "no swap: the file that was found is removed");
	sv_rendezvous_close(&rv);
	unlink(rv.path);
	return swapped;
}

int main(void)
{
	char command[256];
	int after, files;

	own_directory();
	of_a_path();
	files = open_descriptors();
	of_a_path();
	of_a_name();
	of_other_names();
	of_a_name_elsewhere();
	is(open_descriptors(), files, "all files are closed again");
	for (after = 1; of_a_parent_that_is_swapped(after); after++)
		;
	/* The parent is opened as 0 if a program has closed its standard input. */
	must(close(STDIN_FILENO) == 0);
	of_a_parent_that_is_swapped(1000);
	ok(1, "looks at the file%s", after > 1 ? "" : " # SKIP this libc has other functions for them");
	is(inherited, 0, "a program that is started inherits no file");
	snprintf(command, sizeof command, "rm -rf %s", unit_directory);
	return system(command) != 0 || tap_done();
}
