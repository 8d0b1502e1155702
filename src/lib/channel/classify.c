/* SPDX-License-Identifier: MIT */
#include "channel/classify.h"

#include "ring/layout.h"

enum sv_presence sv_presence_of(unsigned slot, bool weight, bool mapped, bool locked)
{
	switch (slot) {
	case SV_SLOT_ATTACHING:
		/*
		 * We hold the lock, so no side is attaching now: this one died before the kernel knew of it.
		 * Treat it as if it had never come.
		 */
		return weight ? SV_HAS_DIED : locked ? SV_NEVER_CAME : SV_ARRIVING;
	case SV_SLOT_ATTACHED: return weight || !mapped ? SV_HAS_DIED : SV_PRESENT;
	case SV_SLOT_LEFT: return SV_HAS_LEFT;
	default: return SV_NEVER_CAME;
	}
}

static bool is_alive(enum sv_presence presence)
{
	return presence == SV_PRESENT || presence == SV_ARRIVING;
}

static bool is_gone(enum sv_presence presence)
{
	return presence == SV_HAS_DIED || presence == SV_HAS_LEFT;
}

bool sv_holds_data(const struct sv_facts *facts)
{
	/*
	 * The reader of a resumable channel is done only after its writer was done, even if that writer has
	 * died since.
	 */
	if (facts->segment != SV_SEGMENT_GOOD || facts->said[SV_READER] == SV_SAID_DONE)
		return false;
	return facts->kind == SV_DETACH ? facts->said[SV_WRITER] == SV_SAID_DONE
	                                : facts->kind == SV_RESUME && facts->begun;
}

bool sv_is_owed(const struct sv_facts *facts, enum sv_role role)
{
	if (facts->segment != SV_SEGMENT_GOOD || facts->kind != SV_RESUME || !facts->taken ||
	    facts->said[SV_READER] != SV_SAID_DONE || facts->side[role] == SV_NEVER_CAME)
		return false;
	return facts->side[role] != SV_HAS_LEFT || facts->said[role] != SV_SAID_DONE;
}

static bool anybody_is_owed(const struct sv_facts *facts)
{
	return sv_is_owed(facts, SV_WRITER) || sv_is_owed(facts, SV_READER);
}

/* Without this proof nothing is ever removed. */
static bool may_be_removed(const struct sv_facts *f)
{
	bool proven = f->record != SV_RECORD_NONE || (f->segment == SV_SEGMENT_GOOD && f->sole);
	bool visible = f->segment != SV_SEGMENT_DOUBT && f->set != SV_SET_DOUBT;

	return f->locked && f->own && !f->mapped && proven && visible && !is_alive(f->side[SV_WRITER]) &&
	       !is_alive(f->side[SV_READER]);
}

static struct sv_verdict verdict(const struct sv_facts *f, enum sv_state state, enum sv_removal removal,
                                 const char *reason)
{
	struct sv_verdict v = { .state = state, .reason = reason, .removal = removal };

	if (!may_be_removed(f))
		v.removal = SV_REMOVE_NO;
	/* Without the lock, a channel without sides may be one that is being opened or closed. */
	v.doubt = !f->locked &&
	          (state == SV_STATE_STALE || state == SV_STATE_CORRUPT || state == SV_STATE_FOREIGN ||
	           state == SV_STATE_OPENING || state == SV_STATE_CLOSING);
	return v;
}

/* No side is attached.  Without the lock this is not certain: a process may be attaching or leaving. */
static struct sv_verdict unattended(const struct sv_facts *f, bool coming, enum sv_removal removal,
                                    const char *reason)
{
	if (f->locked)
		return verdict(f, SV_STATE_STALE, removal, reason);
	return coming ? verdict(f, SV_STATE_OPENING, SV_REMOVE_NO, "a process is opening it")
	              : verdict(f, SV_STATE_CLOSING, SV_REMOVE_NO, "a process is closing it");
}

static struct sv_verdict classify_no_segment(const struct sv_facts *f)
{
	enum sv_presence writer = f->side[SV_WRITER], reader = f->side[SV_READER];

