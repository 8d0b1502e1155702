/* SPDX-License-Identifier: MIT */
/*
 * Which objects count as those of a channel, and which are only in its way: by their makers, their times, and
 * the record; also where this process may not look at them.
 */
#include "os/key.h"
#include "world.h"

static struct sv_objects objects; /* what was gathered last */

static void set_counts(const struct sv_target *target, enum sv_set_fact fact, const char *which)
{
	sv_gather(&objects, target);
	is(objects.facts.own, world.set_user == me, "what this user has made is its own");
	ok(objects.semid == SET && objects.facts.set == fact && !objects.facts.in_the_way,
	   "%s is the channel's", which);
}

static void set_is_in_the_way(const struct sv_target *target, const char *which)
{
	sv_gather(&objects, target);
	ok(objects.semid == -1 && objects.facts.set == SV_SET_NONE, "%s is not the channel's", which);
	ok(objects.facts.in_the_way && objects.stranger.id == SET &&
	           strcmp(objects.stranger.kind, "semaphore set") == 0 &&
	           objects.stranger.owner == world.set_user && !objects.stranger.unreadable,
	   "and that is known");
	is(objects.facts.own, objects.shmid == -1 || world.segment_user == me,
	   "so it does not matter whose it is");
}

static void segment_counts(const struct sv_target *target, enum sv_segment_fact fact, const char *which)
{
	sv_gather(&objects, target);
	ok(objects.shmid == SEGMENT && objects.facts.segment == fact, "%s is the channel's", which);
}

static void segment_is_in_the_way(const struct sv_target *target, const char *which)
{
	sv_gather(&objects, target);
	ok(objects.shmid == -1 && objects.facts.segment == SV_SEGMENT_NONE, "%s is not the channel's", which);
	ok(objects.facts.in_the_way && objects.stranger.id == SEGMENT &&
	           strcmp(objects.stranger.kind, "segment") == 0 &&
	           objects.stranger.owner == world.segment_user,
	   "and that is known");
}

/* Without a record, what is left of a peer's channel once its segment is removed. */
static void a_set_without_a_record(void)
{
	struct sv_target target = target_of_path();

	memset(&world, 0, sizeof world);
	world.set = true;
	world.set_user = friend;
	world.used = 7;
	set_counts(&target, SV_SET_GOOD, "a set that a friend has made and used");
	is(objects.facts.side[SV_WRITER], SV_PRESENT, "without a weight on it both sides are there");
	target.recorded = true;
	target.record.shmid = SEGMENT + 1;
	target.record.semid = SET + 1;
	target.record.file.inode = 7;
	set_counts(&target, SV_SET_GOOD, "so it is after an earlier channel of which a record is left");
	ok(objects.facts.record == SV_RECORD_NONE && !objects.facts.other_file, "which does not count");
	target.recorded = false;
	world.used = 0;
	set_is_in_the_way(&target, "a set that nobody has used");
	world.set_user = me;
	world.used = 7;
	set_is_in_the_way(&target, "a set of one's own, which would have a record,");
	world.set_user = stranger;
	set_is_in_the_way(&target, "a set of another user");
	world.segment = true;
	world.segment_user = me;
	header.magic = SV_MAGIC + 1;
	sv_gather(&objects, &target);
	ok(objects.shmid == -1 && objects.stranger.id == SET && objects.stranger.untrusted,
	   "of two objects the one of another user explains more");
	memset(&header, 0, sizeof header);
}

/* The maker has died, or is at work, before it wrote down the ids. */
static void a_record_that_was_begun(void)
{
	struct sv_target target = target_of_record(-1, -1);

	memset(&world, 0, sizeof world);
	world.segment = true;
	world.segment_user = me;
	segment_counts(&target, SV_SEGMENT_UNREADY, "an empty segment of one's own");
	fill_header(&target);
	header.generation++;
	segment_is_in_the_way(&target, "a complete one of another generation");
	memset(&header, 0, sizeof header);
	world.segment_user = stranger;
	segment_is_in_the_way(&target, "an empty segment of another user");
	ok(objects.facts.own && !objects.facts.sole, "so it does not matter whose it is");
	world.segment = false;
	world.set = true;
	world.set_user = me;
	set_counts(&target, SV_SET_NEW, "a set of one's own that nobody has used");
	world.given_away = true;
	sv_gather(&objects, &target);
	is(objects.semid, -1, "unless it was given away");
	world.given_away = false;
	world.used = 7;
	set_is_in_the_way(&target, "a set that somebody has used");
	is(objects.stranger.untrusted, false, "which may be one's own");
	world.used = 0;
	world.set_user = stranger;
	set_is_in_the_way(&target, "a set of another user");
	target.fresh = true;
	sv_gather(&objects, &target);
	ok(objects.semid == -1 && !objects.facts.in_the_way,
	   "what has the key of a file that was made just now is not even looked at");
}

/* The segment is gone; ids are used again, so the time must agree. */
static void a_record_of_a_set(void)
{
	struct sv_target target = target_of_record(SEGMENT, SET);

	memset(&world, 0, sizeof world);
	world.set = true;
	world.set_user = me;
	world.used = 7;
	world.made = MADE;
	set_counts(&target, SV_SET_GOOD, "a set that was made when the segment was");
	world.made = MADE + 2;
	set_counts(&target, SV_SET_GOOD, "a set that was made a moment later");
	world.made = MADE + 3;
	set_is_in_the_way(&target, "a set that was made much later");
	world.made = MADE;
	target.named = false;
	sv_gather(&objects, &target);
	ok(objects.semid == SET && objects.facts.record == SV_RECORD_FULL, "so it is with a path");
	target.named = true;
	world.made = MADE - 1;
	set_is_in_the_way(&target, "a set that was made earlier");
	world.made = MADE;
	world.other_count = true;
	set_is_in_the_way(&target, "a set of three semaphores");
	world.other_count = false;
	world.key = KEY + 1;
	set_is_in_the_way(&target, "a set with another key");
}

