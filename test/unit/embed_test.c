/* SPDX-License-Identifier: MIT */
/* The library inside a program that forks, changes its user, is interrupted, or passes NULL. */
#define _GNU_SOURCE
#include <sched.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include "channel/channel.h"
#include "pair.h"

/* A child that is forked while a channel is open has neither its memory nor its addresses. */
static void a_fork(void)
{
	struct pair pair = open_pair(0, 65536);
	struct shmid_ds before, after;
	const void *there;
	size_t got;
	pid_t child;

	must(shmctl(pair.writer->segment.id, IPC_STAT, &before) == 0);
	child = fork();
	must(child != -1);
	while (child == 0)
		pause();
	must(shmctl(pair.writer->segment.id, IPC_STAT, &after) == 0);
	is(after.shm_nattch, before.shm_nattch, "a forked child does not keep the segment");
	must(kill(child, SIGKILL) == 0 && WIFSIGNALED(status_of(child)));

	send_byte(pair.writer);
	must(sv_peek(pair.reader, 1, &there, &got, 0) == SV_OK);
	child = fork();
	must(child != -1);
	if (child == 0) {
		char *mine = (char *)((uintptr_t)there & ~(uintptr_t)65535);

		/* The child maps something of its own where the channel was. */
		if (mmap(mine, 65536, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1,
		         0) != mine)
			_exit(2);
		mine[0] = 'm';
		if (sv_wait_peer(pair.writer, 0) != SV_EINVAL || sv_last_error(pair.writer)->sys_errno != 0 ||
		    sv_finish(pair.writer, 0) != SV_EINVAL || sv_last_error(pair.writer)->sys_errno != 0)
			_exit(5);
		if (sv_close(pair.reader) != SV_EINVAL || sv_close(pair.writer) != SV_EINVAL)
			_exit(3);
		_exit(mine[0] == 'm' ? 0 : 4);
	}
	is(status_of(child), 0,
	   "it may not use the handle, and when it closes it, memory of its own at the same place stays");
	send_byte(pair.writer);
	is(sv_peek(pair.reader, 2, &there, &got, 0), SV_OK, "its parent's channel is not disturbed");
	close_pair(&pair);
}

/* A server that opens a channel as root and then becomes somebody else. */
static void dropped_privileges(void)
{
	struct sv_options options = options_of(0, 4096);
	sv_channel *reader, *writer;
	const void *there;
	size_t got;
	pid_t child;

	if (geteuid() != 0) {
		ok(1, "a commit after setuid # SKIP needs root");
		return;
	}
	reader = open_side(SV_READER, &options);
	child = fork();
	must(child != -1);
	if (child == 0) {
		const struct sv_error *error;

		if (sv_open(&writer, SV_WRITER, &options, -1, NULL) != SV_OK)
			_exit(2);
		while (semctl(reader->semid, 0, GETNCNT) == 0)
			sched_yield();
		must(setresuid(65534, 65534, 65534) == 0);
		must(sv_reserve(writer, 2, (void **)&there, &got, 0) == SV_OK);
		if (sv_commit(writer, 1) != SV_OK)
			_exit(3);
		error = sv_last_error(writer);
		if (error->code != SV_ESYSTEM || error->sys_errno != EACCES ||
		    strstr(error->text, "published") == NULL)
			_exit(4);
		must(sv_peek(writer, 1, &there, &got, 0) == SV_EINVAL);
		if (sv_commit(writer, 1) != SV_OK || sv_last_error(writer)->code != SV_EINVAL)
			_exit(5);
		_exit(0);
	}
	must(sv_wait_peer(reader, -1) == SV_OK);
	is(sv_peek(reader, 1, &there, &got, -1), SV_OK, "bytes that were committed after setuid arrive");
	is(sv_peek(reader, 2, &there, &got, -1), SV_OK,
	   "a reader that was not woken finds them when it looks");
	is(got, 2, "all of them");
	is(status_of(child), 0, "their commit succeeded, and said once that the reader cannot be woken");
	sv_close(reader);
}

static void interrupt_keeps_errno(void)
{
	struct sv_options options = options_of(0, 4096);
	sv_channel *ch = open_side(SV_WRITER, &options);

	must(semctl(ch->semid, 0, IPC_RMID) == 0);
	errno = ERANGE;
	sv_interrupt(ch);
	is(errno, ERANGE, "sv_interrupt() in a signal handler leaves errno alone, even when it fails");
	sv_close(ch);
}

