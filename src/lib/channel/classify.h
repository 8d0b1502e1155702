/* SPDX-License-Identifier: MIT */
/*
 * classify.h - decides which state a channel is in, who may join it, and whether it may be removed.
 *
 *	gather (facts.c)  ->  struct sv_facts  ->  sv_classify  ->  state, reason, removal
 *	                                      \->  sv_admit     ->  what sv_open() does
 *
 * Opening, looking and cleaning all ask here, so they cannot disagree.  These are pure functions of plain
 * facts: no system call, no pointer into shared memory.  test/unit/classify_test.c walks all combinations
 * of the facts.
 */
#ifndef SV_CHANNEL_CLASSIFY_H
#define SV_CHANNEL_CLASSIFY_H

#include <stdbool.h>

#include "svipc.h"

/* Channels that outlive their processes. */
#define SV_KEPT (SV_RESUME | SV_DETACH)

enum sv_record_fact {
	SV_RECORD_NONE,
	SV_RECORD_BEGUN, /* written before the objects were created */
	SV_RECORD_FULL   /* names both objects */
};

enum sv_segment_fact {
	SV_SEGMENT_NONE,
	SV_SEGMENT_DOUBT,   /* it exists, but we may not inspect it */
	SV_SEGMENT_UNREADY, /* its creator has not completed it, or it was overwritten with zeros */
	SV_SEGMENT_VERSION, /* made by another version of the layout */
	SV_SEGMENT_CORRUPT, /* our record names it, but its contents are impossible */
	SV_SEGMENT_GOOD     /* has this generation, and its geometry is valid */
};

enum sv_set_fact {
	SV_SET_NONE,
	SV_SET_DOUBT, /* there, but we may not look at it */
	SV_SET_NEW,   /* no side has ever attached */
	SV_SET_GOOD
};

enum sv_presence {
	SV_NEVER_CAME,
	SV_ARRIVING, /* about to attach; only seen without the lock */
	SV_PRESENT,
	SV_HAS_DIED,
	SV_HAS_LEFT
};

enum sv_word { SV_SAID_NOTHING, SV_SAID_DONE, SV_SAID_FAILED };

/* All that a judgement depends on. */
struct sv_facts {
	enum sv_record_fact record;
	enum sv_segment_fact segment;
	enum sv_set_fact set;
	bool locked; /* the caller holds the lock of the rendezvous, or no process can find the rendezvous any
	                more */
	bool own;    /* each object that is there: cuid == uid == euid */
	bool sole;   /* and only this user may write to the segment */
	bool mapped; /* a process has the segment mapped */
	bool in_the_way; /* another object has this channel's key */
	bool other_file; /* it was made for an earlier file with the same inode */
	enum sv_presence side[2];
	enum sv_word said[2];
	bool begun;    /* the writer has published bytes */
	bool taken;    /* the reader has released all of them */
	unsigned kind; /* 0, SV_RESUME or SV_DETACH */
};

enum sv_removal { SV_REMOVE_NO, SV_REMOVE_WITH_ALL, SV_REMOVE_YES };

/* There is no channel at all. This state never leaves the library. */
#define SV_STATE_NOTHING ((enum sv_state) - 1)

struct sv_verdict {
	enum sv_state state;
	const char *reason;
	enum sv_removal removal;
	bool doubt; /* seen without the lock, so perhaps it is just changing: look again */
};

struct sv_verdict sv_classify(const struct sv_facts *facts);

/* What the caller of sv_open() wants. */
struct sv_wish {
	enum sv_role role;
	bool named;
	unsigned kind;     /* SV_RESUME, SV_DETACH or 0 */
	bool same_content; /* bytes or messages, as the channel that is there */
	bool same_source;  /* the file that the first one in this role brought */
};

enum sv_step {
	SV_STEP_CREATE,
	SV_STEP_RENEW,   /* give up this key: make another rendezvous file, then create */
	SV_STEP_REPLACE, /* remove the objects, then look again */
	SV_STEP_JOIN,
	SV_STEP_WAIT, /* a transfer is just ending: look again */
	SV_STEP_REFUSE
};

struct sv_answer {
	enum sv_step step;
	int code; /* of a refusal */
	enum sv_advice advice;
	const char *why;
};

struct sv_answer sv_admit(const struct sv_facts *facts, const struct sv_wish *wish);

/*
 * Is a side attached? From its slot and from the weight on its semaphore.  A side without a mapping is never
 * attached.
 */
enum sv_presence sv_presence_of(unsigned slot, bool weight, bool mapped, bool locked);

/* Does the channel hold data for a process that comes later? */
bool sv_holds_data(const struct sv_facts *facts);

/*
 * Did this role die or fail before it learned that a resumable transfer had succeeded? Then its successor
 * must be told so, and must not wait for a peer that has no reason to come.
 */
bool sv_is_owed(const struct sv_facts *facts, enum sv_role role);

#endif
