/* SPDX-License-Identifier: MIT */
/* The thread that a handle with a descriptor for poll(2) has. */
#define _GNU_SOURCE
#include <poll.h>
#include <pthread.h>
#include <signal.h>

#include "pair.h"

static volatile int handled;

static void handle(int number)
{
	handled = number;
}

/* A program that blocks a signal in its threads does not expect it in that of a handle. */
int main(void)
{
	struct sigaction action = { .sa_handler = handle };
	struct pair pair;
	struct pollfd ready = { .events = POLLIN };
	sigset_t one, before;

	own_directory();
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
	ok(directory_is_empty(), "nothing is left");
	return tap_done();
}
