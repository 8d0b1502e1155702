/* SPDX-License-Identifier: MIT */
/* Places in a queue: who is first, what a wait without success says, and what stays open or locked. */
#define _GNU_SOURCE /* O_TMPFILE, syscall */
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/syscall.h>

#include "channel/turn.h"
#include "opening.h"
#include "pair.h"

static bool refused; /* no file may be opened */
static int naps;     /* how often this process slept for a time only */

static int refusal(int directory, const char *path, int flags)
{
	(void)directory;
	(void)path;
	(void)flags;
	return refused ? EACCES : 0;
}

/* The functions below stand before the C library's. */
int nanosleep(const struct timespec *time, struct timespec *left)
{
	(void)time;
	(void)left;
	naps++;
	return 0;
}

static bool no_watches;

int inotify_add_watch(int fd, const char *path, uint32_t mask)
{
	errno = ENOSPC;
	return no_watches ? -1 : (int)syscall(SYS_inotify_add_watch, fd, path, mask);
}

static struct sv_rendezvous rv;
static struct sv_fault fault;

static struct sv_turn *leaver; /* leaves at the second sleep in the queue; NULL: nobody does */
static int polls, naps_between;

int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *limit, const sigset_t *mask)
{
	int fd;

	must(count == 1 && limit != NULL && mask == NULL);
	polls++;
	if (leaver == NULL)
		return 0;
	naps_between = naps;
	naps = 0;
	if (polls == 2)
		sv_turn_leave(leaver);
	/* What the kernel reports is that a file was closed. */
	fd = openat(rv.directory.fd, ".turn.writer.unit", O_WRONLY | O_CLOEXEC);
	must(fd != -1 && close(fd) == 0 && poll(fds, count, -1) == 1);
	return 1;
}

static struct sv_turn take(int64_t number)
{
	struct sv_turn turn = SV_TURN_NONE;

	is(sv_turn_take(&turn, &rv, SV_WRITER, &fault), SV_OK, "a number is taken");
	is(turn.number, number, "it is the next one");
	return turn;
}

static void await(struct sv_turn *turn, int timeout_ms, int code, const char *text)
{
	struct sv_patience patience = sv_patience(timeout_ms, NULL);

	is(sv_turn_await_first(turn, &patience, &fault), code, "%d ms are enough to wait, or not",
	   timeout_ms);
	if (code != SV_OK) {
		ok(strstr(fault.error.text, text) != NULL, "why: %s", fault.error.text);
		is(fault.error.sys_errno, 0, "no system call has failed");
	}
}

/* The wait of the first one says who has the role. */
static void await_role(struct sv_turn *turn)
{
	static const struct sv_objects none = { .shmid = -1, .semid = -1 };
	struct sv_patience over = { .deadline = 1 }, none_at_all = { .deadline = 0 };

	fault.error.peer_pid = 7;
	is(sv_turn_await_role(turn, &none, SV_WRITER, &over, &fault), SV_ETIMEDOUT, "time is over");
	is(fault.error.peer_pid, 7, "it is told who was there");
	is(fault.error.advice, SV_ADVICE_WAIT, "and what helps");
	is(sv_turn_await_role(turn, &none, SV_WRITER, &none_at_all, &fault), SV_EBUSY, "there is none");
	is(fault.error.peer_pid, 7, "it is told who is there");
}

static void no_descriptors(void)
{
	struct sv_turn turn = SV_TURN_NONE;
	struct rlimit before, none;

	must(getrlimit(RLIMIT_NOFILE, &before) == 0);
	none = (struct rlimit){ 0, before.rlim_max };
	must(setrlimit(RLIMIT_NOFILE, &none) == 0);
	is(sv_turn_take(&turn, &rv, SV_WRITER, &fault), SV_ESYSTEM, "no number without a descriptor");
	is(fault.error.sys_errno, EINVAL, "none may be as large as it must be");
	must(setrlimit(RLIMIT_NOFILE, &before) == 0);
	refused = true;
	is(sv_turn_take(&turn, &rv, SV_WRITER, &fault), SV_ESYSTEM, "nor without the right to open its file");
	is(fault.error.sys_errno, EACCES, "which is what it says");
	refused = false;
}

/* The set tells when the role may be free, so no time is waited for. */
static void await_set(struct sv_turn *turn)
{
	struct sv_objects objects = { .shmid = -1 };
	struct sv_patience patience;
	int i;

	must(sv_sem_create(&objects.semid, IPC_PRIVATE, 0600, &fault) == SV_OK);
	for (i = 0; i < 2; i++) {
		must(semctl(objects.semid, sv_sem_of(SV_WRITER), SETVAL, i * SV_WEIGHT) == 0);
		must(sv_sem_stat(objects.semid, &objects.sem, &fault) == SV_OK);
		patience = sv_patience(20, NULL);
		naps = 0;
		is(sv_turn_await_role(turn, &objects, SV_WRITER, &patience, &fault), SV_OK,
		   i == 0 ? "it waits until the side goes" : "it waits until the transfer ends");
		is(naps, 0, "on the set");
	}
	must(sv_sem_remove(objects.semid) == 0);
}

