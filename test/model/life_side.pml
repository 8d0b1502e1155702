/* SPDX-License-Identifier: MIT */
/* life_side.pml - a part of life.pml: a writer, a reader or svclean, from its start to its end. */

proctype side(byte me; byte role)
{
	byte j, k;
	byte verdict;
	byte seen;
	bit gone_w, gone_r, none_mapped, unused, peer_gone;

	{
	skip;
open:	atomic {
		if
		:: link == 0 && role == CLEANER -> verdict = OK; goto out
		:: link == 0 && role != CLEANER ->
			j = 1;
			do
			:: j <= NI && opens[j] > 0 -> j++
			:: else -> break
			od;
			assert(j <= NI);
			link = j; rec[j] = 0; rec_seg[j] = 0; rec_set[j] = 0;
			j = 0
		:: else
		fi;
		fd[me] = link;
		opens[fd[me]]++
	};
	if
	:: atomic { lock[fd[me]] == 0 -> lock[fd[me]] = me + 1 }
	:: atomic { role == CLEANER && lock[fd[me]] != 0 -> close_file(); verdict = OK; goto out }   /* LOCK_NB */
	fi;
	/* still_there: the last one out may have unlinked the file before we had its lock */
	if
#ifndef NO_RECHECK
	:: d_step { link != fd[me] && role != CLEANER -> unlock(); close_file() }; goto open
#endif
#ifndef NO_RECHECK_IN_CLEAN
	:: atomic { link != fd[me] && role == CLEANER -> unlock(); close_file(); verdict = OK; goto out }
#endif
	:: else
	fi;

	/* find */
	d_step {
		hseg[me] = NONE; hset[me] = NONE;
		/* Each process uses the key of the file to which the path leads now. */
		j = 1;
		do
		:: j <= NG ->
			if :: seg[j] == KEYED && seg_ino[j] == link -> hseg[me] = j; none_mapped = (maps[j] == 0) :: else fi;
			if :: set[j] && set_ino[j] == link -> hset[me] = j; unused = !used[j] :: else fi;
			j++
		:: else -> break
		od;
		j = 0
	};
	d_step {
		if
		:: hset[me] != NONE -> gone_w = val[at(hset[me], WRITER)] >= GONE; gone_r = val[at(hset[me], READER)] >= GONE
		:: else
		fi
	};

	/* clean */
	if
	:: atomic {
		role == CLEANER ->
		if
		:: link == 0 || !rec[link] || hseg[me] == STALE -> goto keep
		:: else
		fi;
		if
		:: hseg[me] == NONE && set_forsaken -> goto leftover
		:: hseg[me] == NONE && !set_forsaken -> goto keep
		:: hseg[me] != NONE && !none_mapped -> goto keep
		:: hseg[me] != NONE && none_mapped && (!ready[hseg[me]] || hset[me] == NONE) -> goto leftover
		:: else ->
			/* No process maps it; but the weight of a side that died may not be there yet. */
			if
			:: (gone_w || slot[at(hseg[me], WRITER)] != ATTACHED) && (gone_r || slot[at(hseg[me], READER)] != ATTACHED) ->
				goto leftover
			:: else -> goto keep
			fi
		fi
	   }
	:: else
	fi;

	/* judge */
	if
	:: atomic { hseg[me] == NONE && hset[me] == NONE -> goto create }
	:: atomic {
		hseg[me] == NONE && hset[me] != NONE ->       /* judge_set_alone */
		assert(rec[fd[me]]);
		assert(rec_set[fd[me]] == hset[me] || (rec_set[fd[me]] == NONE && unused));   /* else it would be called foreign */
		if
		:: set_forsaken -> goto leftover
		:: !set_forsaken && gone_w != gone_r -> goto ending
		:: else -> goto ring_and_busy
		fi
	   }
	:: atomic { hseg[me] != NONE && hseg[me] != STALE -> mapped[me] = 1; maps[hseg[me]]++ }
	:: atomic {
		/* Since it was found, a side that saw its peer marked it, and both died: SV_EREMOVED, the caller tries again. */
		hseg[me] == STALE ->
		unused = 0; none_mapped = 0; gone_w = 0; gone_r = 0;
		unlock(); close_file(); hseg[me] = NONE; hset[me] = NONE;
		goto open
	   }
	fi;
	atomic {
		if
		:: !ready[hseg[me]] ->
			assert(rec[fd[me]] && none_mapped);   /* else it would be called foreign */
			goto leftover
		:: ready[hseg[me]] && hset[me] == NONE && none_mapped -> goto leftover
		:: ready[hseg[me]] && hset[me] == NONE && !none_mapped -> goto busy
		:: else -> assert(head_set[hseg[me]] == hset[me])
		fi;
		/* sv_presence_of */
		gone_w = (slot[at(hseg[me], WRITER)] == LEFT || (gone_w && slot[at(hseg[me], WRITER)] != EMPTY));
		gone_r = (slot[at(hseg[me], READER)] == LEFT || (gone_r && slot[at(hseg[me], READER)] != EMPTY));
		if
		:: (gone_w || slot[at(hseg[me], WRITER)] < ATTACHED) && (gone_r || slot[at(hseg[me], READER)] < ATTACHED) ->
			goto leftover
		:: else
		fi;
		if
		:: gone_w || gone_r -> goto ending
		:: else
		fi;
		if
		:: slot[at(hseg[me], role)] == ATTACHED -> goto busy
		:: else
		fi;
		unused = 0; none_mapped = 0; gone_w = 0; gone_r = 0;
		goto enter
	};

leftover:
	atomic { unused = 0; none_mapped = 0; gone_w = 0; gone_r = 0;
		/* unmap keeps the id: it is still to be removed */
		if :: mapped[me] -> mapped[me] = 0; maps[hseg[me]]--;
			if
			:: seg[hseg[me]] == MARKED && maps[hseg[me]] == 0 -> j = hseg[me]; destroy_segment(j); j = 0
			:: else
			fi
		:: else
		fi
	};
	remove_objects();
	d_step { hset[me] = NONE; hseg[me] = NONE; unlock(); close_file() };
	if
	:: role == CLEANER -> verdict = OK; goto out
	:: else -> goto open
	fi;

keep:	atomic { unused = 0; none_mapped = 0; gone_w = 0; gone_r = 0;
		unlock(); close_file(); hset[me] = NONE; hseg[me] = NONE; verdict = OK };
	goto out;

ring_and_busy:
	/* A side may wait alone after somebody removed its segment by hand: wake it, so that it notices. */
	atomic {
		if :: newcomer_rings(WRITER) -> val[at(hset[me], WRITER)]++ :: else fi;
		if :: newcomer_rings(READER) -> val[at(hset[me], READER)]++ :: else fi
	};

busy:
	atomic { unused = 0; none_mapped = 0; gone_w = 0; gone_r = 0 };
	d_step { unlock(); unmap(); close_file(); hset[me] = NONE };
	verdict = BUSY;
	assert(!last);
	goto out;

ending:	/* One side is gone: wait for the end of the other, or of the set. */
	atomic { unused = 0; none_mapped = 0; unlock(); unmap() };
	atomic {
		if
		:: hset[me] == STALE
#ifdef WAIT_FOR_ZERO
		:: hset[me] != STALE && gone_w && val[at(hset[me], WRITER)] == 0
		:: hset[me] != STALE && !gone_w && val[at(hset[me], READER)] == 0
#else
		:: hset[me] != STALE && gone_w && val[at(hset[me], READER)] >= GONE
		:: hset[me] != STALE && !gone_w && val[at(hset[me], WRITER)] >= GONE
#endif
		fi;
		gone_w = 0; gone_r = 0; hset[me] = NONE
	};
	d_step { close_file() };
	goto open;

create:
	atomic { unused = 0; none_mapped = 0; gone_w = 0; gone_r = 0;
		rec[fd[me]] = 1; rec_seg[fd[me]] = NONE; rec_set[fd[me]] = NONE };
	d_step { fresh_segment(j); seg[j] = KEYED; seg_ino[j] = fd[me]; hseg[me] = j; j = 0 };
	d_step { fresh_set(j); set[j] = 1; set_ino[j] = fd[me]; hset[me] = j; j = 0 };
	d_step { rec_seg[fd[me]] = hseg[me]; rec_set[fd[me]] = hset[me] };
	d_step { mapped[me] = 1; maps[hseg[me]]++; head_set[hseg[me]] = hset[me] };
	ready[hseg[me]] = 1;

enter:
#ifndef ATTACHED_BEFORE_WEIGHT
	atomic { status[at(hseg[me], role)] = RUNNING; slot[at(hseg[me], role)] = ATTACHING; owner[at(hseg[me], role)] = me };
#else
	atomic { status[at(hseg[me], role)] = RUNNING; slot[at(hseg[me], role)] = ATTACHED; owner[at(hseg[me], role)] = me };
#endif
	/* {sem, +V+1}, {sem, -V, SEM_UNDO}: a bell, and a weight when this process ends */
	d_step {
#ifndef WEIGHT_MISSING
		undo[me] = hset[me];
#endif
#ifdef SETVAL_IN_USE
		/* the side that attaches resets the set, which wipes the undo of every process */
		k = 0;
		do
		:: k < MAXP -> if :: k != me && undo[k] == hset[me] -> undo[k] = NONE :: else fi; k++
		:: else -> break
		od;
		k = 0;
#endif
		used[hset[me]] = 1;
#ifdef ARRIVAL_BELL_OWN
		val[at(hset[me], 1 - role)]++
#else
#ifndef NO_ARRIVAL_BELL
		val[at(hset[me], role)]++
#endif
#endif
	};
	slot[at(hseg[me], role)] = ATTACHED;
	if
	:: slot[at(hseg[me], 1 - role)] != EMPTY -> d_step { j = hseg[me]; remove_segment(j); j = 0 }
	:: else
	fi;
	d_step { unlock() };

wait_peer:
	seen = slot[at(hseg[me], 1 - role)];
	if
	:: seen == EMPTY ->
		fate[me] = ALONE;
		if
		:: atomic {
			hset[me] != STALE && val[at(hset[me], 1 - role)] > 0 ->
			val[at(hset[me], 1 - role)]--;
			fate[me] = ALIVE
		   };
		   goto wait_peer
		:: atomic { hset[me] == STALE -> assert(false) }   /* nobody removes it under a live side */
		:: atomic { quits > 0 && me < SIDES -> quits--; fate[me] = ALIVE; verdict = QUIT; goto abort }
		fi
#ifndef NO_SETTLING
	:: seen == ATTACHING && val[at(hset[me], 1 - role)] < GONE ->
		/* settle: with the lock in hand, a peer that is still attaching died before the kernel knew of it */
		atomic { lock[fd[me]] == 0 -> lock[fd[me]] = me + 1 };
		if
		:: slot[at(hseg[me], 1 - role)] == ATTACHING && val[at(hset[me], 1 - role)] < GONE ->
			slot[at(hseg[me], 1 - role)] = EMPTY
		:: else
		fi;
		d_step { unlock(); seen = 0 };
		goto wait_peer
#endif
	:: else -> seen = 0; d_step { j = hseg[me]; remove_segment(j); j = 0 }
	fi;

	/* finish: the writer stores "done" and waits for the reader's status; the reader does this the other way round */
	if
	:: role == WRITER -> status[at(hseg[me], role)] = DONE; ring()
	:: else
	fi;
look:	if
	:: status[at(hseg[me], 1 - role)] == DONE -> verdict = OK
	:: status[at(hseg[me], 1 - role)] == FAILED -> verdict = PEER
	:: status[at(hseg[me], 1 - role)] == RUNNING && peer_gone ->
		atomic {
			verdict = DIED;
			assert(kill[owner[at(hseg[me], 1 - role)]])
		}
	:: status[at(hseg[me], 1 - role)] == RUNNING && !peer_gone ->
		sleep();
		atomic { assert(hset[me] != STALE); peer_gone = val[at(hset[me], 1 - role)] >= GONE };
		goto look
	fi;
	peer_gone = 0;
	if
	:: verdict == OK && role == READER -> status[at(hseg[me], role)] = DONE; ring()
	:: verdict == OK && role == WRITER
	:: else ->
abort:		status[at(hseg[me], role)] = FAILED; ring()
	fi;

leave:
#ifndef LEAVE_UNLOCKED
	atomic { lock[fd[me]] == 0 -> lock[fd[me]] = me + 1 };
#endif
	slot[at(hseg[me], role)] = LEFT;
	gone_w = (val[at(hset[me], 1 - role)] >= GONE);
	if
	:: gone_w || slot[at(hseg[me], 1 - role)] == EMPTY -> remove_objects()
	:: else ->
		/* {sem, +V, SEM_UNDO}: give the weight and cancel the undo in one step */
		d_step {
#ifndef LEAVE_WITHOUT_WEIGHT
			val[at(hset[me], role)] = val[at(hset[me], role)] + V;
#endif
			undo[me] = NONE
		}
	fi;
	gone_w = 0;
	d_step { unlock() };
	d_step { unmap() };
	d_step { close_file(); hset[me] = NONE };
out:	atomic {
		assert(!last || verdict == OK);
		fate[me] = verdict;
		verdict = 0
	}
	} unless {
		atomic {
			kill[me] ->
			gone_w = 0; gone_r = 0; unused = 0; none_mapped = 0; peer_gone = 0; verdict = 0; seen = 0; j = 0; k = 0;
			unmap()
		};
		/* The kernel adds the weight to the semaphore on which the peer sleeps. */
		d_step {
			if
			:: undo[me] != NONE -> val[at(undo[me], role)] = val[at(undo[me], role)] + V; undo[me] = NONE
			:: else
			fi
		};
		d_step {
#ifndef LOCK_KEPT
			unlock();
#endif
			close_file(); hset[me] = NONE
		};
		fate[me] = KILLED
	}
}
