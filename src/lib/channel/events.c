/* SPDX-License-Identifier: MIT */
/*
 * events.c - a descriptor for poll(2) that becomes readable when a wait on a channel would end.
 *
 * A separate thread sleeps on the semaphore of this side and turns each bell into a count of an eventfd.  It
 * looks at nothing else of the channel, so it needs no lock.  All decisions stay with the caller's thread: it
 * asks (it arms its wake word and looks once more, as before every sleep), polls, and then makes a call that
 * does not wait.  Once a handle has events, its own waits sleep on the descriptor too, so there is always
 * exactly one sleeper.
 *
 * No other file refers to this one by name.  So a program that is linked with the static library and does not
 * use events contains neither this code nor a need for threads.
 */
#define _GNU_SOURCE /* ppoll */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "channel/channel.h"
#include "os/membarrier.h"

#define BLIND_SLICE_NS 10000000 /* as in wait.c */

struct relay {
	struct sv_events events; /* the part that the handle uses */
	int fd;                  /* eventfd; readable: look again */
	int control;             /* eventfd; a count ends a pause */
	int semid;
	enum sv_role role;
	pthread_t thread;
	_Atomic bool paused; /* the peer is gone or the set cannot be used, so a sleep would return at once */
	_Atomic bool blind;  /* the peer may publish without a bell */
	_Atomic bool quit;
	_Atomic bool abandoned; /* with quit: nobody joins the thread, so it frees everything itself */
};

static void add_one(int fd)
{
	uint64_t one = 1;
	/* It fails only if the count is at its maximum; then the descriptor is readable anyway. */
	ssize_t ignored = write(fd, &one, sizeof one);

	(void)ignored;
}

static void take_all(int fd)
{
	uint64_t count;
	ssize_t ignored = read(fd, &count, sizeof count);

	(void)ignored;
}

static void free_relay(struct relay *relay)
{
	close(relay->fd);
	close(relay->control);
	free(relay);
}

/*
 * Wait for the caller's next question.  paused is stored before the descriptor becomes readable, so a
 * thread that reacts to the descriptor sees it (both are sequentially consistent).
 */
static void pause_relay(struct relay *relay)
{
	atomic_store(&relay->paused, true);
	add_one(relay->fd);
	take_all(relay->control);
	atomic_store(&relay->paused, false);
}

static void *run_relay(void *arg)
{
	const struct timespec slice = { 0, BLIND_SLICE_NS };
	struct relay *relay = arg;
	int code;

	while (!atomic_load(&relay->quit)) {
		/* Each sleep takes one from the peer's weight.  After many, a dead peer would look alive. */
		if (sv_sem_gone(relay->semid, sv_other(relay->role)) != 0) {
			pause_relay(relay);
			continue;
		}
		code = sv_sem_sleep(relay->semid, relay->role, atomic_load(&relay->blind) ? &slice : NULL);
		if (code != EINTR)
			add_one(relay->fd);
	}
	if (atomic_load(&relay->abandoned))
		free_relay(relay);
	return NULL;
}

static void end_pause(struct relay *relay)
{
	if (atomic_load(&relay->paused))
		add_one(relay->control);
}

/* Replaces sv_sem_sleep(), with the same results. */
static int sleep_on_events(struct sv_events *events, const struct timespec *timeout)
{
	struct relay *relay = (struct relay *)events;
	struct pollfd ready = { .fd = relay->fd, .events = POLLIN };
	int n;

	end_pause(relay);
	n = ppoll(&ready, 1, timeout, NULL);
	if (n == 0)
		return EAGAIN;
	if (n == -1)
		return errno;
	take_all(relay->fd);
	return 0;
}

static void stop(struct sv_events *events, bool child)
{
	struct relay *relay = (struct relay *)events;
	int code = 0;

	if (child) {
		/* The thread exists only in the parent. */
		free_relay(relay);
		return;
	}
	atomic_store(&relay->quit, true);
	if (!atomic_load(&relay->paused))
		code = sv_sem_ring_own(relay->semid, relay->role);
	/* It has paused, or may do so just now. */
	add_one(relay->control);
	if (code == 0 || code == EIDRM || code == EINVAL) {
		pthread_join(relay->thread, NULL);
		free_relay(relay);
		return;
	}
	/*
	 * This process may not ring, so the thread wakes only when the set is removed, or ends with the
	 * process.
	 */
	pthread_detach(relay->thread);
	atomic_store(&relay->abandoned, true);
}

