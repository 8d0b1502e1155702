/* SPDX-License-Identifier: MIT */
/* refuse.c - the sentences that say why sv_open() did not open a channel. */
#include "channel/channel.h"

static int say_stranger(struct sv_channel *ch, const struct sv_stranger *stranger)
{
	struct sv_fault *fault = &ch->fault;

	if (!stranger->known) {
		sv_fault_set(fault, SV_EFOREIGN, 0, "%s %d has its key; nothing was touched", stranger->kind,
		             stranger->id);
		sv_fault_advise(fault, SV_ADVICE_OTHER_CHANNEL);
		return SV_EFOREIGN;
	}
	if (stranger->unreadable && !ch->rv.named) {
		sv_fault_set(fault, SV_EFOREIGN, 0,
		             "%s %d of user %u has its key and may not be looked at; nothing was touched",
		             stranger->kind, stranger->id, (unsigned)stranger->owner);
		sv_fault_advise(fault, SV_ADVICE_MODE);
		return SV_EFOREIGN;
	}
	if (stranger->untrusted && !ch->rv.named) {
		sv_fault_set(
			fault, SV_EFOREIGN, 0,
			"%s %d was made by user %u, whom this side does not trust: its mode admits only you, "
			"root and the owner of the file; nothing was touched",
			stranger->kind, stranger->id, (unsigned)stranger->owner);
		sv_fault_advise(fault, SV_ADVICE_MODE);
		return SV_EFOREIGN;
	}
	sv_fault_set(fault, SV_EFOREIGN, 0,
	             "%s %d of user %u has the same key but is not this channel's; nothing was touched",
	             stranger->kind, stranger->id, (unsigned)stranger->owner);
	sv_fault_advise(fault, SV_ADVICE_OTHER_CHANNEL);
	return SV_EFOREIGN;
}

static int say_busy(struct sv_channel *ch, const struct sv_objects *objects, const char *why)
{
	enum sv_role role = ch->role;
	long pid = 0;

	if (objects->facts.segment == SV_SEGMENT_GOOD)
		pid = (long)atomic_load((_Atomic int64_t *)&objects->header.side[role].pid);
	if (pid != 0 && objects->facts.side[role] == SV_PRESENT)
		sv_fault_set(&ch->fault, SV_EBUSY, 0, "busy: pid %ld is the %s", pid, sv_role_name(role));
	else
		sv_fault_set(&ch->fault, SV_EBUSY, 0, "%s", why);
	ch->fault.error.peer_pid = pid;
	return SV_EBUSY;
}

static enum sv_advice say_content(struct sv_channel *ch, unsigned flags)
{
	bool messages = (flags & SV_MESSAGES) != 0;
	const char *what = messages ? "it carries messages, not bytes" : "it carries bytes, not messages";

	if (((flags ^ ch->flags) & SV_MESSAGES) == 0)
		what = (flags & SV_RECORDS_NUL) != 0
		               ? "its messages are records that end with NUL, not with a newline"
		               : "its messages do not end with NUL";
	sv_fault_set(&ch->fault, SV_EMODE, 0, "%s", what);
	return messages ? SV_ADVICE_MESSAGES : SV_ADVICE_BYTES;
}

int sv_channel_explain(struct sv_channel *ch, const struct sv_objects *objects,
                       const struct sv_answer *answer)
{
	enum sv_advice advice = answer->advice;
	int code = answer->code;

	if (code == SV_EFOREIGN && objects->stranger.kind != NULL)
		return say_stranger(ch, &objects->stranger);
	if (code == SV_EBUSY && advice == SV_ADVICE_TAKE) {
		sv_fault_set(&ch->fault, code, 0, "it holds %llu bytes that were left for a reader",
		             (unsigned long long)atomic_load(
				     (_Atomic uint64_t *)&objects->header.side[SV_WRITER].position));
	} else if (code == SV_EBUSY) {
		say_busy(ch, objects, answer->why);
	} else if (code == SV_EMODE && advice == SV_ADVICE_NONE) {
		advice = say_content(ch, objects->header.flags);
	} else if (code == SV_ECORRUPT) {
		sv_fault_set(&ch->fault, code, 0, "corrupt channel: %s (segment %d)", answer->why,
		             objects->shmid);
	} else if (code == SV_EFOREIGN && !objects->facts.own) {
		sv_fault_set(&ch->fault, code, 0, "%s (user %u)", answer->why,
		             (unsigned)(objects->shmid != -1 ? objects->shm.creator_uid
		                                             : objects->sem.creator_uid));
	} else {
		sv_fault_set(&ch->fault, code, 0, "%s", answer->why);
	}
	sv_fault_advise(&ch->fault, advice);
	return code;
}

int sv_channel_not_ended(struct sv_channel *ch, const struct sv_objects *objects, int code)
{
	enum sv_role role = objects->facts.side[SV_WRITER] == SV_PRESENT ? SV_WRITER : SV_READER;
	long pid = 0;

	if (objects->facts.segment == SV_SEGMENT_GOOD && objects->facts.side[role] == SV_PRESENT)
		pid = (long)atomic_load((_Atomic int64_t *)&objects->header.side[role].pid);
	if (pid == 0)
		sv_fault_set(&ch->fault, code, 0,
		             "a previous transfer has not ended: one side is still attached");
	else
		sv_fault_set(&ch->fault, code, 0,
		             "a previous transfer has not ended: pid %ld is still attached", pid);
	ch->fault.error.peer_pid = pid;
	sv_fault_advise(&ch->fault, SV_ADVICE_WAIT);
	return code;
}
