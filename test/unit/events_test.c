/* SPDX-License-Identifier: MIT */
/* The descriptor for poll(2): readable when the wait that was asked for is over, and not before. */
#define _GNU_SOURCE
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <sys/ipc.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/syscall.h>

#include "channel/channel.h"
#include "libc.h"
#include "pair.h"

/* No thread can be started while this is true: this function stands before the C library's. */
static bool no_threads;

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *arg)
{
	return no_threads ? EAGAIN : libc(pthread_create)(thread, attributes, run, arg);
}

/* How often a semaphore was increased, which is how bells ring. */
static _Atomic int rings;

int semop(int id, struct sembuf *operations, size_t count)
{
	rings += count == 1 && operations->sem_op == 1;
	return libc(semop)(id, operations, count);
}

static bool no_barriers;

long syscall(long number, ...)
{
	long argument[6];
	va_list args;
	int i;

	va_start(args, number);
	for (i = 0; i < 6; i++)
		argument[i] = va_arg(args, long);
	va_end(args);
	errno = ENOSYS;
	if (no_barriers && number == SYS_membarrier)
		return -1;
	return libc(syscall)(number, argument[0], argument[1], argument[2], argument[3], argument[4],
	                     argument[5]);
}

static nfds_t polled; /* by the library, at last */

int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *limit, const sigset_t *mask)
{
	polled = count;
	return libc(ppoll)(fds, count, limit, mask);
}

static bool readable(int fd, int timeout_ms)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };

	return poll(&ready, 1, timeout_ms) == 1 && (ready.revents & POLLIN) != 0;
}

/* Earlier bells, such as "I came", have been taken when the thread sleeps and its semaphore is empty. */
static void settle(sv_channel *ch)
{
	int sem = sv_sem_of(sv_other(ch->role));

	while (semctl(ch->semid, sem, GETNCNT) == 0 || semctl(ch->semid, sem, GETVAL) != 0)
		sched_yield();
}

static bool asks_and_must_wait(sv_channel *ch, int fd, size_t want)
{
	settle(ch);
	return sv_event_ask(ch, want) == SV_OK && !readable(fd, 0);
}

static void commit(sv_channel *writer, size_t n)
{
	size_t got;
	void *place;

	must(sv_reserve(writer, n, &place, &got, 0) == SV_OK && sv_commit(writer, n) == SV_OK);
}

static void data_room_and_end(void)
{
	struct pair pair = open_pair(0, 4096);
	struct sv_info info;
	const void *there;
	int in, out, again;
	size_t got;
	void *place;

	is(sv_event_ask(pair.reader, 1), SV_EINVAL, "no question before there is a descriptor");
	is(sv_last_error(pair.reader)->sys_errno, 0, "though no system call has failed");
	is(sv_event_fd(pair.reader, NULL), SV_EINVAL, "nowhere to put it");
	info = info_of(pair.writer);
	ok(!info.side[SV_READER].asleep && !info.side[SV_WRITER].asleep, "nobody sleeps");
	must(sv_event_fd(pair.reader, &in) == SV_OK && sv_event_fd(pair.writer, &out) == SV_OK);
	ok(sv_event_fd(pair.reader, &again) == SV_OK && again == in, "a handle has one descriptor");
	is(sv_event_ask(pair.reader, 4097), SV_ETOOBIG, "more than the channel can hold");
	ok(asks_and_must_wait(pair.reader, in, 4096), "a full ring may be asked for");
	ok(asks_and_must_wait(pair.reader, in, 10), "no data, not readable");
	settle(pair.reader);
	ok(info_of(pair.writer).side[SV_READER].asleep, "a look shows that it sleeps");
	commit(pair.writer, 9);
	ok(!readable(in, 0), "nor with less than was asked for");
	commit(pair.writer, 1);
	ok(readable(in, -1), "readable once it is there");
	ok(sv_peek(pair.reader, 10, &there, &got, 0) == SV_OK && got == 10,
	   "a call that does not wait gets it");
	ok(sv_event_ask(pair.reader, 10) == SV_OK && readable(in, 0),
	   "what is there already makes it readable");
	must(sv_release(pair.reader, 10) == SV_OK);

	commit(pair.writer, 4096);
	ok(asks_and_must_wait(pair.writer, out, 100), "no room, not readable");
	take_bytes(pair.reader, 100);
	ok(readable(out, -1), "readable once there is");
	is(sv_reserve(pair.writer, 100, &place, &got, 0), SV_OK, "a call that does not wait gets it");
	must(sv_peek(pair.reader, 1, &there, &got, 0) == SV_OK && sv_release(pair.reader, got) == SV_OK);

	ok(asks_and_must_wait(pair.reader, in, 1), "not at the end yet");
	must(sv_finish(pair.writer, 0) == SV_EAGAIN);
	ok(readable(in, -1) && sv_peek(pair.reader, 1, &there, &got, 0) == SV_END,
	   "the end makes it readable");
	ok(asks_and_must_wait(pair.writer, out, 0), "the writer asks for nothing but the end");
	must(sv_finish(pair.reader, 0) == SV_OK);
	ok(readable(out, -1) && sv_finish(pair.writer, 0) == SV_OK, "which is told");
	close_pair(&pair);
}

