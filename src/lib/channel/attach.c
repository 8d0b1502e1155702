/* SPDX-License-Identifier: MIT */
/* attach.c - becoming one of the two sides of a channel that is mapped; under the lock of the rendezvous. */
#include <unistd.h>

#include "channel/channel.h"
#include "os/membarrier.h"

int sv_channel_attach(struct sv_channel *ch, const struct sv_options *options)
{
	struct sv_side_line *own = &ch->header->side[ch->role];
	bool detached = (ch->header->flags & SV_DETACH) != 0;
	int code;

	/* If a reader waits already, a writer with SV_DETACH joins an ordinary transfer. */
	ch->flags = (ch->flags & ~(unsigned)SV_DETACH) | (detached ? SV_DETACH : 0);
	sv_ring_init(&ch->ring, ch->role, ch->header->side, ch->segment.base + ch->segment.header,
	             ch->segment.capacity);
	/*
	 * Data that was left for a reader must survive any number of readers that die while they take it.  So
	 * what a reader takes is no room for the writer: each reader begins at 0 and keeps its position
	 * apart.
	 */
	if (detached && ch->role == SV_READER) {
		sv_ring_keep_apart(&ch->ring, &own->taken);
		atomic_store(&own->taken, 0);
	}
	/*
	 * Only a resumed side begins at a position other than 0.  Its output is cut off there, so the
	 * position must be right.
	 */
	if (((ch->flags & SV_RESUME) == 0 && ch->ring.position != 0) || !sv_ring_look(&ch->ring)) {
		sv_fault_set(&ch->fault, SV_ECORRUPT, 0, "corrupt channel: impossible positions");
		sv_fault_advise(&ch->fault, SV_ADVICE_CLEAN_ALL);
		return SV_ECORRUPT;
	}
	ch->next = ch->batch = ch->ring.position;
	sv_number_resume(ch);
	if (ch->role == SV_WRITER)
		atomic_store(&ch->header->total, options->total);
	ch->ring.reachable = sv_membarrier_register();
	atomic_store(&own->status, SV_RUNNING);
	atomic_store(&own->wake, 0);
	atomic_store(&own->cpu, sv_spin_cpu());
	atomic_store(&own->light, 0);
	atomic_store(&own->fences, sv_membarrier_run());
	atomic_store(&own->uid, (uint32_t)geteuid());
	atomic_store(&own->pid, (int64_t)ch->process);
	atomic_store(&own->slot, SV_SLOT_ATTACHING);
	code = sv_sem_attach(ch->semid, ch->role, &ch->fault);
	if (code != SV_OK)
		return code;
	atomic_store(&own->slot, SV_SLOT_ATTACHED);
	ch->removable = (ch->flags & SV_KEPT) == 0;
	if (atomic_load(&ch->header->side[sv_other(ch->role)].slot) != SV_SLOT_EMPTY)
		sv_channel_remove_early(ch);
	return SV_OK;
}
