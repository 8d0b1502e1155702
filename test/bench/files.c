/* SPDX-License-Identifier: MIT */
/*
 * files.c - working directories, input files, the programs that are measured.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "svipc.h"
#include "bench.h"

char work_dir[3000], disk_dir[3000], program_dir[3000];

static void make_dir(char *path, size_t size, const char *parent)
{
	if (snprintf(path, size, "%s/svbench-XXXXXX", parent) >= (int)size || !mkdtemp(path)) {
		fprintf(stderr, "svbench: cannot make a directory in '%s': %s\n", parent, strerror(errno));
		path[0] = '\0';
		files_remove();
		exit(1);
	}
}

/* The second directory counts only when it lies on another kind of file system: "disk" against "memory". */
void files_start(const char *dir, const char *disk)
{
	char channels[3100], self[3000];
	ssize_t n;

	make_dir(work_dir, sizeof(work_dir), dir);
	if (strcmp(file_system_of(disk), "tmpfs") != 0)
		make_dir(disk_dir, sizeof(disk_dir), disk);
	snprintf(channels, sizeof(channels), "%s/channels", work_dir);
	if (mkdir(channels, 0700) || setenv("SVIPC_DIR", channels, 1)) {
		fprintf(stderr, "svbench: cannot make '%s': %s\n", channels, strerror(errno));
		files_remove();
		exit(1);
	}
	if (program_dir[0])
		return;
	/* The programs that were built with this one lie beside it. */
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n > 0) {
		self[n] = '\0';
		*strrchr(self, '/') = '\0';
		snprintf(program_dir, sizeof(program_dir), "%s", self);
	}
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	remove(path);
	return 0;
}

void files_remove(void)
{
	if (work_dir[0])
		nftw(work_dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	if (disk_dir[0])
		nftw(disk_dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	work_dir[0] = disk_dir[0] = '\0';
}

static int ignore(const struct sv_info *info, int removed, void *arg)
{
	(void)info, (void)removed, (void)arg;
	return 0;
}

/* By name: never anything but the channels that this program uses in its own directory. */
void leftovers_remove(void)
{
	static const char *const names[] = { "default", "link0", "link1", "link2", "link3" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct sv_clean_options options = SV_CLEAN_INIT;

		options.name = names[i];
		options.all = 1;
		sv_clean(&options, ignore, NULL, NULL);
	}
}

/* Words that differ from page to page and do not compress. */
static bool write_input(int fd, uint64_t size)
{
	static uint64_t block[BLOCK / 8];
	uint64_t x = 88172645463325252u;

	while (size > 0) {
		size_t n = size < sizeof(block) ? (size_t)size : sizeof(block);

		for (size_t i = 0; i < n / 8; i++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			block[i] = x;
		}
		if (write(fd, block, n) != (ssize_t)n)
			return false;
		size -= n;
	}
	return true;
}

const char *input_file(uint64_t size)
{
	static char path[3100];
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "%s/input-%llu", work_dir, (unsigned long long)size);
	if (stat(path, &st) == 0)
		return path;
	progress("making an input of %llu MiB", (unsigned long long)(size / MIB));
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return NULL;
	if (!write_input(fd, size)) {
		close(fd);
		unlink(path);
		return NULL;
	}
	close(fd);
	return path;
}

/* Input and output both live in memory, and something must be left for everybody else. */
uint64_t largest_input(void)
{
	struct statvfs fs;
	uint64_t memory = memory_available(), room, size = 2 * GIB;

	if (statvfs(work_dir, &fs))
		return 64 * MIB;
	room = (uint64_t)fs.f_bavail * fs.f_frsize;
	while (size > 64 * MIB && (memory < 3 * size + GIB || room < 2 * size + 64 * MIB))
		size /= 2;
	return size;
}

bool have_program(const char *name)
{
	const char *path = getenv("PATH");
	char file[PATH_MAX];

	if (strchr(name, '/'))
		return access(name, X_OK) == 0;
	while (path && *path) {
		size_t n = strcspn(path, ":");

		snprintf(file, sizeof(file), "%.*s/%s", (int)n, path, name);
		if (access(file, X_OK) == 0)
			return true;
		path += n;
		path += *path == ':';
	}
	return false;
}

const char *own_program(const char *name)
{
	static char paths[2][3100];
	char *path = paths[strcmp(name, "svread") == 0];

	snprintf(path, sizeof(paths[0]), "%s/%s", program_dir, name);
	return path;
}
