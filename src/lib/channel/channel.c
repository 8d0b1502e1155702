/* SPDX-License-Identifier: MIT */
/*
 * channel.c - what the calls on a handle have in common: refusals, verdicts on the peer, the doorbell,
 * accessors.
 */
#include <errno.h>
#include <string.h>

#include "channel/channel.h"

int sv_channel_refuse(struct sv_channel *ch, unsigned kind, const char *call)
{
	enum sv_role role = (kind & SV_KIND_READER) != 0 ? SV_READER : SV_WRITER;

	if (ch->role != role)
		return sv_fault_set(&ch->fault, SV_EINVAL, 0, "%s: for a %s only", call, sv_role_name(role));
	if (((ch->kind ^ kind) & SV_KIND_MESSAGES) != 0)
		return sv_fault_set(&ch->fault, SV_EMODE, 0, "%s: the channel carries %s", call,
		                    (kind & SV_KIND_MESSAGES) != 0 ? "bytes" : "messages");
	return sv_fault_set(&ch->fault, SV_EINVAL, 0, "%s: the transfer was ended by this side", call);
}

int sv_channel_stored(struct sv_channel *ch)
{
	return !sv_ring_stored(&ch->ring) || sv_channel_ring(ch) ? SV_OK : ch->fault.error.code;
}

long sv_peer_pid(const struct sv_channel *ch)
{
	return (long)atomic_load_explicit(&ch->ring.peer->pid, memory_order_relaxed);
}

int sv_peer_corrupt(struct sv_channel *ch, const char *what)
{
	return sv_fault_set(&ch->fault, SV_ECORRUPT, 0,
	                    "corrupt channel: the %s stored %s; the transfer is incomplete",
	                    sv_role_name(sv_other(ch->role)), what);
}

int sv_peer_died(struct sv_channel *ch)
{
	sv_fault_set(&ch->fault, SV_EDIED, 0,
	             "the %s (pid %ld) died: it crashed or was killed; the transfer is incomplete",
	             sv_role_name(sv_other(ch->role)), sv_peer_pid(ch));
	ch->fault.error.peer_pid = sv_peer_pid(ch);
	return SV_EDIED;
}

int sv_channel_removed(struct sv_channel *ch)
{
	return sv_fault_set(&ch->fault, SV_EREMOVED, 0,
	                    "the channel was removed by another process (ipcrm? systemd RemoveIPC?); the "
	                    "transfer is incomplete");
}

int sv_peer_verdict(struct sv_channel *ch, uint32_t status)
{
	const char *who = sv_role_name(sv_other(ch->role));
	int value = (int)(status & SV_STATUS_VALUE), gone;

	/* The peer failed because the set was removed, so report the removal and not the peer. */
	if (status > SV_DONE) {
		gone = sv_sem_gone(ch->semid, sv_other(ch->role));
		if (gone == -EIDRM || gone == -EINVAL)
			return sv_channel_removed(ch);
	}
	switch (status & SV_STATUS_CLASS) {
	case 0: return value <= (int)SV_DONE ? SV_OK : sv_peer_corrupt(ch, "an unknown status");
	case SV_FAILED:
		if (value == ECANCELED)
			sv_fault_set(&ch->fault, SV_EPEER, 0,
			             "the %s (pid %ld) closed the channel before the end", who,
			             sv_peer_pid(ch));
		else if (value == ETIMEDOUT)
			sv_fault_set(&ch->fault, SV_EPEER, 0, "the %s (pid %ld) gave up waiting", who,
			             sv_peer_pid(ch));
		else
			sv_fault_set(&ch->fault, SV_EPEER, value, "the %s (pid %ld) failed", who,
			             sv_peer_pid(ch));
		break;
	case SV_SIGNALLED:
		sv_fault_set(&ch->fault, SV_EPEER, 0, "the %s (pid %ld) was ended by signal %d (%s)", who,
		             sv_peer_pid(ch), value, strsignal(value) != NULL ? strsignal(value) : "unknown");
		ch->fault.error.signal = value;
		break;
	default: return sv_peer_corrupt(ch, "an unknown status");
	}
	ch->fault.error.sys_errno = (status & SV_STATUS_CLASS) == SV_FAILED ? value : 0;
	ch->fault.error.peer_pid = sv_peer_pid(ch);
	sv_fault_hint(&ch->fault, "the transfer is incomplete");
	return SV_EPEER;
}

/*
 * Also take the bell that sv_interrupt() rang, unless a sleep has taken it already.  If another bell is taken
 * instead, no harm is done: each sleep begins with a look at the segment.
 */
int sv_channel_interrupted(struct sv_channel *ch)
{
	sv_sem_drain(ch->semid, ch->role);
	return sv_fault_set(&ch->fault, SV_EINTR, 0, "interrupted");
}