/*
 * All signals are blocked in the thread, so handlers run in the caller's threads, as they do without events.
 */
static int start_thread(struct relay *relay)
{
	sigset_t all, before;
	int code;

	sigfillset(&all);
	code = pthread_sigmask(SIG_SETMASK, &all, &before);
	if (code != 0)
		return code;
	code = pthread_create(&relay->thread, NULL, run_relay, relay);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return code;
}

static int start(struct sv_channel *ch)
{
	struct relay *relay = calloc(1, sizeof *relay);
	int code = ENOMEM;

	if (relay == NULL)
		return sv_fault_set(&ch->fault, SV_ESYSTEM, code, "cannot make a descriptor for events");
	relay->events = (struct sv_events){ .sleep = sleep_on_events, .stop = stop };
	relay->semid = ch->semid;
	relay->role = ch->role;
	relay->control = sv_safe_descriptor(eventfd(0, EFD_CLOEXEC));
	relay->fd = sv_safe_descriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
	if (relay->control == -1 || relay->fd == -1)
		code = errno;
	else
		code = start_thread(relay);
	if (code == 0) {
		ch->events = &relay->events;
		return SV_OK;
	}
	if (relay->fd != -1)
		close(relay->fd);
	if (relay->control != -1)
		close(relay->control);
	free(relay);
	return sv_fault_set(&ch->fault, SV_ESYSTEM, code, "cannot start a thread for events");
}

int sv_event_fd(sv_channel *ch, int *fd)
{
	int code = SV_OK;

	if (fd == NULL || getpid() != ch->process)
		return sv_fault_set(&ch->fault, SV_EINVAL, 0,
		                    "sv_event_fd: fd is NULL, or a handle of another process");
	if (ch->events == NULL)
		code = start(ch);
	*fd = code == SV_OK ? ((struct relay *)ch->events)->fd : -1;
	return code;
}

/* How much room or data to wait for; a value that is never reached if only other events count. */
static uint64_t position_wanted(const struct sv_channel *ch, size_t want)
{
	if (want == 0)
		return SV_NO_POSITION;
	if ((ch->flags & SV_MESSAGES) == 0)
		return want;
	return ch->role == SV_READER ? SV_MESSAGE_LEAST : ch->staged + sv_message_framed(want);
}

int sv_event_ask(sv_channel *ch, size_t want)
{
	struct relay *relay = (struct relay *)ch->events;
	uint64_t room = position_wanted(ch, want);
	uint32_t light;

	if (relay == NULL || getpid() != ch->process)
		return sv_fault_set(&ch->fault, SV_EINVAL, 0, "sv_event_ask: call sv_event_fd() first");
	if (room > ch->ring.capacity && want != 0)
		return sv_fault_set(&ch->fault, SV_ETOOBIG, 0,
		                    "sv_event_ask: %zu bytes wanted of a channel of %llu", want,
		                    (unsigned long long)ch->ring.capacity);
	take_all(relay->fd);
	end_pause(relay);
	sv_ring_arm(&ch->ring, room);
	/* F2, as before a sleep: see sleep_once() in wait.c. */
	sv_full_fence();
	light = atomic_load_explicit(&ch->ring.peer->light, memory_order_acquire);
	if ((light == SV_LIGHT_MUTE || (light != 0 && !sv_membarrier_run())) &&
	    !atomic_exchange(&relay->blind, true))
		sv_sem_ring_own(ch->semid, ch->role);
	if (!sv_ring_look(&ch->ring) || sv_ring_room(&ch->ring) >= room ||
	    sv_status_of(ch->ring.peer) != SV_RUNNING ||
	    atomic_load_explicit(&ch->interrupted, memory_order_relaxed))
		add_one(relay->fd);
	return SV_OK;
}
