/* SPDX-License-Identifier: MIT */
/* What a reader learns when it asks: an empty ring, less than it wants, a death, a successor, the end. */
#define _GNU_SOURCE
#include <stdarg.h>
#include <sys/sem.h>

#include "channel/channel.h"
#include "libc.h"
#include "pair.h"

/* Counts the calls of semctl(2), also those of the library: this function replaces the C library's. */
static unsigned long semctl_calls;

int semctl(int id, int number, int command, ...)
{
	va_list args;
	void *arg;

	semctl_calls++;
	va_start(args, command);
	arg = va_arg(args, void *);
	va_end(args);
	return libc(semctl)(id, number, command, arg);
}

/* Asked ten thousand times, an empty ring costs next to no system calls. */
static void asking_without_waiting(void)
{
	struct pair pair = open_pair(0, 4096);
	const void *there;
	unsigned long before;
	size_t got;
	int i;

	must(sv_peek(pair.reader, 1, &there, &got, 0) == SV_EAGAIN);
	before = semctl_calls;
	for (i = 0; i < 10000; i++)
		must(sv_peek(pair.reader, 1, &there, &got, 0) == SV_EAGAIN);
	ok((semctl_calls - before) * 4 < 10000, "an empty ring is found empty without a system call");
	ok(sv_last_error(pair.reader)->code == SV_EAGAIN && sv_last_error(pair.reader)->text[0] != '\0',
	   "and the reason is there for those who ask");
	close_pair(&pair);
}

static pid_t be_a_writer_that_dies(const struct sv_options *options, int bytes)
{
	pid_t child = fork();
	sv_channel *writer;

	must(child != -1);
	if (child == 0) {
		if (sv_open(&writer, SV_WRITER, options, -1, NULL) != SV_OK)
			_exit(1);
		while (bytes-- > 0)
			send_byte(writer);
		raise(SIGKILL);
	}
	must(WIFSIGNALED(status_of(child)));
	return child;
}

static void fewer_than_wanted(void)
{
	struct pair pair = open_pair(0, 4096);
	struct sv_options options = options_of(0, 4096);
	const void *there;
	size_t got;
	pid_t child;

	send_byte(pair.writer);
	must(sv_finish(pair.writer, 0) == SV_EAGAIN);
	ok(sv_peek(pair.reader, 2, &there, &got, -1) == SV_OK && got == 1, "less than was wanted");
	is(sv_last_error(pair.reader)->code, SV_END, "because the writer has finished");
	must(sv_release(pair.reader, 1) == SV_OK);
	take_end(pair.reader);
	must(sv_finish(pair.writer, -1) == SV_OK);
	close_pair(&pair);
	pair.reader = open_side(SV_READER, &options);
	child = be_a_writer_that_dies(&options, 1);
	is(sv_wait_peer(pair.reader, -1), SV_OK, "a writer that came and died has come");
	ok(sv_peek(pair.reader, 2, &there, &got, -1) == SV_OK && got == 1, "less than was wanted");
	is(sv_last_error(pair.reader)->code, SV_EDIED, "because the writer has died");
	must(sv_release(pair.reader, 1) == SV_OK);
	is(sv_peek(pair.reader, 1, &there, &got, -1), SV_EDIED, "its death is told, without a time-out");
	ok(sv_last_error(pair.reader)->peer_pid == child && sv_last_error(pair.reader)->sys_errno == 0,
	   "and who it was");
	is(sv_peek(pair.reader, 1, &there, &got, 0), SV_EDIED, "every time");
	is(sv_close(pair.reader), SV_OK, "the survivor removes all");
}

static void a_successor_ends_a_death(void)
{
	struct sv_options options = options_of(SV_RESUME, 4096);
	struct pair pair;
	const void *there;
	size_t got;

	pair.reader = open_side(SV_READER, &options);
	be_a_writer_that_dies(&options, 0);
	is(sv_peek(pair.reader, 1, &there, &got, -1), SV_EDIED, "the writer has died");
	is(sv_check(pair.reader), SV_EDIED, "and still has");
	pair.writer = open_side(SV_WRITER, &options);
	is(sv_check(pair.reader), SV_OK, "its successor is well");
	is(sv_peek(pair.reader, 1, &there, &got, 0), SV_EAGAIN, "and not reported as dead");
	is(sv_peer_pid(pair.reader), getpid(), "it is this process");
	is(sv_peer_uid(pair.reader), geteuid(), "of this user");
	send_byte(pair.writer);
	ok(sv_fill(pair.reader) == 1 && sv_fill(pair.writer) == 1, "one byte is in the ring");
	is(sv_peek(pair.reader, 1, &there, &got, 0), SV_OK, "and can be had");
	must(sv_release(pair.reader, 1) == SV_OK);
	ok(sv_fill(pair.reader) == 0 && sv_fill(pair.writer) == 0, "then none is");
	must(sv_finish(pair.writer, 0) == SV_EAGAIN);
	take_end(pair.reader);
	must(sv_finish(pair.writer, 0) == SV_OK);
	close_pair(&pair);
}

static void after_the_end(void)
{
	struct pair pair = open_pair(SV_MESSAGES, 4096);
	const void *there;
	size_t length;
	void *place;

	must(sv_msg_reserve(pair.writer, 8, &place, 0) == SV_OK);
	must(sv_finish(pair.writer, 0) == SV_EAGAIN);
	is(sv_msg_commit(pair.writer, 8), SV_EINVAL, "no message after the end was published");
	is(sv_msg_stage(pair.writer, 8), SV_EINVAL, "nor one into a batch");
	is(sv_msg_peek(pair.reader, &there, &length, 0), SV_END, "the reader sees the end, and no more");
	close_pair(&pair);
	pair = open_pair(SV_MESSAGES, 4096);
	must(sv_msg_reserve(pair.writer, 8, &place, 0) == SV_OK && sv_msg_stage(pair.writer, 8) == SV_OK);
	must(sv_abort(pair.writer, EIO) == SV_OK);
	is(sv_msg_flush(pair.writer), SV_EINVAL, "after an abort no batch is published");
	is(sv_msg_peek(pair.reader, &there, &length, 0), SV_EPEER,
	   "the reader sees the abort, and no message");
	close_pair(&pair);
}

int main(void)
{
	own_directory();
	asking_without_waiting();
	fewer_than_wanted();
	a_successor_ends_a_death();
	after_the_end();
	ok(directory_is_empty(), "nothing is left");
	return tap_done();
}
