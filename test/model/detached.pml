/* SPDX-License-Identifier: MIT */
/*
 * detached.pml - a writer that leaves its data, and the readers that come for it one after the other until one of them has
 * taken all.  A plain writer on the same channel waits for the reader's final status.
 *
 *	step of the model            what it stands for
 *	open                         sv_open under the lock: find, classify, join or be refused
 *	write                        sv_reserve, sv_commit
 *	take                         sv_peek, output, sv_release
 *	finish                       sv_finish
 *	leave                        sv_close under the lock; the last one out removes what nobody needs
 *
 * A kill may come before any step.  Memory is sequentially consistent, and no side sleeps: a side that cannot go on is
 * blocked until it can (transfer.pml is about waking).  Bounds: N items, CAP of them fit, TAKERS readers, KILLS kills.
 * When no process can move any more, one more reader, which is never killed, must be able to take what a writer has left.
 *
 * Broken twins: see README.md.
 */
#ifndef N
#define N 3
#endif
#ifndef CAP
#define CAP 3
#endif
#ifndef TAKERS
#define TAKERS 2
#endif
#ifndef KILLS
#define KILLS 2
#endif

#define WRITER 0 /* processes: the writer, TAKERS readers, the last one */
#define LAST (TAKERS + 1)
#define P (TAKERS + 2)

#define RUNNING 0
#define DONE 1
#define FAILED 2

#define IDLE 0
#define ALIVE 1
#define SUCCESS 2
#define FAILURE 3
#define REFUSED 4
#define KILLED 5

byte lock;           /* 1 + process */
bit exists;
bit detached;        /* the flag in the header */
byte ring_data[CAP];
byte head, tail;     /* positions: tail is the most that a reader has released */
byte status[2];      /* of the writer, of the reader's role */
byte holder[2];      /* 1 + the process that is attached in this role; the kernel's weights tell when it is gone */
bit came[2];
byte fate[P];
bit kill[P];
byte kills;
bit wants_detach;    /* the writer was started with -d */
bit taken;           /* a reader has said that it has all: for the assertions only */
bit reader_says;     /* what a reader passes as its flags */

#define me_role (me == WRITER -> 0 : 1)

inline create()
{
	exists = 1;
	head = 0; tail = 0;
	status[0] = RUNNING; status[1] = RUNNING;
	came[0] = 0; came[1] = 0;
	detached = 0
}

/* Data would be lost if all were removed now. */
#define of_use (detached && status[0] == DONE && status[1] != DONE)

/* No reader may join any more. */
#ifdef TAKEN_TWICE
#define is_over (!detached || (holder[0] == 0 && !of_use))
#else
#define is_over (!detached || status[1] == DONE || (holder[0] == 0 && !of_use))
#endif

#ifdef RELEASED_IS_ROOM
#define room (head - tail < CAP)
#else
#define room (head < CAP || (!wants_detach && head - tail < CAP))
#endif

inline lock_it()
{
	atomic { lock == 0 -> lock = me + 1 }
}

inline attach()
{
	d_step {
		holder[me_role] = me + 1;
		came[me_role] = 1;
		if
		:: me == WRITER ->
			detached = wants_detach;
			status[0] = RUNNING
		:: else ->
#ifdef FLAG_OF_READER
			detached = detached | reader_says;
#endif
			status[1] = RUNNING;
#ifdef POSITION_RESET
			tail = 0
#endif
		fi
	}
}

/* The last one out removes all, unless somebody still needs it. */
inline leave()
{
	lock_it();
	d_step {
		if
		:: holder[me_role] == me + 1 -> holder[me_role] = 0
		:: else
		fi;
		if
#ifdef REMOVED_WITH_FIRST_TAKER
		:: exists && holder[0] == 0 && holder[1] == 0 && came[1] -> exists = 0
#else
		:: exists && holder[0] == 0 && holder[1] == 0 && !of_use -> exists = 0
#endif
		:: else
		fi;
		lock = 0
	}
}

