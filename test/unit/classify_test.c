/* SPDX-License-Identifier: MIT */
/*
 * The decision about a channel, for every combination of the facts: the state that svstat shows, what svclean
 * does and what sv_open() answers never contradict each other, and nothing alive, foreign or in doubt is ever
 * removed.
 */
#include <string.h>

#include "channel/classify.h"
#include "ring/layout.h"
#include "tap.h"

/* Each invariant counts its violations; the first of each is shown. */
enum invariant {
	REMOVAL_IS_PROVEN,
	NOBODY_ALIVE_IS_REMOVED,
	DOUBT_IS_NEVER_REMOVED,
	DATA_NEEDS_ALL,
	UNLOCKED_IS_NEVER_REMOVED,
	STALE_OF_OURS_HAS_A_WAY_OUT,
	LIVE_IS_CALLED_LIVE,
	REPLACED_WHAT_MAY_BE_REMOVED,
	JOINED_WHAT_IS_GOOD_AND_FREE,
	CREATED_WHERE_NOTHING_IS,
	REFUSAL_SAYS_WHY,
	ADVICE_TO_CLEAN_HELPS,
	EARLIER_FILE_IS_NEVER_JOINED,
	FOREIGN_IS_NEVER_TOUCHED,
	LOOKED_AT_UNLOCKED_IS_IN_DOUBT,
	ENDING_IS_WAITED_FOR,
	DETACHED_ONCE,
	INVARIANTS
};

static const char *const words[INVARIANTS] = {
	"what is removed is proved to be ours",
	"nobody alive is removed",
	"what may not be looked at is never removed",
	"data, a verdict that is owed and another version are removed with all = 1 only",
	"nothing is removed without the lock",
	"what is stale or corrupt and ours can be removed",
	"a side that is present makes no channel stale or detached",
	"opening replaces only what cleaning may remove, or a verdict of another transfer",
	"opening joins only a good channel whose role is free",
	"opening creates only where nothing is",
	"a refusal has a code and a reason",
	"where cleaning is advised, cleaning removes it",
	"the channel of an earlier file is never joined",
	"what is called foreign is neither removed, joined nor replaced",
	"without the lock a state without live sides is in doubt, with it none is",
	"a process that comes while an ordinary transfer ends waits for its end",
	"data that is left has one writer, and no reader after it was taken",
};

static unsigned long violations[INVARIANTS], combinations, answers;

static void violated(enum invariant which, const struct sv_facts *f, const struct sv_verdict *v,
                     const struct sv_answer *a)
{
	if (violations[which]++ == 0)
		printf("# %s: record %d segment %d set %d locked %d own %d sole %d mapped %d in_the_way %d "
		       "other_file %d "
		       "sides %d %d said %d %d begun %d taken %d kind %u: state %d (%s) removal %d; step %d "
		       "code %d\n",
		       words[which], f->record, f->segment, f->set, f->locked, f->own, f->sole, f->mapped,
		       f->in_the_way, f->other_file, f->side[0], f->side[1], f->said[0], f->said[1], f->begun,
		       f->taken, f->kind, v->state, v->reason, v->removal, a != NULL ? (int)a->step : -1,
		       a != NULL ? a->code : 0);
}

static bool is_alive(enum sv_presence presence)
{
	return presence == SV_PRESENT || presence == SV_ARRIVING;
}

static bool anybody_owed(const struct sv_facts *f)
{
	return sv_is_owed(f, SV_WRITER) || sv_is_owed(f, SV_READER);
}

/* A state that a channel shows for a moment while a side comes or goes. */
static bool passes(enum sv_state state)
{
	switch (state) {
	case SV_STATE_STALE:
	case SV_STATE_CORRUPT:
	case SV_STATE_FOREIGN:
	case SV_STATE_OPENING:
	case SV_STATE_CLOSING: return true;
	default: return false;
	}
}

