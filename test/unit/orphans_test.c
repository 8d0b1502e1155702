/* SPDX-License-Identifier: MIT */
/*
 * Orphans: which objects of other software count as forgotten, from what the kernel's tables say about them.
 * The tables, the processes, the channels and the time of day are this test's own.
 */
#define _GNU_SOURCE /* semctl commands */
#include <stdint.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <time.h>

#include "common/messages.h"
#include "pair.h"
#include "status/orphans.h"

/* Processes: from 9000 on there is none, from 8000 on they are another user's, all others run. */
#define NOW 1000000

/* The functions below stand before the C library's and the library's. */
int kill(pid_t pid, int number)
{
	(void)number;
	errno = pid >= 9000 ? ESRCH : EPERM;
	return pid >= 8000 ? -1 : 0;
}

time_t time(time_t *out)
{
	if (out != NULL)
		*out = NOW;
	return NOW;
}

static const char *shm, *sem, *msg; /* the tables; NULL: cannot be read */

FILE *fopen(const char *restrict path, const char *restrict mode)
{
	const char *table = strcmp(path, "/proc/sysvipc/shm") == 0   ? shm
	                    : strcmp(path, "/proc/sysvipc/sem") == 0 ? sem
	                                                             : msg;

	(void)mode;
	errno = EACCES;
	if (table != NULL && table[0] == '\0')
		table = "key\n";
	return table == NULL ? NULL : fmemopen((void *)(uintptr_t)table, strlen(table), "r");
}

/* Sets by their id: the last process of each semaphore, and how many wait on the second one. */
static const struct {
	int pid[2], more, zero;
} sets[] = {
	[1] = { { 9001, 9001 }, 0, 0 }, [2] = { { 9001, 9002 }, 0, 0 }, [3] = { { 0, 9001 }, 0, 0 },
	[4] = { { 0, 0 }, 0, 0 },       [5] = { { 9001, 700 }, 0, 0 },  [6] = { { 9001, 9001 }, 1, 0 },
	[7] = { { 9001, 9001 }, 0, 1 }, [8] = { { -1, -1 }, 0, 0 },     [9] = { { 9001, 8000 }, 0, 0 },
};

int semctl(int id, int number, int command, ...)
{
	return command == GETPID    ? sets[id].pid[number]
	       : number == 0        ? 0
	       : command == GETNCNT ? sets[id].more
	                            : sets[id].zero;
}

static int ours_shm = -1, ours_sem = -1; /* the objects of the last channel */
static enum sv_state ours_state;
static int list_fails;

int sv_list(int all, sv_visit visit, void *arg, struct sv_error *error)
{
	struct sv_info info = SV_INFO_INIT;

	must(all == 1);
	/* A channel before it, whose objects nobody looks for. */
	info.state = SV_STATE_RUNNING;
	info.shmid = info.semid = 4711;
	must(visit(&info, arg) == 0);
	info.state = ours_state;
	info.shmid = ours_shm;
	info.semid = ours_sem;
	snprintf(error->text, sizeof error->text, "the list cannot be read");
	visit(&info, arg);
	return list_fails ? SV_ESYSTEM : SV_OK;
}

static struct cli_orphan seen[32];
static int count, stop_with;

static int see(const struct cli_orphan *orphan, void *arg)
{
	(void)arg;
	seen[count++] = *orphan;
	return stop_with;
}

static int walk(int64_t older_than_s)
{
	count = 0;
	return cli_orphans_walk(older_than_s, see, NULL);
}

static void one_table(const char *segments, const char *semaphores, const char *queues)
{
	shm = segments;
	sem = semaphores;
	msg = queues;
	is(walk(0), 0, "the tables are read");
}

static void reported(int nth, int id, const char *reason)
{
	if (!ok(nth < count && seen[nth].id == id && strcmp(seen[nth].reason, reason) == 0, "%d: %s", id,
	        reason))
		printf("# is %d: %s\n", seen[nth].id, seen[nth].reason);
}

