/* SPDX-License-Identifier: MIT */
/*
 * Which objects count as those of a channel, and which are only in its way: by their makers, their times, and
 * the record.  The objects are this test's own: the functions below stand before the C library's.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

#include "channel/facts.h"
#include "os/key.h"
#include "pair.h"

#define KEY 0x53000001u
#define SEGMENT 4
#define SET 5
#define MADE 100

static struct {
	bool segment, set; /* is there one? */
	bool closed;       /* the set may not be opened */
	uid_t segment_user, set_user;
	int64_t used, made; /* when the set was used and made */
	int64_t segment_made;
} world;
static struct sv_header header;
static uid_t me, friend, stranger;

int shmget(key_t key, size_t size, int flags)
{
	must((uint32_t)key == KEY && size == 0 && flags == 0);
	errno = ENOENT;
	return world.segment ? SEGMENT : -1;
}

int semget(key_t key, int count, int flags)
{
	must((uint32_t)key == KEY && count == 0 && flags == 0);
	errno = world.closed ? EACCES : ENOENT;
	return world.set ? SET : -1;
}

int shmctl(int id, int command, struct shmid_ds *ds)
{
	errno = EINVAL;
	if (command != IPC_STAT || id != SEGMENT || !world.segment)
		return -1;
	memset(ds, 0, sizeof *ds);
	ds->shm_perm.uid = ds->shm_perm.cuid = world.segment_user;
	ds->shm_perm.mode = 0600;
	ds->shm_perm.__key = (key_t)KEY;
	ds->shm_ctime = (time_t)world.segment_made;
	ds->shm_segsz = sv_segment_header_size() + (size_t)sv_segment_round(1);
	return 0;
}

int semctl(int id, int number, int command, ...)
{
	struct semid_ds *ds;
	va_list args;

	(void)number;
	errno = EINVAL;
	if (id != SET || !world.set)
		return -1;
	if (command != IPC_STAT)
		return 0;
	va_start(args, command);
	ds = va_arg(args, struct semid_ds *);
	va_end(args);
	memset(ds, 0, sizeof *ds);
	ds->sem_perm.uid = ds->sem_perm.cuid = world.set_user;
	ds->sem_perm.mode = 0600;
	ds->sem_perm.__key = (key_t)KEY;
	ds->sem_nsems = SV_SEM_COUNT;
	ds->sem_otime = (time_t)world.used;
	ds->sem_ctime = (time_t)world.made;
	return 0;
}

void *shmat(int id, const void *address, int flags)
{
	must(id == SEGMENT && address == NULL && flags == SHM_RDONLY);
	return &header;
}

int shmdt(const void *address)
{
	return address == &header ? 0 : -1;
}

/* A path whose file belongs to the friend, and no record. */
static struct sv_target target_of_path(void)
{
	struct sv_target target = { .owner = friend, .consent = 0600 };

	target.record.key = KEY;
	target.record.project = SV_PROJECT_DEFAULT;
	return target;
}

static struct sv_target target_of_record(int shmid, int semid)
{
	struct sv_target target = target_of_path();

	target.named = target.recorded = true;
	target.owner = me;
	target.record.generation = 1;
	target.record.shmid = shmid;
	target.record.semid = semid;
	target.record.made_s = MADE;
	return target;
}

static void set_counts(const struct sv_target *target, enum sv_set_fact fact, const char *which)
{
	struct sv_objects objects;

	sv_gather(&objects, target);
	is(objects.facts.own, world.set_user == me, "what this user has made is its own");
	ok(objects.semid == SET && objects.facts.set == fact && !objects.facts.in_the_way,
	   "%s is the channel's", which);
}

static void set_is_in_the_way(const struct sv_target *target, const char *which)
{
	struct sv_objects objects;

	sv_gather(&objects, target);
	ok(objects.semid == -1 && objects.facts.set == SV_SET_NONE, "%s is not the channel's", which);
	ok(objects.facts.in_the_way && objects.stranger.id == SET &&
	           strcmp(objects.stranger.kind, "semaphore set") == 0 &&
	           objects.stranger.owner == world.set_user,
	   "and that is known");
	is(objects.facts.own, objects.shmid == -1 || world.segment_user == me,
	   "so it does not matter whose it is");
}

