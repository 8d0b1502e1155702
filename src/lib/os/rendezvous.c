/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* O_NOFOLLOW, O_PATH, realpath */
#include "os/rendezvous.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/key.h"

/*
 * How many files are made until one has a free key.  Another user cannot take more keys than the kernel has
 * objects.
 */
#define MOST_FILES 65536
/*
 * How many of those files stay open at a time, so that a file system that uses inodes again at once gives
 * others.
 */
#define FILES_HELD 64

/*
 * Waiting for the lock.  In most transfers both sides leave at the same moment, and each holds the lock for
 * about 100 us.  So a waiting side first only yields the CPU, because even the shortest sleep takes as long
 * as that.  Then it sleeps between two attempts.
 */
#define YIELD_NS 200000
#define FIRST_PAUSE_NS 50000
#define LONGEST_PAUSE_NS 10000000

/* How often a caller that does not wait tries to get a file that is replaced again and again. */
#define MOST_TRIES 100

/* The key of an open file.  0 or an errno value. */
static int take_key(struct sv_rendezvous *rv, int fd, const struct stat *st)
{
	return sv_key_of(fd, st, rv->path, rv->project, &rv->key);
}

/* Store owner, group and identity of an open file.  0 or an errno value. */
static int take_facts(struct sv_rendezvous *rv, int fd, struct stat *st)
{
	if (fstat(fd, st) == -1)
		return errno;
	rv->owner = st->st_uid;
	rv->group = st->st_gid;
	rv->identity = sv_identity_of(fd, st);
	return 0;
}

/* The shorter of a pause below a second and the time that is left (NULL: for ever). */
static const struct timespec *shorter(const struct timespec *pause, const struct timespec *left)
{
	return left != NULL && left->tv_sec == 0 && left->tv_nsec < pause->tv_nsec ? left : pause;
}

int sv_rendezvous_lock(struct sv_rendezvous *rv, bool shared, const struct sv_patience *patience,
                       struct sv_fault *fault)
{
	struct timespec pause = { 0, FIRST_PAUSE_NS }, left;
	int64_t yield_until = 0;

	/* flock(2) has no time-out and cannot be cancelled, so it never waits in the kernel. */
	while (flock(rv->fd, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == -1) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return sv_fault_set(fault, SV_ESYSTEM, errno, "cannot lock %s", rv->path);
		if (sv_is_cancelled(patience))
			return sv_fault_set(fault, SV_EINTR, 0,
			                    "interrupted while waiting for the lock of %s", rv->path);
		if (patience->deadline == 0)
			return sv_fault_set(fault, SV_EAGAIN, 0, "another process is opening or closing it");
		if (sv_is_over(patience))
			return sv_fault_set(fault, SV_ETIMEDOUT, 0,
			                    "timed out while another process was opening or closing it");
		if (yield_until == 0)
			yield_until = sv_now() + YIELD_NS;
		if (sv_now() < yield_until) {
			sched_yield();
			continue;
		}
		nanosleep(shorter(&pause, sv_time_left(patience->deadline, &left)), NULL);
		if (pause.tv_nsec < LONGEST_PAUSE_NS)
			pause.tv_nsec *= 2;
	}
	return SV_OK;
}

void sv_rendezvous_unlock(struct sv_rendezvous *rv)
{
	rv->known = false;
	if (rv->fd != -1)
		flock(rv->fd, LOCK_UN);
}

static void close_file(struct sv_rendezvous *rv)
{
	sv_rendezvous_unlock(rv);
	if (rv->fd != -1)
		close(rv->fd);
	rv->fd = -1;
}

void sv_rendezvous_close(struct sv_rendezvous *rv)
{
	close_file(rv);
	sv_directory_close(&rv->directory);
}

/* --- a named rendezvous --- */

struct candidate {
	struct sv_rendezvous *rv;
	struct sv_record record;
};

