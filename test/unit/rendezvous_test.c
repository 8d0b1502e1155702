/* SPDX-License-Identifier: MIT */
/* Opening a rendezvous: what is somebody's data, what cannot be opened, and how its lock is waited for. */
#define _GNU_SOURCE /* O_PATH, RTLD_NEXT, syscall */
#include <sched.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/stat.h>

#include "channel/channel.h"
#include "libc.h"
#include "opening.h"
#include "pair.h"

/* --- the functions below stand before the C library's ------------------------------------------------------
 */

static int reason;      /* errno of open(2) of a file by its descriptor; 0: it works */
static int name_reason; /* the same of a name */
static int slow;        /* how often a file was opened by a path without flags that it needs */

static int refusal(int directory, const char *path, int flags)
{
	slow += directory == AT_FDCWD && (flags & (O_PATH | O_CREAT | O_DIRECTORY)) == 0 &&
	        (flags & (O_NOCTTY | O_NONBLOCK)) != (O_NOCTTY | O_NONBLOCK);
	return strncmp(path, "/proc/self/fd/", 14) == 0 ? reason
	       : strcmp(path, "unit") == 0              ? name_reason
	                                                : 0;
}

static int rivals; /* how many other processes make a file of the same name just before */

int linkat(int from, const char *old, int to, const char *name, int flags)
{
	errno = EEXIST;
	return rivals-- > 0 ? -1 : (int)syscall(SYS_linkat, from, old, to, name, flags);
}

static int taken;      /* how many files have keys that are not free */
static int without;    /* most files without a name that were open at the same time */
static int not_opened; /* how often something was closed that was not open */

/* Called while a file is made that has no name yet. */
int shmget(key_t key, size_t size, int flags)
{
	int fd, count = 0;
	struct stat st;

	if (taken == 0)
		return libc(shmget)(key, size, flags);
	for (fd = 0; fd < 256; fd++)
		count += fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 0;
	without = count > without ? count : without;
	taken--;
	return 0;
}

int close(int fd)
{
	not_opened += fd < 0;
	return (int)syscall(SYS_close, fd);
}

static bool locked;   /* by another process, until it is now: */
static int64_t until; /* in a clock that only goes on where this process waits or asks */
static int64_t now, longest;
static int yields, sleeps;

int flock(int fd, int operation)
{
	errno = EWOULDBLOCK;
	return locked && (operation & LOCK_UN) == 0 && now < until ? -1
	                                                           : (int)syscall(SYS_flock, fd, operation);
}

int clock_gettime(clockid_t id, struct timespec *time)
{
	(void)id;
	now += 1000;
	*time = (struct timespec){ now / 1000000000, now % 1000000000 };
	return 0;
}

int sched_yield(void)
{
	yields++;
	return 0;
}

int nanosleep(const struct timespec *time, struct timespec *left)
{
	(void)left;
	sleeps++;
	longest = time->tv_nsec > longest ? time->tv_nsec : longest;
	now += time->tv_sec * 1000000000 + time->tv_nsec;
	return 0;
}

/* ----------------------------------------------------------------------------------------------------------
 */

static struct sv_fault fault;

static int open_one(struct sv_rendezvous *rv, const char *name, const char *path, int timeout_ms)
{
	struct sv_whereabouts where = { .name = name, .path = path, .project = 83, .create = true };

	where.patience = sv_patience(timeout_ms, NULL);
	return sv_rendezvous_open(rv, &where, &fault);
}

/* A file of a channel is one only with exactly the record of this file. */
static void somebodys_data(void)
{
	struct sv_rendezvous rv, again;
	struct sv_record record, other[5];
	int i, fd;

	must(open_one(&rv, "unit", NULL, 0) == SV_OK && sv_rendezvous_read(&rv, &record));
	ok(strstr(fault.label, "channel 'unit' (key 0x") != NULL, "errors begin with its name: %s",
	   fault.label);
	sv_rendezvous_close(&rv);
	for (i = 0; i < 5; i++)
		other[i] = record;
	strcpy(other[0].path, "/path");
	other[1].project = 84;
	other[2].key++;
	other[3].generation = 0;
	for (i = 0; i < 5; i++) {
		fd = (int)syscall(SYS_openat, AT_FDCWD, rv.path, O_RDWR | O_TRUNC | O_CLOEXEC, 0);
		must(fd != -1 && sv_record_write(fd, &other[i]) == 0);
		must(i < 4 || pwrite(fd, "x", 1, lseek(fd, 0, SEEK_END)) == 1);
		is(open_one(&again, "unit", NULL, 0), SV_EFOREIGN,
		   "a file with another record, %d, is somebody's", i);
		ok(strstr(fault.error.text, "not a channel's; it was left alone") != NULL, "it says so: %s",
		   fault.error.text);
		ok(again.fd == -1 && again.directory.fd == -1 && access(rv.path, F_OK) == 0,
		   "it is left alone");
		must(close(fd) == 0);
	}
	must(unlink(rv.path) == 0 && mkdir(rv.path, 0700) == 0);
	is(open_one(&again, "unit", NULL, 0), SV_EFOREIGN, "a directory is somebody's too");
	name_reason = EMFILE;
	is(open_one(&again, "unit", NULL, 0), SV_ESYSTEM, "a file that cannot be opened");
	ok(fault.error.sys_errno == EMFILE && strstr(fault.error.text, "cannot open rendezvous") != NULL,
	   "it says why: %s", fault.error.text);
	name_reason = 0;
	must(rmdir(rv.path) == 0);
}

