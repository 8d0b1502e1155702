/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* O_NOFOLLOW, realpath, ftok */
#include "os/rendezvous.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"

static int check_directory(const char *dir, struct sv_fault *fault)
{
	struct stat st;

	if (lstat(dir, &st) == -1)
		return sv_fault_set(fault, SV_ESYSTEM, errno, "cannot use directory %s", dir);
	if (!S_ISDIR(st.st_mode))
		return sv_fault_set(fault, SV_ESYSTEM, 0,
		                    "refusing %s: it is not a directory%s; remove it or set SVIPC_DIR", dir,
		                    S_ISLNK(st.st_mode) ? " but a symbolic link" : "");
	if (st.st_uid != geteuid())
		return sv_fault_set(fault, SV_ESYSTEM, 0,
		                    "refusing directory %s: it belongs to user %u, not to you; set SVIPC_DIR",
		                    dir, (unsigned)st.st_uid);
	if ((st.st_mode & 077) != 0)
		return sv_fault_set(fault, SV_ESYSTEM, 0,
		                    "refusing directory %s: others may use it (mode %04o); run: chmod 700 %s",
		                    dir, (unsigned)(st.st_mode & 07777), dir);
	return SV_OK;
}

static int make_directory(const char *dir, bool create, struct sv_fault *fault)
{
	if (create && mkdir(dir, 0700) == -1 && errno != EEXIST)
		return sv_fault_set(fault, SV_ESYSTEM, errno, "cannot create directory %s", dir);
	return check_directory(dir, fault);
}

int sv_rendezvous_directory(char *dir, bool create, struct sv_fault *fault)
{
	const char *chosen = getenv("SVIPC_DIR");
	struct stat st;

	if (chosen != NULL && chosen[0] != '\0') {
		if (strlen(chosen) >= PATH_MAX - 2 * SV_NAME_MAX)
			return sv_fault_set(fault, SV_ESYSTEM, ENAMETOOLONG, "SVIPC_DIR");
		if (strchr(chosen, '\n') != NULL)
			return sv_fault_set(fault, SV_EINVAL, 0, "SVIPC_DIR cannot contain a newline");
		snprintf(dir, PATH_MAX, "%s", chosen);
		return make_directory(dir, create, fault);
	}
	/* /dev/shm first: the same for a login, cron and a service, and not swept by cleaners of /tmp. */
	if (stat("/dev/shm", &st) == 0 && S_ISDIR(st.st_mode) && access("/dev/shm", W_OK | X_OK) == 0)
		snprintf(dir, PATH_MAX, "/dev/shm/svipc-%u", (unsigned)geteuid());
	else
		snprintf(dir, PATH_MAX, "/tmp/svipc-%u", (unsigned)geteuid());
	return make_directory(dir, create, fault);
}

int sv_rendezvous_check_name(const char *name, struct sv_fault *fault)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	size_t length = strlen(name);

	if (length == 0 || length > SV_NAME_MAX || name[0] == '.' || name[0] == '-' ||
	    name[strspn(name, allowed)] != '\0')
		return sv_fault_set(fault, SV_EINVAL, 0,
		                    "invalid channel name '%.80s': use 1 to %d of A-Z a-z 0-9 . _ - and do "
		                    "not start with . or -",
		                    name, SV_NAME_MAX);
	return SV_OK;
}

