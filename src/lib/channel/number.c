/* SPDX-License-Identifier: MIT */
/*
 * number.c - how many messages a side of a resumable channel has published or released.
 *
 * The number must match the position after a kill at any instruction.  So there are two marks; each holds a
 * position and the number of messages before it.  The next mark overwrites the one that is not in use, and
 * only then the position is stored.  A process that resumes uses the mark with the stored position.
 */
#include "channel/channel.h"

void sv_number_resume(struct sv_channel *ch)
{
	struct sv_mark *mark = ch->ring.own->mark;
	unsigned i;

	ch->numbered = (ch->flags & SV_RESUME) != 0 && (ch->flags & SV_MESSAGES) != 0;
	if (!ch->numbered || ch->ring.position == 0)
		return;
	ch->number = SV_UNKNOWN;
	for (i = 0; i < 2; i++)
		if (atomic_load_explicit(&mark[i].position, memory_order_relaxed) == ch->ring.position) {
			ch->number = atomic_load_explicit(&mark[i].number, memory_order_relaxed);
			ch->mark = i;
		}
}

void sv_number_add(struct sv_channel *ch, uint64_t bytes, uint64_t messages)
{
	struct sv_mark *mark = &ch->ring.own->mark[ch->mark ^ 1];

	/* The marks were overwritten: no number is better than a wrong one. */
	if (ch->number == SV_UNKNOWN)
		return;
	ch->mark ^= 1;
	ch->number += messages;
	atomic_store_explicit(&mark->number, ch->number, memory_order_relaxed);
	/* Both are stored before the position, which has release order (A in ring.h). */
	atomic_store_explicit(&mark->position, ch->ring.position + bytes, memory_order_relaxed);
}

uint64_t sv_msg_number(const sv_channel *ch)
{
	return ch->numbered ? ch->number : SV_UNKNOWN;
}