static void check_verdict(const struct sv_facts *f, const struct sv_verdict *v)
{
	bool alive = is_alive(f->side[SV_WRITER]) || is_alive(f->side[SV_READER]);
	bool nothing = f->segment == SV_SEGMENT_NONE && f->set == SV_SET_NONE;

	if (v->removal != SV_REMOVE_NO) {
		if (!f->own || (f->record == SV_RECORD_NONE && !(f->sole && f->segment == SV_SEGMENT_GOOD)))
			violated(REMOVAL_IS_PROVEN, f, v, NULL);
		if (alive || f->mapped)
			violated(NOBODY_ALIVE_IS_REMOVED, f, v, NULL);
		if (f->segment == SV_SEGMENT_DOUBT || f->set == SV_SET_DOUBT)
			violated(DOUBT_IS_NEVER_REMOVED, f, v, NULL);
		if (!f->locked)
			violated(UNLOCKED_IS_NEVER_REMOVED, f, v, NULL);
		if (v->state == SV_STATE_FOREIGN)
			violated(FOREIGN_IS_NEVER_TOUCHED, f, v, NULL);
	}
	if (v->doubt != (!f->locked && passes(v->state)))
		violated(LOOKED_AT_UNLOCKED_IS_IN_DOUBT, f, v, NULL);
	if (v->removal == SV_REMOVE_YES && f->set != SV_SET_NONE &&
	    (sv_holds_data(f) || anybody_owed(f) || f->segment == SV_SEGMENT_VERSION))
		violated(DATA_NEEDS_ALL, f, v, NULL);
	if ((v->state == SV_STATE_STALE || v->state == SV_STATE_CORRUPT) && f->locked && f->own &&
	    !f->mapped && !alive && f->record != SV_RECORD_NONE && v->removal == SV_REMOVE_NO)
		violated(STALE_OF_OURS_HAS_A_WAY_OUT, f, v, NULL);
	if (f->segment == SV_SEGMENT_GOOD && f->set != SV_SET_NONE && f->set != SV_SET_DOUBT && alive &&
	    !nothing &&
	    (v->state == SV_STATE_STALE || v->state == SV_STATE_DETACHED || v->state == SV_STATE_CLOSING))
		violated(LIVE_IS_CALLED_LIVE, f, v, NULL);
}

static bool is_gone(enum sv_presence presence)
{
	return presence == SV_HAS_DIED || presence == SV_HAS_LEFT;
}

static void check_answer(const struct sv_facts *f, const struct sv_verdict *v, const struct sv_wish *wish,
                         const struct sv_answer *a)
{
	bool objects = f->segment != SV_SEGMENT_NONE || f->set != SV_SET_NONE;
	enum sv_presence writer = f->side[SV_WRITER], reader = f->side[SV_READER];

	if (f->segment == SV_SEGMENT_GOOD && (f->set == SV_SET_NEW || f->set == SV_SET_GOOD) &&
	    !f->other_file && f->kind == 0 &&
	    ((is_alive(writer) && is_gone(reader)) || (is_gone(writer) && is_alive(reader))) &&
	    a->step != SV_STEP_WAIT)
		violated(ENDING_IS_WAITED_FOR, f, v, a);
	switch (a->step) {
	case SV_STEP_CREATE:
	case SV_STEP_RENEW:
		if (objects || f->in_the_way != (a->step == SV_STEP_RENEW) ||
		    (a->step == SV_STEP_RENEW && !wish->named))
			violated(CREATED_WHERE_NOTHING_IS, f, v, a);
		break;
	case SV_STEP_REPLACE:
		if (v->removal == SV_REMOVE_NO || (v->removal != SV_REMOVE_YES && !anybody_owed(f)) ||
		    sv_holds_data(f))
			violated(REPLACED_WHAT_MAY_BE_REMOVED, f, v, a);
		if (v->state == SV_STATE_FOREIGN)
			violated(FOREIGN_IS_NEVER_TOUCHED, f, v, a);
		break;
	case SV_STEP_JOIN:
		if (f->segment != SV_SEGMENT_GOOD || f->set == SV_SET_NONE || f->set == SV_SET_DOUBT ||
		    is_alive(f->side[wish->role]) || !wish->same_content ||
		    (f->kind == SV_RESUME) != (wish->kind == SV_RESUME))
			violated(JOINED_WHAT_IS_GOOD_AND_FREE, f, v, a);
		if (f->kind == SV_DETACH &&
		    (wish->role == SV_WRITER ? is_gone(writer)
		                             : is_gone(reader) && f->said[SV_READER] == SV_SAID_DONE))
			violated(DETACHED_ONCE, f, v, a);
		if (f->other_file)
			violated(EARLIER_FILE_IS_NEVER_JOINED, f, v, a);
		if (v->state == SV_STATE_FOREIGN)
			violated(FOREIGN_IS_NEVER_TOUCHED, f, v, a);
		break;
	case SV_STEP_WAIT: break;
	case SV_STEP_REFUSE:
		if (a->code >= 0 || a->why == NULL || a->why[0] == '\0')
			violated(REFUSAL_SAYS_WHY, f, v, a);
		if (strstr(a->why, "nothing proves") != NULL
		            ? f->record != SV_RECORD_NONE || a->code != SV_EFOREIGN
		            : strstr(a->why, "of an earlier transfer") != NULL &&
		                      (f->record == SV_RECORD_NONE || a->code != SV_EBUSY))
			violated(REFUSAL_SAYS_WHY, f, v, a);
		if ((a->advice == SV_ADVICE_CLEAN && v->removal != SV_REMOVE_YES) ||
		    (a->advice == SV_ADVICE_CLEAN_ALL && v->removal == SV_REMOVE_NO))
			violated(ADVICE_TO_CLEAN_HELPS, f, v, a);
		break;
	}
}