/* A symlink, FIFO or device in place of the file could lead anywhere or block. */
static int open_file(struct sv_rendezvous *rv, bool create, struct sv_fault *fault)
{
	int flags = O_NOCTTY | O_NONBLOCK | O_CLOEXEC;
	struct stat st;

	if (rv->named)
		flags |= O_RDWR | O_NOFOLLOW | (create ? O_CREAT : 0);
	rv->fd = open(rv->path, flags, 0600);
	if (rv->fd == -1) {
		if (errno == ELOOP)
			return sv_fault_set(fault, SV_ESYSTEM, 0,
			                    "refusing %s: it is a symbolic link; remove it", rv->path);
		if (errno == ENXIO)
			return sv_fault_set(fault, SV_ESYSTEM, 0,
			                    "refusing %s: it is not a regular file; remove it", rv->path);
		sv_fault_set(fault, SV_ESYSTEM, errno, "cannot open rendezvous %s", rv->path);
		if (fault->error.sys_errno == ENOENT && !rv->named)
			sv_fault_hint(fault, "--path takes a file that exists");
		return SV_ESYSTEM;
	}
	if (fstat(rv->fd, &st) == -1)
		return sv_fault_set(fault, SV_ESYSTEM, errno, "cannot look at rendezvous %s", rv->path);
	if (!S_ISREG(st.st_mode) && (rv->named || !S_ISDIR(st.st_mode)))
		return sv_fault_set(fault, SV_ESYSTEM, 0, "refusing %s: it is not a regular file%s", rv->path,
		                    rv->named ? "; remove it" : " or directory");
	if (rv->named && st.st_uid != geteuid())
		return sv_fault_set(fault, SV_ESYSTEM, 0, "refusing %s: it belongs to user %u, not to you",
		                    rv->path, (unsigned)st.st_uid);
	rv->device = (uint64_t)st.st_dev;
	rv->inode = (uint64_t)st.st_ino;
	return SV_OK;
}

int sv_rendezvous_lock(struct sv_rendezvous *rv, int timeout_ms, struct sv_fault *fault)
{
	struct timespec pause = { 0, 1000000 };
	int64_t deadline = sv_deadline(timeout_ms);

	for (;;) {
		/* flock(2) has no time-out: only without one can it wait in the kernel. */
		if (flock(rv->fd, timeout_ms == -1 ? LOCK_EX : LOCK_EX | LOCK_NB) == 0)
			return SV_OK;
		if (errno == EINTR)
			return sv_fault_set(fault, SV_EINTR, 0,
			                    "interrupted while waiting for the lock of %s", rv->path);
		if (errno != EWOULDBLOCK)
			return sv_fault_set(fault, SV_ESYSTEM, errno, "cannot lock %s", rv->path);
		if (timeout_ms == 0)
			return sv_fault_set(fault, SV_EAGAIN, 0, "another process is opening or closing it");
		if (sv_now() >= deadline)
			return sv_fault_set(fault, SV_ETIMEDOUT, 0,
			                    "timed out while another process was opening or closing it");
		nanosleep(&pause, NULL);
		if (pause.tv_nsec < 50000000)
			pause.tv_nsec *= 2;
	}
}

void sv_rendezvous_unlock(struct sv_rendezvous *rv)
{
	flock(rv->fd, LOCK_UN);
}

void sv_rendezvous_close(struct sv_rendezvous *rv)
{
	if (rv->fd != -1)
		close(rv->fd);
	rv->fd = -1;
}

/* Does the path still lead to the file that is open?  The last one out may have unlinked it before we had the
 * lock. */
static bool still_there(const struct sv_rendezvous *rv)
{
	struct stat st;

	return stat(rv->path, &st) == 0 && (uint64_t)st.st_dev == rv->device &&
	       (uint64_t)st.st_ino == rv->inode;
}

static int resolve(struct sv_rendezvous *rv, const char *name, const char *path, bool create, char *dir,
                   struct sv_fault *fault)
{
	char *absolute;
	int code;

	if (path == NULL && (code = sv_rendezvous_check_name(name, fault)) != SV_OK)
		return code;
	if (path != NULL)
		snprintf(fault->label, sizeof fault->label, "channel at %.400s", path);
	else
		snprintf(fault->label, sizeof fault->label, "channel '%s'", name);
	code = sv_rendezvous_directory(dir, create, fault);
	if (code != SV_OK)
		return code;
	if (path == NULL) {
		snprintf(rv->name, sizeof rv->name, "%s", name);
		if ((size_t)snprintf(rv->path, sizeof rv->path, "%s/%s", dir, name) >= sizeof rv->path)
			return sv_fault_set(fault, SV_ESYSTEM, ENAMETOOLONG, "cannot use %s", dir);
		return SV_OK;
	}
	absolute = realpath(path, NULL);
	if (absolute == NULL) {
		sv_fault_set(fault, SV_ESYSTEM, errno, "cannot use it as a rendezvous");
		if (fault->error.sys_errno == ENOENT)
			sv_fault_hint(fault, "--path takes a file that exists");
		return SV_ESYSTEM;
	}
	/* A record is lines of text: what is read back would be another path, and the lock of another file.
	 */
	if (strchr(absolute, '\n') != NULL) {
		free(absolute);
		return sv_fault_set(fault, SV_EINVAL, 0, "the path of a rendezvous cannot contain a newline");
	}
	snprintf(rv->path, sizeof rv->path, "%s", absolute);
	free(absolute);
	return SV_OK;
}