	if (f->set == SV_SET_NONE && f->record == SV_RECORD_NONE)
		return f->in_the_way ? verdict(f, SV_STATE_FOREIGN, SV_REMOVE_NO,
		                               "its key leads to an object of other software or another user")
		                     : verdict(f, SV_STATE_NOTHING, SV_REMOVE_NO, "there is nothing");
	if (f->set == SV_SET_NONE)
		return unattended(f, f->record == SV_RECORD_BEGUN, SV_REMOVE_YES, "only its record is left");
	/*
	 * An attached side has the segment mapped.  A mapped segment can be found by its id even after it has
	 * lost its key, so here no side is attached.
	 */
	if (f->record == SV_RECORD_FULL)
		return unattended(f, false, SV_REMOVE_YES,
		                  "both sides are gone, only the semaphores are left");
	if (f->record == SV_RECORD_BEGUN)
		return unattended(f, true, SV_REMOVE_YES, "its maker died while making it");
	/* A channel with a path of which we have no record: only its semaphores can be seen. */
	if (is_gone(writer) && is_gone(reader))
		return unattended(f, false, SV_REMOVE_NO,
		                  "both sides are gone, its maker left the semaphores");
	if (is_gone(writer) || is_gone(reader))
		return verdict(f, SV_STATE_FINISHING, SV_REMOVE_NO,
		               is_gone(writer) ? "the writer is gone, the reader is about to end"
		                               : "the reader is gone, the writer is about to end");
	return verdict(f, SV_STATE_RUNNING, SV_REMOVE_NO, "both sides are attached");
}

static struct sv_verdict classify_alone(const struct sv_facts *f, enum sv_role here)
{
	enum sv_presence other = f->side[here == SV_WRITER ? SV_READER : SV_WRITER];
	bool writer = here == SV_WRITER;

	if (other == SV_NEVER_CAME)
		return verdict(f, writer ? SV_STATE_WAITING_READER : SV_STATE_WAITING_WRITER, SV_REMOVE_NO,
		               writer ? "no reader has come" : "no writer has come");
	if (f->kind == SV_RESUME)
		return verdict(f, SV_STATE_RESUMABLE, SV_REMOVE_NO,
		               writer ? "the reader is gone, the writer waits for the next"
		                      : "the writer is gone, the reader waits for the next");
	if (f->kind == SV_DETACH)
		return writer ? verdict(f, SV_STATE_WAITING_READER, SV_REMOVE_NO, "the last reader is gone")
		              : verdict(f, SV_STATE_RUNNING, SV_REMOVE_NO,
		                        "the reader takes what was left for it");
	return verdict(f, SV_STATE_FINISHING, SV_REMOVE_NO,
	               writer ? "the reader is gone, the writer is about to end"
	                      : "the writer is gone, the reader is about to end");
}

static struct sv_verdict classify_attached(const struct sv_facts *f)
{
	enum sv_presence writer = f->side[SV_WRITER], reader = f->side[SV_READER];

	if (writer == SV_ARRIVING || reader == SV_ARRIVING)
		return verdict(f, SV_STATE_OPENING, SV_REMOVE_NO, "a process is attaching to it");
	if (writer == SV_PRESENT && reader == SV_PRESENT)
		return verdict(f, SV_STATE_RUNNING, SV_REMOVE_NO, "writer and reader are attached");
	if (writer == SV_PRESENT || reader == SV_PRESENT)
		return classify_alone(f, writer == SV_PRESENT ? SV_WRITER : SV_READER);
	if (sv_holds_data(f))
		return f->kind == SV_DETACH ? verdict(f, SV_STATE_DETACHED, SV_REMOVE_WITH_ALL,
		                                      "data was left for a reader")
		                            : verdict(f, SV_STATE_RESUMABLE, SV_REMOVE_WITH_ALL,
		                                      "stopped half-way, can go on");
	if (f->mapped)
		return verdict(f, f->locked ? SV_STATE_FINISHING : SV_STATE_CLOSING, SV_REMOVE_NO,
		               "both sides are gone but the segment is still mapped");
	if (anybody_is_owed(f))
		return verdict(
			f, SV_STATE_RESUMABLE, SV_REMOVE_WITH_ALL,
			sv_is_owed(f, SV_WRITER)
				? "complete, but its writer ended before it knew that: start the writer again"
				: "complete, but its reader ended before it knew that: start the reader "
				  "again");
	return unattended(f, writer == SV_NEVER_CAME && reader == SV_NEVER_CAME, SV_REMOVE_YES,
	                  "both sides are gone");
}

