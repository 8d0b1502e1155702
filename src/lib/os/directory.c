/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* O_DIRECTORY, O_NOFOLLOW, realpath */
#include "os/directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/identity.h"

/* How much the names of files in the directory may add to its path. */
#define ROOM_FOR_NAMES 160

int sv_safe_descriptor(int fd)
{
	int safe, code;

	if (fd == -1 || fd > 2)
		return fd;
	safe = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	code = errno;
	close(fd);
	errno = code;
	return safe;
}

static int open_at(int parent, const char *path)
{
	return sv_safe_descriptor(openat(parent, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

/* Say why a directory cannot be used, which belongs to this user or to root. */
static int refuse(const char *path, const struct stat *st, struct sv_fault *fault)
{
	if (st->st_uid != geteuid())
		sv_fault_set(fault, SV_ESYSTEM, 0, "refusing %s%s: it belongs to user %u, not to you",
		             S_ISDIR(st->st_mode) ? "directory " : "", path, (unsigned)st->st_uid);
	else if (!S_ISDIR(st->st_mode))
		sv_fault_set(fault, SV_ESYSTEM, 0, "refusing %s: it is not a directory%s", path,
		             S_ISLNK(st->st_mode) ? " but a symbolic link" : "");
	else
		sv_fault_set(
			fault, SV_ESYSTEM, 0,
			"refusing directory %s: its mode is %04o, so that others may use it; 0700 is needed",
			path, (unsigned)(st->st_mode & 07777));
	sv_fault_advise(fault, SV_ADVICE_DIRECTORY);
	return SV_ESYSTEM;
}

/* Open a directory that only this user can use.  *taken: another user has made it. */
static int open_own(int parent, const char *name, const char *path, bool create, int *fd, bool *taken,
                    struct sv_fault *fault)
{
	struct stat st;
	int code;

	*taken = false;
	*fd = open_at(parent, name);
	if (*fd == -1 && errno == ENOENT && create) {
		if (mkdirat(parent, name, 0700) == -1 && errno != EEXIST && errno != EROFS)
			return sv_fault_set(fault, SV_ESYSTEM, errno, "cannot create directory %s", path);
		*fd = open_at(parent, name);
	}
	if (*fd == -1) {
		code = errno;
		if (code != ENOENT && fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
			*taken = st.st_uid != geteuid() && st.st_uid != 0;
			if (!S_ISDIR(st.st_mode) || *taken)
				return refuse(path, &st, fault);
		}
		return sv_fault_set(fault, SV_ESYSTEM, code, "cannot use directory %s", path);
	}
	if (fstat(*fd, &st) == -1)
		return sv_fault_set(fault, SV_ESYSTEM, errno, "cannot look at directory %s", path);
	if (st.st_uid == geteuid() && (st.st_mode & 077) == 0)
		return SV_OK;
	*taken = st.st_uid != geteuid() && st.st_uid != 0;
	refuse(path, &st, fault);
	close(*fd);
	*fd = -1;
	return SV_ESYSTEM;
}

/*
 * Open the directory that the user has chosen.  Slashes at its end are removed, because they would follow a
 * symbolic link.
 */
static int open_chosen(struct sv_directory *directory, const char *chosen, bool create,
                       struct sv_fault *fault)
{
	char *path = directory->path;
	size_t length = strlen(chosen);
	bool taken;

	if (length >= PATH_MAX - ROOM_FOR_NAMES)
		return sv_fault_set(fault, SV_ESYSTEM, ENAMETOOLONG, "SVIPC_DIR");
	memcpy(path, chosen, length + 1);
	while (length > 1 && path[length - 1] == '/')
		path[--length] = '\0';
	return open_own(AT_FDCWD, path, path, create, &directory->top, &taken, fault);
}

/*
 * The default is the same for a login, cron and a service.  Where other users can create files, one of them
 * may have taken the name; then both sides try the next place.  Root's directory is where only root can
 * create it.
 */
static int try_places(struct sv_directory *directory, bool create, struct sv_fault *fault)
{
	static const char *const parents[] = { "/run", "/dev/shm", "/tmp" };
	char *path = directory->path;
	bool taken;
	size_t i;
	int code = sv_fault_set(fault, SV_ESYSTEM, ENOENT,
	                        "there is neither /dev/shm nor /tmp to make a directory in");

	for (i = geteuid() == 0 ? 0 : 1; i < sizeof parents / sizeof parents[0]; i++) {
		if (access(parents[i], W_OK | X_OK) == -1)
			continue;
		if (i == 0)
			snprintf(path, sizeof directory->path, "/run/svipc");
		else
			snprintf(path, sizeof directory->path, "%s/svipc-%u", parents[i],
			         (unsigned)geteuid());
		code = open_own(AT_FDCWD, path, path, create, &directory->top, &taken, fault);
		if (code == SV_OK || (!taken && (create || fault->error.sys_errno != ENOENT)))
			break;
	}
	return code;
}

/*
 * Look everywhere before creating anything: another user may take the first place and give it up again, but
 * the channels are in the second.
 */
static int open_default(struct sv_directory *directory, bool create, struct sv_fault *fault)
{
	int code = try_places(directory, false, fault);

	return code != SV_OK && create ? try_places(directory, true, fault) : code;
}

/*
 * The canonical path of an open directory: from the kernel, or without /proc the one to which given resolves.
 */
static bool find_path(int fd, const char *given, char *path)
{
	char link[40];
	ssize_t length;

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	length = readlink(link, path, PATH_MAX - 1);
	if (length > 0 && path[0] == '/') {
		path[length] = '\0';
		return true;
	}
	return realpath(given, path) != NULL;
}

/* Replace the path by which the directory was opened. */
static int make_canonical(struct sv_directory *directory, struct sv_fault *fault)
{
	const char *given = directory->path;
	struct stat opened, found;
	char path[PATH_MAX];

	if (!find_path(directory->top, given, path))
		return sv_fault_set(fault, SV_ESYSTEM, errno, "cannot find the path of directory %s", given);
	if (stat(path, &found) == -1 || fstat(directory->top, &opened) == -1)
		return sv_fault_set(fault, SV_ESYSTEM, errno, "cannot look at directory %s", given);
	/* It was removed and created again since it was opened, or swapped. */
	if (found.st_dev != opened.st_dev || found.st_ino != opened.st_ino)
		return sv_fault_set(fault, SV_ESYSTEM, ESTALE, "directory %s was replaced meanwhile", given);
	if (strlen(path) >= PATH_MAX - ROOM_FOR_NAMES || strchr(path, '\n') != NULL)
		return sv_fault_set(fault, SV_EINVAL, 0,
		                    "cannot use directory %s: its path is too long or contains a newline",
		                    given);
	memcpy(directory->path, path, strlen(path) + 1);
	return SV_OK;
}

static void clear(struct sv_directory *directory)
{
	directory->top = directory->fd = -1;
	directory->path[0] = '\0';
	directory->borrowed = false;
	directory->spaces = NULL;
}

/* Open the user's directory, which holds one sub-directory for each namespace.  The path is the one tried. */
static int open_top(struct sv_directory *directory, const char *chosen, bool create, struct sv_fault *fault)
{
	clear(directory);
	if (chosen != NULL && chosen[0] != '\0')
		return open_chosen(directory, chosen, create, fault);
	return open_default(directory, create, fault);
}

/*
 * Processes of two namespaces would share a sub-directory, and each would take the other's live channels for
 * stale.  ENOENT would mean that the directory is missing.
 */
static int refuse_unknown(struct sv_fault *fault)
{
	sv_fault_set(
		fault, SV_ESYSTEM, 0,
		"cannot tell which IPC namespace this is: /proc/self/ns/ipc cannot be read; mount /proc");
	fault->error.sys_errno = ENOSYS;
	return SV_ESYSTEM;
}

int sv_directory_open(struct sv_directory *directory, bool create, struct sv_fault *fault)
{
	const char *chosen = getenv("SVIPC_DIR");
	uint64_t namespace = sv_ipc_namespace();
	char name[32], path[PATH_MAX + 32];
	bool taken;
	int code;

	clear(directory);
	if (namespace == 0)
		return refuse_unknown(fault);
	code = open_top(directory, chosen, create, fault);
	if (code == SV_OK)
		code = make_canonical(directory, fault);
	if (code == SV_OK) {
		snprintf(name, sizeof name, "ipc-%llu", (unsigned long long)namespace);
		snprintf(path, sizeof path, "%s/%s", directory->path, name);
		code = open_own(directory->top, name, path, create, &directory->fd, &taken, fault);
		snprintf(directory->path, sizeof directory->path, "%.*s", PATH_MAX - 1, path);
	}
	if (code != SV_OK)
		sv_directory_close(directory);
	return code;
}

void sv_directory_close(struct sv_directory *directory)
{
	if (directory->fd != -1 && !directory->borrowed)
		close(directory->fd);
	if (directory->top != -1 && !directory->borrowed)
		close(directory->top);
	directory->fd = directory->top = -1;
}

DIR *sv_directory_names(int directory)
{
	int copy = openat(directory, ".", O_RDONLY | O_CLOEXEC);
	DIR *handle = copy != -1 ? fdopendir(copy) : NULL;

	if (handle == NULL && copy != -1)
		close(copy);
	return handle;
}

/* The number of the namespace whose sub-directory has this name.  False: it is not such a name. */
static bool namespace_of(const char *name, uint64_t *number)
{
	char *end;

	if (strncmp(name, "ipc-", 4) != 0 || name[4] < '0' || name[4] > '9')
		return false;
	*number = strtoull(name + 4, &end, 10);
	return *end == '\0';
}

void sv_directory_find_spaces(const struct sv_directory *directory, struct sv_spaces *spaces)
{
	DIR *handle = sv_directory_names(directory->top);
	uint64_t here = sv_ipc_namespace(), number, *more;
	struct dirent *entry;

	*spaces = (struct sv_spaces){ .count = 0 };
	if (handle == NULL)
		return;
	while ((entry = readdir(handle)) != NULL) {
		if (!namespace_of(entry->d_name, &number) || number == here)
			continue;
		more = realloc(spaces->number, (spaces->count + 1) * sizeof *more);
		if (more == NULL)
			break;
		spaces->number = more;
		spaces->number[spaces->count++] = number;
	}
	closedir(handle);
}

void sv_spaces_free(struct sv_spaces *spaces)
{
	free(spaces->number);
}

unsigned sv_directory_elsewhere(const struct sv_directory *directory, const char *file, uint64_t *one)
{
	struct sv_spaces found = { .count = 0 };
	const struct sv_spaces *spaces = directory->spaces;
	char path[NAME_MAX + 40];
	unsigned count = 0;
	struct stat st;
	size_t i;

	*one = 0;
	if (spaces == NULL) {
		sv_directory_find_spaces(directory, &found);
		spaces = &found;
	}
	for (i = 0; i < spaces->count; i++) {
		snprintf(path, sizeof path, "ipc-%llu/%.*s", (unsigned long long)spaces->number[i], NAME_MAX,
		         file);
		if (fstatat(directory->top, path, &st, AT_SYMLINK_NOFOLLOW) == -1 || !S_ISREG(st.st_mode))
			continue;
		*one = spaces->number[i];
		count++;
	}
	sv_spaces_free(&found);
	return count;
}

unsigned sv_directory_only_elsewhere(const char *file, uint64_t *one)
{
	struct sv_fault scratch = { .label = "" };
	struct sv_directory directory;
	unsigned count = 0;

	*one = 0;
	if (open_top(&directory, getenv("SVIPC_DIR"), false, &scratch) == SV_OK)
		count = sv_directory_elsewhere(&directory, file, one);
	sv_directory_close(&directory);
	return count;
}
