/* SPDX-License-Identifier: MIT */
/*
 * sv_clean() while other processes look at the channel: their shared locks delay the removal, but only a lock
 * that is held for long prevents it.
 */
#define _GNU_SOURCE /* syscall */
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>

#include "pair.h"

static int refusals; /* how many attempts to get the exclusive lock still fail; -1: all */

/* The library calls this instead of libc's. */
int flock(int fd, int operation)
{
	if (refusals != 0 && (operation & LOCK_EX) != 0) {
		if (refusals > 0)
			refusals--;
		errno = EWOULDBLOCK;
		return -1;
	}
	return (int)syscall(SYS_flock, fd, operation);
}

static int note(const struct sv_info *info, int removed, void *arg)
{
	struct sv_info *seen = arg;

	*seen = *info;
	return removed;
}

static int clean(const char *name, struct sv_info *seen)
{
	struct sv_clean_options options = SV_CLEAN_INIT;

	options.name = name;
	options.all = 1;
	return sv_clean(&options, note, seen, NULL);
}

/* A look does not call stale what another process is about to open or close. */
static void no_doubt(void)
{
	struct sv_info info = leave_by_death("dead");
	int fd;

	is(info.state, SV_STATE_STALE, "a channel whose only side is dead");
	fd = open(info.path, O_RDONLY | O_CLOEXEC);
	must(fd != -1 && flock(fd, LOCK_EX) == 0);
	must(sv_find("dead", NULL, 0, &info, NULL) == SV_OK);
	is(info.state, SV_STATE_CLOSING, "may be one that is being closed while it is locked");
	must(close(fd) == 0 && unlink(info.path) == 0);
	must(close(open(info.path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600)) == 0);
	refusals = -1;
	is(clean(NULL, &info), 1, "the lock of another file that has its name by now does not count");
	must(unlink(info.path) == 0);
}

int main(void)
{
	struct sv_options options = options_of(SV_DETACH, 4096);
	struct sv_info seen;
	sv_channel *writer;

	own_directory();
	writer = open_side(SV_WRITER, &options);
	send_byte(writer);
	must(sv_finish(writer, 0) == SV_OK && sv_close(writer) == SV_OK);
	no_doubt();
	refusals = -1;
	is(clean("unit", &seen), 0, "a channel whose lock is never free stays");
	ok(strstr(seen.reason, "locked") != NULL, "because it is locked: %s", seen.reason);
	refusals = 5;
	is(clean("unit", &seen), 1, "it is removed as soon as the lock is free");
	is(refusals, 0, "that took six attempts");
	ok(directory_is_empty(), "nothing is left");
	return tap_done();
}
