/* SPDX-License-Identifier: MIT */
/*
 * trust.pml - whose objects are these: a channel at a path between two users, alice and bob, in one IPC namespace or two.
 * The file may be removed and made again with the same inode (and so the same key).  Mallory makes objects under that key,
 * or gives away objects whose headers name the set of other users.
 *
 *	step of the model            what it stands for
 *	open, lock, recheck          the rendezvous file and its lock
 *	gather, classify             what is under the key, whose, and which channel: decided from facts alone
 *	create, join, refuse         what sv_open does after that
 *	meet                         both sides are there, the data goes over
 *	leave                        sv_close: the last one out removes, if the kernel lets it
 *	clean                        svclean: each record, its proof, the removal
 *	death                        the kernel gives the weight, then frees the lock
 *
 * The two objects of a channel are one here; life.pml has them apart.  Creation and attach are one step under the lock.
 * The kernel lets only the maker of an object remove it.  Only mallory gives objects to alice or bob.  Bounds: a writer of
 * alice, a reader of bob, and a third process of any kind; KILLS kills; the file is made again at most once; mallory acts
 * at most once.  When all have ended, each user cleans once in each namespace: then only mallory's objects may be left.
 * After that alice and bob try once more.
 *
 * Broken twins: see README.md.
 */
#ifndef KILLS
#define KILLS 1
#endif

#define ALICE 0
#define BOB 1
#define MALLORY 2

#define WRITER 0
#define READER 1
#define CLEANER 2

#define OTHER 99 /* in place of a generation: an object of the user's other software */

#define MAXP 5 /* and the last two */
#define INCS 3 /* files that the path has led to, from 1 */

#define IDLE 0
#define ALIVE 1
#define OK 2
#define ALONE 3   /* gave up, or its peer left or died */
#define REFUSED 4
#define KILLED 5

byte file;            /* the file to which the path leads; all files have the same inode */
byte lock[INCS + 1];  /* 1 + process */

/* The object under the key in each namespace. */
bit exists[2];
byte gen[2];          /* generation: never the same twice */
byte maker[2];        /* cuid */
byte given[2];        /* uid */
byte of_file[2];      /* birth time of the file that it was made for */
byte holder[4];       /* 1 + process, by namespace and role; a dead one is 0 */
bit came[4];
byte next_gen = 1;

/* A record of each user, by user and namespace. */
bit rec[4];
byte rec_gen[4];
byte rec_file[4];

/* The header of an object that mallory gave away names the set of a channel. */
byte donated_to;      /* 1 + user */
bit mallory_free;

byte fate[MAXP];
byte owner_of[MAXP];  /* user */
byte my_file[MAXP + 1];
bit kill[MAXP];
byte kills;
bit last;

#ifdef ONE_RECORD_FOR_ALL_NAMESPACES
#define at_rec (2 * user)
#else
#define at_rec (2 * user + ns)
#endif
#define at_side(role) (2 * ns + (role))
#define others(n) (maker[n] == MALLORY || gen[n] == OTHER)
#define nobody (holder[2 * ns] == 0 && holder[2 * ns + 1] == 0)

/* A record of ours names the object, only we can have made it, and nobody is attached. */
#ifdef RECORD_WITHOUT_GENERATION
#define proven (rec[at_rec] && exists[ns] && maker[ns] == user && given[ns] == user && nobody)
#else
#define proven (rec[at_rec] && exists[ns] && rec_gen[at_rec] == gen[ns] && maker[ns] == user && given[ns] == user && nobody)
#endif

/* Device and inode are always the same here. */
#ifdef INODE_IS_IDENTITY
#define same_channel (true)
#else
#define same_channel (of_file[ns] == my_file[me])
#endif

/* Alice and bob agree with -m; mallory is not of their group. */
#ifdef JOIN_ANYBODY
#define trusted (true)
#endif
#ifdef TRUST_OWNER_NOT_MAKER
#define trusted (given[ns] != MALLORY)
#endif
#ifndef trusted
#define trusted (maker[ns] == given[ns] && maker[ns] != MALLORY)
#endif

/* Remove by id: if somebody else has removed it, no other object is removed. */
inline remove(which)
{
	d_step {
		if
		:: exists[ns] && gen[ns] == which ->
			/* Never remove an object of another user, or one in use by a live side whose file is still there. */
			assert(maker[ns] == user && gen[ns] != OTHER);
			assert(holder[2 * ns] == 0 || my_file[holder[2 * ns] - 1] != file);
			assert(holder[2 * ns + 1] == 0 || my_file[holder[2 * ns + 1] - 1] != file);
			holder[2 * ns] = 0; holder[2 * ns + 1] = 0;
			exists[ns] = 0; gen[ns] = 0; maker[ns] = 0; given[ns] = 0; of_file[ns] = 0;
			came[2 * ns] = 0; came[2 * ns + 1] = 0
		:: else
		fi
	}
}