struct sv_verdict sv_classify(const struct sv_facts *f)
{
	if (f->segment == SV_SEGMENT_DOUBT || f->set == SV_SET_DOUBT)
		return verdict(f, SV_STATE_FOREIGN, SV_REMOVE_NO,
		               "its segment or its semaphores may not be looked at");
	switch (f->segment) {
	case SV_SEGMENT_NONE: return classify_no_segment(f);
	case SV_SEGMENT_UNREADY:
		if (f->mapped && f->locked)
			return verdict(f, SV_STATE_CORRUPT, SV_REMOVE_NO,
			               "it was overwritten: it is no longer ready");
		if (f->record == SV_RECORD_NONE)
			return verdict(f, SV_STATE_FOREIGN, SV_REMOVE_NO,
			               "its segment is empty or not ready");
		return unattended(f, true, SV_REMOVE_YES, "its maker died while making it");
	case SV_SEGMENT_VERSION:
		return verdict(f, SV_STATE_CORRUPT, SV_REMOVE_WITH_ALL,
		               "it was made by another version, or overwritten");
	case SV_SEGMENT_CORRUPT:
		return verdict(f, SV_STATE_CORRUPT, SV_REMOVE_YES,
		               "it was overwritten: it has impossible values");
	default: break;
	}
	if (f->set != SV_SET_NONE)
		return classify_attached(f);
	if (f->record == SV_RECORD_NONE && f->in_the_way)
		return verdict(f, SV_STATE_FOREIGN, SV_REMOVE_NO,
		               "a set of semaphores that is not its own has its key");
	if (f->mapped)
		return verdict(f, f->locked ? SV_STATE_FINISHING : SV_STATE_CLOSING, SV_REMOVE_NO,
		               "its semaphores were removed, a process is still attached");
	return unattended(f, f->record == SV_RECORD_BEGUN, SV_REMOVE_YES,
	                  "its semaphores are gone and nobody is attached");
}

static struct sv_answer step(enum sv_step what)
{
	return (struct sv_answer){ .step = what };
}

static struct sv_answer refuse(int code, enum sv_advice advice, const char *why)
{
	return (struct sv_answer){ .step = SV_STEP_REFUSE, .code = code, .advice = advice, .why = why };
}

static enum sv_advice advice_of(enum sv_removal removal)
{
	return removal == SV_REMOVE_YES        ? SV_ADVICE_CLEAN
	       : removal == SV_REMOVE_WITH_ALL ? SV_ADVICE_CLEAN_ALL
	                                       : SV_ADVICE_OTHER_CHANNEL;
}

/* Remove what nobody needs, or say who can remove it. */
static struct sv_answer replace(const struct sv_facts *f, enum sv_removal removal)
{
	if (removal != SV_REMOVE_NO)
		return step(SV_STEP_REPLACE);
	if (!f->own)
		return refuse(SV_EFOREIGN, SV_ADVICE_OTHER_CHANNEL,
		              "another user's transfer left objects that only that user may remove");
	if (f->record == SV_RECORD_NONE)
		return refuse(SV_EFOREIGN, SV_ADVICE_OTHER_CHANNEL,
		              "objects of yours have its key, but nothing proves that they are svipc's");
	return refuse(SV_EBUSY, SV_ADVICE_WAIT,
	              "a process is still attached to the objects of an earlier transfer");
}

static struct sv_answer busy(enum sv_role role)
{
	return refuse(SV_EBUSY, SV_ADVICE_WAIT,
	              role == SV_WRITER ? "busy: it has a writer" : "busy: it has a reader");
}

/* Would both sides expect the same of the channel? */
static struct sv_answer join(const struct sv_facts *f, const struct sv_wish *wish)
{
	if (!wish->same_content)
		return refuse(SV_EMODE, SV_ADVICE_NONE, "the other kind of content");
	if (f->kind == SV_RESUME && wish->kind != SV_RESUME)
		return refuse(SV_EMODE, SV_ADVICE_RESUME, "it is resumable");
	if (f->kind != SV_RESUME && wish->kind == SV_RESUME)
		return refuse(SV_EMODE, SV_ADVICE_NO_RESUME, "it is not resumable");
	return step(SV_STEP_JOIN);
}

