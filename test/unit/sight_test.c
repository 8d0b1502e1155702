/* SPDX-License-Identifier: MIT */
/* What a look at a channel says that changes meanwhile, or of which not all can be seen. */
#define _GNU_SOURCE /* RTLD_NEXT, syscall */
#include <limits.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>

#include "channel/channel.h"
#include "inspect/inspect.h"
#include "libc.h"
#include "pair.h"

static struct sv_info remnant; /* a channel whose only side was killed */

static void remove_objects(void)
{
	must(shmctl(remnant.shmid, IPC_RMID, NULL) == 0 && semctl(remnant.semid, 0, IPC_RMID) == 0);
}

static bool busy;   /* another process has the lock */
static bool ending; /* another process removes the channel, and then has the lock no more */

/* These functions stand before the C library's. */
int flock(int fd, int operation)
{
	errno = EWOULDBLOCK;
	if (busy && operation != LOCK_UN)
		return -1;
	if (ending) {
		ending = false;
		remove_objects();
		must(unlink(remnant.path) == 0);
	}
	return (int)syscall(SYS_flock, fd, operation);
}

static struct sv_header *header; /* of a channel whose header is repaired while others wait */
static int naps;

int nanosleep(const struct timespec *time, struct timespec *rest)
{
	(void)time;
	(void)rest;
	naps++;
	header->magic = SV_MAGIC;
	return 0;
}

static key_t taken; /* the key of a segment that has gone before its owner is asked for; 0: there is none */

int shmget(key_t key, size_t size, int flags)
{
	return taken != 0 && key == taken ? INT_MAX : libc(shmget)(key, size, flags);
}

static int find(struct sv_info *info)
{
	*info = (struct sv_info)SV_INFO_INIT;
	return sv_find("unit", NULL, 0, info, NULL);
}

static void it_gets_well(void)
{
	struct sv_options options = options_of(0, 4096);
	struct sv_info info;
	sv_channel *ch = open_side(SV_WRITER, &options);

	header = ch->header;
	header->magic++;
	busy = true;
	ok(find(&info) == SV_OK && info.state == SV_STATE_WAITING_READER,
	   "a channel that another process has locked is looked at again");
	is(naps, 1, "until it is well");
	busy = false;
	must(sv_close(ch) == SV_OK);
}

static void it_ends(void)
{
	struct sv_info info;

	remnant = leave_by_death("unit");
	ending = true;
	is(find(&info), SV_ESYSTEM, "a channel that has ended meanwhile is not found");
	ok(!ending && info.shmid == -1 && info.semid == -1, "nothing of it is there");
}

static void its_key_is_taken(void)
{
	struct sv_info info;

	remnant = leave_by_death("unit");
	remove_objects();
	taken = (key_t)remnant.key;
	is(find(&info), SV_OK, "of a channel without objects the record is found");
	is(info.shmid, INT_MAX, "and a segment that has its key");
	is(info.owner, (unsigned)-1, "nobody knows whose that is");
	taken = 0;
	must(unlink(remnant.path) == 0);
}

/* A process without a directory finds a channel by its path as others do: the key leads to its objects. */
static void without_a_directory(void)
{
	struct sv_options options = options_of_file(0, 4096);
	struct sv_info info = SV_INFO_INIT;
	sv_channel *ch = open_side(SV_WRITER, &options);

	must(sv_stat(ch, &info) == SV_OK);
	is(info.state, SV_STATE_WAITING_READER, "a side sees its own channel as it is");
	ch->header->inode++;
	is(sv_stat(ch, &info), SV_ECORRUPT, "and if it is another file's");
	ch->header->inode--;
	info = (struct sv_info)SV_INFO_INIT;
	use_directory("/nonexistent/directory");
	is(sv_find(NULL, options.path, 0, &info, NULL), SV_OK,
	   "without a directory a channel is found by its path");
	is(info.shmid, ch->segment.id, "it is that one");
	ok(find(&info) == SV_ESYSTEM && info.other_namespace == 0, "none is found by its name");
	use_directory(unit_directory);
	must(sv_close(ch) == SV_OK && unlink(options.path) == 0);
}

static struct sv_sight looked_at(void)
{
	struct sv_fault fault = { .label = "" };
	struct sv_sight sight;

	must(sv_sight_of_choice(&sight, "unit", NULL, 0, &fault) == SV_OK);
	sv_sight_look(&sight);
	return sight;
}

/* What was seen before the lock was taken may have changed. */
static void it_changes_before_the_lock(void)
{
	struct sv_options options = options_of(0, 4096);
	sv_channel *ch = open_side(SV_WRITER, &options);
	struct sv_sight sight = looked_at();

	must(sv_close(ch) == SV_OK);
	ok(!sv_sight_lock(&sight), "a channel that has ended meanwhile cannot be locked");
	sv_sight_close(&sight);
	remnant = leave_by_death("unit");
	sight = looked_at();
	is(sight.info.shmid, remnant.shmid, "a channel has a segment");
	remove_objects();
	ok(sv_sight_lock(&sight), "it is locked");
	is(sight.info.shmid, -1, "then it has none any more");
	sv_sight_close(&sight);
	must(unlink(remnant.path) == 0);
}

int main(void)
{
	own_directory();
	it_gets_well();
	it_ends();
	its_key_is_taken();
	without_a_directory();
	it_changes_before_the_lock();
	ok(directory_is_empty(), "nothing is left");
	return tap_done();
}
