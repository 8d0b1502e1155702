/* SPDX-License-Identifier: MIT */
/* What sv_open() makes of what it finds, and of a kernel that does not do what it should. */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <stdarg.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

#include "channel/channel.h"
#include "libc.h"
#include "pair.h"

/* --- the functions below stand before the C library's ------------------------------------------------------
 */

static bool taken;     /* each key is somebody else's as soon as a segment is made */
static size_t largest; /* segment that can be made; 0: any */
static int made, late; /* segments; how many sets seem to be made too late, 10 s after their segment */

int shmget(key_t key, size_t size, int flags)
{
	made += (flags & IPC_CREAT) != 0;
	errno = taken ? EEXIST : EINVAL;
	if ((flags & IPC_CREAT) != 0 && (taken || (largest != 0 && size > largest)))
		return -1;
	return libc(shmget)(key, size, flags);
}

static int naps;

int nanosleep(const struct timespec *time, struct timespec *left)
{
	naps++;
	return libc(nanosleep)(time, left);
}

static int huge; /* how often huge pages were asked for; they are not to be had */

int madvise(void *address, size_t length, int advice)
{
	huge += advice == MADV_COLLAPSE;
	errno = EINVAL;
	return advice == MADV_COLLAPSE ? -1 : libc(madvise)(address, length, advice);
}

static int removals;

int shmctl(int id, int command, struct shmid_ds *ds)
{
	removals += command == IPC_RMID;
	return libc(shmctl)(id, command, ds);
}

int semctl(int id, int number, int command, ...)
{
	va_list args;
	void *arg;
	int result;

	va_start(args, command);
	arg = va_arg(args, void *);
	va_end(args);
	removals += command == IPC_RMID;
	result = libc(semctl)(id, number, command, arg);
	if (command == IPC_STAT && late > 0) {
		late--;
		((struct semid_ds *)arg)->sem_ctime += 10;
	}
	return result;
}

/* ----------------------------------------------------------------------------------------------------------
 */

static struct sv_error error = SV_ERROR_INIT;

static int opens(enum sv_role role, const struct sv_options *options, int timeout_ms)
{
	sv_channel *ch;
	int code = sv_open(&ch, role, options, timeout_ms, &error);

	if (code == SV_OK)
		must(sv_close(ch) == SV_OK);
	return code;
}

static int never(void *arg)
{
	(void)arg;
	return 0;
}

/* One side has left, so the other one is about to. */
static void while_a_transfer_ends(enum sv_role first)
{
	struct sv_options options = options_of(0, 4096);
	struct sv_segment_facts facts;
	struct sv_fault fault = { .label = "" };
	struct pair pair = open_pair(0, 4096);
	volatile int cancel = 1;
	int i;

	must(sv_segment_stat(pair.reader->segment.id, &facts, &fault) == SV_OK);
	ok(facts.marked, "the segment of two sides ends with them, whatever happens");
	must(sv_close(first == SV_WRITER ? pair.writer : pair.reader) == SV_OK);
	naps = 0;
	for (i = 0; i < 2; i++) {
		options.waiting = i == 0 ? NULL : never;
		is(opens(SV_WRITER, &options, 0), SV_EAGAIN, "a transfer has not ended");
		is(error.peer_pid, getpid(), "because of this process");
		is(opens(SV_WRITER, &options, 30), SV_ETIMEDOUT, "nor in some time");
		ok(error.sys_errno == 0 && error.advice == SV_ADVICE_WAIT, "it says '%s'", error.text);
	}
	is(naps, 0, "it waits for the end, not for a time");
	options.cancel = &cancel;
	is(opens(SV_WRITER, &options, -1), SV_EINTR, "the caller may call it off");
	is(error.sys_errno, 0, "no system call has failed");
	must(sv_close(first == SV_WRITER ? pair.reader : pair.writer) == SV_OK);
	options.cancel = NULL;
	is(opens(SV_WRITER, &options, 0), SV_OK, "now it has ended");
}