proctype writer()
{
	byte me = WRITER;
	byte seen;

	{
		lock_it();
		d_step { if :: !exists -> create() :: else fi };
		attach();
		d_step { lock = 0 };
		do
		:: head < N && room ->
			/* Positions only ever grow, so an old copy of a position is a lower bound. */
			d_step { assert(tail >= seen); seen = tail };
			ring_data[head % CAP] = head + 1;
			head++
		:: head < N && wants_detach && !room -> goto too_large
		:: head == N -> break
		:: !wants_detach && head < N && status[1] == FAILED -> goto failed
		:: !wants_detach && came[1] && holder[1] == 0 && status[1] != DONE -> goto failed
		:: atomic { !wants_detach && head < N && !came[1] && timeout -> goto failed }   /* gives up waiting */
		od;
		status[0] = DONE;
		if
		:: wants_detach
		:: !wants_detach && detached      /* finish believes the header */
		:: !wants_detach && !detached ->
			if
			:: status[1] == DONE
			:: status[1] == FAILED -> goto failed
			:: came[1] && holder[1] == 0 && status[1] != DONE -> goto failed
			:: atomic { !came[1] && timeout -> goto failed }
			fi
		fi;
		/* A plain writer's success means that all was taken. */
		assert(wants_detach || status[1] == DONE);
		seen = 0;
		leave();
		fate[me] = SUCCESS;
		goto out;
too_large:
failed:		status[0] = FAILED;
		seen = 0;
		leave();
		fate[me] = FAILURE;
out:		skip
	} unless {
		d_step { kill[WRITER] -> seen = 0; if :: holder[0] == 1 -> holder[0] = 0 :: else fi };
		d_step { if :: lock == 1 -> lock = 0 :: else fi; fate[WRITER] = KILLED }
	}
}

proctype reader(byte me)
{
	byte at;

	{
		lock_it();
		if
		:: exists && holder[1] != 0 ->
			/* busy: another reader is attached */
#ifdef REFUSED_TAKER_SPEAKS
			status[1] = FAILED;
#endif
			d_step { lock = 0; fate[me] = REFUSED };
			goto out
		:: exists && holder[1] == 0 && came[1] && is_over ->
			/* The reader is gone, or has taken all: the channel is ending, or a leftover.  The program would try again. */
			d_step { if :: holder[0] == 0 -> exists = 0 :: else fi; lock = 0; fate[me] = REFUSED };
			goto out
		:: !exists && me == LAST -> d_step { lock = 0; fate[me] = REFUSED }; goto out
		:: else
		fi;
		d_step { if :: !exists -> create() :: else fi };
		attach();
		d_step { lock = 0 };
		/* A reader begins at position 0, whatever its predecessor has taken. */
		do
		:: at < head ->
			d_step { assert(ring_data[at % CAP] == at + 1); at++ };
			d_step { if :: at > tail -> tail = at :: else fi }
		:: at == head && status[0] == DONE && at == head -> break
		:: at == head && status[0] == FAILED -> goto failed
		:: at == head && came[0] && holder[0] == 0 && status[0] == RUNNING -> goto failed
		:: atomic { at == head && !came[0] && timeout -> goto failed }   /* gives up waiting */
		od;
		assert(at == N);
		d_step { status[1] = DONE; taken = 1 };
		at = 0;
		leave();
		fate[me] = SUCCESS;
		goto out;
failed:		status[1] = FAILED;
		at = 0;
		leave();
		fate[me] = FAILURE;
out:		skip
	} unless {
		d_step { kill[me] -> at = 0; if :: holder[1] == me + 1 -> holder[1] = 0 :: else fi };
		d_step { if :: lock == me + 1 -> lock = 0 :: else fi; fate[me] = KILLED }
	}
}

#define KILL(p) atomic { kills > 0 && fate[p] == ALIVE && !kill[p] -> kill[p] = 1; kills-- }

active proctype killer()
{
end:	do
	:: KILL(WRITER)
	:: KILL(1)
#if TAKERS > 1
	:: KILL(2)
#endif
#if TAKERS > 2
	:: KILL(3)
#endif
	od
}

#define ended(p) (fate[p] != ALIVE)
#if TAKERS == 1
#define all_ended (ended(0) && ended(1))
#elif TAKERS == 2
#define all_ended (ended(0) && ended(1) && ended(2))
#else
#define all_ended (ended(0) && ended(1) && ended(2) && ended(3))
#endif

init {
	byte p, happy;

	atomic {
		select(kills: 0 .. KILLS);
		select(wants_detach: 0 .. 1);
		select(reader_says: 0 .. 1);
		fate[WRITER] = ALIVE; run writer();
		p = 1;
		do
		:: p <= TAKERS -> fate[p] = ALIVE; run reader(p); p++
		:: else -> break
		od;
		p = 0
	};
	atomic {
		all_ended ->
		assert(lock == 0);
		fate[LAST] = ALIVE;
		run reader(LAST)
	};
	atomic {
		ended(LAST);
		p = 1;
		do
		:: p < P -> if :: fate[p] == SUCCESS -> happy++ :: else fi; p++
		:: else -> break
		od;
		/* At most one reader succeeds.  If the writer succeeds, one reader has taken all; it may have died since. */
		assert(happy <= 1);
		assert(fate[WRITER] != SUCCESS || taken);
		/* The writer fails only when it was killed, when it does not fit, or when its reader is lost. */
		assert(!wants_detach || fate[WRITER] != FAILURE || N > CAP);
		assert(!exists || !of_use)
	}
}
