/* SPDX-License-Identifier: MIT */
/*
 * transfer.pml - one transfer: attach, publish, sleep and bell, owed bells, death, final statuses, leave; and with
 * RESUME, recovery of a dead side's slot and restart of the killed side until both have reported success.
 *
 *	step of the model            C function it stands for
 *	open, enter, leave           clear_peer   src/lib/channel/open.c;  sv_channel_attach   src/lib/channel/attach.c;  leave   src/lib/channel/close.c
 *	wait_peer, settle, recover   sv_wait_peer, forget_peer            src/lib/channel/peer.c
 *	look, wait                   look, sv_channel_wait, sleep_once, look_for_death   src/lib/channel/wait.c
 *	publish, set_status          sv_ring_publish, sv_ring_due, sv_ring_set_status    src/lib/ring/ring.h, src/lib/ring/ring.c
 *	writer, reader               copy_input (svwrite.c), copy_output (svread.c), persist (calls.c)
 *	death                        exit_sem, then exit_files of the kernel
 *
 * Each statement outside d_step and atomic is one access to shared memory or one system call; a kill may come before any.
 * Memory is sequentially consistent here; fence.pml has the store buffers.  Creation and removal are one step here;
 * life.pml has their parts.
 * Bounds: N items through a ring of CAP, the writer asks for room for WANT of them; at most KILLS deaths and QUITS
 * interruptions, of either side, wherever they fall.
 *
 * Broken twins: see README.md.
 */
#ifndef N
#define N 2
#endif
#ifndef CAP
#define CAP 1
#endif
#ifndef WANT
#define WANT 1
#endif
#ifndef KILLS
#define KILLS 2
#endif
#ifndef QUITS
#define QUITS 0
#endif
#ifndef V
#define V 20              /* SV_WEIGHT */
#define GONE 10           /* SV_GONE */
#endif
/* Bells do not pile up: this is the limit for every N.  A side that is started again has forgotten its owed bells. */
#ifndef BELLS
#define BELLS (3 + 2 * (KILLS + QUITS))
#endif

#define WRITER 0          /* as role, and as the semaphore that carries its weight: SV_SEM_DATA */
#define READER 1          /* SV_SEM_SPACE */
#define peer (1 - me)

#define EMPTY 0
#define ATTACHING 1
#define ATTACHED 2
#define LEFT 3

#define RUNNING 0
#define DONE 1
#define SIGNALLED 2

/* The result of a look or a wait. */
#define GO_ON 0
#define ENOUGH 1          /* SV_OK */
#define END 2             /* SV_END */
#define DIED 3            /* SV_EDIED */
#define PEER 4            /* SV_EPEER */

#define ONLY_A_STATUS 100 /* a want that no position reaches */

/* The set. */
byte val[2];
bit undo[2];              /* the kernel will add V when that side dies */
#ifdef UNDO_ON_BELLS
byte rung[2];             /* how many bells the kernel will take back */
#endif

/* The segment. */
bit exists;
byte slot[2];
byte status[2];
byte pos[2];
byte wake[2];             /* 0, or 1 + threshold */
byte ring_data[CAP];

/* Elsewhere. */
byte lock;                /* 1 + role */
byte out;                 /* length of the output file */
bit kill[2];
bit alive[2];
bit killed[2];
byte fate[2];             /* the verdict a side ended with; ENOUGH: success */
bit quitted;
byte kills, quits;

inline fresh()
{
	exists = 1;
	val[0] = 0; val[1] = 0; undo[0] = 0; undo[1] = 0;
	slot[0] = EMPTY; slot[1] = EMPTY; status[0] = RUNNING; status[1] = RUNNING;
	pos[0] = 0; pos[1] = 0; wake[0] = 0; wake[1] = 0
}

#define gone(r) (val[r] >= GONE)
/* sv_presence_of; only under the lock */
#define present(r) (slot[r] == ATTACHED && !gone(r))
#define has_gone(r) (slot[r] == LEFT || (slot[r] != EMPTY && gone(r)))

/*
 * sv_header_of_use: will somebody come back for it?  If both stored "done", a side that died before it left may not know
 * that: when it is started again, it finds the answer here.
 */
#define both_done (status[WRITER] == DONE && status[READER] == DONE)
#ifndef RESUME
#define of_use false
#else
#ifdef REMOVED_WITHOUT_GOODBYE
#define of_use (status[READER] != DONE && pos[WRITER] > 0)
#else
#define of_use (!(both_done && slot[WRITER] == LEFT && slot[READER] == LEFT) && \
	        (pos[WRITER] > 0 || status[WRITER] == DONE || status[READER] == DONE))