int sv_channel_sleep_failed(struct sv_channel *ch, int code)
{
	if (code == EIDRM || code == EINVAL)
		return sv_channel_removed(ch);
	return sv_fault_set(&ch->fault, SV_ESYSTEM, code, "cannot wait on semaphore set %d", ch->semid);
}

/* Tell the peer which CPU its spinning would compete for. */
uint32_t sv_channel_note_cpu(struct sv_channel *ch)
{
	uint32_t cpu = sv_spin_cpu();

	if (cpu != atomic_load_explicit(&ch->ring.own->cpu, memory_order_relaxed))
		atomic_store_explicit(&ch->ring.own->cpu, cpu, memory_order_relaxed);
	return cpu;
}

/*
 * This process has dropped the privileges with which it attached.  The bytes are published all the same. The
 * peer sees them when it looks the next time, and before its next sleep it learns that it must not rely on
 * bells.
 */
static void cannot_ring(struct sv_channel *ch, int code)
{
	if (ch->mute)
		return;
	ch->mute = true;
	sv_ring_mute(&ch->ring);
	sv_fault_set(&ch->fault, SV_ESYSTEM, code,
	             "published, but the %s cannot be woken: this process has lost the permission to use "
	             "semaphore "
	             "set %d",
	             sv_role_name(sv_other(ch->role)), ch->semid);
}

bool sv_channel_ring(struct sv_channel *ch)
{
	int code = sv_sem_ring(ch->semid, ch->role);

	sv_ring_weigh_down(&ch->ring);
	sv_ring_settle(&ch->ring);
	/* The peer slept perhaps because it has an old value of this side's CPU. */
	sv_channel_note_cpu(ch);
	if (code == 0)
		return true;
	/*
	 * Asked once more: the peer may sleep already, and a refusal that was not meant to last would leave
	 * it there.
	 */
	if ((code == EACCES || code == EPERM) && sv_sem_ring(ch->semid, ch->role) == 0)
		return true;
	if (code == EACCES || code == EPERM) {
		cannot_ring(ch, code);
		return true;
	}
	sv_channel_sleep_failed(ch, code);
	return false;
}

void sv_channel_remove_early(struct sv_channel *ch)
{
	/*
	 * Only owner and creator may remove it.  With two users, the creator does so when it sees the other
	 * side.
	 */
	if (ch->removable && sv_segment_remove(ch->segment.id) == 0)
		ch->removable = false;
}

bool sv_reader_done_early(const struct sv_channel *ch)
{
	if (sv_status_of(ch->ring.peer) != SV_DONE)
		return false;
	/*
	 * It may have been done with what a former writer had finished; this one has yet to find that out.
	 * The position is loaded after the status: the one seen before may be older than what the reader said
	 * last.
	 */
	return (ch->flags & SV_RESUME) == 0 ||
	       atomic_load_explicit(&ch->ring.peer->position, memory_order_acquire) != ch->ring.position;
}

void sv_interrupt(sv_channel *ch)
{
	int saved = errno;

	/*
	 * Ring only once until the interrupted call has returned: bells that nobody takes must not add up to
	 * a weight.
	 */
	if (atomic_exchange(&ch->interrupted, 1) == 0)
		sv_sem_ring_own(ch->semid, ch->role);
	errno = saved;
}

const struct sv_error *sv_last_error(const sv_channel *ch)
{
	/* Every handle is in writable memory, so the cast is safe. */
	sv_fault_complete(&((sv_channel *)(uintptr_t)ch)->fault);
	return &ch->fault.error;
}

uint64_t sv_capacity(const sv_channel *ch)
{
	return ch->ring.capacity;
}

uint64_t sv_fill(const sv_channel *ch)
{
	uint64_t peer = atomic_load_explicit(&ch->ring.peer->position, memory_order_relaxed);
	uint64_t fill = ch->role == SV_WRITER ? ch->ring.position - peer : peer - ch->ring.position;

	/* If the peer's position is impossible, the next call that uses it reports so. */
	return fill <= ch->ring.capacity ? fill : ch->ring.capacity;
}

unsigned sv_peer_uid(const sv_channel *ch)
{
	return atomic_load_explicit(&ch->ring.peer->uid, memory_order_relaxed);
}

uint64_t sv_position(const sv_channel *ch)
{
	return ch->ring.position;
}

int sv_contains(const sv_channel *ch, const void *address)
{
	uintptr_t base = (uintptr_t)ch->segment.base, at = (uintptr_t)address;

	return base != 0 && at >= base && at - base < ch->segment.header + 2 * ch->segment.capacity;
}
