/* SPDX-License-Identifier: MIT */
/* presence.c - who is attached, and what each side has said, from slots, weights and mappings together. */
#include "channel/presence.h"

static enum sv_word word_of(const struct sv_side_line *side)
{
	uint32_t status = sv_status_of(side);

	return status == SV_RUNNING ? SV_SAID_NOTHING : status == SV_DONE ? SV_SAID_DONE : SV_SAID_FAILED;
}

static bool weight_of(const struct sv_objects *o, enum sv_role role)
{
	return o->facts.set == SV_SET_GOOD && o->sem.value[sv_sem_of(role)] >= SV_GONE;
}

static void judge_presence(struct sv_objects *o)
{
	struct sv_facts *f = &o->facts;
	uint64_t written;
	int role;

	for (role = 0; role < 2; role++) {
		const struct sv_side_line *side = &o->header.side[role];

		if (f->segment == SV_SEGMENT_GOOD) {
			f->side[role] =
				sv_presence_of(atomic_load((_Atomic uint32_t *)&side->slot),
			                       weight_of(o, (enum sv_role)role), f->mapped, f->locked);
			f->said[role] = word_of(side);
		} else if (f->segment == SV_SEGMENT_NONE && f->set == SV_SET_GOOD &&
		           f->record == SV_RECORD_NONE) {
			f->side[role] = weight_of(o, (enum sv_role)role) ? SV_HAS_DIED : SV_PRESENT;
		}
	}
	if (f->segment != SV_SEGMENT_GOOD)
		return;
	written = atomic_load((_Atomic uint64_t *)&o->header.side[SV_WRITER].position);
	f->begun = written > 0;
	f->taken = written == atomic_load((_Atomic uint64_t *)&o->header.side[SV_READER].position);
	f->kind = o->header.flags & SV_KEPT;
}

/*
 * Another process that looks at the segment has it mapped for some microseconds, so look again before that
 * decides.
 */
static void judge_mapping(struct sv_objects *o, unsigned long own_maps)
{
	struct sv_facts *f = &o->facts;

	if (o->shmid == -1 || o->shm.maps <= own_maps)
		return;
	f->mapped = true;
	judge_presence(o);
	if (f->side[SV_WRITER] == SV_PRESENT || f->side[SV_READER] == SV_PRESENT || !f->locked)
		return;
	f->mapped = !sv_segment_unmapped(o->shmid, own_maps);
}

void sv_judge_presence(struct sv_objects *o, unsigned long own_maps)
{
	judge_mapping(o, own_maps);
	judge_presence(o);
}
