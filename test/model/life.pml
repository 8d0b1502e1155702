/* SPDX-License-Identifier: MIT */
/*
 * life.pml - the life of a plain (not resumable) channel: rendezvous file, lock, creation, attach, early removal,
 * death, leave, leftovers, newcomers.  No data moves here (transfer.pml): a transfer is "both are there, both say done".
 *
 *	step of the model            C function it stands for
 *	open, lock, recheck          sv_rendezvous_open            src/lib/os/rendezvous.c
 *	find, judge                  sv_gather, sv_admit           src/lib/channel/facts.c, src/lib/channel/classify.c
 *	create                       create                        src/lib/channel/open.c
 *	remove                       sv_objects_remove             src/lib/channel/facts.c
 *	enter                        enter, sv_sem_attach        src/lib/channel/open.c, src/lib/os/semaphores.c
 *	wait for the peer            sv_wait_peer                  src/lib/channel/peer.c
 *	finish                       sv_finish, sleep_once, look   src/lib/channel/finish.c, src/lib/channel/wait.c
 *	settle                       forget_peer                   src/lib/channel/peer.c
 *	leave                        leave                         src/lib/channel/finish.c
 *	clean                        clean_one, remove_all         src/lib/inspect/clean.c
 *	death                        exit_mm, exit_sem, exit_files of the kernel, in this order
 *
 * Each labelled step is one system call or one access to shared memory; a kill may come before any of them.
 * Bounds: SIDES processes that any interleaving may run, KILLS of them killed, QUITS of them interrupted while they
 * wait for a peer.  When nothing moves any more a user who is never killed brings the partner that a side
 * still waits for, and at last one fresh transfer, which must work and leave nothing.
 *
 * Broken twins: see README.md.
 */
#ifndef SIDES
#define SIDES 3
#endif
#ifndef KILLS
#define KILLS 2
#endif
#ifndef QUITS
#define QUITS 1
#endif

#define MAXP (SIDES + 3) /* one partner, and the last two */
#define NG 2     /* sets and segments that can be there at the same time */
#define NI 4     /* inodes */
#ifndef V
#define V 20     /* SV_WEIGHT */
#define GONE 10  /* SV_GONE */
#endif

#define WRITER 0
#define READER 1
#define CLEANER 2
#define NONE 0   /* ids count from 1 */
#define STALE 7  /* an id whose object was removed: EINVAL, EIDRM */

/* Segment: by key, or marked for removal and gone with the last map. */
#define ABSENT 0
#define KEYED 1
#define MARKED 2

#define EMPTY 0
#define ATTACHING 1
#define ATTACHED 2
#define LEFT 3

#define RUNNING 0
#define DONE 1
#define FAILED 2

/* How a process ended. */
#define IDLE 0    /* not started */
#define ALIVE 1
#define ALONE 2   /* sleeps until a peer comes */
#define OK 3
#define DIED 4    /* the peer died */
#define PEER 5    /* the peer gave up */
#define BUSY 6
#define QUIT 7
#define KILLED 8

/* Files. */
byte link;              /* inode that the name leads to */
byte lock[NI + 1];      /* flock: 1 + process */
byte opens[NI + 1];
bit rec[NI + 1];        /* a record is in the file */
byte rec_seg[NI + 1];
byte rec_set[NI + 1];

/* Kernel objects. */
byte seg[NG + 1];
byte seg_ino[NG + 1];   /* its key */
byte maps[NG + 1];
bit set[NG + 1];
byte set_ino[NG + 1];
bit used[NG + 1];       /* sem_otime */
byte val[2 * NG + 2];

/* Header and sides of each segment. */
bit ready[NG + 1];
byte head_set[NG + 1];
byte slot[2 * NG + 2];
byte status[2 * NG + 2];
byte owner[2 * NG + 2]; /* who is in the slot: for the assertions only */

/* Processes. */
byte fd[MAXP];
byte hseg[MAXP];
bit mapped[MAXP];
byte hset[MAXP];
byte undo[MAXP];        /* set on which the kernel will add V */
byte fate[MAXP];
bit kill[MAXP];
byte kills, quits;
bit last;               /* the last transfer, which must work */

#define at(id, role) (2 * (id) + (role))

inline fresh_segment(id)
{
	id = 1;
	do
	:: id <= NG && seg[id] != ABSENT -> id++
	:: else -> break
	od;
	assert(id <= NG)
}

inline fresh_set(id)
{
	id = 1;
	do
	:: id <= NG && set[id] -> id++
	:: else -> break
	od;
	assert(id <= NG)
}

/* The memory goes; nobody's id leads to it any more. */
inline destroy_segment(id)
{
	seg[id] = ABSENT; seg_ino[id] = 0; ready[id] = 0; head_set[id] = 0;
	slot[at(id, 0)] = 0; slot[at(id, 1)] = 0;
	status[at(id, 0)] = 0; status[at(id, 1)] = 0;
	owner[at(id, 0)] = 0; owner[at(id, 1)] = 0;
	k = 0;
	do
	:: k < MAXP -> if :: hseg[k] == id -> hseg[k] = STALE :: else fi; k++
	:: else -> break
	od;
	k = 1;
	do
	:: k <= NI -> if :: rec_seg[k] == id -> rec_seg[k] = STALE :: else fi; k++
	:: else -> break
	od;
	k = 0
}