/* A child has the open files of its parent, and so its locks. */
static void a_child(void)
{
	struct sv_turn first = take(1), second = take(2);
	pid_t child = fork();

	must(child != -1);
	if (child == 0) {
		alarm(60);
		for (;;)
			pause();
	}
	sv_turn_leave(&first);
	ok(sv_turn_is_first(&second), "who leaves has no number, even if a child goes on");
	must(kill(child, SIGKILL) == 0 && WIFSIGNALED(status_of(child)));
	sv_turn_leave(&second);
}

static bool is_there(void)
{
	return faccessat(rv.directory.fd, ".turn.writer.unit", F_OK, 0) == 0;
}

/* A queue file that was removed by hand may have a successor. */
static void another_file(void)
{
	struct sv_turn first = take(1), second;

	must(unlinkat(rv.directory.fd, ".turn.writer.unit", 0) == 0);
	second = take(1);
	sv_turn_leave(&first);
	ok(is_there(), "who leaves the old file does not remove the new one");
	sv_turn_leave(&second);
	ok(!is_there(), "who leaves the new one does");
}

/* While another process takes a number, its queue cannot be used. */
static void a_busy_queue(void)
{
	struct sv_turn turn = SV_TURN_NONE;
	struct sv_patience patience = sv_patience(60000, NULL), none = sv_patience(0, NULL);

	naps = 0;
	is(sv_turn_pause(&turn, &patience, &fault), SV_OK, "who has time tries again");
	is(naps, 1, "after a pause");
	is(sv_turn_pause(&turn, &none, &fault), SV_EAGAIN, "who has none does not");
	is(fault.error.sys_errno, 0, "no system call has failed");
}

/* Whoever may write to the directory must not make this process change another file. */
static void a_link(void)
{
	struct sv_turn turn = SV_TURN_NONE;

	must(symlinkat("elsewhere", rv.directory.fd, ".turn.writer.unit") == 0);
	is(sv_turn_take(&turn, &rv, SV_WRITER, &fault), SV_ESYSTEM, "a queue that is a link is not used");
	is(fault.error.sys_errno, ELOOP, "which is what it says");
	is(unlinkat(rv.directory.fd, "elsewhere", 0), -1, "nothing is made where it leads");
	must(unlinkat(rv.directory.fd, ".turn.writer.unit", 0) == 0);
}

/* What the queue file says is only a hint where to begin. */
static void write_last(int64_t last)
{
	int fd = openat(rv.directory.fd, ".turn.writer.unit", O_RDWR | O_CLOEXEC);

	must(fd != -1 && pwrite(fd, &last, sizeof last, 0) == sizeof last && close(fd) == 0);
}

static bool is_free(int number)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = number, .l_len = 1 };
	int fd = openat(rv.directory.fd, ".turn.writer.unit", O_RDWR | O_CLOEXEC);

	must(fd != -1 && fcntl(fd, F_OFD_GETLK, &lock) == 0 && close(fd) == 0);
	return lock.l_type == F_UNLCK;
}

int main(void)
{
	struct sv_whereabouts where = { .name = "unit", .project = SV_PROJECT_DEFAULT, .create = true };
	struct sv_turn first, second, third;
	int before = open_descriptors();

	own_directory();
	must(sv_rendezvous_open(&rv, &where, &fault) == SV_OK);
	another_file();
	a_busy_queue();
	a_link();
	a_child();
	first = take(1);
	is(sv_turn_take(&first, &rv, SV_WRITER, &fault), SV_OK, "who has a number");
	is(first.number, 1, "keeps it");
	write_last(-1);
	second = take(2);
	sv_turn_leave(&second);
	write_last(INT64_MAX / 2);
	second = take(2);
	third = take(3);
	ok(sv_turn_is_first(&first) && !sv_turn_is_first(&second) && !sv_turn_is_first(&third),
	   "the first number is first");
	await(&second, 0, SV_EBUSY, "busy: others wait for it already");
	is(second.watch, -1, "who does not wait need not be told");
	await(&second, 20, SV_ETIMEDOUT, "timed out while waiting for its turn");
	ok(second.watch > 2, "who waits is told when another process leaves");
	leaver = &first;
	polls = 0;
	await(&second, 60000, SV_OK, "");
	is(polls, 2, "it sleeps until a process closes the queue");
	ok(naps_between > 3, "and looks a few times after each report: %d", naps_between);
	leaver = NULL;
	ok(sv_turn_is_first(&second) && !sv_turn_is_first(&third), "then it is the second's turn");
	await(&second, 0, SV_OK, "");
	ok(sv_turn_is_first(&second), "also after it has looked");
	ok(is_free(1) && !is_free(2), "which locks nothing but its own number");
	no_watches = true;
	await(&third, 20, SV_ETIMEDOUT, "timed out while waiting for its turn");
	is(third.watch, -1, "who cannot be told looks from time to time");
	sv_turn_leave(&second);
	await(&third, -1, SV_OK, "");
	await_role(&third);
	await_set(&third);
	no_descriptors();
	sv_turn_prune(rv.directory.fd, ".turn.writer.unit");
	ok(is_there(), "a queue with a process in it stays");
	sv_turn_leave(&third);
	ok(!is_there(), "the last one removes it");
	is(inherited, 0, "a program that is started inherits no file");
	sv_rendezvous_forget(&rv, 0);
	sv_rendezvous_close(&rv);
	is(open_descriptors(), before, "no descriptor is left");
	ok(directory_is_empty(), "nothing is left");
	return tap_done();
}