/* Forget a record only if it names the objects that are gone: a new channel of the user has the same record file. */
#ifdef FORGET_UNCHECKED
#define names(which) (rec[at_rec])
#else
#define names(which) (rec[at_rec] && rec_gen[at_rec] == which)
#endif

inline forget(which)
{
	d_step { if :: names(which) -> rec[at_rec] = 0; rec_gen[at_rec] = 0; rec_file[at_rec] = 0 :: else fi }
}

inline lock_file()
{
	atomic { lock[my_file[me]] == 0 -> lock[my_file[me]] = me + 1 }
}

inline unlock()
{
	d_step { if :: lock[my_file[me]] == me + 1 -> lock[my_file[me]] = 0 :: else fi }
}

proctype side(byte me; byte user; byte role; bit ns)
{
	byte verdict, seen;

	{
	skip;
open:	my_file[me] = file;
	lock_file();
	if
	:: my_file[me] != file -> unlock(); goto open
	:: else
	fi;
	if
	:: atomic {
		!exists[ns] ->
		exists[ns] = 1; gen[ns] = next_gen; next_gen++; maker[ns] = user; given[ns] = user; of_file[ns] = my_file[me];
		rec[at_rec] = 1; rec_gen[at_rec] = gen[ns]; rec_file[at_rec] = my_file[me];
		seen = gen[ns];
		goto attach
	   }
	:: atomic { exists[ns] && proven -> seen = gen[ns] }; remove(seen); forget(seen); goto open_again
	:: atomic { exists[ns] && !proven && trusted && same_channel && !came[at_side(role)] && !nobody ->
		seen = gen[ns];
		goto attach
	   }
	:: exists[ns] && !proven && !(trusted && same_channel && !came[at_side(role)] && !nobody) ->
		/* Busy, ending, foreign, another file's, or a leftover of the other user. */
		assert(!last || others(ns));
		verdict = REFUSED;
		unlock();
		goto out
	fi;
open_again:
	unlock();
	goto open;

attach:
	atomic {
		if
		:: exists[ns] && gen[ns] == seen -> holder[at_side(role)] = me + 1; came[at_side(role)] = 1; unlock()
		:: else -> assert(my_file[me] != file); verdict = ALONE; unlock(); goto out   /* semop says EIDRM */
		fi
	};

	/* Meet: the other side comes, or has come and gone, or nobody comes. */
	if
	:: atomic { !exists[ns] || gen[ns] != seen -> assert(my_file[me] != file); verdict = ALONE; goto out }
	:: atomic {
		exists[ns] && gen[ns] == seen && holder[at_side(1 - role)] != 0 ->
		assert(my_file[holder[at_side(1 - role)] - 1] == my_file[me]);   /* both opened the same file */
		verdict = OK
	   }
	:: atomic { exists[ns] && gen[ns] == seen && holder[at_side(1 - role)] == 0 && came[at_side(1 - role)] ->
		/* The other side has left. */
		assert(maker[ns] != MALLORY);
		verdict = (last -> OK : ALONE) }
	:: atomic { timeout -> assert(!last); verdict = ALONE }
	fi;

	/* leave */
	lock_file();
	d_step { if :: holder[at_side(role)] == me + 1 -> holder[at_side(role)] = 0 :: else fi };
	if
	:: exists[ns] && gen[ns] == seen && nobody && maker[ns] == user ->
		remove(seen);
		forget(seen)
	:: exists[ns] && gen[ns] == seen && nobody && maker[ns] != user -> skip   /* EPERM: its maker's record stays */
	:: !exists[ns] || gen[ns] != seen -> skip
	:: exists[ns] && gen[ns] == seen && !nobody ->
#ifdef MAKER_FORGETS
		if :: maker[ns] == user -> forget(seen) :: else fi
#else
		skip
#endif
	fi;
	unlock();
out:	atomic { fate[me] = verdict; verdict = 0; seen = 0 }
	} unless {
		d_step {
			kill[me] ->
			if :: role < 2 && holder[at_side(role)] == me + 1 -> holder[at_side(role)] = 0 :: else fi;
			verdict = 0; seen = 0
		};
		unlock();
		fate[me] = KILLED
	}
}

