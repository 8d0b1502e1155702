/* SPDX-License-Identifier: MIT */
/* channel.h - the private side of a handle, and what the files of the channel layer need of each other. */
#ifndef SV_CHANNEL_CHANNEL_H
#define SV_CHANNEL_CHANNEL_H

#include <stdbool.h>
#include <sys/types.h>

#include "os/semaphores.h"
#include "error.h"
#include "ring/layout.h"
#include "ring/pace.h"
#include "os/rendezvous.h"
#include "ring/ring.h"
#include "os/segment.h"
#include "ring/spin.h"

#define SV_KEPT (SV_RESUME | SV_DETACH)           /* channels that outlive their processes */
#define SV_CARRIES (SV_MESSAGES | SV_RECORDS_NUL) /* what a channel carries: both sides agree on it */
#define SV_KIND_FLAGS (SV_CARRIES | SV_KEPT)      /* the flags that a header may hold */

/* A want that no position reaches: only a status, a death or an interruption ends the wait. */
#define SV_NO_POSITION (UINT64_C(1) << 60)

/* A handle with a descriptor for events, see events.c: how it sleeps, and how that ends. */
struct sv_events {
	int (*sleep)(struct sv_events *events, const struct timespec *timeout);
	void (*stop)(struct sv_events *events, bool child);
};

struct sv_channel {
	struct sv_fault fault;
	enum sv_role role;
	pid_t process; /* that opened the handle */
	unsigned flags;
	struct sv_rendezvous rv;
	struct sv_source file; /* that this side brought, for SV_RESUME */
	struct sv_segment segment;
	struct sv_header *header;
	int semid;
	struct sv_ring ring;
	struct sv_spin spin;
	struct sv_pace pace;
	_Atomic int interrupted;
	unsigned owed_bells; /* rung or about to be, for sleeps that did not happen */
	bool peer_gone;      /* its weight was seen: do not eat it up by sleeping again */
	struct timespec
		death_looked_at;  /* when a call that does not wait last asked the kernel after the peer */
	bool removable;           /* IPC_RMID of the segment is still to be done once both are attached */
	struct sv_events *events; /* NULL: none were asked for */
	bool mute;                /* a bell could not be rung: the caller was told */
	bool complete;            /* sv_finish() has returned SV_OK */
	unsigned kind;            /* what calls are allowed, see sv_channel_check() */
	bool end_seen;            /* reader: SV_END was returned */
	uint64_t granted;         /* bytes of the last reserve or peek */
	uint64_t staged;          /* message writer: bytes written but not published */
	uint64_t message;         /* message reader: bytes of the peeked message with its header, 0: none */
	unsigned char *place;     /* message writer: where the reserved message goes, NULL: none */
};

/* The objects under a key and what they say. */
struct sv_objects {
	int shmid; /* -1: none */
	int semid; /* -1: none */
	struct sv_segment_facts shm;
	struct sv_sem_facts sem;
	struct sv_record record;
};

/* How far to believe a header. */
enum sv_trust {
	SV_TRUST_OK,
	SV_TRUST_FOREIGN, /* not one of ours, or of another rendezvous */
	SV_TRUST_UNREADY, /* its creator died before it was complete, or it is all zero */
	SV_TRUST_CORRUPT  /* ours, but its geometry cannot be */
};

/* Judge a header against what the kernel says of the segment; rendezvous identity is checked if rv is not
 * NULL. */
enum sv_trust sv_header_judge(const struct sv_header *header, uint64_t bytes, const struct sv_rendezvous *rv);

/* Is a role present, in a channel whose header is trusted?  Only certain under the lock. */
enum sv_presence { SV_NEVER_CAME, SV_PRESENT, SV_HAS_GONE };
enum sv_presence sv_presence_of(const struct sv_header *header, const struct sv_sem_facts *sem,
                                enum sv_role role);

/* Is a channel that nobody is attached to still of use?  (detached or resumable with data) */
bool sv_header_of_use(const struct sv_header *header);

/*
 * Has a role, now gone, died, been interrupted or failed before it could see that a resumable transfer
 * succeeded?  Then the channel is kept for its successor, which ends with success at once, instead of waiting
 * for a peer that has no reason to come.
 */
bool sv_header_owed(const struct sv_header *header, enum sv_role role);

/* As sv_presence_of(); but whoever is attached has the segment mapped, whatever slots and semaphores say. */
enum sv_presence sv_objects_presence(const struct sv_objects *objects, const struct sv_header *header,
                                     enum sv_role role);

