/* SPDX-License-Identifier: MIT */
/*
 * fence.pml - why no wake-up is lost when the publisher has no full fence: the store-buffering pattern of src/lib/ring/ring.h
 * with the store buffers written out.
 *
 *	publisher                                    sleeper
 *	store position          sv_ring_publish      store wake            sv_ring_arm
 *	fence, or none (light)                       fence                 sv_full_fence
 *	load wake                                    look at the publisher's light
 *	reached: exchange, ring                      membarrier if light   sv_membarrier_run
 *	                                             look                  sv_ring_look
 *	                                             sleep                 sv_sem_sleep
 *
 * Each process has a store buffer of DEPTH entries, first in first out; its own stores reach memory when they leave it,
 * at any time (total store order, as x86 has it).  A fence waits until the own buffer is empty; an atomic exchange and a
 * system call imply one; membarrier empties the buffers of both.
 *
 * The publisher attaches at any time, LIVES times one after the other (a resumable channel), each time light or not.  Each
 * time it publishes PUBLISH positions and dies without a final status.  Before and within each publish it may become heavy
 * (sv_ring_weigh_down) or light (sv_ring_lighten), up to SWITCHES times in a life.  The sleeper waits for every position.  A
 * lost wake-up is a deadlock.
 *
 * Broken twins: see README.md.
 */
#ifndef PUBLISH
#define PUBLISH 2
#endif
#ifndef LIVES
#define LIVES 2
#endif
#ifndef DEPTH
#define DEPTH 2
#endif
#ifndef SWITCHES
#define SWITCHES 2
#endif

#define PUBLISHER 0
#define SLEEPER 1

/* Shared memory, and the semaphore. */
byte position;
bit light;
byte wake;            /* 0, or 1 + threshold */
byte bell;

/* Store buffers: which word, which value; the oldest first. */
#define POSITION 0
#define LIGHT 1
#define WAKE 2
byte word[2 * DEPTH];
byte value[2 * DEPTH];
byte used[2];

inline store(p, w, v)
{
	atomic {
		used[p] < DEPTH ->
		word[p * DEPTH + used[p]] = w;
		value[p * DEPTH + used[p]] = v;
		used[p]++
	}
}

inline drain_one(p)
{
	if
	:: word[p * DEPTH] == POSITION -> position = value[p * DEPTH]
	:: word[p * DEPTH] == LIGHT -> light = value[p * DEPTH]
	:: word[p * DEPTH] == WAKE -> wake = value[p * DEPTH]
	fi;
	used[p]--;
	k = 0;
	do
	:: k < DEPTH - 1 ->
		word[p * DEPTH + k] = word[p * DEPTH + k + 1];
		value[p * DEPTH + k] = value[p * DEPTH + k + 1];
		k++
	:: else -> break
	od;
	word[p * DEPTH + DEPTH - 1] = 0;
	value[p * DEPTH + DEPTH - 1] = 0;
	k = 0
}

#define drained(p) (used[p] == 0)

/* The stores in a buffer reach memory sooner or later. */
proctype cpu(bit p)
{
	byte k;

end:	do
	:: d_step { used[p] > 0 -> drain_one(p) }
	od
}

/* Sometimes change how to publish.  The store of 0 is a release: it leaves the buffer after the positions before it. */
inline may_switch()
{
#ifndef ONLY_FENCES
	if
	:: switches < SWITCHES && lightly ->
		switches++;
#ifndef HEAVY_IN_WORD_ONLY
		lightly = 0;
#endif
		store(PUBLISHER, LIGHT, 0)
	:: switches < SWITCHES && !lightly ->
		switches++;
		store(PUBLISHER, LIGHT, 1);
#ifndef LIGHT_WITHOUT_FENCE
		drained(PUBLISHER);
#endif
		lightly = 1
	:: true
	fi
#else
	skip
#endif
}

proctype publisher()
{
	byte w, lives, n, switches;
	bit lightly;

	do
	:: lives < LIVES ->
		lives++;
		/* enter: sv_membarrier_register may work or not */
		if
		:: lightly = 0
#ifndef ONLY_FENCES
		:: lightly = 1
#endif
		fi;
		store(PUBLISHER, LIGHT, lightly);
		/* the semop that attaches, with the arrival bell; it takes off the weight of the predecessor */
#ifdef NO_ARRIVAL_BELL
		atomic { drained(PUBLISHER) -> bell = 0 };
#else
		atomic { drained(PUBLISHER) -> bell = 1 };
#endif
		n = 0;
		switches = 0;
		do
		:: n < PUBLISH ->
			n++;
			may_switch();
			store(PUBLISHER, POSITION, (lives - 1) * PUBLISH + n);
#ifndef NO_FENCE
			if
			:: !lightly -> drained(PUBLISHER)
			:: else
			fi;
#endif
			may_switch();
			w = wake;
			if
			:: w != 0 && (lives - 1) * PUBLISH + n >= w - 1 ->
				atomic { drained(PUBLISHER) -> w = wake; wake = 0 };
				if
				:: w != 0 -> bell++
				:: else
				fi
			:: else
			fi;
			w = 0
		:: else -> break
		od;
		/* Death empties the buffer too.  Its weight wakes the sleeper, but goes when the next publisher attaches. */
		if
		:: lives < LIVES -> atomic { drained(PUBLISHER) -> bell++ }
		:: else
		fi
	:: else -> break
	od
}

proctype sleeper()
{
	byte want = 1, seen, owed, k;
	bit blind, peer_light;

	do
	:: want <= LIVES * PUBLISH ->
		store(SLEEPER, WAKE, 1 + want);
#ifdef LIGHT_BEFORE_FENCE
		peer_light = light;
#endif
#ifndef NO_SLEEPER_FENCE
		drained(SLEEPER);
#endif
#ifndef LIGHT_BEFORE_FENCE
		peer_light = light;
#endif
		blind = 0;
		if
		:: peer_light ->
#ifndef NO_MEMBARRIER
			if
#ifndef BLIND
			:: atomic {
				drained(SLEEPER) ->
				do
				:: used[PUBLISHER] > 0 -> drain_one(PUBLISHER)
				:: else -> break
				od
			   }
#else
			:: blind = 1     /* membarrier is not allowed here */
#endif
			fi
#else
			skip
#endif
		:: else
		fi;
		peer_light = 0;
		seen = position;
		if
		:: seen >= want ->
			atomic { drained(SLEEPER) -> if :: wake == 0 -> owed++ :: else fi; wake = 0 };
			if
			:: owed > 1 -> d_step { owed--; if :: bell > 0 -> bell-- :: else fi }
			:: else
			fi;
			want = seen + 1
		:: else ->
			if
			:: atomic { bell > 0 -> bell-- }
#ifndef NO_SLICES
			:: atomic { blind && timeout }     /* the slice of time is over */
#endif
			fi;
			atomic { drained(SLEEPER) -> wake = 0 }
		fi;
		seen = 0
	:: else -> break
	od
}

init {
	atomic {
		run cpu(PUBLISHER);
		run cpu(SLEEPER);
		run publisher();
		run sleeper()
	}
}
