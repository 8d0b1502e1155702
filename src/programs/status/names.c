/* SPDX-License-Identifier: MIT */
#include "status/names.h"

#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/text.h"

char *cli_user(char *out, size_t size, unsigned uid)
{
	struct passwd entry, *found = NULL;
	char buffer[4096];

	if (getpwuid_r((uid_t)uid, &entry, buffer, sizeof buffer, &found) == 0 && found != NULL)
		return cli_escape(out, size, found->pw_name);
	snprintf(out, size, "%u", uid);
	return out;
}

char *cli_command(char *out, size_t size, long pid)
{
	char path[64], name[64];
	ssize_t length = -1;
	int fd;

	snprintf(path, sizeof path, "/proc/%ld/comm", pid);
	fd = pid > 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd != -1) {
		length = read(fd, name, sizeof name - 1);
		close(fd);
	}
	if (length <= 0)
		return strcpy(out, "?");
	/* The kernel adds a newline; the name itself may hold others. */
	name[name[length - 1] == '\n' ? length - 1 : length] = '\0';
	return cli_escape(out, size, name);
}