/* Files that were brought for SV_RESUME: the same one, and as it was? */
bool sv_source_is_same(const struct sv_source *a, const struct sv_source *b);
bool sv_source_is_unchanged(const struct sv_source *a, const struct sv_source *b);

/* Find the objects of a rendezvous.  SV_OK, SV_EREMOVED (they are just going), SV_ESYSTEM. */
int sv_objects_find(struct sv_objects *objects, const struct sv_rendezvous *rv, struct sv_fault *fault);

/* What a side that wants to attach makes of what it finds under a key. */
enum sv_found {
	SV_FOUND_NOTHING,  /* create */
	SV_FOUND_LEFTOVER, /* ours and of no use: remove, then create */
	SV_FOUND_JOIN,     /* attach */
	SV_FOUND_ENDING,   /* *gone is gone, the other about to go: wait, then look again */
	SV_FOUND_REFUSED   /* the fault says why */
};

/* Decide, under the lock.  A segment that is there is mapped into ch->segment. */
enum sv_found sv_judge(struct sv_channel *ch, const struct sv_objects *objects, enum sv_role *gone);

/* Remove objects and record.  0 or the first errno value. */
int sv_objects_remove(const struct sv_objects *objects, const struct sv_rendezvous *rv);

/* wait.c: wait until want bytes of room, a verdict, or the time is up; see sv_reserve(). */
int sv_channel_wait(struct sv_channel *ch, uint64_t want, int timeout_ms);

/* Sleep until this side is rung: sv_sem_sleep(), or the same on the descriptor for events. */
static inline int sv_channel_sleep(struct sv_channel *ch, const struct timespec *timeout)
{
	return ch->events == NULL ? sv_sem_sleep(ch->semid, ch->role, timeout)
	                          : ch->events->sleep(ch->events, timeout);
}

/* message.c: the bytes that a message takes in the ring, and the least that can be one. */
#define SV_MESSAGE_LEAST sizeof(uint64_t)
static inline uint64_t sv_message_framed(uint64_t length)
{
	return SV_MESSAGE_LEAST + ((length + 7) & ~UINT64_C(7));
}

/* Ring the peer; false only when the set is gone (the fault says so).  Without permission the fault says so
 * once. */
bool sv_channel_ring(struct sv_channel *ch);

/* Publish n bytes and ring if due.  Inline: this is all that a message costs while both sides keep up. */
static inline int sv_channel_publish(struct sv_channel *ch, uint64_t n)
{
	if (__builtin_expect(sv_ring_publish(&ch->ring, n), 0) && !sv_channel_ring(ch))
		return ch->fault.error.code;
	return SV_OK;
}

/* Writer, after a look at the reader: is it done although the writer still has something to say? */
bool sv_reader_done_early(const struct sv_channel *ch);

/* Failures of a wait, as codes with the fault set. */
int sv_peer_corrupt(struct sv_channel *ch, const char *what);
int sv_peer_died(struct sv_channel *ch);
int sv_channel_removed(struct sv_channel *ch);
int sv_channel_interrupted(struct sv_channel *ch);
int sv_channel_sleep_failed(struct sv_channel *ch, int code);

/* Tell the peer which CPU its spinning would compete for; that CPU, as sv_spin_cpu() gives it. */
uint32_t sv_channel_note_cpu(struct sv_channel *ch);

/* The peer's status as a code: SV_OK while it runs or when it is done, else SV_EPEER with the fault set. */
int sv_peer_verdict(struct sv_channel *ch, uint32_t status);

/* Mark the segment for removal as soon as both sides are attached, if that is how this channel lives. */
void sv_channel_remove_early(struct sv_channel *ch);

/* Which calls a handle allows: its role, what it carries, and whether its final status is published. */
#define SV_KIND_READER 1u
#define SV_KIND_MESSAGES 2u
#define SV_KIND_FINISHED 4u

static inline bool sv_channel_finished(const struct sv_channel *ch)
{
	return (ch->kind & SV_KIND_FINISHED) != 0;
}

/* Why a call is not allowed: SV_EINVAL or SV_EMODE. */
int sv_channel_refuse(struct sv_channel *ch, unsigned kind, const char *call);

static inline int sv_channel_check(struct sv_channel *ch, unsigned kind, const char *call)
{
	return __builtin_expect(ch->kind == kind, 1) ? SV_OK : sv_channel_refuse(ch, kind, call);
}

static inline const char *sv_role_name(enum sv_role role)
{
	return role == SV_WRITER ? "writer" : "reader";
}

static inline uint32_t sv_status_of(const struct sv_side_line *side)
{
	return atomic_load_explicit((_Atomic uint32_t *)&side->status, memory_order_acquire);
}

#endif
