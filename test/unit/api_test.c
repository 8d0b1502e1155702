/* SPDX-License-Identifier: MIT */
/* The public calls: their order, their codes, their time-outs, and what they report about a peer. */
#define _GNU_SOURCE
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <sys/ipc.h>
#include <sys/sem.h>

#include "pair.h"

static void send_text(sv_channel *writer, const char *text)
{
	size_t got, length = strlen(text);
	void *place;

	must(sv_reserve(writer, length, &place, &got, 0) == SV_OK && got >= length);
	memcpy(place, text, length);
	must(sv_commit(writer, length) == SV_OK);
}

static bool take_text(sv_channel *reader, const char *text)
{
	size_t got, length = strlen(text);
	const void *there;

	return sv_peek(reader, length, &there, &got, 0) == SV_OK && got == length &&
	       memcmp(there, text, length) == 0 && sv_release(reader, length) == SV_OK;
}

static void a_good_life(void)
{
	struct pair pair = open_pair(0, 4096);
	const void *there;
	size_t got;
	void *place;

	is(sv_last_error(pair.writer)->struct_size, sizeof(struct sv_error), "no error yet");
	ok(sv_capacity(pair.writer) == 4096 && sv_capacity(pair.reader) == 4096, "both see the capacity");
	ok(sv_wait_peer(pair.writer, 0) == SV_OK && sv_wait_peer(pair.reader, 0) == SV_OK,
	   "both see each other");
	ok(sv_peek(pair.reader, 1, &there, &got, 0) == SV_EAGAIN, "nothing there: would block");
	ok(sv_peek(pair.reader, 1, &there, &got, 20) == SV_ETIMEDOUT, "nothing there: times out");
	send_text(pair.writer, "Hello, Process B!");
	ok(take_text(pair.reader, "Hello, Process B!"), "bytes come out as they went in");
	ok(sv_position(pair.writer) == 17 && sv_position(pair.reader) == 17, "both know how far they are");
	ok(sv_reserve(pair.writer, 4097, &place, &got, 0) == SV_ETOOBIG, "more than the capacity");
	ok(sv_reserve(pair.writer, 0, &place, &got, 0) == SV_EINVAL, "a reservation of nothing");
	must(sv_reserve(pair.writer, 4096, &place, &got, 0) == SV_OK && got == 4096);
	ok(sv_commit(pair.writer, 4097) == SV_EINVAL, "more than was reserved");
	must(sv_commit(pair.writer, 4096) == SV_OK);
	ok(sv_reserve(pair.writer, 1, &place, &got, 0) == SV_EAGAIN, "full: would block");
	must(sv_peek(pair.reader, 4096, &there, &got, 0) == SV_OK && got == 4096);
	ok(sv_release(pair.reader, 4097) == SV_EINVAL, "more than was peeked");
	must(sv_release(pair.reader, 4096) == SV_OK);
	ok(sv_finish(pair.reader, 0) == SV_EINVAL && sv_last_error(pair.reader)->sys_errno == 0,
	   "a reader may not finish before it saw the end");
	ok(sv_finish(pair.writer, 0) == SV_EAGAIN, "a writer has finished only when the reader has");
	ok(sv_peek(pair.reader, 1, &there, &got, 0) == SV_END, "the end is seen");
	ok(sv_finish(pair.reader, 0) == SV_OK && sv_finish(pair.writer, 0) == SV_OK, "both finish");
	ok(sv_reserve(pair.writer, 1, &place, &got, 0) == SV_EINVAL &&
	           sv_last_error(pair.writer)->sys_errno == 0,
	   "after that there is nothing to reserve");
	ok(sv_close(pair.reader) == SV_OK && sv_close(pair.writer) == SV_OK, "both close");
	ok(sv_close(NULL) == SV_OK, "closing nothing is fine");
}