/* shmctl IPC_RMID */
inline remove_segment(id)
{
	if
	:: id != NONE && id != STALE && seg[id] == KEYED ->
		seg[id] = MARKED;
		if :: maps[id] == 0 -> destroy_segment(id) :: else fi
	:: else
	fi
}

/* munmap of both maps */
inline unmap()
{
	if
	:: mapped[me] ->
		mapped[me] = 0;
		maps[hseg[me]]--;
		if
		:: seg[hseg[me]] == MARKED && maps[hseg[me]] == 0 -> j = hseg[me]; destroy_segment(j); j = 0
		:: else
		fi;
	:: else
	fi;
	hseg[me] = NONE
}

/* semctl IPC_RMID: sleepers get EIDRM */
inline remove_set(id)
{
	set[id] = 0; set_ino[id] = 0; used[id] = 0; val[at(id, 0)] = 0; val[at(id, 1)] = 0;
	k = 0;
	do
	:: k < MAXP ->
		if :: undo[k] == id -> undo[k] = NONE :: else fi;
		if :: hset[k] == id -> hset[k] = STALE :: else fi;
		k++
	:: else -> break
	od;
	k = 1;
	do
	:: k <= NG -> if :: head_set[k] == id -> head_set[k] = STALE :: else fi; k++
	:: else -> break
	od;
	k = 1;
	do
	:: k <= NI -> if :: rec_set[k] == id -> rec_set[k] = STALE :: else fi; k++
	:: else -> break
	od;
	k = 0
}

/* Nobody alive is attached to a set that is about to go, or is just making it. */
inline check_nobody(id)
{
	k = 0;
	do
	:: k < MAXP ->
		assert(k == me || kill[k] || !(undo[k] == id || (hset[k] == id && lock[fd[k]] == k + 1)));
		k++
	:: else -> break
	od;
	k = 0
}

inline close_file()
{
	if
	:: fd[me] != 0 ->
		opens[fd[me]]--;
		if
		:: opens[fd[me]] == 0 && link != fd[me] -> rec[fd[me]] = 0; rec_seg[fd[me]] = 0; rec_set[fd[me]] = 0
		:: else
		fi;
		fd[me] = 0
	:: else
	fi
}

inline unlock()
{
	if :: lock[fd[me]] == me + 1 -> lock[fd[me]] = 0 :: else fi
}

/* sv_objects_remove, then the record: unlinked only if the name still leads to our file. */
inline remove_objects()
{
	d_step { j = hseg[me]; remove_segment(j); j = 0 };
	d_step {
		if
		:: hset[me] != NONE && hset[me] != STALE ->
			j = hset[me];
			check_nobody(j);
			remove_set(j);
			j = 0
		:: else
		fi
	};
	d_step { if :: link == fd[me] || role == CLEANER -> link = 0 :: else fi }
}

/* One bell on the semaphore that the other role sleeps on. */
inline ring()
{
	d_step { if :: hset[me] != STALE -> val[at(hset[me], role)]++ :: else fi }
}

/* semop(-1) on the semaphore that carries the peer's weight. */
inline sleep()
{
	atomic {
		if
		:: hset[me] == STALE
		:: hset[me] != STALE && val[at(hset[me], 1 - role)] > 0 -> val[at(hset[me], 1 - role)]--
		fi
	}
}

/* No segment is found: both weights are there, or the segment of the record is destroyed, so nobody has it mapped. */
#define set_forsaken (hset[me] == NONE || unused || (gone_w && gone_r) || segment_destroyed)
#ifdef SET_BELIEVED_ALONE
#define segment_destroyed false
#else
#define segment_destroyed (rec_seg[link] == STALE)
#endif

/* A value above zero wakes its sleeper anyway. */
#ifdef NEWCOMERS_RING_ON
#define newcomer_rings(r) (val[at(hset[me], r)] < 255)
#else
#define newcomer_rings(r) (val[at(hset[me], r)] == 0)
#endif

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
		/* Everybody goes by the path: the key of the file that it leads to now. */
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
			/* Nobody maps it; but a side that died may not have given its weight yet. */
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
		/* Marked by a side that saw its peer, and both died, since it was found: SV_EREMOVED, the caller tries again. */
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
	/* A side that waits alone, its segment removed by hand, is to find out. */
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
		/* a reset of the set by whoever attaches: it wipes every process's undo */
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

	/* finish: the writer says done and waits for the reader's word; the reader the other way round */
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
		/* {sem, +V, SEM_UNDO}: the weight given and the undo cancelled at once */
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
		/* The weight of the dead, on the semaphore that its peer sleeps on. */
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
		/* Nothing moves: whoever lives must be a side that waits, rightly, for one that never came. */
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
