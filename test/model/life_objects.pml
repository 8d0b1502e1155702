/* SPDX-License-Identifier: MIT */
/* life_objects.pml - a part of life.pml: files, kernel objects, segments, processes, and the steps that change them. */

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

/* A segment is found by its key, or is marked for removal and goes with its last mapping. */
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
byte owner[2 * NG + 2]; /* the process in the slot: for the assertions only */

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

/* The memory goes, and all ids of it become stale. */
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

/* No live process is attached to a set that is about to go, or is just making it. */
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

/* A set without a segment is a leftover if both weights are there, or if the segment of the record is destroyed, because
   then no process has it mapped. */
#define set_forsaken (hset[me] == NONE || unused || (gone_w && gone_r) || segment_destroyed)
#ifdef SET_BELIEVED_ALONE
#define segment_destroyed false
#else
#define segment_destroyed (rec_seg[link] == STALE)
#endif

/* A value above zero wakes the sleeper without another bell. */
#ifdef NEWCOMERS_RING_ON
#define newcomer_rings(r) (val[at(hset[me], r)] < 255)
#else
#define newcomer_rings(r) (val[at(hset[me], r)] == 0)
#endif
