/* SPDX-License-Identifier: MIT */
/*
 * sv_clean() with an age, while the old channel of a path ends and a new one is left in its place: what is
 * young under the lock stays.
 */
#define _GNU_SOURCE /* syscall */
#include <sys/file.h>
#include <sys/syscall.h>
#include <time.h>

#include "pair.h"

static struct sv_options of_path;
static time_t ahead; /* of the real time */
static bool replaces;

/* The library calls these two instead of those of libc. */
time_t time(time_t *out)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (out != NULL)
		*out = now.tv_sec + ahead;
	return now.tv_sec + ahead;
}

static void leave_data(void)
{
	sv_channel *writer;

	of_path.flags = SV_DETACH;
	writer = open_side(SV_WRITER, &of_path);
	send_byte(writer);
	must(sv_finish(writer, 0) == SV_OK && sv_close(writer) == SV_OK);
	of_path.flags = 0;
}

static void take_data(void)
{
	sv_channel *reader = open_side(SV_READER, &of_path);

	take_bytes(reader, 1);
	take_end(reader);
	must(sv_close(reader) == SV_OK);
}

/* Before the lock is taken to remove the channel, it ends, and a new one comes. */
int flock(int fd, int operation)
{
	if (replaces && (operation & LOCK_EX) != 0) {
		replaces = false;
		ahead = 0;
		take_data();
		leave_data();
	}
	return (int)syscall(SYS_flock, fd, operation);
}

static int removed_by_age(int64_t older_than_s)
{
	struct sv_clean_options options = SV_CLEAN_INIT;
	int removed = 0;

	options.path = of_path.path;
	options.all = 1;
	options.older_than_s = older_than_s;
	must(sv_clean(&options, count_removed, &removed, NULL) == SV_OK);
	return removed;
}

int main(void)
{
	own_directory();
	of_path = options_of_file(0, 4096);
	leave_data();
	is(removed_by_age(50), 0, "what is young stays");
	ahead = 100;
	replaces = true;
	is(removed_by_age(50), 0, "what is young stays, although it was old before the lock");
	ok(!replaces && ahead == 0, "it was replaced");
	ahead = 100;
	is(removed_by_age(50), 1, "what is old is removed");
	must(unlink(of_path.path) == 0);
	ok(directory_is_empty(), "nothing is left");
	return tap_done();
}