static void null_pointers(void)
{
	struct pair bytes = open_pair(0, 4096), messages;
	struct sv_options options = options_of(SV_MESSAGES, 4096);
	struct sv_msg batch[1];
	const void *there;
	size_t got;
	void *place;

	options.name = "messages";
	messages.writer = open_side(SV_WRITER, &options);
	messages.reader = open_side(SV_READER, &options);
	is(sv_reserve(bytes.writer, 1, NULL, &got, 0), SV_EINVAL, "sv_reserve(data = NULL)");
	is(sv_reserve(bytes.writer, 1, &place, NULL, 0), SV_EINVAL, "sv_reserve(got = NULL)");
	is(sv_peek(bytes.reader, 1, NULL, &got, 0), SV_EINVAL, "sv_peek(data = NULL)");
	is(sv_peek(bytes.reader, 1, &there, NULL, 0), SV_EINVAL, "sv_peek(got = NULL)");
	is(sv_msg_reserve(messages.writer, 1, NULL, 0), SV_EINVAL, "sv_msg_reserve(data = NULL)");
	is(sv_send(messages.writer, NULL, 1, 0), SV_EINVAL, "sv_send(data = NULL)");
	must(sv_send(messages.writer, "1", 1, 0) == SV_OK);
	is(sv_msg_peek(messages.reader, NULL, &got, 0), SV_EINVAL, "sv_msg_peek(data = NULL)");
	is(sv_msg_peek(messages.reader, &there, NULL, 0), SV_EINVAL, "sv_msg_peek(len = NULL)");
	is(sv_recv(messages.reader, &got, sizeof got, NULL, 0), SV_EINVAL, "sv_recv(len = NULL)");
	is(sv_recv(messages.reader, NULL, 1, &got, 0), SV_EINVAL, "sv_recv(data = NULL)");
	is(sv_msg_peek_batch(messages.reader, NULL, 1, &got, 0), SV_EINVAL,
	   "sv_msg_peek_batch(batch = NULL)");
	is(sv_msg_peek_batch(messages.reader, batch, 1, NULL, 0), SV_EINVAL,
	   "sv_msg_peek_batch(count = NULL)");
	is(sv_list(0, NULL, NULL, NULL), SV_EINVAL, "sv_list(visit = NULL)");
	is(sv_clean(NULL, NULL, NULL, NULL), SV_EINVAL, "sv_clean(NULL)");
	is(sv_stat(bytes.reader, NULL), SV_EINVAL, "sv_stat(info = NULL)");
	is(sv_find(NULL, NULL, 0, NULL, NULL), SV_EINVAL, "sv_find(info = NULL)");
	close_pair(&messages);
	close_pair(&bytes);
}

/*
 * What execve(2) leaves behind: the new image tries to open the same role.  Its exit status says what it
 * found.
 */
static int new_image(void)
{
	struct sv_options options = options_of(0, 4096);
	struct sv_error error = SV_ERROR_INIT;
	sv_channel *ch;

	if (sv_open(&ch, SV_WRITER, &options, 0, &error) == SV_OK)
		return sv_close(ch) == SV_OK ? 10 : 12;
	return error.code == SV_EBUSY && error.peer_pid == getpid() ? 11 : 13;
}