static void messages(void)
{
	struct pair pair = open_pair(SV_MESSAGES, 4096);
	size_t length;
	char text[8];
	int in, out;

	must(sv_event_fd(pair.reader, &in) == SV_OK && sv_event_fd(pair.writer, &out) == SV_OK);
	ok(asks_and_must_wait(pair.reader, in, 1), "no message, not readable");
	must(sv_send(pair.writer, "", 0, 0) == SV_OK);
	ok(readable(in, -1), "an empty one is a message");
	must(sv_recv(pair.reader, text, sizeof text, &length, 0) == SV_OK);
	while (sv_send(pair.writer, "1234567", 8, 0) == SV_OK)
		;
	ok(asks_and_must_wait(pair.writer, out, 8), "no room for another, not readable");
	must(sv_recv(pair.reader, text, sizeof text, &length, 0) == SV_OK);
	ok(readable(out, -1) && sv_send(pair.writer, "1234567", 8, 0) == SV_OK, "room for it");
	close_pair(&pair);
}

static void waits_of_the_handle(void)
{
	struct pair pair = open_pair(0, 4096);
	const void *there;
	size_t got;
	pid_t child;
	int in, i;

	must(sv_event_fd(pair.reader, &in) == SV_OK);
	is(sv_peek(pair.reader, 1, &there, &got, 20), SV_ETIMEDOUT, "a call may still wait, and times out");
	is(polled, 1, "it waits for the descriptor");
	commit(pair.writer, 1);
	is(sv_peek(pair.reader, 1, &there, &got, -1), SV_OK, "or gets what it waits for");
	must(sv_release(pair.reader, 1) == SV_OK);
	ok(asks_and_must_wait(pair.reader, in, 1), "asked");
	sv_interrupt(pair.reader);
	ok(readable(in, -1) && sv_peek(pair.reader, 1, &there, &got, 0) == SV_EINTR,
	   "an interruption makes it readable");
	child = fork();
	must(child != -1);
	if (child == 0)
		_exit(sv_close(pair.reader) != SV_EINVAL || fcntl(in, F_GETFD) != -1);
	is(status_of(child), 0, "a child that closes the handle has none of its descriptors any more");
	ok(asks_and_must_wait(pair.reader, in, 1), "a child that closes the handle takes nothing away");
	close_pair(&pair);
	for (i = 0; i < 200; i++) {
		pair = open_pair(0, 4096);
		must(sv_event_fd(pair.reader, &in) == SV_OK && sv_event_ask(pair.reader, 1) == SV_OK);
		close_pair(&pair);
	}
	ok(1, "a handle can be closed at any moment");
}

/*
 * A handle whose own thread may not be rung is closed without waiting for it.  Only this thread gives up its
 * rights: the call of the C library would do it for all.
 */
static void closed_without_rights(void)
{
	pid_t child = geteuid() == 0 ? fork() : -1;
	static struct pair pair; /* where valgrind finds what the child does not close */
	int in;

	if (child == -1) {
		ok(1, "closing without rights # SKIP needs root");
		return;
	}
	if (child == 0) {
		alarm(30);
		pair = open_pair(0, 4096);
		must(sv_event_fd(pair.reader, &in) == SV_OK && asks_and_must_wait(pair.reader, in, 1));
		must(syscall(SYS_setresuid, -1, 65534, -1) == 0);
		sv_close(pair.reader);
		_exit(0);
	}
	is(status_of(child), 0, "a handle can be closed without rights");
	is(clean_all("unit"), 1, "what it leaves is cleaned");
}

/* A writer that comes and is killed. */
static void a_short_life(const struct sv_options *options)
{
	sv_channel *writer;
	pid_t child = fork();

	must(child != -1);
	if (child == 0) {
		if (sv_open(&writer, SV_WRITER, options, -1, NULL) != SV_OK)
			_exit(1);
		raise(SIGKILL);
	}
	must(WIFSIGNALED(status_of(child)));
}