static void segments(void)
{
	/* key shmid perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime */
	one_table("key shmid perms\n"
	          "0 1 1600 10 9001 0    0 7 0 0 0 0 0 5\n"
	          "0 2 600 10 700  0    0 7 0 0 0 0 0 5\n"
	          "0 3 600 10 9001 9001 0 7 0 0 0 6 0 5\n"
	          "0 4 600 10 9001 9002 0 7 0 0 0 6 7 5\n"
	          "0 5 600 10 9001 700  0 7 0 0 0 6 7 5\n"
	          "0 6 600 10 9001 9002 1 7 0 0 0 6 7 5\n"
	          "0 7 600 10 0    0    0 7 0 0 0 0 0 5\n"
	          "0 8 600 10 8000 0    0 7 0 0 0 0 0 5\n"
	          "0 9 600 10 9001 8000 0 7 0 0 0 6 7 5\n",
	          "", "");
	is(count, 3, "a segment is an orphan if nobody is attached and all who are known are gone");
	reported(0, 1, "never attached, its creator 9001 is gone");
	reported(1, 3, "nobody is attached, its creator and last user 9001 is gone");
	reported(2, 4, "nobody is attached, its creator 9001 and last user 9002 are gone");
	is(seen[0].mode, 0600, "flags are not part of its mode");
	is(seen[2].used, 7, "it was used when somebody attached or detached last");
	ours_shm = 3;
	is((walk(0), count), 2, "the segment of a channel is none");
	ours_state = SV_STATE_FOREIGN;
	is((walk(0), count), 3, "unless it is not the channel's own");
	ours_shm = -1;
	ours_state = SV_STATE_RUNNING;
	one_table("key shmid perms\n"
	          "0 1 600 10 9001 0 0 7 0 0 0 0 0 5\n"
	          "and something else\n"
	          "0 2 600 10 9001 0 0 7 0 0 0 0 0 2000000000\n",
	          "", "");
	is(count, 2, "a line that is none is left out; an orphan may be of unknown age");
}

static void semaphores(void)
{
	/* key semid perms nsems uid gid cuid cgid otime ctime */
	one_table("",
	          "key semid perms\n"
	          "0 1 1600 2 7 0 0 0 6 5\n"
	          "0 2 600 2 7 0 0 0 6 5\n"
	          "0 3 600 2 7 0 0 0 6 5\n"
	          "0 4 600 2 7 0 0 0 6 5\n"
	          "0 5 600 2 7 0 0 0 6 5\n"
	          "0 6 600 2 7 0 0 0 6 5\n"
	          "0 7 600 2 7 0 0 0 6 5\n"
	          "0 8 600 2 7 0 0 0 6 5\n"
	          "0 9 600 2 7 0 0 0 6 5\n"
	          "1392508928 1 600 2 7 0 0 0 6 5\n"
	          "1392508928 1 600 1 7 0 0 0 6 5\n",
	          "");
	is(count, 5, "a set is an orphan if nobody waits and all who are known are gone");
	reported(0, 1, "nobody waits on it, its last user 9001 is gone");
	reported(1, 2, "nobody waits on it, its last users, 9002 and others, are gone");
	reported(2, 3, "nobody waits on it, its last user 9001 is gone");
	reported(3, 1,
	         "nobody waits on it, its last user 9001 is gone; perhaps of a channel in another SVIPC_DIR");
	reported(4, 1, "nobody waits on it, its last user 9001 is gone");
	is(seen[0].mode, 0600, "flags are not part of its mode");
	ours_sem = 2;
	is((walk(0), count), 4, "the set of a channel is none");
	ours_sem = -1;
}

