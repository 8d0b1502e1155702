/* SPDX-License-Identifier: MIT */
/* records.h - how a test finds and reads the record of a named channel. */
#ifndef RECORDS_H
#define RECORDS_H

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "os/record.h"

/* The path of a channel's file, for this process's IPC namespace. */
static inline void rendezvous_file(char *out, size_t size, const char *directory, const char *name)
{
	snprintf(out, size, "%s/ipc-%llu/%s", directory, (unsigned long long)sv_ipc_namespace(), name);
}

static inline bool load_record(const char *file, struct sv_record *record)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	bool valid = fd != -1 && sv_record_read(fd, record);

	if (fd != -1)
		close(fd);
	return valid;
}

#endif
