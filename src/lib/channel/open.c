/* SPDX-License-Identifier: MIT */
/*
 * open.c - opening a channel: gather facts, decide, then create or join; all under the lock of the
 * rendezvous.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "channel/channel.h"
#include "channel/turn.h"
#include "clock.h"
#include "growth.h"

/* While a previous transfer ends: the first wait before looking again, and the longest. */
#define FIRST_SLICE_NS 1000000
#define LONGEST_SLICE_NS 100000000

/* If a channel changes each time this side acts, look at least this often, even without time to wait. */
#define MOST_LOOKS 100

/* What one call of sv_open() works with. */
struct opening {
	struct sv_channel *ch;
	const struct sv_options *options;
	uint64_t capacity;
	struct sv_whereabouts where;
	int64_t slice_ns;
	int looks;
	bool noted;          /* join() wrote a record of another's channel */
	struct sv_turn turn; /* with SV_QUEUE */
	struct sv_objects objects;
};

/* Clear what a peer left that is gone, unless its verdict is still needed. */
static int clear_peer(struct sv_channel *ch, const struct sv_facts *facts)
{
	enum sv_role peer = sv_other(ch->role);
	struct sv_side_line *side = &ch->header->side[peer];

	if ((facts->side[peer] != SV_HAS_DIED && facts->side[peer] != SV_HAS_LEFT) ||
	    sv_status_of(side) == SV_DONE)
		return SV_OK;
	atomic_store(&side->slot, SV_SLOT_EMPTY);
	atomic_store(&side->status, SV_RUNNING);
	atomic_store(&side->wake, 0);
	return sv_sem_clear(ch->semid, peer, &ch->fault);
}

static int join(struct opening *o)
{
	struct sv_channel *ch = o->ch;
	const struct sv_objects *objects = &o->objects;
	int code = sv_segment_map(&ch->segment, objects->shmid, objects->header.capacity, &ch->fault);

	if (code != SV_OK)
		return code;
	ch->semid = objects->semid;
	ch->header = (struct sv_header *)ch->segment.base;
	if (objects->facts.record != SV_RECORD_FULL) {
		ch->record = (struct sv_record){ .generation = objects->header.generation,
			                         .key = (uint32_t)ch->rv.key,
			                         .project = ch->rv.project,
			                         .shmid = objects->shmid,
			                         .semid = objects->semid,
			                         .made_s = objects->shm.changed_s };
		code = sv_rendezvous_write(&ch->rv, &ch->record, &ch->fault);
		o->noted = code == SV_OK && objects->facts.record == SV_RECORD_NONE;
	}
	if (code == SV_OK && (objects->header.flags & SV_KEPT) != 0)
		code = clear_peer(ch, &objects->facts);
	return code;
}

/* --- repeated attempts --- */

#define LOOK_AGAIN 1 /* an internal result beside enum sv_code: the lock was released, try again */

/*
 * A transfer is ending.  When its set is removed, everybody who waits on the set wakes at once.  But the
 * survivor may be killed or may have no right to remove the set, and no semaphore shows that.  So wait in
 * slices, and look again after each.
 */
static int wait_for_end(struct opening *o)
{
	const struct sv_patience *patience = &o->where.patience;
	const struct sv_facts *facts = &o->objects.facts;
	enum sv_role gone = facts->side[SV_WRITER] == SV_PRESENT ? SV_READER : SV_WRITER;
	int64_t left, slice = o->slice_ns;
	struct timespec time;

	sv_rendezvous_close(&o->ch->rv);
	if (patience->deadline == 0)
		return sv_channel_not_ended(o->ch, &o->objects, SV_EAGAIN);
	if (sv_is_cancelled(patience))
		return sv_fault_set(&o->ch->fault, SV_EINTR, 0,
		                    "interrupted while a previous transfer was ending");
	if (patience->deadline != SV_NEVER) {
		left = patience->deadline - sv_now();
		if (left <= 0)
			return sv_channel_not_ended(o->ch, &o->objects, SV_ETIMEDOUT);
		if (left < slice)
			slice = left;
	}
	time = (struct timespec){ slice / 1000000000, slice % 1000000000 };
	/*
	 * The value is above 0 while that side is gone.  If it is not, there is nothing to wait for on the
	 * set.
	 */
	if (o->objects.semid == -1 || o->objects.sem.value[sv_sem_of(gone)] < SV_GONE ||
	    sv_sem_sleep_end(o->objects.semid, gone, &time) == ENOSYS)
		nanosleep(&time, NULL);
	if (o->slice_ns < LONGEST_SLICE_NS)
		o->slice_ns *= 2;
	return LOOK_AGAIN;
}