/* A new file is useful if no object has its key. */
static int try_key(int fd, void *arg)
{
	struct candidate *candidate = arg;
	struct stat st;
	int code = take_facts(candidate->rv, fd, &st);

	if (code == 0)
		code = take_key(candidate->rv, fd, &st);

	candidate->record.key = (uint32_t)candidate->rv->key;
	return code != 0 ? code : sv_key_is_taken(candidate->rv->key) ? EADDRINUSE : 0;
}

/* SV_OK: made and locked; 1: another process has made it meanwhile. */
static int make_named(struct sv_rendezvous *rv, struct sv_fault *fault)
{
	struct candidate candidate = { rv, { .project = rv->project, .shmid = -1, .semid = -1 } };
	int held[FILES_HELD], code = 0, i;

	for (i = 0; i < FILES_HELD; i++)
		held[i] = -1;
	candidate.record.generation = sv_random();
	for (i = 0; i < MOST_FILES; i++) {
		rv->fd = sv_record_make(rv->directory.fd, rv->file, &candidate.record, try_key, &candidate);
		code = rv->fd != -1 ? 0 : errno;
		if (code != EADDRINUSE)
			break;
		if (held[i % FILES_HELD] != -1)
			close(held[i % FILES_HELD]);
		held[i % FILES_HELD] = openat(rv->directory.fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	}
	for (i = 0; i < FILES_HELD; i++)
		if (held[i] != -1)
			close(held[i]);
	rv->fresh = code == 0;
	rv->known = code == 0;
	rv->record = candidate.record;
	if (code == 0 || code == EEXIST)
		return code == 0 ? SV_OK : 1;
	if (code == EADDRINUSE) {
		sv_fault_set(
			fault, SV_EFOREIGN, 0,
			"objects that are not svipc's have the keys of all files that could be made for it");
		sv_fault_advise(fault, SV_ADVICE_DIRECTORY);
		return SV_EFOREIGN;
	}
	return sv_fault_set(fault, SV_ESYSTEM, code, "cannot make the rendezvous %s", rv->path);
}

static int not_a_channel(struct sv_rendezvous *rv, const char *what, struct sv_fault *fault)
{
	sv_fault_set(fault, SV_EFOREIGN, 0, "%s %s; it was left alone", rv->path, what);
	sv_fault_advise(fault, SV_ADVICE_OTHER_CHANNEL);
	return SV_EFOREIGN;
}

/* SV_OK: open and locked; 1: it was removed or replaced before this process had the lock. */
static int open_named(struct sv_rendezvous *rv, const struct sv_whereabouts *where, struct sv_fault *fault)
{
	struct sv_record *record = &rv->record;
	struct stat st;
	nlink_t names;
	int code;

	/* These flags follow no symbolic link, and do not block on a FIFO or a device. */
	rv->fd = sv_safe_descriptor(openat(rv->directory.fd, rv->file,
	                                   (where->lock == SV_LOCK_WHOLE ? O_RDWR : O_RDONLY) | O_NOFOLLOW |
	                                           O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
	if (rv->fd == -1 && errno == ENOENT)
		return where->create ? make_named(rv, fault)
		                     : sv_fault_set(fault, SV_ESYSTEM, ENOENT, "cannot open rendezvous %s",
		                                    rv->path);
	if (rv->fd == -1 && errno == ELOOP)
		return not_a_channel(rv, "is a symbolic link", fault);
	if (rv->fd == -1 && (errno == ENXIO || errno == EISDIR))
		return not_a_channel(rv, "is not a regular file", fault);
	if (rv->fd == -1)
		return sv_fault_set(fault, SV_ESYSTEM, errno, "cannot open rendezvous %s", rv->path);
	code = take_facts(rv, rv->fd, &st);
	if (code != 0)
		return sv_fault_set(fault, SV_ESYSTEM, code, "cannot look at rendezvous %s", rv->path);
	if (!S_ISREG(st.st_mode))
		return not_a_channel(rv, "is not a regular file", fault);
	if (st.st_uid != geteuid())
		return not_a_channel(rv, "belongs to another user", fault);
	names = st.st_nlink;
	code = where->lock == SV_LOCK_NONE
	               ? SV_OK
	               : sv_rendezvous_lock(rv, where->lock == SV_LOCK_SHARED, &where->patience, fault);
	if (code != SV_OK)
		return code;
	if (names > 1 && sv_rendezvous_has_other_name(rv, where->lock == SV_LOCK_WHOLE))
		return not_a_channel(rv, "has another name too (a hard link)", fault);
	if (!sv_rendezvous_is_there(rv))
		return 1;
	code = take_key(rv, rv->fd, &st);
	if (code != 0)
		return sv_fault_set(fault, SV_ESYSTEM, code, "cannot make a key of %s", rv->path);
	/* A file without a record, or with a copy of another file's record, is somebody's data. */
	if (!sv_record_read(rv->fd, record) || record->path[0] != '\0' || record->project != rv->project ||
	    record->key != (uint32_t)rv->key)
		return not_a_channel(rv, "is a file that is not a channel's", fault);
	rv->known = where->lock != SV_LOCK_NONE;
	return SV_OK;
}

int sv_rendezvous_renew(struct sv_rendezvous *rv, struct sv_fault *fault)
{
	sv_rendezvous_forget(rv, 0);
	close_file(rv);
	return make_named(rv, fault);
}

/* --- a rendezvous with a path --- */

int sv_rendezvous_open_file(const char *path, struct stat *st)
{
	int handle = open(path, O_PATH | O_CLOEXEC), fd = -1, code;
	char link[40];

	if (handle == -1)
		return -1;
	code = fstat(handle, st) == -1 ? errno : 0;
	if (code == 0 && !S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode))
		code = EMEDIUMTYPE;
	if (code == 0) {
		snprintf(link, sizeof link, "/proc/self/fd/%d", handle);
		fd = open(link, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
		if (fd == -1 && errno == ENOENT)
			fd = open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
		code = fd == -1 || fstat(fd, st) == -1 ? errno : 0;
	}
	close(handle);
	errno = code;
	return sv_safe_descriptor(fd);
}

/* SV_OK: open and locked; 1: it was replaced before this process had the lock. */
static int open_path(struct sv_rendezvous *rv, const struct sv_whereabouts *where, struct sv_fault *fault)
{
	struct stat st;
	int code;

	rv->fd = sv_rendezvous_open_file(rv->path, &st);
	if (rv->fd == -1 && errno == EMEDIUMTYPE) {
		sv_fault_set(fault, SV_ESYSTEM, 0, "refusing %s: it is not a regular file or directory",
		             rv->path);
		fault->error.sys_errno = EMEDIUMTYPE;
		return SV_ESYSTEM;
	}
	if (rv->fd == -1) {
		sv_fault_set(fault, SV_ESYSTEM, errno, "cannot open rendezvous %s", rv->path);
		if (fault->error.sys_errno == ENOENT)
			sv_fault_advise(fault, SV_ADVICE_PATH);
		return SV_ESYSTEM;
	}
	code = take_facts(rv, rv->fd, &st);
	if (code == 0)
		code = take_key(rv, rv->fd, &st);
	if (code != 0)
		return sv_fault_set(fault, SV_ESYSTEM, code, "cannot look at rendezvous %s", rv->path);
	/* The record's name comes from the file, not from the key, because two files may share a key. */
	snprintf(rv->file, sizeof rv->file, ".path.%llx-%llx-%d", (unsigned long long)rv->identity.device,
	         (unsigned long long)rv->identity.inode, rv->project);
	code = where->lock == SV_LOCK_NONE
	               ? SV_OK
	               : sv_rendezvous_lock(rv, where->lock == SV_LOCK_SHARED, &where->patience, fault);
	if (code != SV_OK)
		return code;
	return sv_rendezvous_is_there(rv) ? SV_OK : 1;
}

static int resolve_path(struct sv_rendezvous *rv, const char *path, struct sv_fault *fault)
{
	char *absolute = realpath(path, NULL);

	if (absolute == NULL) {
		sv_fault_set(fault, SV_ESYSTEM, errno, "cannot use it as a rendezvous");
		if (fault->error.sys_errno == ENOENT)
			sv_fault_advise(fault, SV_ADVICE_PATH);
		return SV_ESYSTEM;
	}
	/*
	 * A record is lines of text.  With a newline in the path, another path would be read back, and with
	 * it the lock of another file.
	 */
	if (strchr(absolute, '\n') != NULL) {
		free(absolute);
		return sv_fault_set(fault, SV_EINVAL, 0, "the path of a rendezvous cannot contain a newline");
	}
	snprintf(rv->path, sizeof rv->path, "%s", absolute);
	free(absolute);
	return SV_OK;
}

/* --- both --- */

static int prepare(struct sv_rendezvous *rv, const struct sv_whereabouts *where, struct sv_fault *fault)
{
	int code;

	if (where->path == NULL && (code = sv_name_check(where->name, fault)) != SV_OK)
		return code;
	if (where->path != NULL)
		snprintf(fault->label, sizeof fault->label, "channel at %.400s", where->path);
	else
		snprintf(fault->label, sizeof fault->label, "channel '%s'", where->name);
	if (where->directory != NULL) {
		rv->directory = *where->directory;
		rv->directory.borrowed = true;
		code = SV_OK;
	} else {
		code = sv_directory_open(&rv->directory, where->create, fault);
	}
	if (code != SV_OK && (where->path == NULL || where->create || fault->error.sys_errno != ENOENT))
		return code;
	if (where->path != NULL)
		return resolve_path(rv, where->path, fault);
	snprintf(rv->name, sizeof rv->name, "%s", where->name);
	sv_name_file(rv->file, sizeof rv->file, rv->name, rv->project);
	if ((size_t)snprintf(rv->path, sizeof rv->path, "%s/%s", rv->directory.path, rv->file) >=
	    sizeof rv->path)
		return sv_fault_set(fault, SV_ESYSTEM, ENAMETOOLONG, "cannot use %s", rv->directory.path);
	return SV_OK;
}

/* The file was replaced between two steps.  SV_OK: try again. */
static int check_patience(const struct sv_rendezvous *rv, const struct sv_patience *patience, int tries,
                          struct sv_fault *fault)
{
	struct timespec pause = { 0, FIRST_PAUSE_NS };

	if (sv_is_cancelled(patience))
		return sv_fault_set(fault, SV_EINTR, 0, "interrupted while %s was changing", rv->path);
	if (patience->deadline == 0 && tries >= MOST_TRIES)
		return sv_fault_set(fault, SV_EAGAIN, 0, "%s is replaced again and again", rv->path);
	if (patience->deadline != 0 && sv_is_over(patience))
		return sv_fault_set(fault, SV_ETIMEDOUT, 0, "timed out: %s is replaced again and again",
		                    rv->path);
	nanosleep(&pause, NULL);
	return SV_OK;
}

int sv_rendezvous_open(struct sv_rendezvous *rv, const struct sv_whereabouts *where, struct sv_fault *fault)
{
	char what[sizeof fault->label];
	int code, tries = 0;

	memset(rv, 0, sizeof *rv);
	rv->fd = rv->directory.top = rv->directory.fd = -1;
	rv->named = where->path == NULL;
	rv->project = where->project;
	code = prepare(rv, where, fault);
	while (code == SV_OK) {
		code = rv->named ? open_named(rv, where, fault) : open_path(rv, where, fault);
		if (code != 1)
			break;
		close_file(rv);
		code = check_patience(rv, &where->patience, ++tries, fault);
	}
	if (code != SV_OK) {
		sv_rendezvous_close(rv);
		return code;
	}
	snprintf(what, sizeof what, "%s", fault->label);
	snprintf(fault->label, sizeof fault->label, "%.600s (key 0x%08x)", what, (unsigned)rv->key);
	return SV_OK;
}
