/* SPDX-License-Identifier: MIT */
/* channel.h - the inside of a handle, and what the files of the channel layer use of each other. */
#ifndef SV_CHANNEL_CHANNEL_H
#define SV_CHANNEL_CHANNEL_H

#include <stdbool.h>
#include <sys/types.h>

#include "channel/facts.h"
#include "os/semaphores.h"
#include "error.h"
#include "ring/layout.h"
#include "ring/pace.h"
#include "os/rendezvous.h"
#include "ring/ring.h"
#include "os/segment.h"
#include "ring/spin.h"

/* A want that no position reaches: only a status, a death or an interruption ends the wait. */
#define SV_NO_POSITION (UINT64_C(1) << 60)

/* A handle with a descriptor for events (see events.c): how it sleeps, and how the events end. */
struct sv_events {
	int (*sleep)(struct sv_events *events, const struct timespec *timeout);
	void (*stop)(struct sv_events *events, bool child);
};

struct sv_channel {
	/* What each message uses comes first: a few cache lines, and short offsets in the code. */
	struct sv_ring ring;
	unsigned kind;    /* what calls are allowed, see sv_channel_check() */
	bool numbered;    /* this is a resumable channel of messages, so they are counted; see number.c */
	uint64_t granted; /* bytes: of the last reserve or peek */
	/* A writer of messages: */
	uint64_t reserved; /* 1 + the length of the reserved message; 0: none */
	uint64_t staged;   /* bytes written but not published */
	/* A reader of messages: */
	uint64_t next;  /* the position after the peeked message; its own if none is peeked */
	uint64_t batch; /* the position after the last batch that was peeked */
	struct sv_fault fault;
	enum sv_role role;
	pid_t process; /* the process that opened the handle */
	unsigned flags;
	struct sv_rendezvous rv;
	struct sv_record record; /* the record of its objects */
	struct sv_source file;   /* the file that this side brought, for SV_RESUME */
	struct sv_segment segment;
	struct sv_header *header;
	int semid;
	struct sv_spin spin;
	struct sv_pace pace;
	_Atomic int interrupted;
	unsigned owed_bells; /* bells rung, or about to be, for sleeps that did not happen */
	bool peer_gone;      /* its weight was seen: do not sleep again, because each sleep takes one from the
	                        weight */
	struct timespec
		/* when a call that does not wait last asked the kernel about the peer */
		death_looked_at;
	bool removable;           /* IPC_RMID of the segment is still due when both are attached */
	struct sv_events *events; /* NULL: there are none */
	bool mute;                /* a bell could not be rung, and the caller was told */
	bool complete;            /* sv_finish() has returned SV_OK */
	bool end_seen;            /* reader: SV_END was returned */
	unsigned mark;            /* numbered: which of the two marks is in use */
	uint64_t number; /* messages before this side's position; SV_UNKNOWN: the marks were overwritten */
};

/*
 * options.c: copy the caller's options, which may be shorter or longer than this library's; check them.
 * SV_OK, SV_EINVAL, SV_ETOOBIG, SV_ESYSTEM.
 */
int sv_options_take(struct sv_options *own, const struct sv_options *theirs, struct sv_fault *fault);
int sv_options_check(const struct sv_options *options, enum sv_role role, int timeout_ms, uint64_t *capacity,
                     struct sv_fault *fault);

/*
 * create.c: make the objects, the record and the header, under the lock; and remove them again.  SV_OK;
 * SV_ESYSTEM with EEXIST: another object has taken the key meanwhile.
 */
int sv_channel_create(struct sv_channel *ch, const struct sv_options *options, uint64_t capacity);
void sv_channel_unmake(struct sv_channel *ch, int shmid);

/*
 * attach.c: become a side.  SV_OK; SV_ECORRUPT: the positions are impossible; SV_EREMOVED or SV_ESYSTEM: the
 * set cannot be used.
 */
int sv_channel_attach(struct sv_channel *ch, const struct sv_options *options);

/* source.c: note the file that this side brought, or refuse it: SV_OK or SV_ESOURCE. */
int sv_channel_take_file(struct sv_channel *ch);

/*
 * refuse.c: say why a channel was not opened, or that a previous transfer has not ended.  Sets the fault and
 * returns its code.
 */
int sv_channel_explain(struct sv_channel *ch, const struct sv_objects *objects,
                       const struct sv_answer *answer);
int sv_channel_not_ended(struct sv_channel *ch, const struct sv_objects *objects, int code);