static int replace(struct opening *o)
{
	int code = sv_objects_remove(&o->objects);

	if (code != 0)
		return sv_fault_set(&o->ch->fault, SV_ESYSTEM, code,
		                    "cannot remove what a crashed transfer left");
	sv_rendezvous_forget(&o->ch->rv, o->ch->record.generation);
	sv_rendezvous_close(&o->ch->rv);
	return LOOK_AGAIN;
}

static struct sv_wish wish_of(const struct opening *o)
{
	const struct sv_channel *ch = o->ch;
	const struct sv_header *header = &o->objects.header;
	const struct sv_source *file = &header->file[ch->role];
	struct sv_wish wish = { .role = ch->role, .named = ch->rv.named, .kind = ch->flags & SV_KEPT };

	wish.same_content = ((header->flags ^ ch->flags) & SV_HEADER_FLAGS & ~(unsigned)SV_KEPT) == 0;
	wish.same_source = sv_source_is_same(file, &ch->file) &&
	                   (ch->role == SV_READER || sv_source_is_unchanged(file, &ch->file));
	return wish;
}

static int carry_out(struct opening *o, const struct sv_answer *answer)
{
	struct sv_channel *ch = o->ch;
	int code;

	switch (answer->step) {
	case SV_STEP_CREATE: code = sv_channel_create(ch, o->options, o->capacity); break;
	case SV_STEP_JOIN: code = join(o); break;
	case SV_STEP_WAIT: return wait_for_end(o);
	case SV_STEP_REPLACE: return replace(o);
	case SV_STEP_RENEW:
		code = sv_rendezvous_renew(&ch->rv, &ch->fault);
		if (code == SV_OK)
			code = sv_channel_create(ch, o->options, o->capacity);
		break;
	default: return sv_channel_explain(ch, &o->objects, answer);
	}
	/* Another user's object may have taken the key meanwhile: make another file. */
	if (code == SV_ESYSTEM && ch->fault.error.sys_errno == EEXIST && ch->rv.named)
		code = LOOK_AGAIN;
	if (code == LOOK_AGAIN)
		sv_rendezvous_close(&ch->rv);
	return code;
}

/*
 * With SV_QUEUE only the first process in the queue continues.  The lock of the rendezvous is not held while
 * waiting.
 */
static int queue_up(struct opening *o)
{
	struct sv_fault *fault = &o->ch->fault;
	int code = sv_turn_take(&o->turn, &o->ch->rv, o->ch->role, fault);
	bool taken = code == SV_OK;

	if ((!taken && code != SV_EAGAIN) || (taken && sv_turn_is_first(&o->turn)))
		return code;
	sv_rendezvous_close(&o->ch->rv);
	code = taken ? sv_turn_await_first(&o->turn, &o->where.patience, fault)
	             : sv_turn_pause(&o->turn, &o->where.patience, fault);
	return code == SV_OK ? LOOK_AGAIN : code;
}

static int await_role(struct opening *o)
{
	int code;

	sv_rendezvous_close(&o->ch->rv);
	code = sv_turn_await_role(&o->turn, &o->objects, o->ch->role, &o->where.patience, &o->ch->fault);
	return code == SV_OK ? LOOK_AGAIN : code;
}

/* Refuse a step that SV_CREATE_ONLY or SV_JOIN_ONLY forbids. */
static int check_step(struct opening *o, enum sv_step step)
{
	unsigned flags = o->options->flags;

	if ((flags & SV_CREATE_ONLY) != 0 && step == SV_STEP_JOIN)
		return sv_fault_set(&o->ch->fault, SV_ESYSTEM, EEXIST, "somebody has made it already");
	if ((flags & SV_JOIN_ONLY) != 0 &&
	    (step == SV_STEP_CREATE || step == SV_STEP_REPLACE || step == SV_STEP_RENEW))
		return sv_fault_set(&o->ch->fault, SV_ESYSTEM, ENOENT, "there is no channel to join");
	return SV_OK;
}

/* Attach to the objects of this channel, which were created or found. */
static int become_side(struct opening *o)
{
	struct sv_channel *ch = o->ch;
	int code = sv_channel_take_file(ch);

	if (code == SV_OK && ch->role == SV_READER)
		code = sv_segment_protect(&ch->segment, &ch->fault);
	return code == SV_OK ? sv_channel_attach(ch, o->options) : code;
}

/*
 * Find the channel, decide, create or join it.  SV_OK: this side is attached and the lock is held; or
 * LOOK_AGAIN.
 */