static void check_answers(const struct sv_facts *f, const struct sv_verdict *v)
{
	static const unsigned kinds[] = { 0, SV_RESUME, SV_DETACH };
	struct sv_answer answer;
	struct sv_wish wish;
	unsigned i;

	for (i = 0; i < 2 * 3 * 2 * 2 * 2; i++) {
		wish.role = (enum sv_role)(i & 1);
		wish.named = (i & 2) != 0;
		wish.same_content = (i & 4) != 0;
		wish.same_source = (i & 8) != 0;
		wish.kind = kinds[i / 16];
		if (wish.kind == SV_DETACH && wish.role == SV_READER)
			continue;
		answer = sv_admit(f, &wish);
		check_answer(f, v, &wish, &answer);
		answers++;
	}
}

/* Facts of a segment's header vary only if there is a header to read. */
static void walk_header(struct sv_facts *f)
{
	static const unsigned kinds[] = { 0, SV_RESUME, SV_DETACH };
	bool header = f->segment == SV_SEGMENT_GOOD;
	bool sides = header ||
	             (f->segment == SV_SEGMENT_NONE && f->set == SV_SET_GOOD && f->record == SV_RECORD_NONE);
	unsigned i, count = header ? 5 * 5 * 3 * 3 * 2 * 2 * 3 : sides ? 5 * 5 : 1;

	for (i = 0; i < count; i++) {
		unsigned rest = i;
		struct sv_verdict verdict;

		f->side[SV_WRITER] = (enum sv_presence)(rest % 5);
		rest /= 5;
		f->side[SV_READER] = (enum sv_presence)(rest % 5);
		rest /= 5;
		f->said[SV_WRITER] = (enum sv_word)(rest % 3);
		rest /= 3;
		f->said[SV_READER] = (enum sv_word)(rest % 3);
		rest /= 3;
		f->begun = rest % 2 != 0;
		f->taken = rest / 2 % 2 != 0;
		f->kind = kinds[rest / 4];
		/*
		 * Only without the lock a side can be seen arriving; and no side is present without a
		 * mapping.
		 */
		if (f->locked && (f->side[SV_WRITER] == SV_ARRIVING || f->side[SV_READER] == SV_ARRIVING))
			continue;
		if (header && !f->mapped &&
		    (f->side[SV_WRITER] == SV_PRESENT || f->side[SV_READER] == SV_PRESENT))
			continue;
		verdict = sv_classify(f);
		check_verdict(f, &verdict);
		if (f->locked)
			check_answers(f, &verdict);
		combinations++;
	}
}

static void walk(void)
{
	struct sv_facts f;
	unsigned i;

	for (i = 0; i < 3u << 6; i++) {
		int segment, set;

		memset(&f, 0, sizeof f);
		f.record = (enum sv_record_fact)(i >> 6);
		f.locked = (i & 1) != 0;
		f.own = (i & 2) != 0;
		f.sole = (i & 4) != 0;
		f.mapped = (i & 8) != 0;
		f.in_the_way = (i & 16) != 0;
		f.other_file = (i & 32) != 0;
		for (segment = SV_SEGMENT_NONE; segment <= SV_SEGMENT_GOOD; segment++)
			for (set = SV_SET_NONE; set <= SV_SET_GOOD; set++) {
				f.segment = (enum sv_segment_fact)segment;
				f.set = (enum sv_set_fact)set;
				/* Only a segment can be mapped, and only one of ours can be ours alone. */
				if ((f.mapped && f.segment == SV_SEGMENT_NONE) ||
				    (f.sole && (f.segment == SV_SEGMENT_NONE || !f.own)))
					continue;
				walk_header(&f);
			}
	}
}

