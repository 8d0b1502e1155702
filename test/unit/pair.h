/* SPDX-License-Identifier: MIT */
/* pair.h - a channel of a unit test's own, both sides in one process. */
#ifndef SV_PAIR_H
#define SV_PAIR_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
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

/* A directory of channels for this test alone; it is empty again when all are closed. */
static inline void own_directory(void)
{
	char directory[] = "/tmp/svipc-unit.XXXXXX";

	must(mkdtemp(directory) != NULL);
	must(setenv("SVIPC_DIR", directory, 1) == 0);
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

static inline struct pair open_pair(unsigned flags, uint64_t capacity)
{
	struct sv_options options = options_of(flags, capacity);
	struct pair pair;

	must(sv_open(&pair.writer, SV_WRITER, &options, 0, NULL) == SV_OK);
	must(sv_open(&pair.reader, SV_READER, &options, 0, NULL) == SV_OK);
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

#endif