/* wait.c: wait until want bytes of room or data, a verdict, or the time-out; see sv_reserve(). */
int sv_channel_wait(struct sv_channel *ch, uint64_t want, int timeout_ms);

/* Sleep until this side's bell: by sv_sem_sleep(), or on the descriptor for events. */
static inline int sv_channel_sleep(struct sv_channel *ch, const struct timespec *timeout)
{
	return ch->events == NULL ? sv_sem_sleep(ch->semid, ch->role, timeout)
	                          : ch->events->sleep(ch->events, timeout);
}

/* message.c: the bytes that a message uses in the ring, and the fewest that one can use. */
#define SV_MESSAGE_LEAST sizeof(uint64_t)
static inline uint64_t sv_message_framed(uint64_t length)
{
	return SV_MESSAGE_LEAST + ((length + 7) & ~UINT64_C(7));
}

/*
 * stream.c: the same for a writer.  SV_ETOOBIG if nobody will ever make room, because the data is to be left.
 */
int sv_channel_wait_room(struct sv_channel *ch, uint64_t want, int timeout_ms);

/*
 * Ring the peer's bell.  False only if the set is gone (the fault says so).  Without permission it sets the
 * fault once.
 */
bool sv_channel_ring(struct sv_channel *ch);

/* After a position was stored: a fence if one is needed, and the peer's bell if it is due. */
int sv_channel_stored(struct sv_channel *ch);

/*
 * Publish a position, or n more bytes.  Inline, because it is all that a message costs while both sides keep
 * up.
 */
static inline int sv_channel_publish_at(struct sv_channel *ch, uint64_t position)
{
	sv_ring_store(&ch->ring, position);
	return __builtin_expect(sv_ring_quiet(&ch->ring), 1) ? SV_OK : sv_channel_stored(ch);
}

static inline int sv_channel_publish(struct sv_channel *ch, uint64_t n)
{
	return sv_channel_publish_at(ch, ch->ring.position + n);
}

/* For a writer, after a look at the reader: has the reader finished before the writer? */
bool sv_reader_done_early(const struct sv_channel *ch);

/* Failures of a wait.  Each sets the fault and returns its code. */
int sv_peer_corrupt(struct sv_channel *ch, const char *what);
int sv_peer_died(struct sv_channel *ch);
int sv_channel_removed(struct sv_channel *ch);
int sv_channel_interrupted(struct sv_channel *ch);
int sv_channel_sleep_failed(struct sv_channel *ch, int code);

/* Tell the peer which CPU its spinning would compete for.  Returns that CPU, as sv_spin_cpu() does. */
uint32_t sv_channel_note_cpu(struct sv_channel *ch);

/* The peer's status as a code: SV_OK while it runs or when it is done, else SV_EPEER with the fault set. */
int sv_peer_verdict(struct sv_channel *ch, uint32_t status);

/* Mark the segment for removal once both sides are attached, unless the channel outlives its processes. */
void sv_channel_remove_early(struct sv_channel *ch);

/*
 * Does the peer's status concern this side?  A writer that leaves its data does not depend on readers, so a
 * reader that fails or dies makes no difference to it.
 */
static inline bool sv_channel_heeds_peer(const struct sv_channel *ch)
{
	return ch->role == SV_READER || (ch->flags & SV_DETACH) == 0;
}

static inline uint32_t sv_peer_status(const struct sv_channel *ch)
{
	return sv_channel_heeds_peer(ch) ? sv_status_of(ch->ring.peer) : SV_RUNNING;
}

/* number.c: continue the number of a predecessor; count messages that are about to be published. */
void sv_number_resume(struct sv_channel *ch);
void sv_number_add(struct sv_channel *ch, uint64_t bytes, uint64_t messages);

/* Which calls a handle allows: its role, what it carries, and whether it has published its final status. */
#define SV_KIND_READER 1u
#define SV_KIND_MESSAGES 2u
#define SV_KIND_FINISHED 4u

static inline bool sv_channel_finished(const struct sv_channel *ch)
{
	return (ch->kind & SV_KIND_FINISHED) != 0;
}

/* Say why a call is not allowed: SV_EINVAL or SV_EMODE. */
int sv_channel_refuse(struct sv_channel *ch, unsigned kind, const char *call);

static inline int sv_channel_check(struct sv_channel *ch, unsigned kind, const char *call)
{
	return __builtin_expect(ch->kind == kind, 1) ? SV_OK : sv_channel_refuse(ch, kind, call);
}

static inline const char *sv_role_name(enum sv_role role)
{
	return role == SV_WRITER ? "writer" : "reader";
}

#endif
