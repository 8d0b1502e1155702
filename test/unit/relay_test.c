/* SPDX-License-Identifier: MIT */
/* The thread that a handle with a descriptor for poll(2) has. */
#define _GNU_SOURCE /* ppoll, RTLD_NEXT */
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>

#include "libc.h"
#include "pair.h"

static volatile int handled;

static void handle(int number)
{
	handled = number;
}

/* A program that blocks a signal in its threads does not expect it in that of a handle. */
static void signals(void)
{
	struct sigaction action = { .sa_handler = handle };
	struct pair pair;
	struct pollfd ready = { .events = POLLIN };
	sigset_t one, before;

	pair = open_pair(0, 4096);
	sigemptyset(&one);
	sigaddset(&one, SIGUSR1);
	must(sv_event_fd(pair.reader, &ready.fd) == SV_OK && sigaction(SIGUSR1, &action, NULL) == 0);
	must(pthread_sigmask(SIG_BLOCK, &one, &before) == 0);
	must(kill(getpid(), SIGUSR1) == 0 && sv_event_ask(pair.reader, 1) == SV_OK);
	send_byte(pair.writer);
	ok(poll(&ready, 1, -1) == 1 && handled == 0, "the thread of a handle handles no signals");
	must(signal(SIGUSR1, SIG_IGN) != SIG_ERR && pthread_sigmask(SIG_SETMASK, &before, NULL) == 0);
	close_pair(&pair);
}

static pthread_t caller;
static _Atomic bool rests; /* the thread of the handle waits until it is asked again */
static sv_channel *sender; /* sends a byte as soon as the caller sleeps; NULL: nobody does */

/* These two stand before the C library's. */
ssize_t read(int fd, void *data, size_t size)
{
	if (!pthread_equal(pthread_self(), caller))
		atomic_store(&rests, true);
	return libc(read)(fd, data, size);
}

int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *limit, const sigset_t *mask)
{
	bool sends = sender != NULL;
	int ready;

	if (sends)
		send_byte(sender);
	sender = NULL;
	ready = libc(ppoll)(fds, count, limit, mask);
	if (sends)
		is(ready, 1, "a byte wakes its reader");
	return ready;
}

/* While the peer is gone the thread rests.  When a successor has come, a call that waits must wake it. */
static void a_successor(void)
{
	struct sv_options options = options_of(SV_RESUME, 4096);
	struct pair pair = open_pair(SV_RESUME, 4096);
	const void *data;
	size_t got;
	struct pollfd ready = { .events = POLLIN };
	uint64_t count;

	atomic_store(&rests, false);
	must(sv_event_fd(pair.reader, &ready.fd) == SV_OK && sv_close(pair.writer) == SV_OK);
	is(sv_peek(pair.reader, 1, &data, &got, 60000), SV_EPEER, "a writer leaves before its end");
	while (!atomic_load(&rests))
		sched_yield();
	/* So that the next wait is one. */
	must(poll(&ready, 1, 0) == 0 || read(ready.fd, &count, sizeof count) == sizeof count);
	must(sv_open(&pair.writer, SV_WRITER, &options, 0, NULL) == SV_OK);
	sender = pair.writer;
	is(sv_peek(pair.reader, 1, &data, &got, 10000), SV_OK, "which a successor has sent");
	must(sender == NULL && sv_release(pair.reader, 1) == SV_OK && sv_finish(pair.writer, 0) == SV_EAGAIN);
	must(sv_peek(pair.reader, 1, &data, &got, 0) == SV_END && sv_finish(pair.reader, 0) == SV_OK &&
	     sv_finish(pair.writer, 0) == SV_OK);
	close_pair(&pair);
}

int main(void)
{
	caller = pthread_self();
	own_directory();
	signals();
	a_successor();
	ok(directory_is_empty(), "nothing is left");
	return tap_done();
}
