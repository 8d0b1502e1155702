/* SPDX-License-Identifier: MIT */
/*
 * turn.h - a queue of the processes that want the same role of the same channel.
 *
 * Each takes a number and locks the byte with that number in a queue file in this user's directory.  The
 * kernel drops the lock when the process ends, however it ends.  A process that finds no lock on a lower byte
 * is first, and only the first one tries to attach.  So the processes attach in the order in which they came,
 * and none is passed over.
 */
#ifndef SV_CHANNEL_TURN_H
#define SV_CHANNEL_TURN_H

#include "channel/facts.h"
#include "clock.h"
#include "os/rendezvous.h"

struct sv_turn {
	int fd;           /* the queue file, -1: no number is taken */
	int directory;    /* the directory of the file */
	int watch;        /* an inotify(7) descriptor that becomes readable when a process leaves; -1: none */
	int64_t number;   /* from 1 */
	int64_t pause_ns; /* the next pause before looking again */
	char file[SV_NAME_MAX + 64];
};

#define SV_TURN_PAUSE_NS 1000000 /* the first pause */
#define SV_TURN_NONE \
	((struct sv_turn){ .fd = -1, .directory = -1, .watch = -1, .pause_ns = SV_TURN_PAUSE_NS })

/*
 * Take a number, unless this one has one already.  It never waits, so the rendezvous may be locked.  SV_OK,
 * SV_ESYSTEM, or SV_EAGAIN: another process is taking a number, so pause and try again.
 */
int sv_turn_take(struct sv_turn *turn, const struct sv_rendezvous *rv, enum sv_role role,
                 struct sv_fault *fault);

/*
 * Pause before the next attempt to take a number, without the lock of the rendezvous.  SV_OK, SV_EAGAIN (no
 * time to wait), SV_ETIMEDOUT, SV_EINTR.
 */
int sv_turn_pause(struct sv_turn *turn, const struct sv_patience *patience, struct sv_fault *fault);

/* Is there no process with a lower number? */
bool sv_turn_is_first(const struct sv_turn *turn);

/*
 * Wait until this process is first, without the lock of the rendezvous.  SV_OK, SV_EBUSY (no time to wait),
 * SV_ETIMEDOUT, SV_EINTR.
 */
int sv_turn_await_first(struct sv_turn *turn, const struct sv_patience *patience, struct sv_fault *fault);

/*
 * The first process waits here until the role may be free.  The set tells when the side in that role leaves
 * or dies, and when the channel ends.  Then look again.  The fault says who has the role.  Returns as
 * sv_turn_await_first().
 */
int sv_turn_await_role(struct sv_turn *turn, const struct sv_objects *objects, enum sv_role role,
                       const struct sv_patience *patience, struct sv_fault *fault);

/*
 * Remove a queue file that was left because all processes in it were killed.  file is its name in the
 * directory.
 */
#define SV_TURN_PREFIX ".turn."
void sv_turn_prune(int directory, const char *file);

/* Give the number back, if there is one. */
void sv_turn_leave(struct sv_turn *turn);

#endif
