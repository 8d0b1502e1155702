/* SPDX-License-Identifier: MIT */
/* pair.h - a channel of a unit test's own, both sides in one process. */
#ifndef SV_PAIR_H
#define SV_PAIR_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/identity.h"
#include "svipc.h"
#include "tap.h"

/* What a test relies on but does not test. */
#define must(condition) \
	do { \
		if (!(condition)) { \
			printf("Bail out! %s:%d: %s\n", __FILE__, __LINE__, #condition); \
			exit(1); \
		} \
	} while (0)

struct pair {
	sv_channel *writer;
	sv_channel *reader;
};

static char unit_directory[] = "/tmp/svipc-unit.XXXXXX"; /* that of own_directory() */

/* The library uses this directory from now on.  NULL: none is chosen. */
static inline void use_directory(const char *path)
{
	must((path != NULL ? setenv("SVIPC_DIR", path, 1) : unsetenv("SVIPC_DIR")) == 0);
}

/* A directory of channels for this test alone; it is empty again when all are closed. */
static inline void own_directory(void)
{
	memcpy(strrchr(unit_directory, '.'), ".XXXXXX", sizeof ".XXXXXX");
	must(mkdtemp(unit_directory) != NULL);
	use_directory(unit_directory);
}

static inline bool directory_is_empty(void)
{
	char inner[128];

	/* It holds an empty directory for this IPC namespace. */
	snprintf(inner, sizeof inner, "%s/ipc-%llu", getenv("SVIPC_DIR"),
	         (unsigned long long)sv_ipc_namespace());
	return (rmdir(inner) == 0 || errno == ENOENT) && rmdir(getenv("SVIPC_DIR")) == 0;
}

static inline struct sv_options options_of(unsigned flags, uint64_t capacity)
{
	struct sv_options options = SV_OPTIONS_INIT;

	options.name = "unit";
	options.flags = flags;
	options.capacity = capacity;
	return options;
}

/* An empty file in that directory, and options for a channel that has its path. */
static inline struct sv_options options_of_file(unsigned flags, uint64_t capacity)
{
	static char path[sizeof unit_directory + 5];
	struct sv_options options = options_of(flags, capacity);

	snprintf(path, sizeof path, "%s/file", unit_directory);
	must(close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600)) == 0);
	options.name = NULL;
	options.path = path;
	return options;
}

static inline sv_channel *open_side(enum sv_role role, const struct sv_options *options)
{
	sv_channel *ch;

	must(sv_open(&ch, role, options, 0, NULL) == SV_OK);
	return ch;
}

static inline struct pair open_pair(unsigned flags, uint64_t capacity)
{
	struct sv_options options = options_of(flags, capacity);
	struct pair pair;

	pair.writer = open_side(SV_WRITER, &options);
	pair.reader = open_side(SV_READER, &options);
	return pair;
}

static inline void close_pair(struct pair *pair)
{
	sv_close(pair->writer);
	sv_close(pair->reader);
}

static inline void send_byte(sv_channel *writer)
{
	size_t got;
	void *place;

	must(sv_reserve(writer, 1, &place, &got, 0) == SV_OK);
	*(char *)place = 'x';
	must(sv_commit(writer, 1) == SV_OK);
}

/* Take so many bytes that have been sent, or the end. */
static inline void take_bytes(sv_channel *reader, size_t bytes)
{
	const void *data;
	size_t got;

	must(sv_peek(reader, bytes, &data, &got, 0) == SV_OK && sv_release(reader, bytes) == SV_OK);
}

static inline void take_end(sv_channel *reader)
{
	const void *data;
	size_t got;

	must(sv_peek(reader, 1, &data, &got, 0) == SV_END && sv_finish(reader, 0) == SV_OK);
}

static inline struct sv_info info_of(sv_channel *ch)
{
	struct sv_info info = SV_INFO_INIT;

	must(sv_stat(ch, &info) == SV_OK);
	return info;
}

static inline int open_descriptors(void)
{
	int fd, count = 0;

	for (fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) != -1;
	return count;
}

static inline int status_of(pid_t child)
{
	int status;

	must(waitpid(child, &status, 0) == child);
	return status;
}

/* What a writer leaves that is killed before a reader comes. */
static inline struct sv_info leave_by_death(const char *name)
{
	struct sv_options options = options_of(0, 4096);
	struct sv_info info = SV_INFO_INIT;
	pid_t child = fork();

	must(child != -1);
	options.name = name;
	if (child == 0) {
		open_side(SV_WRITER, &options);
		raise(SIGKILL);
	}
	must(WIFSIGNALED(status_of(child)) && sv_find(name, NULL, 0, &info, NULL) == SV_OK);
	return info;
}

static inline int count_removed(const struct sv_info *info, int removed, void *arg)
{
	(void)info;
	*(int *)arg += removed == 1;
	return 0;
}

/* Remove a channel, or all for NULL, also what is left for somebody.  Returns how many were removed. */
static inline int clean_all(const char *name)
{
	struct sv_clean_options options = SV_CLEAN_INIT;
	int removed = 0;

	options.name = name;
	options.all = 1;
	must(sv_clean(&options, count_removed, &removed, NULL) == SV_OK);
	return removed;
}

#endif
