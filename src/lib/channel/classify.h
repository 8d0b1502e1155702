/* SPDX-License-Identifier: MIT */
/*
 * classify.h - the one judgement: what state a channel is in, who may enter it, and whether it may be
 *removed.
 *
 *	gather (facts.c)  ->  struct sv_facts  ->  sv_classify  ->  state, reason, removal
 *	                                      \->  sv_admit     ->  what sv_open() does
 *
 * Opening, looking and cleaning all ask here, so they cannot disagree.  These are pure functions of plain
 *facts: no system call, no pointer into shared memory.  test/unit/classify_test.c walks all combinations of
 *the facts.
 */
#ifndef SV_CHANNEL_CLASSIFY_H
#define SV_CHANNEL_CLASSIFY_H

#include <stdbool.h>

#include "svipc.h"

/* Channels that outlive their processes. */
#define SV_KEPT (SV_RESUME | SV_DETACH)

enum sv_record_fact {
	SV_RECORD_NONE,
	SV_RECORD_BEGUN, /* written before the objects were made */
	SV_RECORD_FULL   /* names both objects */
};

enum sv_segment_fact {
	SV_SEGMENT_NONE,
	SV_SEGMENT_DOUBT,   /* there, but we may not look at it */
	SV_SEGMENT_UNREADY, /* its maker has not completed it, or it was overwritten with zeros */
	SV_SEGMENT_VERSION, /* made by another version of the layout */
	SV_SEGMENT_CORRUPT, /* recorded as ours, but it holds what cannot be */
	SV_SEGMENT_GOOD     /* of this generation, geometry checked */
};

enum sv_set_fact {
	SV_SET_NONE,
	SV_SET_DOUBT, /* there, but we may not look at it */
	SV_SET_NEW,   /* nobody has ever attached */
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
	bool locked;     /* the caller holds the lock of the rendezvous, or nobody can come by it any more */
	bool own;        /* each object that is there: cuid == uid == euid */
	bool sole;       /* and nobody but this user may write to the segment */
	bool mapped;     /* somebody has the segment mapped */
	bool in_the_way; /* an object that is not this channel's has the key */
	bool other_file; /* it was made for an earlier file with the same inode */
	enum sv_presence side[2];
	enum sv_word said[2];
	bool begun;    /* the writer has published bytes */
	bool taken;    /* the reader has released all of them */
	unsigned kind; /* 0, SV_RESUME or SV_DETACH */
};

enum sv_removal { SV_REMOVE_NO, SV_REMOVE_WITH_ALL, SV_REMOVE_YES };

/* A state that only exists between these files: there is nothing at all. */
#define SV_STATE_NOTHING ((enum sv_state) - 1)

struct sv_verdict {
	enum sv_state state;
	const char *reason;
	enum sv_removal removal;
	bool doubt; /* seen without the lock, and perhaps only on its way to another state: look again */
};

struct sv_verdict sv_classify(const struct sv_facts *facts);

/* What sv_open() brings. */
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
	SV_STEP_REPLACE, /* remove what is there, then look again */
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

/* Where is a side, by its slot and whether its weight has fallen?  Nobody is attached without a mapping. */
enum sv_presence sv_presence_of(unsigned slot, bool weight, bool mapped, bool locked);

/* Is it of use to somebody who comes later, though nobody is attached? */
bool sv_holds_data(const struct sv_facts *facts);

/*
 * Has a role, now gone, died or failed before it could learn that a resumable transfer succeeded?  Then its
 * successor is to be told so, instead of waiting for a peer that has no reason to come.
 */
bool sv_is_owed(const struct sv_facts *facts, enum sv_role role);

#endif
