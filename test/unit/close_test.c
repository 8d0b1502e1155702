/* SPDX-License-Identifier: MIT */
/*
 * How long closing may take: it waits for the lock, and for a peer of another user, only as long as it is
 * told.  And what it does when it cannot remove the objects.
 */
#define _GNU_SOURCE
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <time.h>

#include "channel/channel.h"
#include "clock.h"
#include "libc.h"
#include "pair.h"

/* What the library has asked the kernel to sleep, in nanoseconds: these two stand before the C library's. */
static int64_t slept;

int nanosleep(const struct timespec *wanted, struct timespec *left)
{
	slept += (int64_t)wanted->tv_sec * 1000000000 + wanted->tv_nsec;
	return libc(nanosleep)(wanted, left);
}

int semtimedop(int id, struct sembuf *operations, size_t count, const struct timespec *limit)
{
	if (limit != NULL)
		slept += (int64_t)limit->tv_sec * 1000000000 + limit->tv_nsec;
	return libc(semtimedop)(id, operations, count, limit);
}

static int cleaned(void)
{
	struct sv_clean_options clean = SV_CLEAN_INIT;
	int removed = 0;

	must(sv_clean(&clean, count_removed, &removed, NULL) == SV_OK);
	return removed;
}

static bool removal_fails;
static int looks; /* so often another process is seen that looks at the segment */

int shmctl(int id, int command, struct shmid_ds *facts)
{
	int result;

	if (command != IPC_RMID || !removal_fails) {
		result = libc(shmctl)(id, command, facts);
		if (command == IPC_STAT && looks > 0 && looks-- > 0)
			facts->shm_nattch += 2;
		return result;
	}
	errno = EPERM;
	return -1;
}

/* Somebody else's lock on the rendezvous: that of an open file of our own, not of this process. */
static int take_lock(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	must(fd != -1 && flock(fd, LOCK_EX) == 0);
	return fd;
}

static void while_it_is_locked(int timeout_ms)
{
	struct pair pair = open_pair(0, 4096);
	int fd = take_lock(pair.writer->rv.path);

	slept = 0;
	is(sv_close_within(pair.writer, timeout_ms), SV_OK,
	   "closing within %d ms, while another has the lock", timeout_ms);
	ok(slept <= timeout_ms * INT64_C(1000000), "waits no longer than that");
	ok(timeout_ms == 0 || slept > 0, "but if it may, it waits");
	must(flock(fd, LOCK_UN) == 0 && close(fd) == 0);
	is(sv_close(pair.reader), SV_OK, "the other side removes all");
	is(cleaned(), 0, "so that nothing is left to clean");
}

/* If the last side cannot find out that it is the last, it leaves the objects to the next process. */
static void the_last_one_while_it_is_locked(void)
{
	struct pair pair = open_pair(0, 4096);
	int fd = take_lock(pair.writer->rv.path);

	is(sv_close_within(pair.writer, 0), SV_OK, "one side leaves");
	is(sv_close_within(pair.reader, 0), SV_OK, "and the other, without a look");
	must(flock(fd, LOCK_UN) == 0 && close(fd) == 0);
	is(cleaned(), 1, "what they could not remove is cleaned");
}

/* While the last one leaves, svstat maps the segment for a moment. */
static void while_it_is_looked_at(void)
{
	struct pair pair = open_pair(0, 4096);

	must(sv_close(pair.writer) == SV_OK);
	looks = 2;
	is(sv_close(pair.reader), SV_OK, "the last one leaves while somebody looks");
	is(looks, 0, "it looks again");
	is(cleaned(), 0, "and removes all");
}

static void without_the_right_to_remove(void)
{
	struct sv_options options = SV_OPTIONS_INIT;
	sv_channel *alone = open_side(SV_WRITER, &options);

	removal_fails = true;
	is(sv_close(alone), SV_ESYSTEM, "a side that is alone cannot remove the objects");
	removal_fails = false;
	is(cleaned(), 1, "but has left, so another can, while this process lives on");
}