static void bad_ends(void)
{
	struct pair pair = open_pair(0, 4096);
	const void *there;
	size_t got;
	void *place;

	send_text(pair.writer, "before");
	ok(sv_abort(pair.writer, 0) == SV_EINVAL && sv_last_error(pair.writer)->sys_errno == 0,
	   "an abort needs a reason");
	ok(sv_abort(pair.writer, INT_MAX) == SV_EINVAL && sv_abort(pair.writer, -INT_MAX) == SV_EINVAL,
	   "one that there can be");
	ok(sv_abort(pair.writer, EIO) == SV_OK, "the writer gives up");
	ok(sv_finish(pair.writer, 0) == SV_EINVAL && sv_last_error(pair.writer)->sys_errno == 0,
	   "after that it cannot finish");
	ok(take_text(pair.reader, "before"), "what it committed before is still there");
	ok(sv_peek(pair.reader, 1, &there, &got, 0) == SV_EPEER &&
	           sv_last_error(pair.reader)->sys_errno == EIO &&
	           sv_last_error(pair.reader)->peer_pid == getpid(),
	   "then the reader learns why");
	close_pair(&pair);

	pair = open_pair(0, 4096);
	ok(sv_abort(pair.reader, -SIGTERM) == SV_OK, "the reader is ended by a signal");
	ok(sv_reserve(pair.writer, 1, &place, &got, 0) == SV_EPEER &&
	           sv_last_error(pair.writer)->signal == SIGTERM,
	   "the writer learns which, though there is room");
	close_pair(&pair);

	pair = open_pair(0, 4096);
	must(sv_abort(pair.writer, ETIMEDOUT) == SV_OK && sv_check(pair.reader) == SV_EPEER);
	ok(strstr(sv_last_error(pair.reader)->text, "gave up waiting (") != NULL, "one that gives up: %s",
	   sv_last_error(pair.reader)->text);
	close_pair(&pair);

	pair = open_pair(0, 4096);
	must(sv_close(pair.writer) == SV_OK);
	ok(sv_peek(pair.reader, 1, &there, &got, 0) == SV_EPEER &&
	           sv_last_error(pair.reader)->sys_errno == ECANCELED,
	   "closing without finishing is no end of the stream");
	ok(sv_check(pair.reader) == SV_EPEER, "and sv_check says so too");
	ok(strstr(sv_last_error(pair.reader)->text, "closed the channel before the end (") != NULL,
	   "in words: %s", sv_last_error(pair.reader)->text);
	sv_close(pair.reader);
}

/*
 * The set is removed after the reader has taken all and while the writer, a stopped child, waits for its
 * answer.  The reader can no longer ring the bell, but its answer can be seen: neither side may report a
 * failure.
 */
static void a_removal_at_the_end(void)
{
	struct sv_options options = options_of(0, 4096);
	static sv_channel *reader, *writer; /* where valgrind finds what the child does not close */
	const void *there;
	size_t got;
	int status, set;
	pid_t child;

	reader = open_side(SV_READER, &options);
	child = fork();
	must(child != -1);
	if (child == 0) {
		must(sv_open(&writer, SV_WRITER, &options, -1, NULL) == SV_OK);
		send_text(writer, "all");
		_exit(sv_finish(writer, -1) == SV_OK ? 0 : 2);
	}
	must(sv_wait_peer(reader, -1) == SV_OK && sv_peek(reader, 3, &there, &got, -1) == SV_OK);
	must(sv_release(reader, 3) == SV_OK && sv_peek(reader, 1, &there, &got, -1) == SV_END);
	set = info_of(reader).semid;
	/* The writer sleeps until the reader's bell, semaphore 1. */
	while (semctl(set, 1, GETNCNT) == 0) {
		must(waitpid(child, &status, WNOHANG) == 0);
		sched_yield();
	}
	must(kill(child, SIGSTOP) == 0 && waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status));
	must(semctl(set, 0, IPC_RMID) == 0);
	ok(sv_finish(reader, -1) == SV_OK, "the reader has succeeded, though it cannot ring");
	must(kill(child, SIGCONT) == 0 && waitpid(child, &status, 0) == child && WIFEXITED(status));
	is(WEXITSTATUS(status), 0, "the writer sees that");
	ok(sv_close(reader) == SV_OK, "and nothing is left");
}

