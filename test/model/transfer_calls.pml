/* SPDX-License-Identifier: MIT */
/* transfer_calls.pml - a part of transfer.pml: the library's calls, named as in the sources. */

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

/* sv_ring_set_status: a final status wakes the sleeper, whatever its threshold is */
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

/* sv_channel_wait with sleep_once and look_for_death; an interruption can come in each sleep */
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
	/* Busy: the predecessor is dead, so this ends at once or never. */
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
	/* sv_sem_attach: read the value that a predecessor left; one step takes it off and adds weight and bell */
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

/* leave: one step gives the weight and cancels the undo; the last one out removes all */
inline leave()
{
	atomic { lock == 0 -> lock = 1 + me };
	/* After this store a side counts as ended; if it is killed later, it is not started again. */
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

/* exit_sem takes back the bells that carried SEM_UNDO */
inline undo_bells()
{
#ifdef UNDO_ON_BELLS
	val[me] = (exists && val[me] > rung[me] -> val[me] - rung[me] : 0);
	rung[me] = 0
#else
	skip
#endif
}

/* Check the result against what really happened. */
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