#endif
#endif

#ifdef RESUME
#define RESTARTS true
#define comes_back (code == DIED || code == PEER)
#define abandoned false
#else
#define RESTARTS false
#define comes_back false
/* The peer died or was interrupted before both were attached, and nobody starts another one: the user gives up. */
#define abandoned ((killed[peer] || quitted) && !alive[peer] && slot[peer] <= ATTACHING && !gone(peer))
#endif

#include "transfer_calls.pml"

#define ME(role) (me == role)

proctype side(bit me)
{
	byte seen, st, code, owed;
	bit peer_gone, quit, finished;

start:	{
		open();
		wait_peer();
		if
		:: ME(READER) && !quit ->
			/* position_output */
			assert(out >= pos[READER]);
#ifndef NO_TRUNCATION
			out = pos[READER]
#endif
		:: else
		fi;
		do
		:: quit -> break
		:: else ->
			/* The writer reserves once more, to find the end of its input; then it waits for the reader's final status. */
			wait((ME(READER) -> 1 : (finished -> ONLY_A_STATUS : WANT)));
			if
			:: quit
			:: !quit && comes_back -> wait_peer()
			:: !quit && !comes_back && code == ENOUGH && ME(WRITER) && pos[WRITER] < N ->
				assert(status[READER] != DONE);
#ifdef PUBLISHED_BEFORE_WRITTEN
				publish();
				ring_data[(pos[WRITER] - 1) % CAP] = pos[WRITER]
#else
				ring_data[pos[WRITER] % CAP] = 1 + pos[WRITER];
				publish()
#endif
			:: !quit && !comes_back && code == ENOUGH && ME(WRITER) && pos[WRITER] == N ->
#ifdef DONE_READER_IS_CORRUPT
				/* sv_reserve must succeed in a writer that is started again after the reader has taken all. */
				assert(status[READER] != DONE);
#endif
				set_status(DONE);
				finished = 1
			:: !quit && !comes_back && code == ENOUGH && ME(READER) ->
#ifdef RELEASED_BEFORE_WRITTEN
				publish();
				d_step { assert(ring_data[(pos[READER] - 1) % CAP] == 1 + out); out++ }
#else
				d_step { assert(ring_data[pos[READER] % CAP] == 1 + out); out++ };
				publish()
#endif
			:: !quit && !comes_back && code == END ->
				assert(pos[READER] == pos[WRITER]);
				if
				:: ME(READER) -> set_status(DONE)
				:: ME(WRITER) -> assert(finished)
				fi;
				code = ENOUGH;
				break
			:: !quit && !comes_back && (code == DIED || code == PEER) -> break
			fi
		od;
		if
		:: quit -> code = GO_ON
		:: else
		fi;
		judge();
		if
		:: code != ENOUGH -> set_status(SIGNALLED)
		:: else
		fi;
		leave();
		exit()
	} unless {
		/* exit_sem: the weight */
		d_step {
			kill[me] -> killed[me] = 1;
			seen = 0; st = 0; code = 0; owed = 0; peer_gone = 0; quit = 0; finished = 0;
			if
			:: undo[me] -> undo[me] = 0; val[me] = val[me] + V
			:: else
			fi;
			undo_bells()
		};
		/* exit_files: the lock */
		d_step {
#ifndef LOCK_KEPT
			if :: lock == 1 + me -> lock = 0 :: else fi;
#endif
			kill[me] = 0;
			alive[me] = (RESTARTS && fate[me] != ENOUGH)
		}
	};
	if
	:: alive[me] -> goto start
	:: else
	fi
}

active proctype killer()
{
end:	do
	:: atomic { kills > 0 && alive[WRITER] && !kill[WRITER] -> kill[WRITER] = 1; kills-- }
	:: atomic { kills > 0 && alive[READER] && !kill[READER] -> kill[READER] = 1; kills-- }
	od
}

init {
	atomic {
		select(kills: 0 .. KILLS);
		select(quits: 0 .. QUITS);
		alive[WRITER] = 1; alive[READER] = 1;
		run side(WRITER);
		run side(READER)
	};
	atomic {
		!alive[WRITER] && !alive[READER] ->
#ifndef RESUME
		if
		:: killed[WRITER] || killed[READER] || quitted
		:: else ->
#endif
			/* Both have reported success, and nothing is left that the next open does not remove. */
			assert(fate[WRITER] == ENOUGH && fate[READER] == ENOUGH && out == N);
			assert(!exists || ((killed[WRITER] || killed[READER]) && !present(WRITER) && !present(READER) && !of_use))
#ifndef RESUME
		fi
#endif
	}
}
