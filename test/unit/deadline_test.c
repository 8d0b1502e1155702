/* SPDX-License-Identifier: MIT */
/*
 * A time-out is over when it is over: neither signals that arrive all the time nor a peer that keeps waking
 * the caller, or dies again and again, make a call wait longer.  A wait that began anew each time would never
 * end.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdarg.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/time.h>

#include "channel/channel.h"
#include "clock.h"
#include "libc.h"
#include "pair.h"

#define TIMEOUT_MS 30

/*
 * --- a peer that dies again and again: its weight is there whenever the library looks ----------------------
 */

static struct sv_side_line *dying; /* NULL: nobody */
static int clears;                 /* how often its weight was taken off */

int semctl(int id, int number, int command, ...)
{
	va_list args;
	void *arg;

	if (dying != NULL && command == GETVAL) {
		atomic_store(&dying->slot, SV_SLOT_ATTACHED);
		return SV_WEIGHT;
	}
	va_start(args, command);
	arg = va_arg(args, void *);
	va_end(args);
	return libc(semctl)(id, number, command, arg);
}

int semop(int id, struct sembuf *operations, size_t count)
{
	if (dying == NULL)
		return libc(semop)(id, operations, count);
	clears++;
	return 0;
}

static sv_channel *interrupt_at_lock; /* whose wait is interrupted when the lock is tried; NULL: none */

int flock(int fd, int operation)
{
	if (interrupt_at_lock != NULL)
		sv_interrupt(interrupt_at_lock);
	return libc(flock)(fd, operation);
}

/*
 * --- disturbance -------------------------------------------------------------------------------------------
 */

static void note(int number)
{
	(void)number;
}

static void signals(bool on)
{
	const struct itimerval often = { { 0, 1000 }, { 0, 1000 } }, never = { { 0, 0 }, { 0, 0 } };
	struct sigaction action;

	memset(&action, 0, sizeof action);
	action.sa_handler = note;
	must(sigaction(SIGALRM, &action, NULL) == 0);
	must(setitimer(ITIMER_REAL, on ? &often : &never, NULL) == 0);
}

static _Atomic bool ringing;
static int rung_set;
static enum sv_role rung_role;

/* As a peer that keeps waking a side of this role, with nothing to tell. */
static void *ring(void *arg)
{
	const struct timespec pause = { 0, 500000 };

	while (atomic_load(&ringing)) {
		sv_sem_ring_own(rung_set, rung_role);
		nanosleep(&pause, NULL);
	}
	return arg;
}

/*
 * --- the calls that wait -----------------------------------------------------------------------------------
 */

static struct sv_options options;

static int wait_peer(sv_channel *ch)
{
	return sv_wait_peer(ch, TIMEOUT_MS);
}

static int peek(sv_channel *ch)
{
	const void *there;
	size_t got;

	return sv_peek(ch, 1, &there, &got, TIMEOUT_MS);
}

static int reserve(sv_channel *ch)
{
	void *place;
	size_t got;

	return sv_reserve(ch, 4096, &place, &got, TIMEOUT_MS);
}

static int msg_peek(sv_channel *ch)
{
	const void *there;
	size_t length;

	return sv_msg_peek(ch, &there, &length, TIMEOUT_MS);
}

static int msg_reserve(sv_channel *ch)
{
	void *place;

	return sv_msg_reserve(ch, 4080, &place, TIMEOUT_MS);
}

static int finish(sv_channel *ch)
{
	return sv_finish(ch, TIMEOUT_MS);
}

/* The same role once more: with SV_QUEUE it waits for its turn. */
static int open_queued(sv_channel *ch)
{
	struct sv_options queueing = options;
	sv_channel *second;

	(void)ch;
	queueing.flags |= SV_QUEUE;
	return sv_open(&second, SV_WRITER, &queueing, TIMEOUT_MS, NULL);
}