static void deaths_and_successors(void)
{
	struct sv_options options = options_of(SV_RESUME, 4096);
	sv_channel *reader, *writer;
	const void *there;
	size_t got;
	int in, i;

	must(sv_open(&reader, SV_READER, &options, 0, NULL) == SV_OK && sv_event_fd(reader, &in) == SV_OK);
	ok(asks_and_must_wait(reader, in, 1), "nobody has come");
	a_short_life(&options);
	for (i = 0; i < 3; i++)
		must(sv_event_ask(reader, 1) == SV_OK && readable(in, -1));
	is(sv_check(reader), SV_EDIED, "a death makes it readable, as often as one asks");
	is(sv_wait_peer(reader, 0), SV_EAGAIN, "the dead one is forgotten");
	/* The thread has paused, until this question. */
	ok(sv_event_ask(reader, 1) == SV_OK && !readable(in, 0), "and its successor is waited for");
	writer = open_side(SV_WRITER, &options);
	ok(readable(in, -1) && sv_wait_peer(reader, 0) == SV_OK, "its coming makes it readable");
	ok(asks_and_must_wait(reader, in, 1), "and then its bytes");
	commit(writer, 1);
	ok(readable(in, -1) && sv_peek(reader, 1, &there, &got, 0) == SV_OK, "do so");
	must(sv_release(reader, 1) == SV_OK);
	must(sv_finish(writer, 0) == SV_EAGAIN);
	take_end(reader);
	must(sv_finish(writer, 0) == SV_OK);
	sv_close(writer);
	sv_close(reader);

	must(sv_open(&reader, SV_READER, &options, 0, NULL) == SV_OK && sv_event_fd(reader, &in) == SV_OK);
	a_short_life(&options);
	must(sv_event_ask(reader, 1) == SV_OK && readable(in, -1) && sv_wait_peer(reader, 0) == SV_EAGAIN);
	must(sv_event_ask(reader, 1) == SV_OK);
	writer = open_side(SV_WRITER, &options);
	settle(reader);
	alarm(60);
	is(sv_close(reader), SV_OK, "a handle whose thread has paused and sleeps again can be closed");
	alarm(0);
	sv_close(writer);

	options = options_of(0, 4096);
	must(sv_open(&reader, SV_READER, &options, 0, NULL) == SV_OK && sv_event_fd(reader, &in) == SV_OK);
	must(sv_event_ask(reader, 1) == SV_OK);
	must(semctl(reader->semid, 0, IPC_RMID) == 0);
	ok(readable(in, -1) && sv_event_ask(reader, 1) == SV_OK && readable(in, -1),
	   "so does the removal of the semaphores");
	is(sv_check(reader), SV_EREMOVED, "which the next call tells");
	i = open_descriptors();
	sv_close(reader);
	ok(fcntl(in, F_GETFD) == -1 && open_descriptors() <= i - 5, "closing the handle still closes all");
}

static void what_is_short(void)
{
	int none = open_descriptors(), some, fd, free_one;
	struct pair pair = open_pair(0, 4096);
	struct rlimit limit, before;

	some = open_descriptors();
	no_threads = true;
	is(sv_event_fd(pair.reader, &fd), SV_ESYSTEM, "without a thread there is no descriptor");
	is(sv_last_error(pair.reader)->sys_errno, EAGAIN, "and the error says why");
	is(fd, -1, "nor is there one that could be used by mistake");
	is(open_descriptors(), some, "no descriptor stays open");
	no_threads = false;
	free_one = dup(STDIN_FILENO);
	must(free_one != -1 && close(free_one) == 0 && getrlimit(RLIMIT_NOFILE, &before) == 0);
	limit = before;
	limit.rlim_cur = (rlim_t)free_one + 1;
	must(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	is(sv_event_fd(pair.reader, &fd), SV_ESYSTEM, "one descriptor is not enough");
	is(sv_last_error(pair.reader)->sys_errno, EMFILE, "and the error says why");
	is(open_descriptors(), some, "it does not stay open");
	must(setrlimit(RLIMIT_NOFILE, &before) == 0);
	is(sv_event_fd(pair.reader, &fd), SV_OK, "later there may be enough");
	close_pair(&pair);
	is(open_descriptors(), none, "closing the handle closes all");
}

static void a_peer_that_cannot_ring(void)
{
	struct pair pair = open_pair(0, 4096);
	const void *there;
	unsigned light;
	bool told;
	size_t got;
	int in, before;

	must(sv_event_fd(pair.reader, &in) == SV_OK);
	settle(pair.reader);
	atomic_store(&pair.writer->ring.own->light, SV_LIGHT_MUTE);
	must(sv_event_ask(pair.reader, 1) == SV_OK);
	before = rings;
	ok(sv_event_ask(pair.reader, 1) == SV_OK && rings == before,
	   "only the first question wakes the thread");
	/* Without the bell that sv_commit() would ring. */
	sv_ring_publish(&pair.writer->ring, 1);
	while ((told = readable(in, 20000)) && sv_peek(pair.reader, 1, &there, &got, 0) == SV_EAGAIN)
		must(sv_event_ask(pair.reader, 1) == SV_OK);
	ok(told, "what a peer publishes without a bell is seen");
	close_pair(&pair);
	for (light = 0; light < 2; light++) {
		pair = open_pair(0, 4096);
		must(sv_event_fd(pair.reader, &in) == SV_OK);
		settle(pair.reader);
		atomic_store(&pair.writer->ring.own->light, light);
		no_barriers = true;
		before = rings;
		must(sv_event_ask(pair.reader, 1) == SV_OK);
		is(rings - before, light,
		   "without membarrier(2) a peer without fences cannot be trusted to ring");
		no_barriers = false;
		close_pair(&pair);
	}
}

int main(void)
{
	own_directory();
	what_is_short();
	a_peer_that_cannot_ring();
	data_room_and_end();
	messages();
	waits_of_the_handle();
	closed_without_rights();
	deaths_and_successors();
	ok(directory_is_empty(), "nothing is left");
	return tap_done();
}