static void only_to_join(void)
{
	struct sv_options options = options_of(SV_JOIN_ONLY, 4096);
	struct sv_info info = SV_INFO_INIT;
	uint32_t key;
	int id;

	leave_by_death("unit");
	is(opens(SV_READER, &options, 0), SV_ESYSTEM, "who may only join does not join a dead channel");
	is(error.sys_errno, ENOENT, "there is none for it");
	must(sv_find("unit", NULL, 0, &info, NULL) == SV_OK);
	ok(info.state == SV_STATE_STALE && info.shmid != -1, "nor replaces it");
	key = info.key;
	must(shmctl(info.shmid, IPC_RMID, NULL) == 0 && semctl(info.semid, 0, IPC_RMID) == 0);
	id = shmget((key_t)key, 1, IPC_CREAT | IPC_EXCL | 0600);
	must(id != -1);
	is(opens(SV_READER, &options, 0), SV_ESYSTEM, "it makes no other file for a key that is taken");
	must(sv_find("unit", NULL, 0, &info, NULL) == SV_OK);
	is(info.key, key, "as is seen by the key");
	is(info.state, SV_STATE_STALE, "only the record is left");
	ok(info.shmid == id && info.owner == geteuid(), "of the object in its way all is told");
	options.flags = 0;
	is(opens(SV_READER, &options, 0), SV_OK, "anybody else does");
	is(shmctl(id, IPC_RMID, NULL), 0, "and leaves alone what has that key");
	options.flags = SV_JOIN_ONLY;
	is(opens(SV_READER, &options, 0), SV_ESYSTEM, "who may only join makes nothing");
}

/* Others take each key as soon as this process makes a file for it. */
static void again_and_again(void)
{
	struct sv_options options = options_of(0, 4096);

	taken = true;
	made = removals = 0;
	is(opens(SV_WRITER, &options, 0), SV_EAGAIN, "with no time to wait it gives up");
	is(made, 101, "after so many attempts");
	made = 0;
	is(opens(SV_WRITER, &options, 20), SV_ETIMEDOUT, "with some time it gives up after that");
	ok(made > 50 && error.sys_errno == 0, "%d attempts: %s", made, error.text);
	is(removals, 0, "it removes nothing that it has not made");
	taken = false;
	is(opens(SV_WRITER, &options, 0), SV_OK, "once there is a free key");
}

static void limits(void)
{
	struct sv_options options = options_of(0, 0);
	struct sv_info info = SV_INFO_INIT;
	sv_channel *ch;

	largest = 3 * sv_segment_round(1);
	must(sv_open(&ch, SV_WRITER, &options, 0, &error) == SV_OK);
	is(sv_capacity(ch), 2 * sv_segment_round(1),
	   "without a choice the capacity is what the kernel allows");
	must(sv_close(ch) == SV_OK);
	options.capacity = 4 * sv_segment_round(1);
	removals = 0;
	is(opens(SV_WRITER, &options, 0), SV_ESYSTEM, "a choice is not changed");
	ok(error.sys_errno == EINVAL && error.advice == SV_ADVICE_CAPACITY, "but refused: %s", error.text);
	is(removals, 0, "nothing is removed that was not made");
	is(sv_find("unit", NULL, 0, &info, NULL), SV_ESYSTEM, "and nothing stays");
	largest = 0;
}

/* A set is known to be ours without its segment only if both were made at one time. */
static void at_one_time(void)
{
	struct sv_options options = options_of(0, 4096);

	late = 1;
	made = 0;
	is(opens(SV_WRITER, &options, 0), SV_OK, "objects that were not made at one time");
	is(made, 2, "are made again");
	late = 100;
	made = 0;
	is(opens(SV_WRITER, &options, 0), SV_ESYSTEM, "but not for ever");
	ok(made == 10 && error.sys_errno == ETIME, "after %d attempts: %s", made, error.text);
	late = 0;
}

