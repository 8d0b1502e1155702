/* SPDX-License-Identifier: MIT */
/* Objects that this process may not look at: the tables of the system still tell who has made them. */
#include "world.h"

int main(void)
{
	struct sv_target recorded = target_of_record(SEGMENT, SET), unrecorded = target_of_path();
	struct sv_objects objects;

	name_users();
	recorded.named = false;
	recorded.owner = friend;
	memset(&world, 0, sizeof world);
	world.segment = world.set = world.hidden = true;
	world.segment_user = world.set_user = friend;
	sv_gather(&objects, &recorded);
	ok(objects.facts.segment == SV_SEGMENT_DOUBT && objects.facts.set == SV_SET_DOUBT &&
	           objects.shmid == -1 && objects.semid == -1 && !objects.facts.in_the_way,
	   "those of the record may be the channel's if a friend has made them");
	recorded.named = true;
	world.segment_user = stranger;
	world.set_user = stranger + 1;
	sv_gather(&objects, &recorded);
	ok(objects.facts.segment == SV_SEGMENT_NONE && objects.facts.set == SV_SET_NONE,
	   "not if others have");
	ok(objects.stranger.id == SEGMENT && objects.stranger.owner == stranger && objects.stranger.known &&
	           objects.stranger.untrusted && !objects.stranger.unreadable,
	   "it is known whose segment that is");
	world.segment = false;
	sv_gather(&objects, &recorded);
	ok(objects.stranger.id == SET && objects.stranger.owner == stranger + 1 && objects.stranger.untrusted,
	   "or whose set");
	sv_gather(&objects, &unrecorded);
	ok(objects.facts.set == SV_SET_DOUBT && objects.stranger.id == SET && objects.stranger.known &&
	           objects.stranger.owner == stranger + 1 && objects.stranger.unreadable,
	   "without a record a set is in doubt, and in the way");
	world.segment = true;
	sv_gather(&objects, &unrecorded);
	ok(objects.facts.segment == SV_SEGMENT_DOUBT && objects.stranger.id == SEGMENT &&
	           objects.stranger.known && objects.stranger.owner == stranger &&
	           objects.stranger.unreadable,
	   "so is a segment");
	recorded.record.shmid = recorded.record.semid = -1;
	sv_gather(&objects, &recorded);
	ok(objects.facts.segment == SV_SEGMENT_NONE && objects.facts.in_the_way,
	   "where a record was only begun they are not the channel's");
	world.hidden = false;
	world.unreadable = true;
	world.segment_user = world.set_user = me;
	sv_gather(&objects, &recorded);
	ok(objects.facts.segment == SV_SEGMENT_NONE && objects.facts.in_the_way &&
	           objects.stranger.id == SEGMENT,
	   "nor is a segment that cannot be read");
	sv_gather(&objects, &unrecorded);
	ok(objects.facts.segment == SV_SEGMENT_DOUBT && objects.shmid == -1 && objects.stranger.id == SEGMENT,
	   "without a record it is in doubt");
	recorded.record.shmid = SEGMENT;
	recorded.record.semid = SET;
	sv_gather(&objects, &recorded);
	ok(objects.facts.segment == SV_SEGMENT_DOUBT && objects.shmid == SEGMENT,
	   "so it is if it is that of the record");
	return tap_done();
}