static void presence(void)
{
	unsigned slot;

	for (slot = SV_SLOT_EMPTY; slot <= SV_SLOT_LEFT; slot++) {
		ok(sv_presence_of(slot, true, true, true) != SV_PRESENT,
		   "slot %u: nobody is present under a weight", slot);
		ok(sv_presence_of(slot, false, false, true) != SV_PRESENT,
		   "slot %u: nobody is present without a mapping", slot);
	}
	ok(sv_presence_of(SV_SLOT_ATTACHED, false, true, true) == SV_PRESENT,
	   "attached, mapped, no weight: present");
	ok(sv_presence_of(SV_SLOT_ATTACHING, false, true, false) == SV_ARRIVING,
	   "attaching, seen without the lock: arriving");
	ok(sv_presence_of(SV_SLOT_ATTACHING, false, true, true) == SV_NEVER_CAME,
	   "attaching under our lock: it died, never came");
}

/* Without the lock: is a process about to open it, or to close it? */
static void moment(enum sv_record_fact record, enum sv_segment_fact segment, enum sv_set_fact set,
                   enum sv_presence sides, enum sv_state state)
{
	struct sv_facts f = { .record = record, .segment = segment, .set = set, .side = { sides, sides } };

	is(sv_classify(&f).state, state, "record %d, segment %d, set %d, sides %d", record, segment, set,
	   sides);
}

static void moments(void)
{
	enum sv_record_fact begun = SV_RECORD_BEGUN, full = SV_RECORD_FULL;
	struct sv_facts one_is_gone = { .set = SV_SET_GOOD, .side = { SV_HAS_DIED, SV_PRESENT } };

	is(sv_classify(&one_is_gone).state, SV_STATE_FINISHING, "of another user's channel one side is gone");
	moment(begun, SV_SEGMENT_NONE, SV_SET_NONE, SV_NEVER_CAME, SV_STATE_OPENING);
	moment(full, SV_SEGMENT_NONE, SV_SET_NONE, SV_NEVER_CAME, SV_STATE_CLOSING);
	moment(begun, SV_SEGMENT_NONE, SV_SET_NEW, SV_NEVER_CAME, SV_STATE_OPENING);
	moment(full, SV_SEGMENT_NONE, SV_SET_GOOD, SV_NEVER_CAME, SV_STATE_CLOSING);
	moment(begun, SV_SEGMENT_UNREADY, SV_SET_NONE, SV_NEVER_CAME, SV_STATE_OPENING);
	moment(begun, SV_SEGMENT_GOOD, SV_SET_NONE, SV_NEVER_CAME, SV_STATE_OPENING);
	moment(full, SV_SEGMENT_GOOD, SV_SET_NONE, SV_NEVER_CAME, SV_STATE_CLOSING);
	moment(full, SV_SEGMENT_GOOD, SV_SET_NEW, SV_NEVER_CAME, SV_STATE_OPENING);
	moment(full, SV_SEGMENT_GOOD, SV_SET_GOOD, SV_HAS_LEFT, SV_STATE_CLOSING);
	moment(full, SV_SEGMENT_GOOD, SV_SET_GOOD, SV_HAS_DIED, SV_STATE_CLOSING);
	moment(full, SV_SEGMENT_GOOD, SV_SET_GOOD, SV_ARRIVING, SV_STATE_OPENING);
	moment(SV_RECORD_NONE, SV_SEGMENT_NONE, SV_SET_GOOD, SV_HAS_DIED, SV_STATE_CLOSING);
}

/* While a writer waits, what it leaves is there for the next reader, too. */
static void readers_of_detached_data(void)
{
	struct sv_facts f = { .locked = true, .record = SV_RECORD_FULL, .segment = SV_SEGMENT_GOOD };
	struct sv_wish wish = { .role = SV_READER, .named = true, .same_content = true };

	f.set = SV_SET_GOOD;
	f.kind = SV_DETACH;
	f.own = true;
	f.side[SV_WRITER] = SV_PRESENT;
	f.side[SV_READER] = SV_HAS_DIED;
	is(sv_admit(&f, &wish).step, SV_STEP_JOIN, "a reader has died: the next one joins");
	f.said[SV_READER] = SV_SAID_DONE;
	is(sv_admit(&f, &wish).step, SV_STEP_WAIT,
	   "a reader has taken everything: it waits for the next data");
	wish.role = SV_WRITER;
	is(sv_admit(&f, &wish).step, SV_STEP_REFUSE, "a second writer is refused");
}

int main(void)
{
	int i;

	presence();
	moments();
	readers_of_detached_data();
	walk();
	printf("# %lu combinations of the facts, %lu answers\n", combinations, answers);
	ok(combinations > 100000, "every combination was walked");
	for (i = 0; i < INVARIANTS; i++)
		ok(violations[i] == 0, "%s (%lu violations)", words[i], violations[i]);
	return tap_done();
}
