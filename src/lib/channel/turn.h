/* SPDX-License-Identifier: MIT */
/*
 * turn.h - a queue of those who want the same role of the same channel.
 *
 * Each takes a number and holds a lock on the byte of that number in a queue file, in this user's directory;
 * the kernel drops the lock when the process ends, however it ends.  Whoever finds no lock on a lower byte is
 * first, and only the first one tries to attach.  So the order is that of coming, and nobody is passed over.
 */
#ifndef SV_CHANNEL_TURN_H
#define SV_CHANNEL_TURN_H

#include "channel/facts.h"
#include "clock.h"
#include "os/rendezvous.h"

struct sv_turn {
	int fd;         /* the queue file, -1: no number was taken */
	int directory;  /* where it lies */
	int64_t number; /* from 1 */
	int64_t pause_ns;
	char file[SV_NAME_MAX + 64];
};

#define SV_TURN_NONE ((struct sv_turn){ .fd = -1, .directory = -1 })

/* Take a number, if this call has none yet.  SV_OK, or as sv_rendezvous_lock(). */
int sv_turn_take(struct sv_turn *turn, const struct sv_rendezvous *rv, enum sv_role role,
                 const struct sv_patience *patience, struct sv_fault *fault);

/* Has nobody with a lower number the wish any more? */
bool sv_turn_is_first(const struct sv_turn *turn);

/* Wait for that, without the lock of the rendezvous.  SV_OK, SV_EBUSY (no time to wait), SV_ETIMEDOUT,
 * SV_EINTR. */
int sv_turn_await_first(const struct sv_turn *turn, const struct sv_patience *patience,
                        struct sv_fault *fault);

/*
 * The first one waits until the role may have become free: its set tells when the side that has it leaves or
 * dies, and when all is over.  Then look again.  The fault says who is in the way.  As sv_turn_await_first().
 */
int sv_turn_await_role(struct sv_turn *turn, const struct sv_objects *objects, enum sv_role role,
                       const struct sv_patience *patience, struct sv_fault *fault);

/* Remove a queue file that was left because all who waited in it were killed.  file: its name in the
 * directory. */
#define SV_TURN_PREFIX ".turn."
void sv_turn_prune(int directory, const char *file);

/* Give the number back.  Nothing to do without one. */
void sv_turn_leave(struct sv_turn *turn);

#endif