static void until_it_is_free(void)
{
	struct pair pair = open_pair(0, 4096);
	int fd = take_lock(pair.writer->rv.path), go[2];
	pid_t child;
	char byte;

	must(pipe(go) == 0);
	child = fork();
	must(child != -1);
	if (child == 0) {
		/*
		 * Its copy of the descriptor is the same lock: it is given up when this process has waited.
		 */
		must(close(go[1]) == 0 && read(go[0], &byte, 1) == 0);
		_exit(flock(fd, LOCK_UN) == 0 ? 0 : 1);
	}
	must(close(go[0]) == 0 && close(go[1]) == 0 && close(fd) == 0);
	is(sv_close_within(pair.writer, -1), SV_OK, "with no bound it waits until the lock is free");
	must(waitpid(child, NULL, 0) == child);
	is(sv_close(pair.reader), SV_OK, "the other side removes all");
}

/*
 * A peer of another user, who cannot remove what this one has made, does not leave.  It is waited for if both
 * have succeeded, but not after an interruption.
 */
static void a_peer_of_another_user(bool succeeded, bool interrupted, int timeout_ms)
{
	struct pair pair = open_pair(0, 4096);
	bool waits = succeeded && !interrupted && timeout_ms > 0;

	must(sv_finish(pair.writer, 0) == SV_EAGAIN);
	if (succeeded) {
		take_end(pair.reader);
		must(sv_finish(pair.writer, 0) == SV_OK);
	}
	if (interrupted)
		sv_interrupt(pair.writer);
	atomic_store(&pair.reader->ring.own->uid, geteuid() + 1);
	slept = 0;
	is(sv_close_within(pair.writer, timeout_ms), SV_OK, "a peer of another user stays, %d ms",
	   timeout_ms);
	is(slept > 0, waits, "it is%s waited for", waits ? "" : " not");
	/* A bell may end one sleep of it early. */
	ok(slept <= 2 * timeout_ms * INT64_C(1000000), "not longer than that");
	must(sv_close(pair.reader) == SV_OK);
}

/* Another process that has mapped header and ring, unlike one that only looks, may still use the channel. */
static void while_it_is_mapped(int times)
{
	struct sv_options options = options_of(SV_DETACH, 4096);
	sv_channel *writer = open_side(SV_WRITER, &options);
	void *map[2];
	int i, id;

	id = writer->segment.id;
	for (i = 0; i < times; i++)
		must((map[i] = shmat(id, NULL, 0)) != (void *)-1);
	is(sv_close(writer), SV_OK, "closing while others have it mapped %d times", times);
	for (i = 0; i < times; i++)
		must(shmdt(map[i]) == 0);
	is(cleaned(), times > 1, "leaves the objects only to one that may use them");
}

static void wrong_bounds(void)
{
	struct pair pair = open_pair(0, 4096);

	is(sv_close_within(NULL, -1), SV_OK, "nothing is closed");
	is(sv_close_within(NULL, -2), SV_EINVAL, "a bound that is none");
	is(sv_close_within(pair.writer, -2), SV_EINVAL, "a bound that is none closes all the same");
	is(sv_check(pair.reader), SV_EPEER, "as the peer sees");
	must(sv_close(pair.reader) == SV_OK);
}

int main(void)
{
	own_directory();
	while_it_is_locked(0);
	while_it_is_locked(300);
	the_last_one_while_it_is_locked();
	while_it_is_looked_at();
	without_the_right_to_remove();
	until_it_is_free();
	a_peer_of_another_user(true, false, 0);
	a_peer_of_another_user(true, false, 300);
	a_peer_of_another_user(true, true, 300);
	a_peer_of_another_user(false, false, 300);
	while_it_is_mapped(1);
	while_it_is_mapped(2);
	wrong_bounds();
	ok(directory_is_empty(), "nothing is left");
	return tap_done();
}
