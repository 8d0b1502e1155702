/* SPDX-License-Identifier: MIT */
/*
 * transfer.pml - one transfer: attach, publish, sleep and bell, owed bells, death, final statuses, leave; and with
 * RESUME, recovery of a dead side's slot and restart of the killed side until both have reported success.
 *
 *	step of the model            C function it stands for
 *	open, enter, leave           look_and_attach, clear_peer, enter   src/lib/channel/open.c;  leave   src/lib/channel/finish.c
 *	wait_peer, settle, recover   sv_wait_peer, forget_peer            src/lib/channel/peer.c
 *	look, wait                   look, sv_channel_wait, sleep_once, look_for_death   src/lib/channel/wait.c
 *	publish, set_status          sv_ring_publish, sv_ring_due, sv_ring_set_status    src/lib/ring/ring.h, src/lib/ring/ring.c
 *	writer, reader               copy_input (svwrite.c), copy_output (svread.c), persist (cli_transfer.c)
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
/* Bells do not pile up: this many at most, whatever N; a side that is started again has forgotten what it is owed. */
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

/* What a look or a wait tells. */
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
byte rung[2];             /* what the kernel will take back */
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
 * sv_header_of_use: will somebody come back for it?  When both said done, the one that did not leave may not know it
 * yet: its next incarnation finds the answer here.
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
/* The peer died or was interrupted before both were attached, and nobody brings another: the user gives up. */
#define abandoned ((killed[peer] || quitted) && !alive[peer] && slot[peer] <= ATTACHING && !gone(peer))
#endif

/* sv_sem_ring */
inline ring()
{
	d_step {
		val[me]++;
#ifdef UNDO_ON_BELLS
		rung[me]++;
#endif
		assert(gone(me) || val[me] <= BELLS)
	}
}

/* sv_ring_set_status: whatever the threshold, a final status wakes */
inline set_status(word)
{
	status[me] = word;
	if
#ifdef STATUS_BELOW_THRESHOLD
	:: wake[peer] != 0 && pos[me] >= wake[peer] - 1 ->
#else
	:: wake[peer] != 0 ->
#endif
		if
		:: atomic { wake[peer] != 0 -> wake[peer] = 0 }; ring()
		:: wake[peer] == 0
		fi
	:: else
	fi
}

/* sv_ring_publish: the position, then the peer's wake word, then the bell */
inline publish()
{
	pos[me]++;
	if
	:: wake[peer] != 0 && pos[me] >= wake[peer] - 1 ->
		if
		:: atomic { wake[peer] != 0 ->
#ifndef WAKE_NOT_TAKEN
			wake[peer] = 0
#endif
		   };
#ifndef BELL_SKIPPED
			ring()
#endif
		:: wake[peer] == 0
		fi
	:: else
	fi
}

#define room (me == WRITER -> CAP - (pos[me] - seen) : seen - pos[me])

/* look: status first, so that it never hides what was published before it */
inline look(want)
{
#ifdef STATUS_AFTER_POSITION
	seen = pos[peer];
	st = status[peer];
#else
	st = status[peer];
	seen = pos[peer];
#endif
	d_step {
		if
		:: room >= want -> code = ENOUGH
		:: room < want && st == DONE -> code = END
		:: room < want && st == SIGNALLED -> code = PEER
		:: room < want && st == RUNNING && peer_gone -> code = DIED
		:: else -> code = GO_ON
		fi;
		st = 0
	}
}

/* sv_channel_wait with sleep_once and look_for_death; an interruption can come wherever it sleeps */
inline wait(want)
{
	look(want);
	do
	:: code != GO_ON -> break
	:: code == GO_ON ->
		wake[me] = 1 + (me == WRITER -> pos[me] + want - CAP : pos[me] + want);
#ifndef LOOK_AGAIN_SKIPPED
		look(want);
#endif
		if
		:: code != GO_ON ->
			/* sv_ring_disarm: if the peer has taken the word, a bell is owed */
			d_step {
				if :: wake[me] == 0 -> owed++ :: else fi;
				wake[me] = 0
			};
			if
			:: owed > 1 -> d_step { owed--; if :: val[peer] > 0 -> val[peer]-- :: else fi }
			:: else
			fi;
			break
		:: else
		fi;
#ifdef DRAIN_AFTER_LOOK
		if
		:: owed > 0 -> d_step { owed--; if :: val[peer] > 0 -> val[peer]-- :: else fi }
		:: else
		fi;
#endif
		if
		:: atomic { val[peer] > 0 -> val[peer]-- }
		:: atomic { quits > 0 -> quits--; quit = 1 }
		:: atomic { abandoned -> quit = 1 }
		fi;
		wake[me] = 0;
		if
		:: quit -> break
		:: else
		fi;
		if
		:: gone(peer) ->
			peer_gone = 1;
#ifdef DEATH_WITHOUT_LOOK
			code = DIED
#else
			look(want)
#endif
		:: else
		fi
	od
}

/* recover: forget a peer that is gone without having finished */
inline recover()
{
	atomic { lock == 0 -> lock = 1 + me };
	if
#ifdef RECOVER_WITHOUT_CHECK
	:: true ->
#else
	:: gone(peer) && status[peer] != DONE ->
#endif
#ifdef WEIGHT_BEFORE_SLOT
		val[peer] = 0;
		slot[peer] = EMPTY;
		status[peer] = RUNNING
#else
		slot[peer] = EMPTY;
		status[peer] = RUNNING;
		val[peer] = 0
#endif
	:: else
	fi;
	peer_gone = 0;
	lock = 0
}