static struct sv_answer admit_unattended(const struct sv_facts *f, const struct sv_wish *wish,
                                         enum sv_removal removal)
{
	if (!sv_holds_data(f)) {
		if (f->mapped)
			return step(SV_STEP_WAIT);
		/* The transfer succeeded, but the last process in this role died before it learned so. */
		if (sv_is_owed(f, wish->role) && wish->kind == SV_RESUME && wish->same_content &&
		    wish->same_source)
			return step(SV_STEP_JOIN);
		return replace(f, removal);
	}
	if (f->kind == SV_DETACH && wish->role == SV_WRITER)
		return refuse(SV_EBUSY, SV_ADVICE_TAKE, "it holds data that was left for a reader");
	return join(f, wish);
}

static struct sv_answer admit_attached(const struct sv_facts *f, const struct sv_wish *wish)
{
	enum sv_role peer = wish->role == SV_WRITER ? SV_READER : SV_WRITER;

	/* One side has left an ordinary transfer, so the other is about to leave. */
	if (f->kind == 0 && (is_gone(f->side[wish->role]) || is_gone(f->side[peer])))
		return step(SV_STEP_WAIT);
	if (is_alive(f->side[wish->role]))
		return busy(wish->role);
	if (f->kind == SV_RESUME)
		return join(f, wish);
	/*
	 * Detached: beside a live writer only the role of the reader is free.  Readers follow each other
	 * until one has taken everything.
	 */
	if (f->kind == SV_DETACH && is_alive(f->side[SV_WRITER]) && f->said[SV_READER] != SV_SAID_DONE)
		return join(f, wish);
	if (is_gone(f->side[wish->role]) || is_gone(f->side[peer]))
		return step(SV_STEP_WAIT);
	return join(f, wish);
}

struct sv_answer sv_admit(const struct sv_facts *f, const struct sv_wish *wish)
{
	struct sv_verdict v = sv_classify(f);
	bool objects = f->segment != SV_SEGMENT_NONE || f->set != SV_SET_NONE;

	if (!objects && f->in_the_way)
		return wish->named ? step(SV_STEP_RENEW)
		                   : refuse(SV_EFOREIGN, SV_ADVICE_OTHER_CHANNEL,
		                            "an object that is not this channel's has its key");
	if (!objects)
		return step(SV_STEP_CREATE);
	if (v.state == SV_STATE_FOREIGN)
		return refuse(SV_EFOREIGN, SV_ADVICE_OTHER_CHANNEL, v.reason);
	if (f->other_file)
		return v.removal == SV_REMOVE_YES && !sv_holds_data(f)
		               ? step(SV_STEP_REPLACE)
		               : refuse(SV_EFOREIGN, advice_of(v.removal),
		                        "its key leads to the channel of an earlier file, "
		                        "since removed or replaced");
	if (v.state == SV_STATE_CORRUPT)
		return refuse(SV_ECORRUPT, v.removal == SV_REMOVE_NO ? SV_ADVICE_NONE : advice_of(v.removal),
		              v.reason);
	if (f->segment != SV_SEGMENT_GOOD || f->set == SV_SET_NONE) {
		/* Nobody can take the data any more.  But only its owner decides that it is not needed. */
		if (v.removal == SV_REMOVE_YES && sv_holds_data(f))
			return refuse(
				SV_EREMOVED, SV_ADVICE_CLEAN,
				"its semaphores were removed, so nobody can take the data that was left");
		if (v.state == SV_STATE_STALE)
			return replace(f, v.removal);
		if (f->segment == SV_SEGMENT_GOOD)
			return refuse(SV_EBUSY, SV_ADVICE_WAIT, v.reason);
		if (v.state == SV_STATE_FINISHING)
			return step(SV_STEP_WAIT);
		return refuse(SV_EBUSY, SV_ADVICE_WAIT, "busy: a transfer is running");
	}
	if (is_alive(f->side[SV_WRITER]) || is_alive(f->side[SV_READER]))
		return admit_attached(f, wish);
	return admit_unattended(f, wish, v.removal);
}