static void queues(void)
{
	/* key msqid perms cbytes qnum lspid lrpid uid gid cuid cgid stime rtime ctime */
	one_table("", "",
	          "key msqid perms\n"
	          "0 1 600 0 3 0    0    7 0 0 0 0 0 5\n"
	          "0 2 1600 0 3 9001 0    7 0 0 0 6 0 5\n"
	          "0 3 600 0 3 0    9001 7 0 0 0 0 6 5\n"
	          "0 4 600 0 3 9001 9001 7 0 0 0 6 7 5\n"
	          "0 5 600 0 3 9001 9002 7 0 0 0 9 8 5\n"
	          "0 6 600 0 3 700  9002 7 0 0 0 6 7 5\n"
	          "0 7 600 0 3 9001 700  7 0 0 0 6 7 5\n"
	          "0 8 600 0 3 700  0    7 0 0 0 6 7 5\n");
	is(count, 4, "a queue is an orphan if it was used and all who are known are gone");
	reported(0, 2, "nobody has received from it, its last sender 9001 is gone");
	reported(1, 3, "its last user 9001 is gone");
	reported(2, 4, "its last user 9001 is gone");
	reported(3, 5, "its last sender 9001 and its last receiver 9002 are gone");
	is(seen[0].mode, 0600, "flags are not part of its mode");
	is(seen[3].used, 9, "it was used when somebody sent or received last");
}

static void ages(void)
{
	one_table("0 1 600 10 9001 0    0 7 0 0 0 0      0 999900\n"
	          "0 2 600 10 9001 9001 0 7 0 0 0 999901 0 5\n"
	          "0 3 600 10 9001 0    0 7 0 0 0 0      0 1000001\n",
	          "", "");
	is(count, 3, "without an age all count, also what is from the future");
	is((walk(100), count), 1, "with an age only what is known to be as old");
	is(seen[0].id, 1, "a segment that was made so long ago");
	is((walk(99), count), 2, "or was used so long ago");
}

static void ends(void)
{
	one_table("0 1 600 10 9001 0 0 7 0 0 0 0 0 5\n"
	          "0 2 600 10 9001 0 0 7 0 0 0 0 0 5\n",
	          "0 1 600 2 7 0 0 0 6 5\n"
	          "0 2 600 2 7 0 0 0 6 5\n",
	          "0 2 600 0 3 9001 0 7 0 0 0 6 0 5\n"
	          "0 3 600 0 3 9001 0 7 0 0 0 6 0 5\n");
	is(count, 6, "all tables are read");
	ok(seen[0].kind == CLI_SEGMENT && seen[2].kind == CLI_SET && seen[4].kind == CLI_QUEUE,
	   "segments come first, then sets, then queues");
	stop_with = 5;
	is(walk(0), 5, "a visit ends the walk of the segments, with its result");
	is(count, 1, "at once");
	shm = "";
	is(walk(0), 5, "so it does the walk of the sets");
	is(count, 1, "at once");
	sem = "";
	is(walk(0), 5, "and the walk of the queues");
	is(count, 1, "at once");
	stop_with = 0;
	msg = NULL;
	is(walk(0), -1, "a table that cannot be read is a failure");
	msg = "";
	list_fails = 1;
	is(walk(0), -1, "so is a list of channels that cannot be read");
	ok(strcmp(cli_last_failure(), "the list cannot be read") == 0, "and it is reported");
	list_fails = 0;
}

static void json_text(void)
{
	struct cli_orphan orphan = { .kind = CLI_SET,
		                     .id = 12,
		                     .key = 0x4d,
		                     .owner = 4000000000u,
		                     .mode = 0640,
		                     .size = 2,
		                     .changed = NOW - 240,
		                     .used = NOW - 180,
		                     .reason = "why" };
	struct cli_json json;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	must(out != NULL);
	cli_json_start(&json, out, true);
	cli_json_open(&json, NULL, '{');
	cli_orphan_json(&json, &orphan);
	cli_json_close(&json, '}');
	must(fclose(out) == 0);
	if (!ok(strcmp(text,
	               "{\"kind\": \"set\", \"id\": 12, \"key\": \"0x0000004d\", \"owner\": 4000000000, "
	               "\"mode\": \"0640\", \"semaphores\": 2, \"changed\": 999760, \"age\": 180, "
	               "\"used\": 999820, \"reason\": \"why\", \"remove\": \"ipcrm -s 12\"}") == 0,
	        "all is there in JSON"))
		printf("# is %s\n", text);
	free(text);
}

int main(void)
{
	segments();
	semaphores();
	queues();
	ages();
	ends();
	json_text();
	return tap_done();
}