static int take_key(struct sv_rendezvous *rv, const char *dir, struct sv_fault *fault)
{
	char what[sizeof fault->label];

	rv->key = ftok(rv->path, rv->project);
	if (rv->key == (key_t)-1)
		return sv_fault_set(fault, SV_ESYSTEM, errno, "cannot make a key of %s", rv->path);
	if (rv->apart)
		snprintf(rv->record, sizeof rv->record, "%.*s/.at.%08x", PATH_MAX - 16, dir,
		         (unsigned)rv->key);
	else
		snprintf(rv->record, sizeof rv->record, "%s", rv->path);
	snprintf(what, sizeof what, "%s", fault->label);
	snprintf(fault->label, sizeof fault->label, "%.600s (key 0x%08x)", what, (unsigned)rv->key);
	return SV_OK;
}

int sv_rendezvous_open(struct sv_rendezvous *rv, const char *name, const char *path, int project, bool create,
                       int timeout_ms, struct sv_fault *fault)
{
	char dir[PATH_MAX];
	int code;

	memset(rv, 0, sizeof *rv);
	rv->fd = -1;
	rv->named = path == NULL;
	rv->project = project;
	rv->apart = path != NULL || project != SV_PROJECT_DEFAULT;
	code = resolve(rv, name, path, create, dir, fault);
	if (code != SV_OK)
		return code;
	do {
		sv_rendezvous_close(rv);
		code = open_file(rv, create, fault);
		if (code == SV_OK)
			code = sv_rendezvous_lock(rv, timeout_ms, fault);
	} while (code == SV_OK && !still_there(rv));
	if (code == SV_OK)
		code = take_key(rv, dir, fault);
	if (code != SV_OK)
		sv_rendezvous_close(rv);
	return code;
}

void sv_record_load(const char *file, struct sv_record *record)
{
	char text[PATH_MAX + 128];
	char *newline;
	ssize_t length;
	int used = 0;
	struct stat st;
	int fd;

	record->valid = false;
	record->shmid = record->semid = -1;
	fd = open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd == -1)
		return;
	length = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid()
	                 ? read(fd, text, sizeof text - 1)
	                 : -1;
	close(fd);
	if (length <= 0)
		return;
	text[length] = '\0';
	if (sscanf(text, "svipc 1\nproject %d\nsegment %d\nset %d\npath %n", &record->project, &record->shmid,
	           &record->semid, &used) != 3 ||
	    used == 0)
		return;
	newline = strchr(text + used, '\n');
	if (newline == NULL || text[used] != '/' || (size_t)(newline - (text + used)) >= sizeof record->path)
		return;
	*newline = '\0';
	strcpy(record->path, text + used);
	record->valid = true;
}

void sv_record_read(const struct sv_rendezvous *rv, struct sv_record *record)
{
	sv_record_load(rv->record, record);
	if (record->valid && (record->project != rv->project || strcmp(record->path, rv->path) != 0))
		record->valid = false;
}

int sv_record_write(const struct sv_rendezvous *rv, int shmid, int semid, struct sv_fault *fault)
{
	char text[PATH_MAX + 128];
	int length, fd, code = 0;

	length = snprintf(text, sizeof text, "svipc 1\nproject %d\nsegment %d\nset %d\npath %s\n",
	                  rv->project, shmid, semid, rv->path);
	fd = open(rv->record, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);
	/* One short write within a page; then cut off what an older, longer record left. */
	if (fd == -1 || pwrite(fd, text, (size_t)length, 0) != length || ftruncate(fd, length) == -1)
		code = errno != 0 ? errno : EIO;
	if (fd != -1)
		close(fd);
	if (code != 0)
		return sv_fault_set(fault, SV_ESYSTEM, code, "cannot write the record %s", rv->record);
	return SV_OK;
}

void sv_record_forget(const struct sv_rendezvous *rv)
{
	/* A file that is apart from its record may serve another project id too: it stays. */
	if (rv->apart)
		unlink(rv->record);
	else if (still_there(rv))
		unlink(rv->path);
}