static void make_both(void)
{
	memset(&world, 0, sizeof world);
	world.segment = world.set = true;
	world.segment_user = world.set_user = me;
	world.used = 7;
	world.segment_made = MADE;
}

/* What a header says must be what the record says. */
static void headers_of_a_record(void)
{
	struct sv_target target = target_of_record(SEGMENT, SET);
	int i;

	make_both();
	for (i = 0; i < 6; i++) {
		fill_header(&target);
		target.identity.inode = i == 5 ? 7 : 0;
		header.inode = 3;
		header.generation += i == 1;
		header.semid += i == 2;
		header.key += i == 3;
		header.project += i == 4;
		segment_counts(&target, i == 0 ? SV_SEGMENT_GOOD : SV_SEGMENT_CORRUPT,
		               i == 0 ? "a segment with the header of its record" : "one with another");
	}
	target = target_of_path();
	fill_header(&target);
	header.generation = 1;
	segment_counts(&target, SV_SEGMENT_GOOD, "without a record a segment with a header");
	is(objects.facts.set, SV_SET_GOOD, "and so is its set");
	world.used = 0;
	sv_gather(&objects, &target);
	is(objects.facts.set, SV_SET_NEW, "which is new as long as nobody has used it");
	world.used = 7;
	for (i = 0; i < 5; i++) {
		fill_header(&target);
		header.generation = i != 0;
		header.magic += i == 1;
		header.project += i == 2;
		header.key += i == 3;
		target.identity.inode = i == 4 ? 7 : 0;
		segment_is_in_the_way(&target, "one with another header");
	}
	memset(&header, 0, sizeof header);
}

/* What proves that a segment is the recorded one: its header, or the time when it was made. */
static void a_record_of_a_segment(void)
{
	struct sv_target target = target_of_record(SEGMENT, SET);

	make_both();
	fill_header(&target);
	segment_counts(&target, SV_SEGMENT_GOOD, "the segment of the record");
	ok(objects.facts.own && objects.facts.sole, "only this user can have written to it");
	world.segment_made = MADE + 60;
	segment_counts(&target, SV_SEGMENT_GOOD, "the same after its permissions were changed");
	memset(&header, 'x', sizeof header);
	sv_gather(&objects, &target);
	ok(objects.shmid == -1 && objects.facts.in_the_way,
	   "what has another content and time is another one");
	world.segment_made = MADE;
	segment_counts(&target, SV_SEGMENT_CORRUPT,
	               "a segment that was overwritten, with the time of the record,");
	fill_header(&target);
	world.set_user = stranger;
	set_is_in_the_way(&target, "a set of another user");
	target.named = false;
	target.owner = friend;
	world.set_user = friend;
	set_is_in_the_way(&target, "a set of a friend, where the segment is one's own,");
	ok(objects.stranger.untrusted, "because it is not trusted as a part of it");
	target.named = true;
	target.record.shmid = SEGMENT + 1;
	target.record.semid = SET + 1;
	sv_gather(&objects, &target);
	ok(objects.shmid == -1 && objects.semid == -1 && objects.facts.in_the_way,
	   "objects of another channel");
	ok(objects.stranger.id == SEGMENT && objects.stranger.owner == me && objects.stranger.known,
	   "of which the first is told");
	world.segment = false;
	sv_gather(&objects, &target);
	ok(objects.stranger.id == SET && objects.stranger.owner == friend && objects.stranger.known,
	   "or the only one");
	target = target_of_record(SEGMENT, SET);
	make_both();
	world.keyless = true;
	sv_gather(&objects, &target);
	ok(objects.shmid == SEGMENT && objects.semid == SET && !objects.facts.in_the_way,
	   "those of the record are found without a key");
	memset(&header, 0, sizeof header);
}

/* Objects that this process may not look at: the tables of the system still tell who has made them. */
static void hidden(void)
{
	struct sv_target recorded = target_of_record(SEGMENT, SET), unrecorded = target_of_path();

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
	recorded.record.shmid = SEGMENT + 1;
	recorded.record.made_s = MADE;
	recorded.named = false;
	world.made = MADE + 1000;
	sv_gather(&objects, &recorded);
	is(objects.stranger.id, SEGMENT,
	   "if nothing is that of the record, the segment with the key is told of");
	world.segment = world.unreadable = false;
	world.secret = true;
	sv_gather(&objects, &unrecorded);
	ok(objects.facts.set == SV_SET_DOUBT && objects.stranger.id == SET && objects.stranger.unreadable,
	   "a set is in doubt if its values cannot be read");
}

static void keys(void)
{
	memset(&world, 0, sizeof world);
	ok(!sv_key_is_taken((key_t)KEY), "a key of no object is free");
	world.closed = true;
	ok(sv_key_is_taken((key_t)KEY), "a key of a set that may not be opened is taken");
}

int main(void)
{
	name_users();
	a_set_without_a_record();
	a_record_that_was_begun();
	a_record_of_a_set();
	headers_of_a_record();
	a_record_of_a_segment();
	hidden();
	keys();
	return tap_done();
}
