/* SPDX-License-Identifier: MIT */
/* keep.c - the record of a rendezvous: in the rendezvous file, or in a file of its own. */
#define _GNU_SOURCE /* O_NOFOLLOW, O_PATH */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "os/keep.h"

bool sv_rendezvous_is_there(const struct sv_rendezvous *rv)
{
	struct stat st;
	int result = rv->named && rv->directory.fd != -1
	                     ? fstatat(rv->directory.fd, rv->file, &st, AT_SYMLINK_NOFOLLOW)
	                     : stat(rv->path, &st);

	return result == 0 && (uint64_t)st.st_dev == rv->identity.device &&
	       (uint64_t)st.st_ino == rv->identity.inode;
}

/*
 * The number of names in the directory that the maker of this file gave it and has not removed yet.  If
 * finish is set, the caller has the lock, so the maker died: remove those names.
 */
static nlink_t count_temporary(int directory, const struct stat *st, bool finish)
{
	DIR *handle = sv_directory_names(directory);
	struct dirent *entry;
	struct stat other;
	nlink_t count = 0;

	if (handle == NULL)
		return 0;
	while ((entry = readdir(handle)) != NULL) {
		if (!sv_record_is_temporary(entry->d_name) ||
		    fstatat(directory, entry->d_name, &other, AT_SYMLINK_NOFOLLOW) == -1 ||
		    other.st_dev != st->st_dev || other.st_ino != st->st_ino)
			continue;
		count++;
		if (finish)
			unlinkat(directory, entry->d_name, 0);
	}
	closedir(handle);
	return count;
}

bool sv_rendezvous_has_other_name(const struct sv_rendezvous *rv, bool locked)
{
	struct timespec pause = { 0, 1000000 };
	struct stat st;
	int i;

	/* Without the lock, the maker may remove its name between the two looks: look again. */
	for (i = 0; i < 20; i++) {
		if (fstat(rv->fd, &st) == 0 &&
		    (st.st_nlink <= 1 || st.st_nlink - count_temporary(rv->directory.fd, &st, locked) <= 1))
			return false;
		if (locked)
			break;
		nanosleep(&pause, NULL);
	}
	return true;
}

bool sv_rendezvous_read(const struct sv_rendezvous *rv, struct sv_record *record)
{
	int fd;
	bool valid;

	if (rv->named && rv->known)
		*record = rv->record;
	if (rv->named)
		return rv->known || sv_record_read(rv->fd, record);
	if (rv->directory.fd == -1)
		return false;
	fd = openat(rv->directory.fd, rv->file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd == -1)
		return false;
	valid = sv_record_read(fd, record) && record->path[0] != '\0' && record->project == rv->project;
	close(fd);
	return valid;
}

static int accept_any(int fd, void *arg)
{
	(void)fd;
	(void)arg;
	return 0;
}

static int write_apart(const struct sv_rendezvous *rv, struct sv_record *record)
{
	int fd = sv_safe_descriptor(
		openat(rv->directory.fd, rv->file, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
	struct sv_record old;
	int code = 0;

	if (fd == -1 && errno == ENOENT) {
		fd = sv_record_make(rv->directory.fd, rv->file, record, accept_any, NULL);
		if (fd == -1)
			return errno;
	} else if (fd == -1) {
		return errno;
	} else if (!sv_record_read(fd, &old)) {
		code = EEXIST;
	} else if (sv_record_fits(fd, record)) {
		code = sv_record_write(fd, record);
	} else {
		/* A text of another length cannot be replaced in one step, so make a new file. */
		close(fd);
		unlinkat(rv->directory.fd, rv->file, 0);
		fd = sv_record_make(rv->directory.fd, rv->file, record, accept_any, NULL);
		if (fd == -1)
			return errno;
	}
	flock(fd, LOCK_UN);
	close(fd);
	return code;
}

int sv_rendezvous_write(struct sv_rendezvous *rv, const struct sv_record *record, struct sv_fault *fault)
{
	struct sv_record copy = *record;
	int code;

	if (rv->named) {
		copy.path[0] = '\0';
		memset(&copy.file, 0, sizeof copy.file);
		rv->known = false;
		code = sv_record_write(rv->fd, &copy);
	} else {
		copy.file = rv->identity;
		snprintf(copy.path, sizeof copy.path, "%s", rv->path);
		code = write_apart(rv, &copy);
	}
	return code == 0 ? SV_OK
	                 : sv_fault_set(fault, SV_ESYSTEM, code, "cannot write its record %s/%s",
	                                rv->directory.path, rv->file);
}

/*
 * Unlink the file of a channel that was found by its header.  The directory is opened first: the path could
 * lead to another one between a look and a second walk of it.
 */
static void unlink_found(const struct sv_rendezvous *rv)
{
	const char *slash = strrchr(rv->path, '/');
	char parent[PATH_MAX];
	struct stat st;
	int fd;

	if (slash == NULL)
		return;
	snprintf(parent, sizeof parent, "%.*s", (int)(slash - rv->path) + 1, rv->path);
	fd = open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return;
	if (fstatat(fd, slash + 1, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    (uint64_t)st.st_dev == rv->identity.device && (uint64_t)st.st_ino == rv->identity.inode)
		unlinkat(fd, slash + 1, 0);
	close(fd);
}

void sv_rendezvous_forget(const struct sv_rendezvous *rv, uint64_t generation)
{
	struct sv_record record;

	if (rv->named && !sv_rendezvous_is_there(rv))
		return;
	/*
	 * If the rendezvous was made again with the same inode, it has the same record but another lock: the
	 * record may belong to the next channel now.
	 */
	if (!rv->named && sv_rendezvous_read(rv, &record) && record.generation != generation)
		return;
	if (rv->directory.fd != -1)
		unlinkat(rv->directory.fd, rv->file, 0);
	else if (rv->named)
		unlink_found(rv);
}