static void refusals(void)
{
	struct sv_options options = options_of(0, 4096), other;
	struct sv_error error = SV_ERROR_INIT;
	sv_channel *first = open_side(SV_WRITER, &options), *second;

	ok(sv_open(&second, SV_WRITER, &options, 0, &error) == SV_EBUSY && second == NULL &&
	           error.peer_pid == getpid(),
	   "a second writer is refused and told who the first is");
	other = options_of(SV_MESSAGES, 4096);
	ok(sv_open(&second, SV_READER, &other, 0, &error) == SV_EMODE,
	   "a reader of messages does not fit a writer of bytes");
	other = options_of(SV_RESUME, 4096);
	ok(sv_open(&second, SV_READER, &other, 0, &error) == SV_EMODE, "nor a resuming one");
	other = options;
	other.name = "no/slash";
	ok(sv_open(&second, SV_READER, &other, 0, &error) == SV_EINVAL, "a bad name");
	other = options;
	other.project = 256;
	ok(sv_open(&second, SV_READER, &other, 0, &error) == SV_EINVAL && error.sys_errno == 0,
	   "a bad project id");
	other = options;
	other.name = "another";
	other.capacity = UINT64_MAX;
	ok(sv_open(&second, SV_READER, &other, 0, &error) == SV_ETOOBIG && strchr(error.text, '\n') == NULL,
	   "a capacity that cannot be, in one line");
	other.capacity = 0;
	other.struct_size = 3;
	ok(sv_open(&second, SV_READER, &other, 0, &error) == SV_EINVAL && error.sys_errno == 0,
	   "options not from SV_OPTIONS_INIT");
	ok(sv_open(&second, SV_READER, NULL, 0, &error) == SV_EINVAL && error.code == SV_EINVAL,
	   "no options");
	is(sv_open(NULL, SV_READER, &options, 0, &error), SV_EINVAL, "nowhere to put the handle");
	ok(sv_wait_peer(first, 10) == SV_ETIMEDOUT, "nobody has come");
	ok(sv_close(first) == SV_OK, "alone, too, it leaves nothing");
	options.flags = SV_MESSAGES;
	first = open_side(SV_WRITER, &options);
	other = options_of(SV_MESSAGES | SV_RECORDS_NUL, 4096);
	is(sv_open(&second, SV_READER, &other, 0, &error), SV_EMODE,
	   "records that end with NUL are not lines, for a reader");
	sv_close(first);
	first = open_side(SV_WRITER, &other);
	is(sv_open(&second, SV_READER, &options, 0, &error), SV_EMODE, "nor for a writer");
	second = open_side(SV_READER, &other);
	sv_close(first);
	sv_close(second);
}

/* Names of the greatest length, which differ only in the last character. */
static void long_names(void)
{
	struct sv_options options = options_of(0, 4096);
	struct sv_error error = SV_ERROR_INIT;
	char name[2][65], longer[66] = "";
	sv_channel *ch[2];
	int i;

	for (i = 0; i < 2; i++) {
		memset(name[i], 'n', 63);
		name[i][63] = (char)('0' + i);
		name[i][64] = '\0';
		options.name = name[i];
		is(sv_open(&ch[i], SV_WRITER, &options, 0, NULL), SV_OK, "%d: a name of 64 characters", i);
	}
	for (i = 0; i < 2; i++)
		must(sv_close(ch[i]) == SV_OK);
	options.name = longer;
	for (i = 0; i <= 65; i += 65) {
		memset(longer, 'n', (size_t)i);
		ok(sv_open(&ch[0], SV_WRITER, &options, 0, &error) == SV_EINVAL && error.sys_errno == 0,
		   "none of %d", i);
	}
}

static void *interrupt(void *arg)
{
	sv_interrupt(arg);
	return NULL;
}

static void interruptions(void)
{
	struct pair pair = open_pair(0, 4096);
	const void *there;
	pthread_t thread;
	size_t got;
	int i;

	must(pthread_create(&thread, NULL, interrupt, pair.reader) == 0);
	ok(sv_peek(pair.reader, 1, &there, &got, -1) == SV_EINTR &&
	           sv_last_error(pair.reader)->sys_errno == 0,
	   "another thread ends a wait");
	must(pthread_join(thread, NULL) == 0);
	ok(sv_peek(pair.reader, 1, &there, &got, 0) == SV_EAGAIN, "once");
	for (i = 0; i < 20000; i++) {
		sv_interrupt(pair.reader);
		must(sv_peek(pair.reader, 1, &there, &got, 0) == SV_EINTR);
	}
	ok(sv_peek(pair.reader, 1, &there, &got, 0) == SV_EAGAIN,
	   "20,000 interruptions do not look like a death");
	close_pair(&pair);
}

static void looking(void)
{
	struct pair pair = open_pair(0, 4096);
	struct sv_info info = info_of(pair.writer);

	ok(info.state == SV_STATE_RUNNING && info.capacity == 4096 && info.side[SV_WRITER].pid == getpid(),
	   "a handle's own channel");
	ok(sv_find("unit", NULL, 0, &info, NULL) == SV_OK && info.state == SV_STATE_RUNNING,
	   "found by its name");
	is(clean_all(NULL), 0, "cleaning leaves what is alive");
	send_text(pair.writer, "unharmed");
	ok(take_text(pair.reader, "unharmed"), "and unharmed");
	close_pair(&pair);
}

int main(void)
{
	own_directory();
	a_good_life();
	bad_ends();
	a_removal_at_the_end();
	refusals();
	interruptions();
	long_names();
	looking();
	ok(strcmp(sv_version(), SV_VERSION) == 0, "library and header are of one version");
	ok(directory_is_empty(), "nothing is left");
	return tap_done();
}
