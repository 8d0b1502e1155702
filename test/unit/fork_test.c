/* SPDX-License-Identifier: MIT */
/* Children that are forked while another thread opens and closes channels, and descriptors 0, 1 and 2. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>

#include "channel/channel.h"
#include "os/forks.h"
#include "pair.h"

#define CHILDREN 100

static _Atomic bool stop;
static _Atomic unsigned opened;

static void *open_and_close(void *arg)
{
	struct sv_options options = options_of(0, 4096);
	sv_channel *ch;

	while (!atomic_load(&stop)) {
		must(sv_open(&ch, SV_WRITER, &options, -1, NULL) == SV_OK);
		must(sv_close(ch) == SV_OK);
		atomic_fetch_add(&opened, 1);
	}
	return arg;
}

/* Each child has a copy of the descriptors that were open at that moment, and keeps it. */
static void children_keep_no_lock(void)
{
	struct sv_options options = options_of(0, 4096);
	pid_t child[CHILDREN];
	pthread_t thread;
	sv_channel *ch;
	unsigned before;
	int i;

	must(pthread_create(&thread, NULL, open_and_close, NULL) == 0);
	for (i = 0; i < CHILDREN; i++) {
		before = atomic_load(&opened);
		child[i] = fork();
		must(child[i] != -1);
		if (child[i] == 0)
			for (;;)
				pause();
		/* It goes on although the child lives. */
		while (atomic_load(&opened) == before)
			usleep(100);
	}
	atomic_store(&stop, true);
	must(pthread_join(thread, NULL) == 0);
	is(sv_open(&ch, SV_WRITER, &options, -1, NULL), SV_OK,
	   "%d children, forked at any moment, do not keep a channel from being opened", CHILDREN);
	is(sv_close(ch), SV_OK, "nor from being closed");
	for (i = 0; i < CHILDREN; i++)
		must(kill(child[i], SIGKILL) == 0 && waitpid(child[i], NULL, 0) == child[i]);
}

/* A program may write to these without a look, whatever they are. */
static void not_a_standard_stream(void)
{
	struct sv_options options = options_of(SV_QUEUE, 4096);
	int kept = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 10), fd;
	sv_channel *ch;

	close(STDIN_FILENO);
	ch = open_side(SV_WRITER, &options);
	ok(ch->rv.fd > 2 && ch->rv.directory.fd > 2 && ch->rv.directory.top > 2,
	   "no descriptor of a channel is that of a standard stream");
	ok(sv_event_fd(ch, &fd) == SV_OK && fd > 2, "nor is the one for events");
	is(fcntl(STDIN_FILENO, F_GETFD), -1, "which stays closed");
	must(sv_close(ch) == SV_OK);
	if (kept != -1)
		must(dup2(kept, STDIN_FILENO) == STDIN_FILENO && close(kept) == 0);
}

static int yields = -1; /* below 0: not counted */

/* This stands before the C library's function: another thread ends its look at the third yield. */
int sched_yield(void)
{
	if (yields >= 0 && ++yields == 3)
		sv_forks_release();
	return (int)syscall(SYS_sched_yield);
}

/* A child must not have what is mapped only for a look. */
static void a_look(void)
{
	pid_t child;
	int i;

	for (i = 0; i < 2; i++) {
		sv_forks_hold();
		yields = 0;
		child = fork();
		must(child != -1);
		if (child == 0) {
			yields = 0;
			sv_forks_hold();
			_exit(yields);
		}
		is(yields, 3, "a fork waits until the look is over");
		is(status_of(child), 0, "its child need not wait for anything");
	}
	yields = 0;
	sv_forks_hold();
	is(yields, 0, "nor does the next look");
	sv_forks_hold();
	is(yields, 3, "but two looks wait for each other");
	sv_forks_release();
	yields = -1;
}

int main(void)
{
	own_directory();
	not_a_standard_stream();
	a_look();
	children_keep_no_lock();
	ok(directory_is_empty(), "nothing is left");
	return tap_done();
}