static int try_once(struct opening *o)
{
	struct sv_channel *ch = o->ch;
	struct sv_target target;
	struct sv_answer answer;
	struct sv_wish wish;
	int code = sv_rendezvous_open(&ch->rv, &o->where, &ch->fault);

	if (code == SV_OK && (o->options->flags & SV_QUEUE) != 0)
		code = queue_up(o);
	if (code != SV_OK)
		return code;
	sv_target_of(&target, &ch->rv, o->options->mode, true);
	sv_gather(&o->objects, &target);
	ch->record = target.record;
	wish = wish_of(o);
	answer = sv_admit(&o->objects.facts, &wish);
	code = check_step(o, answer.step);
	if (code == SV_OK)
		code = carry_out(o, &answer);
	if (code == SV_EBUSY && (o->options->flags & SV_QUEUE) != 0)
		code = await_role(o);
	if (code == SV_OK) {
		code = become_side(o);
		if (code != SV_OK && answer.step != SV_STEP_JOIN)
			sv_channel_unmake(ch, ch->segment.id);
	}
	/* A side without the right to remove the objects needs a record of them only if it has attached. */
	if (code != SV_OK && o->noted)
		sv_rendezvous_forget(&ch->rv, ch->record.generation);
	return code;
}

static void prepare(struct opening *o, struct sv_channel *ch, enum sv_role role, int timeout_ms)
{
	const struct sv_options *options = o->options;

	ch->fault.error.struct_size = sizeof ch->fault.error;
	ch->role = role;
	ch->process = getpid();
	ch->flags = options->flags;
	ch->kind = (role == SV_READER ? SV_KIND_READER : 0) |
	           ((ch->flags & SV_MESSAGES) != 0 ? SV_KIND_MESSAGES : 0);
	ch->semid = -1;
	ch->file = options->source;
	o->ch = ch;
	o->where = (struct sv_whereabouts){ .path = options->path };
	/* Of a channel with a path only this user's records are created. */
	o->where.create = options->path != NULL || (options->flags & SV_JOIN_ONLY) == 0;
	if (options->path == NULL)
		o->where.name = options->name != NULL ? options->name : "default";
	o->where.project = options->project != 0 ? options->project : SV_PROJECT_DEFAULT;
	o->where.patience = sv_patience(timeout_ms, options->cancel);
	o->where.patience.waiting = options->waiting;
	o->where.patience.waiting_arg = options->waiting_arg;
	o->slice_ns = FIRST_SLICE_NS;
	o->turn = SV_TURN_NONE;
	sv_spin_init(&ch->spin, options->wait);
	sv_pace_init(&ch->pace, options->wait == SV_WAIT_AUTO && ch->spin.allowed);
}

/* Each time this side has made room, others may take the key or leave something in the way. */
static int check_patience(struct opening *o)
{
	const struct sv_patience *patience = &o->where.patience;

	if (sv_is_cancelled(patience))
		return sv_fault_set(&o->ch->fault, SV_EINTR, 0, "interrupted while it was being opened");
	if (++o->looks <= MOST_LOOKS || !sv_is_over(patience))
		return LOOK_AGAIN;
	return sv_fault_set(&o->ch->fault, patience->deadline == 0 ? SV_EAGAIN : SV_ETIMEDOUT, 0,
	                    "others change it again and again");
}

static int open_channel(struct opening *o, struct sv_channel *ch, enum sv_role role, int timeout_ms)
{
	int code = sv_options_check(o->options, role, timeout_ms, &o->capacity, &ch->fault);

	if (code != SV_OK)
		return code;
	prepare(o, ch, role, timeout_ms);
	do {
		code = try_once(o);
		if (code == LOOK_AGAIN)
			code = check_patience(o);
	} while (code == LOOK_AGAIN);
	sv_turn_leave(&o->turn);
	if (code != SV_OK) {
		sv_segment_unmap(&ch->segment);
		sv_rendezvous_close(&ch->rv);
		return code;
	}
	sv_rendezvous_unlock(&ch->rv);
	if (role == SV_WRITER && ch->ring.position == 0 && o->options->total != SV_UNKNOWN)
		sv_segment_collapse(&ch->segment, o->options->total);
	return SV_OK;
}

int sv_open(sv_channel **out, enum sv_role role, const struct sv_options *theirs, int timeout_ms,
            struct sv_error *err)
{
	struct sv_options own = SV_OPTIONS_INIT;
	struct sv_fault fault = { .label = "" };
	struct sv_channel *ch;
	struct opening *o;
	int code;

	if (out == NULL || !sv_error_is_possible(err))
		return SV_EINVAL;
	*out = NULL;
	ch = calloc(1, sizeof *ch);
	o = calloc(1, sizeof *o);
	if (ch == NULL || o == NULL) {
		code = sv_fault_set(&fault, SV_ESYSTEM, ENOMEM, "cannot open a channel");
	} else {
		o->options = &own;
		code = sv_options_take(&own, theirs, &ch->fault);
		if (code == SV_OK)
			code = open_channel(o, ch, role, timeout_ms);
		fault = ch->fault;
	}
	free(o);
	if (code == SV_OK) {
		*out = ch;
		return SV_OK;
	}
	sv_fault_give(&fault, err);
	free(ch);
	return code;
}