/* How a side waits is its own choice. */
static void policies(void)
{
	struct sv_options options = options_of(0, 4096);
	sv_channel *ch;
	int wait;

	for (wait = SV_WAIT_AUTO; wait <= SV_WAIT_SLEEP; wait++) {
		options.wait = (enum sv_wait)wait;
		ch = open_side(SV_READER, &options);
		is(info_of(ch).total, SV_UNKNOWN, "a reader does not know how much will come");
		is(ch->pace.allowed, wait == SV_WAIT_AUTO && ch->spin.allowed, "policy %d: holds", wait);
		must(sv_close(ch) == SV_OK);
	}
}

/* Nothing that a side has left is taken for its successor's. */
static void a_successor(void)
{
	struct sv_options options = options_of(SV_RESUME, 4096);
	struct pair pair = open_pair(SV_RESUME, 4096);
	struct sv_side_line *line = &pair.reader->header->side[SV_WRITER];
	sv_channel *writer;

	send_byte(pair.writer);
	must(sv_close(pair.writer) == SV_OK);
	atomic_store(&line->light, SV_LIGHT_MUTE);
	atomic_store(&line->wake, 5);
	atomic_store(&line->cpu, 5000);
	atomic_store(&line->fences, 5);
	writer = open_side(SV_WRITER, &options);
	is(atomic_load(&line->light), 0, "it can ring bells");
	is(atomic_load(&line->wake), 0, "it is awake");
	is(atomic_load(&line->status), SV_RUNNING, "it has not ended");
	ok(atomic_load(&line->cpu) != 5000 && atomic_load(&line->fences) != 5, "it runs where it runs");
	must(sv_finish(writer, 0) == SV_EAGAIN && sv_release(pair.reader, 0) == SV_OK);
	take_bytes(pair.reader, 1);
	take_end(pair.reader);
	must(sv_finish(writer, 0) == SV_OK);
	must(sv_close(writer) == SV_OK && sv_close(pair.reader) == SV_OK);
}

/* Huge pages pay only for a writer that begins to send much. */
static void much_to_send(void)
{
	struct sv_options options = options_of(0, UINT64_C(4) << 20);

	huge = 0;
	must(opens(SV_WRITER, &options, 0) == SV_OK);
	is(huge, 0, "a writer that does not know how much it sends uses usual pages");
	options.total = UINT64_C(4) << 20;
	must(opens(SV_READER, &options, 0) == SV_OK);
	is(huge, 0, "so does a reader");
	must(opens(SV_WRITER, &options, 0) == SV_OK);
	is(huge, 1, "a writer that sends much asks for huge pages");
	options.total = 4096;
	must(opens(SV_WRITER, &options, 0) == SV_OK);
	is(huge, 1, "one that sends little does not");
}

/* A record is written before anything is made. */
static void no_record(void)
{
	struct sv_options options = options_of_file(0, 4096);
	struct rlimit none = { 0, 0 };
	pid_t child;

	removals = made = 0;
	child = fork();
	must(child != -1);
	if (child == 0) {
		must(signal(SIGXFSZ, SIG_IGN) != SIG_ERR && setrlimit(RLIMIT_FSIZE, &none) == 0);
		_exit(opens(SV_WRITER, &options, 0) == SV_ESYSTEM && error.sys_errno == EFBIG
		              ? removals + made
		              : -1);
	}
	is(status_of(child), 0, "who cannot write its record has made nothing, and removes nothing");
	must(unlink(options.path) == 0);
}

int main(void)
{
	own_directory();
	while_a_transfer_ends(SV_WRITER);
	while_a_transfer_ends(SV_READER);
	only_to_join();
	again_and_again();
	limits();
	at_one_time();
	policies();
	a_successor();
	much_to_send();
	no_record();
	ok(directory_is_empty(), "nothing is left");
	return tap_done();
}