/* Without a record, what is left of a peer's channel once its segment is removed. */
static void a_set_without_a_record(void)
{
	struct sv_target target = target_of_path();
	struct sv_objects objects;

	memset(&world, 0, sizeof world);
	world.set = true;
	world.set_user = friend;
	world.used = 7;
	set_counts(&target, SV_SET_GOOD, "a set that a friend has made and used");
	sv_gather(&objects, &target);
	ok(objects.facts.side[SV_WRITER] == SV_PRESENT && objects.facts.side[SV_READER] == SV_PRESENT,
	   "without a weight on it both sides are there");
	target.recorded = true;
	target.record.shmid = SEGMENT + 1;
	target.record.semid = SET + 1;
	target.record.file.inode = 7;
	set_counts(&target, SV_SET_GOOD, "so it is after an earlier channel of which a record is left");
	sv_gather(&objects, &target);
	ok(objects.facts.record == SV_RECORD_NONE && !objects.facts.other_file, "which does not count");
	target.recorded = false;
	world.used = 0;
	set_is_in_the_way(&target, "a set that nobody has used");
	world.set_user = me;
	world.used = 7;
	set_is_in_the_way(&target, "a set of one's own, which would have a record,");
	world.set_user = stranger;
	set_is_in_the_way(&target, "a set of another user");
}

/* The maker has died, or is at work, before it wrote down the ids. */
static void a_record_that_was_begun(void)
{
	struct sv_target target = target_of_record(-1, -1);
	struct sv_objects objects;

	memset(&world, 0, sizeof world);
	world.segment = true;
	world.segment_user = me;
	sv_gather(&objects, &target);
	ok(objects.shmid == SEGMENT && objects.facts.segment == SV_SEGMENT_UNREADY,
	   "an empty segment of one's own is the channel's");
	world.segment_user = stranger;
	sv_gather(&objects, &target);
	ok(objects.shmid == -1 && objects.facts.segment == SV_SEGMENT_NONE,
	   "an empty segment of another user is not the channel's");
	ok(objects.facts.in_the_way && objects.stranger.id == SEGMENT &&
	           strcmp(objects.stranger.kind, "segment") == 0,
	   "and that is known");
	ok(objects.facts.own && !objects.facts.sole, "so it does not matter whose it is");
	world.segment = false;
	world.set = true;
	world.set_user = me;
	set_counts(&target, SV_SET_NEW, "a set of one's own that nobody has used");
	world.used = 7;
	set_is_in_the_way(&target, "a set that somebody has used");
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
	world.made = MADE - 1;
	set_is_in_the_way(&target, "a set that was made earlier");
}

/* A complete header, as the record describes it. */
static void fill_header(const struct sv_target *target)
{
	memset(&header, 0, sizeof header);
	header.magic = SV_MAGIC;
	header.format = SV_FORMAT;
	header.header_size = sv_segment_header_size();
	header.capacity = sv_segment_round(1);
	header.generation = target->record.generation;
	header.key = KEY;
	header.project = (uint32_t)target->record.project;
	header.semid = SET;
	atomic_store(&header.ready, SV_READY);
}

/* What proves that a segment is the recorded one: its header, or the time when it was made. */
static void a_record_of_a_segment(void)
{
	struct sv_target target = target_of_record(SEGMENT, SET);
	struct sv_objects objects;

	memset(&world, 0, sizeof world);
	world.segment = world.set = true;
	world.segment_user = world.set_user = me;
	world.used = 7;
	world.segment_made = MADE;
	fill_header(&target);
	sv_gather(&objects, &target);
	ok(objects.shmid == SEGMENT && objects.facts.segment == SV_SEGMENT_GOOD, "the segment of the record");
	ok(objects.facts.own && objects.facts.sole, "only this user can have written to it");
	world.segment_made = MADE + 60;
	sv_gather(&objects, &target);
	ok(objects.shmid == SEGMENT && objects.facts.segment == SV_SEGMENT_GOOD,
	   "so it is after its permissions were changed");
	memset(&header, 'x', sizeof header);
	sv_gather(&objects, &target);
	ok(objects.shmid == -1 && objects.facts.in_the_way,
	   "what has another content and time is another one");
	world.segment_made = MADE;
	sv_gather(&objects, &target);
	ok(objects.shmid == SEGMENT && objects.facts.segment == SV_SEGMENT_CORRUPT,
	   "a segment that was overwritten has the time of the record");
	fill_header(&target);
	world.set_user = stranger;
	set_is_in_the_way(&target, "a set of another user");
	target.named = false;
	target.owner = friend;
	world.set_user = friend;
	set_is_in_the_way(&target, "a set of a friend, where the segment is one's own,");
	target.named = true;
	target.record.shmid = SEGMENT + 1;
	target.record.semid = SET + 1;
	sv_gather(&objects, &target);
	ok(objects.shmid == -1 && objects.semid == -1 && objects.facts.in_the_way,
	   "objects of another channel");
	ok(objects.stranger.id == SEGMENT && objects.stranger.owner == me && objects.stranger.known,
	   "of which the first is told");
	memset(&header, 0, sizeof header);
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
	me = geteuid();
	friend = me + 1;
	stranger = me + 2;
	a_set_without_a_record();
	a_record_that_was_begun();
	a_record_of_a_set();
	a_record_of_a_segment();
	keys();
	return tap_done();
}