/* Others make the file, and remove it again. */
static void made_meanwhile(void)
{
	struct sv_rendezvous rv;

	rivals = 2;
	is(open_one(&rv, "unit", NULL, 1000), SV_OK, "a file that others make at the same time");
	ok(rivals < 0 && rv.fd != -1 && sv_rendezvous_is_there(&rv), "is opened when it is there");
	sv_rendezvous_forget(&rv, 0);
	sv_rendezvous_close(&rv);
}

static void by_path(void)
{
	struct sv_rendezvous rv;
	const char *path = options_of_file(0, 0).path;
	gid_t group = 77;
	int files, fd;

	must(unlink(path) == 0);
	is(open_one(&rv, NULL, path, 0), SV_ESYSTEM, "a path that is not there");
	is(fault.error.advice, SV_ADVICE_PATH, "that is advised");
	must(mkfifo(path, 0600) == 0);
	is(open_one(&rv, NULL, path, 0), SV_ESYSTEM, "a FIFO");
	is(fault.error.sys_errno, EMEDIUMTYPE, "it is told by its errno");
	ok(strstr(fault.error.text, "refusing") != NULL, "it is refused: %s", fault.error.text);
	must(unlink(path) == 0);
	path = options_of_file(0, 0).path;
	reason = EACCES;
	is(open_one(&rv, NULL, path, 0), SV_ESYSTEM, "a file that may not be opened");
	is(fault.error.sys_errno, EACCES, "it is told why");
	is(fault.error.advice, SV_ADVICE_NONE, "another path is not advised");
	ok(strstr(fault.error.text, "cannot open rendezvous") != NULL, "it says so: %s", fault.error.text);
	reason = ENOENT;
	is(open_one(&rv, NULL, path, 0), SV_OK, "without proc(5) a file is opened by its path");
	sv_rendezvous_close(&rv);
	reason = 0;
	inherited = slow = 0;
	files = open_descriptors();
	/* Root's is number 0. */
	if (geteuid() != 0 || chown(path, (uid_t)-1, group) == -1)
		group = getegid();
	is(open_one(&rv, NULL, path, 0), SV_OK, "a file is opened");
	ok(rv.owner == geteuid() && rv.group == group, "its owner and its group are known");
	ok(strstr(fault.label, "channel at /") != NULL, "errors begin with its path: %s", fault.label);
	is(inherited, 0, "a program that is started does not inherit it");
	is(slow, 0, "and nothing can delay that");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	must(fd != -1);
	ok(flock(fd, LOCK_SH | LOCK_NB) == -1, "nobody else may even look meanwhile");
	must(close(fd) == 0);
	sv_rendezvous_close(&rv);
	is(open_descriptors(), files, "nothing is left open");
	must(unlink(path) == 0);
}

static void waits(void)
{
	struct sv_rendezvous rv;

	must(open_one(&rv, "unit", NULL, 0) == SV_OK);
	sv_rendezvous_unlock(&rv);
	locked = true;
	until = now + 150000;
	yields = sleeps = 0;
	is(open_one(&rv, "unit", NULL, 1000), SV_OK, "a lock that is held for a moment");
	ok(yields > 1 && sleeps == 0, "others may run until it is free: %d times", yields);
	sv_rendezvous_close(&rv);
	until = now + 100000000;
	yields = 0;
	is(open_one(&rv, "unit", NULL, 1000), SV_OK, "a lock that is held for 0.1 s");
	ok(yields > 1 && sleeps > 8 && sleeps < 20, "then this process sleeps: %d times", sleeps);
	ok(longest > 9000000 && longest < 20000000, "at most %lld ns", (long long)longest);
	sv_rendezvous_close(&rv);
	until = INT64_MAX;
	is(open_one(&rv, "unit", NULL, 1000), SV_ETIMEDOUT, "a lock that is not given back");
	is(fault.error.sys_errno, 0, "no system call has failed");
	is(open_one(&rv, "unit", NULL, 0), SV_EAGAIN, "there is no time to wait for it");
	is(fault.error.sys_errno, 0, "no system call has failed");
	locked = false;
	must(open_one(&rv, "unit", NULL, 0) == SV_OK && unlink(rv.path) == 0);
	sv_rendezvous_close(&rv);
}

/* Files that are dropped are held for a while, because others would get their inodes, and so their keys. */
static void keys_that_are_taken(void)
{
	struct sv_rendezvous rv;
	int fd, before = open_descriptors();

	must((fd = open(getenv("SVIPC_DIR"), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)) == -1 || close(fd) == 0);
	taken = 200;
	not_opened = 0;
	is(open_one(&rv, "unit", NULL, 0), SV_OK, "the 201st file has a key that is free");
	is(taken, 0, "no file is left out");
	ok(fd == -1 || without > 64, "%d files without a name were open at the same time", without);
	sv_rendezvous_forget(&rv, 0);
	sv_rendezvous_close(&rv);
	is(not_opened, 0, "nothing is closed that is not open");
	is(open_descriptors(), before, "and nothing is left open");
}

int main(void)
{
	own_directory();
	somebodys_data();
	made_meanwhile();
	by_path();
	waits();
	keys_that_are_taken();
	ok(directory_is_empty(), "nothing is left");
	return tap_done();
}
