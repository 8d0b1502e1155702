/* SPDX-License-Identifier: MIT */
/*
 * SV_QUEUE: processes get a role that is taken in the order in which they came, whatever happens to the
 * others.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/resource.h>

#include "channel/channel.h"
#include "pair.h"

/* The last number that was taken, as the queue file tells. */
static int64_t last_number(void)
{
	char path[200];
	int64_t last = 0;
	int fd;

	snprintf(path, sizeof path, "%s/ipc-%llu/.turn.writer.unit", unit_directory,
	         (unsigned long long)sv_ipc_namespace());
	fd = open(path, O_RDONLY);
	if (fd == -1)
		return 0;
	if (read(fd, &last, sizeof last) != sizeof last)
		last = 0;
	close(fd);
	return last;
}

struct waiter {
	pid_t pid;
	int come; /* readable: it has got the role */
	int go;   /* written to: it may leave */
};

/* A process that queues, and has got this number when this returns. */
static struct waiter start(int timeout_ms, int64_t number)
{
	struct sv_options options = options_of(SV_QUEUE, 4096);
	struct waiter waiter;
	int come[2], go[2], status;
	sv_channel *ch;
	char byte = 0;

	must(pipe2(come, O_CLOEXEC) == 0 && pipe2(go, O_CLOEXEC) == 0);
	waiter.pid = fork();
	must(waiter.pid != -1);
	if (waiter.pid == 0) {
		close(go[1]);
		if (sv_open(&ch, SV_WRITER, &options, timeout_ms, NULL) != SV_OK)
			_exit(1);
		if (write(come[1], &byte, 1) != 1 || read(go[0], &byte, 1) != 1)
			_exit(2);
		_exit(sv_close(ch) == SV_OK ? 0 : 3);
	}
	close(come[1]);
	close(go[0]);
	waiter.come = come[0];
	waiter.go = go[1];
	while (last_number() < number) {
		must(waitpid(waiter.pid, &status, WNOHANG) == 0);
		sched_yield();
	}
	return waiter;
}

static bool has_come(const struct waiter *waiter)
{
	char byte;

	return read(waiter->come, &byte, 1) == 1;
}

static bool has_not_come(const struct waiter *waiter)
{
	return poll(&(struct pollfd){ .fd = waiter->come, .events = POLLIN }, 1, 0) == 0;
}

/* Its status after it was told to leave, or killed. */
static int end_of(struct waiter *waiter)
{
	close(waiter->come);
	close(waiter->go);
	return status_of(waiter->pid);
}

static int leave(struct waiter *waiter)
{
	must(write(waiter->go, "", 1) == 1);
	return end_of(waiter);
}

static void kill_it(struct waiter *waiter)
{
	must(kill(waiter->pid, SIGKILL) == 0);
	end_of(waiter);
}

static void in_order(void)
{
	struct waiter first = start(-1, 0), second, third, fourth;

	ok(has_come(&first), "the first one need not wait");
	/* It has left the queue, so numbers begin at 1 again. */
	second = start(-1, 1);
	third = start(60000, 2);
	fourth = start(-1, 3);
	ok(has_not_come(&second) && has_not_come(&third) && has_not_come(&fourth), "the others do");
	kill_it(&second);
	is(leave(&first), 0, "the first one leaves");
	ok(has_come(&third), "the next one that is still there gets the role, with a time-out");
	ok(has_not_come(&fourth), "and nobody else");
	kill_it(&third);
	ok(has_come(&fourth), "a death, too, makes room for the next");
	is(leave(&fourth), 0, "who leaves");
}

static volatile int cancelled;

static void cancel(int number)
{
	(void)number;
	cancelled = 1;
}

