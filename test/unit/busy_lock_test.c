/* SPDX-License-Identifier: MIT */
/*
 * sv_clean() while other processes look at the channel: their shared locks delay the removal, but only a lock
 * that is held for long prevents it.
 */
#define _GNU_SOURCE /* syscall */
#include <errno.h>
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

static int clean(struct sv_info *seen)
{
	struct sv_clean_options options = SV_CLEAN_INIT;

	options.name = "unit";
	options.all = 1;
	return sv_clean(&options, note, seen, NULL);
}

int main(void)
{
	struct sv_options options = options_of(SV_DETACH, 4096);
	struct sv_info seen;
	sv_channel *writer;

	own_directory();
	must(sv_open(&writer, SV_WRITER, &options, 0, NULL) == SV_OK);
	send_byte(writer);
	must(sv_finish(writer, 0) == SV_OK && sv_close(writer) == SV_OK);
	refusals = -1;
	is(clean(&seen), 0, "a channel whose lock is never free stays");
	ok(strstr(seen.reason, "locked") != NULL, "because it is locked: %s", seen.reason);
	refusals = 5;
	is(clean(&seen), 1, "it is removed as soon as the lock is free");
	is(refusals, 0, "that took six attempts");
	ok(directory_is_empty(), "nothing is left");
	return tap_done();
}
