/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* F_OFD_SETLK, ppoll */
#include "channel/turn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "channel/channel.h"

#define FIRST_PAUSE_NS SV_TURN_PAUSE_NS
#define LONGEST_PAUSE_NS 50000000
/* A process in the queue looks again after this time, whatever the kernel has told it. */
#define SLICE_NS 1000000000
#define CANCELLED_IN_NS 100000000 /* the same if a flag can cancel the wait */

/*
 * Locks of the open file, not of the process: threads can queue like processes, and no other close() drops
 * them.
 */
static int lock_bytes(int fd, int command, short type, int64_t start, int64_t length)
{
	struct flock lock = {
		.l_type = type, .l_whence = SEEK_SET, .l_start = (off_t)start, .l_len = (off_t)length
	};

	if (fcntl(fd, command, &lock) == -1)
		return errno;
	return command == F_OFD_GETLK && lock.l_type != F_UNLCK ? EAGAIN : 0;
}

/* SV_OK, or the reason why a wait must not continue. */
static int is_over(const struct sv_patience *patience, struct sv_fault *fault, const char *what)
{
	if (sv_is_cancelled(patience))
		return sv_fault_set(fault, SV_EINTR, 0, "interrupted while waiting for %s", what);
	if (patience->deadline == 0)
		return SV_EBUSY;
	if (sv_is_over(patience))
		return sv_fault_set(fault, SV_ETIMEDOUT, 0, "timed out while waiting for %s", what);
	return SV_OK;
}

/* The shorter of this time and the time that the caller may wait. */
static const struct timespec *at_most(int64_t ns, const struct sv_patience *patience, struct timespec *time)
{
	int64_t until = sv_now() + ns;

	return sv_time_left(patience->deadline < until ? patience->deadline : until, time);
}

static void pause_for(int64_t *pause_ns, const struct sv_patience *patience)
{
	struct timespec time;

	nanosleep(at_most(*pause_ns, patience, &time), NULL);
	if (*pause_ns < LONGEST_PAUSE_NS)
		*pause_ns *= 2;
}

/*
 * Open the queue file and lock all of it while a number is taken.  SV_EAGAIN: another process has it locked.
 * Another process may also have just removed it; then open it again.
 */