static int open_locked(sv_channel *ch)
{
	int fd = open(ch->rv.path, O_RDONLY | O_CLOEXEC), code;
	sv_channel *second;

	must(fd != -1 && flock(fd, LOCK_EX) == 0);
	code = sv_open(&second, SV_WRITER, &options, TIMEOUT_MS, NULL);
	must(close(fd) == 0);
	return code;
}

static void in_time(const char *what, int (*call)(sv_channel *), sv_channel *ch, const char *disturbance)
{
	int64_t begun = sv_now();
	int code = call(ch);

	is(code, SV_ETIMEDOUT, "%s times out, %s", what, disturbance);
	ok(sv_now() - begun >= TIMEOUT_MS * INT64_C(1000000), "and not early");
}

static void disturbed(const char *what, int (*call)(sv_channel *), sv_channel *ch)
{
	pthread_t thread;

	signals(true);
	in_time(what, call, ch, "while signals arrive");
	signals(false);
	rung_set = ch->semid;
	rung_role = ch->role;
	atomic_store(&ringing, true);
	must(pthread_create(&thread, NULL, ring, NULL) == 0);
	in_time(what, call, ch, "while the peer keeps waking it");
	atomic_store(&ringing, false);
	must(pthread_join(thread, NULL) == 0);
}

static void bytes(void)
{
	struct pair pair;

	options = options_of(0, 4096);
	pair.writer = open_side(SV_WRITER, &options);
	disturbed("sv_wait_peer()", wait_peer, pair.writer);
	pair.reader = open_side(SV_READER, &options);
	disturbed("sv_peek()", peek, pair.reader);
	disturbed("sv_open() in a queue", open_queued, pair.writer);
	disturbed("sv_open() of one that is locked", open_locked, pair.writer);
	send_byte(pair.writer);
	disturbed("sv_reserve()", reserve, pair.writer);
	disturbed("sv_finish()", finish, pair.writer);
	close_pair(&pair);
}

static void messages(void)
{
	struct pair pair = open_pair(SV_MESSAGES, 4096);
	int fd;

	options = options_of(SV_MESSAGES, 4096);
	disturbed("sv_msg_peek()", msg_peek, pair.reader);
	must(sv_event_fd(pair.reader, &fd) == SV_OK);
	disturbed("sv_msg_peek() of a handle with events", msg_peek, pair.reader);
	must(sv_send(pair.writer, "12345678", 8, 0) == SV_OK);
	disturbed("sv_msg_reserve()", msg_reserve, pair.writer);
	close_pair(&pair);
}

static void deaths(void)
{
	sv_channel *writer;
	int fd;

	options = options_of(SV_RESUME, 4096);
	writer = open_side(SV_WRITER, &options);
	dying = writer->ring.peer;
	is(sv_wait_peer(writer, TIMEOUT_MS), SV_ETIMEDOUT,
	   "peers that die one after the other are not waited for");
	clears = 0;
	atomic_store(&dying->slot, SV_SLOT_ATTACHED);
	is(sv_wait_peer(writer, 0), SV_EAGAIN, "nor without any time");
	is(clears, 1, "only one is forgotten then");
	sv_interrupt(writer);
	is(sv_wait_peer(writer, -1), SV_EINTR, "and an interruption counts amid them");
	fd = open(writer->rv.path, O_RDONLY | O_CLOEXEC);
	must(fd != -1 && flock(fd, LOCK_EX) == 0);
	is(sv_wait_peer(writer, TIMEOUT_MS), SV_ETIMEDOUT, "time counts while it waits for the lock");
	sv_interrupt(writer);
	is(sv_wait_peer(writer, -1), SV_EINTR, "and so does an interruption");
	interrupt_at_lock = writer;
	is(sv_wait_peer(writer, -1), SV_EINTR, "also one that comes meanwhile");
	interrupt_at_lock = NULL;
	must(close(fd) == 0);
	atomic_store(&dying->slot, SV_SLOT_EMPTY);
	dying = NULL;
	must(sv_close(writer) == SV_OK);
}

int main(void)
{
	own_directory();
	deaths();
	bytes();
	messages();
	ok(directory_is_empty(), "nothing is left");
	return tap_done();
}