static void without_success(void)
{
	struct sv_options options = options_of(SV_QUEUE, 4096);
	struct sv_error error = SV_ERROR_INIT;
	struct sigaction action = { .sa_handler = cancel, .sa_flags = SA_RESTART };
	struct waiter next;
	sv_channel *occupant = open_side(SV_WRITER, &options), *ch;
	int64_t before;
	pid_t child;
	int code;

	is(sv_open(&ch, SV_WRITER, &options, 0, &error), SV_EBUSY, "no time: busy");
	is(error.peer_pid, getpid(), "and with whom");
	is(sv_open(&ch, SV_WRITER, &options, 20, &error), SV_ETIMEDOUT, "time is over");
	next = start(-1, 1);
	/* The other one may just be looking, with the lock. */
	do {
		code = sv_open(&ch, SV_WRITER, &options, 0, &error);
	} while (code == SV_EAGAIN);
	is(code, SV_EBUSY, "no time, and others wait already");
	is(sv_open(&ch, SV_WRITER, &options, 20, &error), SV_ETIMEDOUT, "time is over amid the queue");
	must(sigaction(SIGUSR1, &action, NULL) == 0);
	options.cancel = &cancelled;
	before = last_number();
	child = fork();
	must(child != -1);
	if (child == 0) {
		while (last_number() <= before)
			sched_yield();
		_exit(kill(getppid(), SIGUSR1));
	}
	is(sv_open(&ch, SV_WRITER, &options, -1, &error), SV_EINTR, "called off by a signal handler");
	must(waitpid(child, NULL, 0) == child);
	must(sv_close(occupant) == SV_OK);
	ok(has_come(&next), "who stayed in the queue gets the role");
	is(leave(&next), 0, "and leaves");
}

static int calls;

static int until_the_third(void *arg)
{
	*(int *)arg += 1;
	return *(int *)arg == 3;
}

static pid_t forked;

/* The same, with a child that keeps a copy of each descriptor. */
static int until_the_fork(void *arg)
{
	if (!until_the_third(arg))
		return 0;
	forked = fork();
	must(forked != -1);
	while (forked == 0)
		pause();
	return 1;
}

/* What a program does while sv_open() waits: amid the queue, as the first of it, and for the lock. */
static void called_meanwhile(void)
{
	struct sv_options options = options_of(SV_QUEUE, 4096);
	sv_channel *occupant = open_side(SV_WRITER, &options), *ch;
	struct waiter other;
	int fd;

	options.waiting = until_the_third;
	options.waiting_arg = &calls;
	is(sv_open(&ch, SV_WRITER, &options, -1, NULL), SV_EINTR, "waiting() ends the wait of the first one");
	other = start(-1, 1);
	calls = 0;
	options.waiting = until_the_fork;
	is(sv_open(&ch, SV_WRITER, &options, -1, NULL), SV_EINTR, "and of one that is not first");
	is(calls, 3, "when it says so");
	fd = openat(occupant->rv.directory.fd, ".turn.writer.unit", O_RDWR | O_CLOEXEC);
	ok(fd != -1 && flock(fd, LOCK_EX | LOCK_NB) == 0,
	   "a child that it has forked does not lock the queue");
	must(close(fd) == 0 && kill(forked, SIGKILL) == 0 && waitpid(forked, NULL, 0) == forked);
	kill_it(&other);
	options.waiting = until_the_third;
	fd = open(occupant->rv.path, O_RDONLY | O_CLOEXEC);
	must(fd != -1 && flock(fd, LOCK_EX) == 0);
	options.flags = 0;
	calls = 0;
	is(sv_open(&ch, SV_WRITER, &options, 60000, NULL), SV_EINTR, "and that for the lock");
	must(close(fd) == 0 && sv_close(occupant) == SV_OK);
	calls = 0;
	is(sv_open(&ch, SV_WRITER, &options, -1, NULL), SV_OK,
	   "it is not called where nothing is waited for");
	is(calls, 0, "not once");
	must(sv_close(ch) == SV_OK);
}

static int times_free;

/* Counts how often another process could lock the rendezvous.  Ends the wait after three calls. */
static int count_free(void *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	must(fd != -1);
	times_free += flock(fd, LOCK_EX | LOCK_NB) == 0;
	must(close(fd) == 0);
	return ++calls == 3;
}

