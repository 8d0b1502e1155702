/* SPDX-License-Identifier: MIT */
/* files.c - working directories and input files. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "bench.h"
#include "svipc.h"

#define TMPFS_MAGIC 0x01021994

static __attribute__((noreturn)) void fail(const char *what, const char *path)
{
	fprintf(stderr, "svbench: %s '%s': %s\n", what, path, strerror(errno));
	files_remove();
	exit(1);
}

static void make_dir(char *path, const char *parent)
{
	if (snprintf(path, 3000, "%s/svbench-XXXXXX", parent) >= 3000 || mkdtemp(path) == NULL) {
		path[0] = '\0';
		fail("cannot make a directory in", parent);
	}
}

void files_start(const char *dir, const char *disk)
{
	char channels[3100], self[3000];
	struct statfs fs;
	ssize_t n;

	make_dir(work_dir, dir);
	/* It counts as a disk only when it is one. */
	if (statfs(disk, &fs) == 0 && fs.f_type != TMPFS_MAGIC)
		make_dir(disk_dir, disk);
	snprintf(channels, sizeof channels, "%s/channels", work_dir);
	if (mkdir(channels, 0700) == -1 || setenv("SVIPC_DIR", channels, 1) == -1)
		fail("cannot make", channels);
	n = readlink("/proc/self/exe", self, sizeof self - 1);
	if (program_dir[0] == '\0' && n > 0) {
		self[n] = '\0';
		*strrchr(self, '/') = '\0';
		snprintf(program_dir, sizeof program_dir, "%s", self);
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
	if (work_dir[0] != '\0')
		nftw(work_dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	if (disk_dir[0] != '\0')
		nftw(disk_dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	work_dir[0] = disk_dir[0] = '\0';
}

static int ignore(const struct sv_info *info, int removed, void *arg)
{
	(void)info, (void)removed, (void)arg;
	return 0;
}

/* SVIPC_DIR is this run's own: nothing but its own channels is found there. */
void leftovers_remove(void)
{
	static const char *const names[] = { "default", "link0", "link1" };
	size_t i;

	for (i = 0; i < sizeof names / sizeof *names; i++) {
		struct sv_clean_options options = SV_CLEAN_INIT;

		options.name = names[i];
		options.all = 1;
		sv_clean(&options, ignore, NULL, NULL);
	}
}

const char *input_file(uint64_t size)
{
	static char path[3100];
	static uint64_t block[4096];
	uint64_t left = size, x = 88172645463325252u;
	size_t i, n;
	int fd;

	snprintf(path, sizeof path, "%s/input-%llu", work_dir, (unsigned long long)size);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1 && errno == EEXIST)
		return path;
	if (fd == -1)
		fail("cannot make", path);
	for (; left > 0; left -= n) {
		for (i = 0; i < sizeof block / sizeof *block; i++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			block[i] = x;
		}
		n = left < sizeof block ? (size_t)left : sizeof block;
		if (write(fd, block, n) != (ssize_t)n)
			fail("cannot write", path);
	}
	close(fd);
	return path;
}

bool have_program(const char *name)
{
	const char *path = getenv("PATH");
	char file[PATH_MAX];
	size_t n;

	while (path != NULL && *path != '\0') {
		n = strcspn(path, ":");
		snprintf(file, sizeof file, "%.*s/%s", (int)n, path, name);
		if (access(file, X_OK) == 0)
			return true;
		path += n;
		path += *path == ':';
	}
	return false;
}