/* settle: with the lock in hand, a peer that is still attaching and has no weight has never come */
inline settle()
{
	atomic { lock == 0 -> lock = 1 + me };
	if
	:: slot[peer] == ATTACHING && !gone(peer) -> slot[peer] = EMPTY
	:: else
	fi;
	lock = 0
}

/* sv_wait_peer; seen and st are free here: they keep the slot and the status */
inline wait_peer()
{
	do
	:: true ->
		seen = slot[peer];
		st = status[peer];
		if
#ifdef RESUME
		:: seen >= ATTACHED && (st == DONE || (seen == ATTACHED && st == RUNNING && !peer_gone && !gone(peer))) -> break
#else
		:: seen >= ATTACHED -> break
		:: seen == ATTACHING && gone(peer) -> break
#endif
		:: else
		fi;
		if
#ifdef RESUME
		:: seen != EMPTY && gone(peer) -> recover()
#endif
		:: seen == ATTACHING && !gone(peer) -> settle()
		:: else ->
			peer_gone = 0;
			if
			:: atomic { val[peer] > 0 -> val[peer]-- }
			:: atomic { quits > 0 -> quits--; quit = 1; break }
			:: atomic { abandoned -> quit = 1; break }
			fi
		fi
	od;
	seen = 0; st = 0
}

/* look_and_attach and enter */
inline open()
{
	atomic { lock == 0 -> lock = 1 + me };
	if
	:: d_step { !exists -> fresh() }
	:: d_step { exists && !present(WRITER) && !present(READER) && !of_use -> fresh() }   /* leftover */
	:: else
	fi;
	/* Busy.  Our predecessor is dead, so this ends at once or never. */
	if
	:: present(me) -> lock = 0; !present(me); goto start
	:: else
	fi;
#ifdef RESUME
	if
	:: has_gone(peer) && status[peer] != DONE ->    /* clear_peer */
		slot[peer] = EMPTY;
		status[peer] = RUNNING;
		wake[peer] = 0;
		val[peer] = 0
	:: else
	fi;
#endif
#ifndef OLD_STATUS_KEPT
	status[me] = RUNNING;
#endif
	wake[me] = 0;
#ifdef ATTACHED_BEFORE_WEIGHT
	slot[me] = ATTACHED;
#else
	slot[me] = ATTACHING;
#endif
	/* sv_sem_attach: what a predecessor left is read, and taken off in the same step as weight and bell are armed */
	do
	:: true ->
		seen = val[me];
#ifdef OLD_BELLS_KEPT
		if :: seen < GONE -> seen = 0 :: else fi;
#endif
		if
		:: d_step {
			val[me] >= seen ->
			val[me] = val[me] - seen;
#ifndef WEIGHT_MISSING
			undo[me] = 1;
#endif
#ifdef ARRIVAL_BELL_OWN
			val[peer]++;
#else
#ifndef NO_ARRIVAL_BELL
			val[me]++;
#endif
#endif
			seen = 0
		   };
		   break
		:: else
		fi
	od;
	slot[me] = ATTACHED;
	lock = 0
}

/* leave: the weight given and the undo cancelled in one step; the last one out removes all */
inline leave()
{
	atomic { lock == 0 -> lock = 1 + me };
	/* With this store a side has said its last word; killed after it, the side is not started again. */
	d_step { slot[me] = LEFT; fate[me] = code };
	if
	:: (gone(peer) || slot[peer] == EMPTY) && !of_use ->
		d_step {
			assert(exists && !undo[peer]);   /* removed once, and nobody is attached */
			fresh();
			exists = 0
		}
	:: else -> d_step { val[me] = val[me] + V; undo[me] = 0 }
	fi;
	lock = 0
}

/* exit_sem for what bells carried SEM_UNDO */
inline undo_bells()
{
#ifdef UNDO_ON_BELLS
	val[me] = (exists && val[me] > rung[me] -> val[me] - rung[me] : 0);
	rung[me] = 0
#else
	skip
#endif
}

/* A verdict is checked against what really happened. */
inline judge()
{
	d_step {
		if
		:: code == ENOUGH -> assert(out == N)
		:: code == DIED ->
			assert(killed[peer] && status[peer] == RUNNING);
			assert(me == WRITER || pos[READER] == pos[WRITER])
		:: code == PEER -> assert(status[peer] == SIGNALLED)
		:: code == GO_ON -> assert(quit)
		fi
	}
}

/* The process ends; one that was interrupted is started again if the channel can go on. */
inline exit()
{
	d_step {
		undo_bells();
		alive[me] = (code == GO_ON && RESTARTS);
		quitted = quitted | quit;
		code = 0; quit = 0; owed = 0; seen = 0; peer_gone = 0; finished = 0
	}
}

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
			/* The writer reserves once more to meet the end of its input; then it waits for the reader's word. */
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
				/* sv_reserve must let the next incarnation pass when the reader has it all. */
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
			/* Success is told by both, and nothing is left, or what the next open clears away. */
			assert(fate[WRITER] == ENOUGH && fate[READER] == ENOUGH && out == N);
			assert(!exists || ((killed[WRITER] || killed[READER]) && !present(WRITER) && !present(READER) && !of_use))
#ifndef RESUME
		fi
#endif
	}
}