/* A process that stops while it takes a number must not keep others from the channel. */
static void queue_file_is_locked(void)
{
	struct sv_options options = options_of(SV_QUEUE, 4096);
	struct sv_error error = SV_ERROR_INIT;
	sv_channel *occupant = open_side(SV_WRITER, &options), *ch;
	int fd;

	fd = openat(occupant->rv.directory.fd, ".turn.writer.unit", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	must(fd != -1 && flock(fd, LOCK_EX) == 0);
	is(sv_open(&ch, SV_WRITER, &options, 0, &error), SV_EAGAIN, "the queue is locked, no time to wait");
	is(sv_open(&ch, SV_WRITER, &options, 20, &error), SV_ETIMEDOUT, "time is over before it is unlocked");
	calls = 0;
	options.waiting = count_free;
	options.waiting_arg = occupant->rv.path;
	is(sv_open(&ch, SV_WRITER, &options, -1, NULL), SV_EINTR, "the caller ends the wait for the queue");
	is(times_free, 3, "the rendezvous is not locked during that wait");
	must(close(fd) == 0);
	is(sv_open(&ch, SV_WRITER, &options, 0, &error), SV_EBUSY, "the queue is free again");
	must(sv_close(occupant) == SV_OK);
}

/* A file that may not grow: no number can be taken. */
static void no_room_for_a_number(void)
{
	struct sv_options options = options_of(SV_QUEUE, 4096);
	struct sv_error error = SV_ERROR_INIT;
	struct rlimit none = { 0, 0 };
	sv_channel *occupant = open_side(SV_WRITER, &options), *ch;
	pid_t child;

	child = fork();
	must(child != -1);
	if (child == 0) {
		must(signal(SIGXFSZ, SIG_IGN) != SIG_ERR && setrlimit(RLIMIT_FSIZE, &none) == 0);
		_exit(sv_open(&ch, SV_WRITER, &options, 2000, &error) == SV_ESYSTEM &&
		                      error.sys_errno == EFBIG
		              ? 0
		              : 1);
	}
	is(status_of(child), 0, "who cannot write to its queue does not queue, and says so");
	must(sv_close(occupant) == SV_OK);
}

/* The other role has a queue of its own. */
static void both_roles(void)
{
	struct sv_options options = options_of(SV_QUEUE, 4096);
	sv_channel *writer = open_side(SV_WRITER, &options), *reader;

	is(sv_open(&reader, SV_READER, &options, 0, NULL), SV_OK,
	   "a reader does not wait for the writer's turn");
	sv_close(writer);
	sv_close(reader);
}

/* While both sides are attached only the set is left to tell; its removal is the end. */
static void behind_a_running_transfer(void)
{
	struct pair pair = open_pair(0, 4096);
	struct waiter next = start(-1, 1);

	ok(has_not_come(&next), "a transfer is running");
	must(sv_close(pair.writer) == SV_OK);
	ok(has_not_come(&next), "it has not ended with one side");
	must(sv_close(pair.reader) == SV_OK);
	ok(has_come(&next), "but with both");
	is(leave(&next), 0, "and the next one is a new one");
}

static int nothing_seen(const struct sv_info *info, void *arg)
{
	(void)info;
	(void)arg;
	return 0;
}

/* When all who wait are killed, nobody is left to remove the queue file. */
static void a_queue_that_was_killed(void)
{
	struct sv_options options = options_of(SV_QUEUE, 4096);
	struct sv_error error = SV_ERROR_INIT;
	sv_channel *occupant = open_side(SV_WRITER, &options), *ch;
	struct waiter waiter;

	waiter = start(-1, 1);
	options.flags = 0;
	must(sv_open(&ch, SV_WRITER, &options, 2000, &error) == SV_EBUSY);
	is(error.peer_pid, getpid(), "who does not queue is told at once who is there");
	ok(clean_all(NULL) == 0 && last_number() == 1, "cleaning leaves a queue alone");
	kill_it(&waiter);
	must(sv_close(occupant) == SV_OK && last_number() == 1);
	ok(sv_list(0, nothing_seen, NULL, NULL) == SV_OK && last_number() == 1, "looking removes nothing");
	ok(clean_all(NULL) == 0 && last_number() == 0, "cleaning removes one that was killed");
}

int main(void)
{
	int before = open_descriptors();

	own_directory();
	in_order();
	without_success();
	behind_a_running_transfer();
	both_roles();
	called_meanwhile();
	queue_file_is_locked();
	no_room_for_a_number();
	a_queue_that_was_killed();
	is(open_descriptors(), before, "whoever waited has closed what it had opened");
	ok(directory_is_empty(), "nothing is left");
	return tap_done();
}