static int in_a_new_image(const char *self, bool close_first)
{
	struct sv_options options = options_of(0, 4096);
	sv_channel *ch;
	int status;
	pid_t child = fork();

	must(child != -1);
	if (child == 0) {
		if (sv_open(&ch, SV_WRITER, &options, 0, NULL) != SV_OK)
			_exit(1);
		if (close_first && sv_close(ch) != SV_OK)
			_exit(2);
		execl(self, self, "image", (char *)NULL);
		_exit(3);
	}
	status = status_of(child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void an_exec(const char *self)
{
	struct sv_options options = options_of(0, 4096);
	sv_channel *reader;
	const void *there;
	size_t got;

	is(in_a_new_image(self, true), 10,
	   "after sv_close() and execve() the new image can open the channel");
	is(in_a_new_image(self, false), 10,
	   "without sv_close() too, while there is no peer: nobody has it mapped");
	reader = open_side(SV_READER, &options);
	is(in_a_new_image(self, false), 11, "with a peer it is busy, by this very process");
	is(sv_peek(reader, 1, &there, &got, -1), SV_EDIED, "which is told when the new image has ended");
	sv_close(reader);
}

static void create_or_join(void)
{
	struct sv_options options = options_of(SV_JOIN_ONLY, 4096);
	struct sv_error error = SV_ERROR_INIT;
	sv_channel *writer, *reader;

	ok(sv_open(&reader, SV_READER, &options, 0, &error) == SV_ESYSTEM && error.sys_errno == ENOENT,
	   "there is nothing to join");
	options.flags = SV_CREATE_ONLY;
	is(sv_open(&writer, SV_WRITER, &options, 0, NULL), SV_OK, "but there is room to create");
	ok(sv_open(&reader, SV_READER, &options, 0, &error) == SV_ESYSTEM && error.sys_errno == EEXIST,
	   "once");
	options.flags = SV_JOIN_ONLY;
	is(sv_open(&reader, SV_READER, &options, 0, NULL), SV_OK, "and then to join");
	sv_close(writer);
	sv_close(reader);
}

/* A kernel that removes what nobody is attached to; in an IPC namespace of its own. */
static void forced_removal(void)
{
	pid_t child = fork();
	int status;

	must(child != -1);
	if (child == 0) {
		struct sv_options options = options_of(SV_RESUME, 4096);
		struct sv_error error = SV_ERROR_INIT;
		sv_channel *ch;
		FILE *file;

		file = unshare(CLONE_NEWIPC) == 0 ? fopen("/proc/sys/kernel/shm_rmid_forced", "w") : NULL;
		if (file == NULL || fputs("1", file) == EOF || fclose(file) != 0)
			_exit(77);
		own_directory();
		if (sv_open(&ch, SV_WRITER, &options, 0, &error) != SV_ESYSTEM ||
		    strstr(error.text, "kernel.shm_rmid_forced") == NULL)
			_exit(1);
		options.flags = SV_DETACH;
		if (sv_open(&ch, SV_WRITER, &options, 0, &error) != SV_ESYSTEM)
			_exit(2);
		options.flags = 0;
		must(sv_open(&ch, SV_WRITER, &options, 0, &error) == SV_OK && sv_close(ch) == SV_OK);
		_exit(directory_is_empty() ? 0 : 3);
	}
	status = status_of(child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		ok(1, "kernel.shm_rmid_forced # SKIP may not be set here");
	else
		is(status, 0,
		   "a channel that cannot outlive its processes is refused, one that need not is not");
}

static void note(int number)
{
	(void)number;
}

/* A stop, a continuation and a handled signal do not end any wait. */
static void stopped_and_continued(enum sv_role role, bool opening)
{
	struct sv_options options = options_of(SV_QUEUE, 4096);
	struct sigaction action = { .sa_handler = note };
	sv_channel *occupant = open_side(SV_WRITER, &options), *ch;
	const void *there;
	size_t got;
	pid_t child;
	int status;

	child = fork();
	must(child != -1);
	if (child == 0) {
		must(sigaction(SIGUSR1, &action, NULL) == 0);
		status = sv_open(&ch, role, &options, -1, NULL);
		if (status == SV_OK && !opening)
			status = sv_peek(ch, 1, &there, &got, -1);
		_exit(status == SV_OK ? 0 : -status);
	}
	/* It sleeps on the set: the reader for data, a second writer for its turn. */
	while (semctl(occupant->semid, 0, GETNCNT) == 0)
		sched_yield();
	must(kill(child, SIGSTOP) == 0 && waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status));
	must(kill(child, SIGUSR1) == 0 && kill(child, SIGCONT) == 0);
	/* The signal is handled when it is asleep again, or has given up. */
	while (semctl(occupant->semid, 0, GETNCNT) == 0)
		must(waitpid(child, &status, WNOHANG) == 0);
	if (!opening)
		send_byte(occupant);
	else
		must(sv_close(occupant) == SV_OK);
	is(status_of(child), 0, "%s is not ended by a stop, a continuation and a signal",
	   opening ? "sv_open()" : "sv_peek()");
	if (!opening)
		sv_close(occupant);
	else
		must(clean_all("unit") == 1);
}

/* A sanitizer's allocator ends the process instead. */
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define OWN_ALLOCATOR 1
#else
#define OWN_ALLOCATOR 0
#endif

static int open_without_memory(void)
{
	struct sv_options options = options_of(0, 65536);
	struct sv_error error = SV_ERROR_INIT;
	struct rlimit none = { 0, 0 };
	sv_channel *ch = NULL;
	void *volatile taken; /* clang leaves out a malloc() whose result is not kept */
	size_t size;

	must(setrlimit(RLIMIT_AS, &none) == 0);
	for (size = 65536; size > 0; size /= 2)
		do
			taken = malloc(size);
		while (taken != NULL);
	return sv_open(&ch, SV_WRITER, &options, 0, &error) == SV_ESYSTEM && error.sys_errno == ENOMEM &&
	       error.text[0] != '\0' && ch == NULL;
}

static void no_memory(void)
{
	pid_t child;

	if (OWN_ALLOCATOR) {
		ok(1, "sv_open() without memory # SKIP not with a sanitizer");
		return;
	}
	child = fork();
	must(child != -1);
	if (child == 0)
		_exit(open_without_memory() ? 0 : 1);
	is(status_of(child), 0, "sv_open() without memory fails and says so");
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return new_image();
	own_directory();
	an_exec(argv[0]);
	create_or_join();
	forced_removal();
	stopped_and_continued(SV_READER, false);
	stopped_and_continued(SV_WRITER, true);
	a_fork();
	dropped_privileges();
	interrupt_keeps_errno();
	null_pointers();
	no_memory();
	ok(directory_is_empty(), "nothing is left");
	return tap_done();
}
