/* SPDX-License-Identifier: MIT */
/*
 * life.pml - the life of a plain (not resumable) channel: rendezvous file, lock, creation, attach, early removal,
 * death, leave, leftovers, newcomers.  No data moves here (see transfer.pml): both sides come, and both store "done".
 *
 *	step of the model            C function it stands for
 *	open, lock, recheck          sv_rendezvous_open            src/lib/os/rendezvous.c
 *	find, judge                  sv_gather, sv_admit           src/lib/channel/facts.c, src/lib/channel/classify.c
 *	create                       sv_channel_create             src/lib/channel/create.c
 *	remove                       sv_objects_remove             src/lib/channel/facts.c
 *	enter                        sv_channel_attach             src/lib/channel/attach.c
 *	wait for the peer            sv_wait_peer                  src/lib/channel/peer.c
 *	finish                       sv_finish, sleep_once, look   src/lib/channel/finish.c, src/lib/channel/wait.c
 *	settle                       forget_peer                   src/lib/channel/peer.c
 *	leave                        leave                         src/lib/channel/close.c
 *	clean                        clean_one, remove_all         src/lib/inspect/clean.c
 *	death                        exit_mm, exit_sem, exit_files of the kernel, in this order
 *
 * Each labelled step is one system call or one access to shared memory; a kill may come before any of them.
 * Bounds: SIDES processes that any interleaving may run, KILLS of them killed, QUITS of them interrupted while they
 * wait for a peer.  When no process can move any more, a user who is never killed starts the peer that a side
 * still waits for, and at the end a new transfer, which must work and leave nothing.
 *
 * Broken twins: see README.md.
 */
#include "life_objects.pml"

#include "life_side.pml"

#define lives(p) (fate[p] == ALIVE || fate[p] == ALONE)

#define KILL(p) atomic { kills > 0 && lives(p) && !kill[p] -> kill[p] = 1; kills-- }

active proctype killer()
{
end:	do
	:: KILL(0)
	:: KILL(1)
#if SIDES > 2
	:: KILL(2)
#endif
#if SIDES > 3
	:: KILL(3)
#endif
	od
}

active proctype user()
{
	byte p, q;
	byte waiting;

	atomic {
		select(kills: 0 .. KILLS);
		select(quits: 0 .. QUITS);
		/* writer, reader, newcomers of either role */
		fate[0] = ALIVE; run side(0, WRITER);
		fate[1] = ALIVE; run side(1, READER);
#if SIDES > 2
		fate[2] = ALIVE;
		if
		:: run side(2, WRITER)
		:: run side(2, READER)
		:: run side(2, CLEANER)
		fi;
#endif
#if SIDES > 3
		fate[3] = ALIVE;
		if
		:: run side(3, WRITER)
		:: run side(3, READER)
		:: run side(3, CLEANER)
		fi
#endif
	};
	p = SIDES;
	do
	:: atomic {
		timeout ->
		/* No process can move: a live one must be a side that waits for a peer that never came. */
		waiting = 0; q = 0;
		do
		:: q < p -> assert(!(fate[q] == ALIVE)); if :: fate[q] == ALONE -> waiting++ :: else fi; q++
		:: else -> break
		od;
		assert(waiting <= 1);
		if
		:: waiting == 1 ->
			assert(p == SIDES);
			/* which role waits? */
			q = 1;
			do
			:: q <= NG && !(set[q] && (slot[at(q, 0)] == ATTACHED || slot[at(q, 1)] == ATTACHED)) -> q++
			:: else -> break
			od;
			q = 1;
			do
			:: q <= NG && seg[q] != KEYED -> q++
			:: else -> break
			od;
			assert(q <= NG);
			fate[p] = ALIVE;
			if
			:: slot[at(q, WRITER)] == ATTACHED -> run side(p, READER)
			:: else -> run side(p, WRITER)
			fi;
			p++
		:: waiting == 0 && !last ->
			last = 1;
			fate[p] = ALIVE; run side(p, WRITER); p++;
			fate[p] = ALIVE; run side(p, READER); p++
		:: waiting == 0 && last -> break
		fi
	   }
	od;
	atomic {
		/* Nothing is left: no file, no segment, no set. */
		assert(link == 0);
		q = 1;
		do
		:: q <= NG -> assert(seg[q] == ABSENT && !set[q]); q++
		:: else -> break
		od
	}
}