static int open_queue(struct sv_turn *turn, struct sv_fault *fault)
{
	struct stat st;
	bool locked;
	int fd;

	for (;;) {
		fd = openat(turn->directory, turn->file,
		            O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
		turn->fd = fd == -1 ? -1 : sv_safe_descriptor(fd);
		if (turn->fd == -1)
			return sv_fault_set(fault, SV_ESYSTEM, errno, "cannot use its queue");
		locked = flock(turn->fd, LOCK_EX | LOCK_NB) == 0;
		if (locked && fstat(turn->fd, &st) == 0 && st.st_nlink > 0)
			return SV_OK;
		if (locked)
			flock(turn->fd, LOCK_UN);
		close(turn->fd);
		turn->fd = -1;
		if (!locked)
			return SV_EAGAIN;
	}
}

int sv_turn_take(struct sv_turn *turn, const struct sv_rendezvous *rv, enum sv_role role,
                 struct sv_fault *fault)
{
	int64_t last, pause_ns = turn->pause_ns;
	int code;

	if (turn->fd != -1)
		return SV_OK;
	snprintf(turn->file, sizeof turn->file, SV_TURN_PREFIX "%s.%.*s", sv_role_name(role),
	         SV_NAME_MAX + 40, rv->file);
	turn->directory = fcntl(rv->directory.fd, F_DUPFD_CLOEXEC, 3);
	if (turn->directory == -1)
		return sv_fault_set(fault, SV_ESYSTEM, errno, "cannot use its queue");
	code = open_queue(turn, fault);
	if (code == SV_OK) {
		/* If no complete number is in the file, begin at 1: the locks decide, not the file. */
		if (pread(turn->fd, &last, sizeof last, 0) != sizeof last || last < 0 ||
		    last >= INT64_MAX / 2)
			last = 0;
		do {
			turn->number = ++last;
		} while (lock_bytes(turn->fd, F_OFD_SETLK, F_WRLCK, turn->number, 1) == EAGAIN);
		if (pwrite(turn->fd, &last, sizeof last, 0) != sizeof last)
			code = sv_fault_set(fault, SV_ESYSTEM, errno, "cannot write to its queue");
		flock(turn->fd, LOCK_UN);
	}
	if (code != SV_OK)
		sv_turn_leave(turn);
	turn->pause_ns = code == SV_OK ? FIRST_PAUSE_NS : pause_ns;
	return code;
}

int sv_turn_pause(struct sv_turn *turn, const struct sv_patience *patience, struct sv_fault *fault)
{
	int code = is_over(patience, fault, "its queue");

	if (code == SV_EBUSY)
		return sv_fault_set(fault, SV_EAGAIN, 0, "another process is using its queue");
	if (code == SV_OK)
		pause_for(&turn->pause_ns, patience);
	return code;
}

bool sv_turn_is_first(const struct sv_turn *turn)
{
	return turn->number == 1 || lock_bytes(turn->fd, F_OFD_GETLK, F_WRLCK, 1, turn->number - 1) == 0;
}

static int64_t slice_of(const struct sv_patience *patience)
{
	return sv_can_be_cancelled(patience) ? CANCELLED_IN_NS : SLICE_NS;
}

/* inotify(7) reports when the queue file is closed, also when a process that has it open is killed. */
static void watch_queue(struct sv_turn *turn)
{
	char path[40];

	snprintf(path, sizeof path, "/proc/self/fd/%d", turn->fd);
	turn->watch = sv_safe_descriptor(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
	if (turn->watch != -1 && inotify_add_watch(turn->watch, path, IN_CLOSE_WRITE) == -1) {
		close(turn->watch);
		turn->watch = -1;
	}
}

/* Sleep until a process leaves the queue, or until the next look is due.  True: a process has left. */
static bool sleep_in_queue(const struct sv_turn *turn, const struct sv_patience *patience)
{
	struct pollfd left = { .fd = turn->watch, .events = POLLIN };
	struct timespec time;
	char events[512];

	if (ppoll(&left, 1, at_most(slice_of(patience), patience, &time), NULL) != 1)
		return false;
	while (read(turn->watch, events, sizeof events) > 0)
		;
	return true;
}

/*
 * lock_bytes() cannot wait and be cancelled too.  The kernel reports that a file is closed just before it
 * drops the lock, so a few short pauses follow the report; the first of them also come before the first
 * sleep.
 */
int sv_turn_await_first(struct sv_turn *turn, const struct sv_patience *patience, struct sv_fault *fault)
{
	/*
	 * This is a read lock on all lower bytes, so several processes can wait this way without blocking
	 * each other.
	 */
	bool blocks = patience->deadline == SV_NEVER && !sv_can_be_cancelled(patience);
	int64_t pause_ns = FIRST_PAUSE_NS;
	int result, code;

	if (!blocks && patience->deadline != 0 && turn->watch == -1)
		watch_queue(turn);
	for (;;) {
		result = lock_bytes(turn->fd, blocks ? F_OFD_SETLKW : F_OFD_SETLK, F_RDLCK, 1,
		                    turn->number - 1);
		if (result == 0)
			break;
		if (result != EAGAIN && result != EACCES && result != EINTR)
			return sv_fault_set(fault, SV_ESYSTEM, result, "cannot wait in its queue");
		code = is_over(patience, fault, "its turn");
		if (code == SV_EBUSY)
			return sv_fault_set(fault, SV_EBUSY, 0, "busy: others wait for it already");
		if (code != SV_OK)
			return code;
		if (blocks)
			continue;
		if (turn->watch == -1 || pause_ns < LONGEST_PAUSE_NS)
			pause_for(&pause_ns, patience);
		else if (sleep_in_queue(turn, patience))
			pause_ns = FIRST_PAUSE_NS;
	}
	lock_bytes(turn->fd, F_OFD_SETLK, F_UNLCK, 1, turn->number - 1);
	return SV_OK;
}

int sv_turn_await_role(struct sv_turn *turn, const struct sv_objects *objects, enum sv_role role,
                       const struct sv_patience *patience, struct sv_fault *fault)
{
	bool gone = objects->semid != -1 && objects->sem.value[sv_sem_of(role)] >= SV_GONE;
	int64_t before = sv_now();
	long pid = fault->error.peer_pid;
	struct timespec time;
	int code = is_over(patience, fault, "its turn");

	if (code != SV_OK) {
		fault->error.peer_pid = pid;
		if (code == SV_ETIMEDOUT)
			sv_fault_advise(fault, SV_ADVICE_WAIT);
		return code;
	}
	at_most(slice_of(patience), patience, &time);
	if (gone)
		/* Another process is still attached, or data is left.  When that ends, the set is removed. */
		sv_sem_sleep_end(objects->semid, role, &time);
	else if (objects->semid != -1)
		sv_sem_sleep_gone(objects->semid, role, &time);
	/* If the call above did not sleep, pause here, so that this side does not spin. */
	if (sv_now() - before < FIRST_PAUSE_NS)
		pause_for(&turn->pause_ns, patience);
	else
		turn->pause_ns = FIRST_PAUSE_NS;
	return SV_OK;
}

/*
 * Remove the queue file if nobody has a number.  The lock is the one under which new processes take theirs.
 * The file may be gone already, and another one may have its name.
 */
static void remove_unused(int fd, int directory, const char *file)
{
	struct stat st;

	if (flock(fd, LOCK_EX | LOCK_NB) == -1)
		return;
	if (fstat(fd, &st) == 0 && st.st_nlink > 0 && lock_bytes(fd, F_OFD_GETLK, F_WRLCK, 1, 0) == 0)
		unlinkat(directory, file, 0);
	flock(fd, LOCK_UN);
}

void sv_turn_prune(int directory, const char *file)
{
	int fd = openat(directory, file, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd == -1)
		return;
	remove_unused(fd, directory, file);
	close(fd);
}

void sv_turn_leave(struct sv_turn *turn)
{
	if (turn->fd != -1) {
		/* A child of this process may have the file open, too. */
		lock_bytes(turn->fd, F_OFD_SETLK, F_UNLCK, 0, 0);
		remove_unused(turn->fd, turn->directory, turn->file);
		close(turn->fd);
	}
	if (turn->watch != -1)
		close(turn->watch);
	if (turn->directory != -1)
		close(turn->directory);
	*turn = SV_TURN_NONE;
}