proctype cleaner(byte me; byte user; bit ns)
{
	byte seen;

	{
#ifdef HEADER_BELIEVED
	/* The header of an object that we own names a set: remove that set. */
	if
	:: donated_to == user + 1 && exists[ns] -> remove(gen[ns]); donated_to = 0
	:: else
	fi;
#endif
	if
	:: !rec[at_rec] -> goto out
	:: else
	fi;
	my_file[me] = file;
	if
	:: atomic { lock[my_file[me]] == 0 -> lock[my_file[me]] = me + 1 }
	:: lock[my_file[me]] != 0 -> goto out   /* in use just now */
	fi;
	if
	:: my_file[me] != file -> unlock(); goto out
	:: else
	fi;
	if
	:: !rec[at_rec] -> skip
	:: atomic { proven -> seen = gen[ns] }; remove(seen); forget(seen)
	:: rec[at_rec] && !proven ->
		if
#ifdef CLEAN_FORGETS
		:: true -> forget(rec_gen[at_rec])
#else
		:: !exists[ns] || gen[ns] != rec_gen[at_rec] -> forget(rec_gen[at_rec])   /* its objects are no more */
		:: exists[ns] && gen[ns] == rec_gen[at_rec] -> skip        /* in use */
#endif
		fi
	fi;
	unlock();
out:	fate[me] = OK
	} unless {
		kill[me] -> unlock(); fate[me] = KILLED
	}
}

#define KILL(p) atomic { kills > 0 && fate[p] == ALIVE && !kill[p] -> kill[p] = 1; kills-- }

active proctype killer()
{
end:	do
	:: KILL(0)
	:: KILL(1)
	:: KILL(2)
	od
}

/* The file is removed and made again, with the same inode, while nobody has its lock. */
active proctype replacer()
{
end:	if
	:: d_step { !last && file == 1 && lock[1] == 0 -> file = 2 }
	fi
}

active proctype mallory()
{
end:	if
	:: atomic { mallory_free && !last && !exists[0] ->
		/* Make an object in advance, with any header. */
		mallory_free = 0;
		exists[0] = 1; gen[0] = next_gen; next_gen++; maker[0] = MALLORY; given[0] = MALLORY; of_file[0] = file;
		if
		:: holder[0] = 1 + MAXP; came[0] = 1
		:: holder[1] = 1 + MAXP; came[1] = 1
		:: true
		fi;
		if
		:: given[0] = ALICE
		:: true
		fi
	   }
	:: atomic { mallory_free && !last && !exists[0] ->
		/* This is not mallory but alice's other software. */
		mallory_free = 0;
		exists[0] = 1; gen[0] = OTHER; maker[0] = ALICE; given[0] = ALICE
	   }
	:: atomic { mallory_free && !last -> mallory_free = 0; if :: donated_to = 1 + ALICE :: donated_to = 1 + BOB fi }
	fi
}

#define all_ended (fate[0] != ALIVE && fate[1] != ALIVE && fate[2] != ALIVE)
#define CLEAN(u, n) atomic { fate[3] = ALIVE; run cleaner(3, u, n) }; atomic { fate[3] != ALIVE -> fate[3] = IDLE }

init {
	atomic {
		file = 1;
		select(kills: 0 .. KILLS);
		select(mallory_free: 0 .. 1);
		fate[0] = ALIVE; run side(0, ALICE, WRITER, 0);
		fate[1] = ALIVE; run side(1, BOB, READER, 0);
		fate[2] = ALIVE;
		if
		:: run side(2, ALICE, WRITER, 0)
		:: run side(2, BOB, WRITER, 0)
		:: run side(2, BOB, READER, 1)
		:: run side(2, ALICE, WRITER, 1)
		:: run cleaner(2, ALICE, 0)
		:: run cleaner(2, BOB, 0)
		:: run cleaner(2, ALICE, 1)
		fi
	};
	atomic { all_ended -> last = 1 };
	CLEAN(ALICE, 0);
	CLEAN(BOB, 0);
	CLEAN(ALICE, 1);
	CLEAN(BOB, 1);
	atomic {
		assert((!exists[0] || others(0)) && !exists[1]);
		assert(!rec[0] && !rec[1] && !rec[2] && !rec[3]);
		fate[3] = ALIVE; run side(3, ALICE, WRITER, 0);
		fate[4] = ALIVE; run side(4, BOB, READER, 0)
	};
	atomic {
		fate[3] != ALIVE && fate[4] != ALIVE ->
		assert((fate[3] == OK && fate[4] == OK) || others(0))
	}
}
