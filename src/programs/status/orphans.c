/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* semctl commands */
#include "status/orphans.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/types.h>

#include "common/memory.h"
#include "common/messages.h"
#include "common/numbers.h"
#include "common/text.h"
#include "status/names.h"

/* The ids that belong to channels, whatever their state. */
struct ours {
	int *shmid, *semid;
	size_t count, room;
};

static int collect(const struct sv_info *info, void *arg)
{
	struct ours *ours = arg;

	/* A segment whose content is foreign may be an orphan. */
	if (info->state == SV_STATE_FOREIGN)
		return 0;
	if (ours->count == ours->room) {
		ours->room = ours->room * 2 + 64;
		ours->shmid = cli_must(realloc(ours->shmid, ours->room * sizeof *ours->shmid));
		ours->semid = cli_must(realloc(ours->semid, ours->room * sizeof *ours->semid));
	}
	ours->shmid[ours->count] = info->shmid;
	ours->semid[ours->count++] = info->semid;
	return 0;
}

static bool contains(const int *ids, size_t count, int id)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (ids[i] == id)
			return true;
	return false;
}

/* false also in doubt: only "no such process" means that it is gone. */
static bool is_gone(long pid)
{
	return pid > 0 && kill((pid_t)pid, 0) == -1 && errno == ESRCH;
}

struct search {
	struct ours ours;
	int64_t older_than_s;
	cli_orphan_visit visit;
	void *arg;
};

static int64_t last_use(const struct cli_orphan *orphan)
{
	return orphan->used > orphan->changed ? orphan->used : orphan->changed;
}

/* An orphan of unknown age may be young, so it is left out if the user asks for an age. */
static int report(struct search *search, struct cli_orphan *orphan)
{
	if (search->older_than_s > 0 && cli_seconds_since(last_use(orphan)) < search->older_than_s)
		return 0;
	return search->visit(orphan, search->arg);
}

/* The kernel shows pid 0 for a process of another pid namespace; such a process may be alive. */
static bool segment_is_orphaned(struct cli_orphan *orphan, long creator, long last, bool was_attached)
{
	if (!is_gone(creator) || (was_attached && !is_gone(last)))
		return false;
	if (!was_attached)
		snprintf(orphan->reason, sizeof orphan->reason, "never attached, its creator %ld is gone",
		         creator);
	else if (creator == last)
		snprintf(orphan->reason, sizeof orphan->reason,
		         "nobody is attached, its creator and last user %ld is gone", creator);
	else
		snprintf(orphan->reason, sizeof orphan->reason,
		         "nobody is attached, its creator %ld and last user %ld are gone", creator, last);
	return true;
}

static int walk_segments(struct search *search, FILE *table)
{
	char line[512];
	int result = 0;

	while (result == 0 && fgets(line, sizeof line, table) != NULL) {
		struct cli_orphan orphan = { .kind = CLI_SEGMENT };
		int64_t attached, detached;
		long creator, last;
		unsigned long maps;
		int key;

		/*
		 * key shmid perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime rss swap; the
		 * heading does not match.
		 */
		if (sscanf(line,
		           "%d %d %o %" SCNu64 " %ld %ld %lu %u %*u %*u %*u %" SCNd64 " %" SCNd64 " %" SCNd64,
		           &key, &orphan.id, &orphan.mode, &orphan.size, &creator, &last, &maps,
		           &orphan.owner, &attached, &detached, &orphan.changed) != 11)
			continue;
		orphan.key = (uint32_t)key;
		orphan.mode &= 0777;
		orphan.used = attached > detached ? attached : detached;
		if (maps != 0 || contains(search->ours.shmid, search->ours.count, orphan.id) ||
		    !segment_is_orphaned(&orphan, creator, last, orphan.used != 0))
			continue;
		result = report(search, &orphan);
	}
	return result;
}

/*
 * For each semaphore the kernel stores the process that changed it last; it does not store who made the set.
 */
static bool set_is_orphaned(struct cli_orphan *orphan)
{
	long user = 0, last = 0;
	uint64_t i;

	for (i = 0; i < orphan->size; i++) {
		int pid = semctl(orphan->id, (int)i, GETPID);

		if (pid == -1 || semctl(orphan->id, (int)i, GETNCNT) != 0 ||
		    semctl(orphan->id, (int)i, GETZCNT) != 0)
			return false;
		if (pid != 0 && !is_gone(pid))
			return false;
		if (pid != 0 && last != 0 && pid != last)
			user = last;
		if (pid != 0)
			last = pid;
	}
	if (last == 0)
		return false;
	/*
	 * If its segment is gone already, a set is known only by its record, which is in the directory of its
	 * channel.
	 */
	snprintf(orphan->reason, sizeof orphan->reason,
	         user == 0 ? "nobody waits on it, its last user %ld is gone%s"
	                   : "nobody waits on it, its last users, %ld and others, are gone%s",
	         last,
	         orphan->size == 2 && orphan->key >> 24 == SV_PROJECT_DEFAULT
	                 ? "; perhaps of a channel in another SVIPC_DIR"
	                 : "");
	return true;
}

static int walk_sets(struct search *search, FILE *table)
{
	char line[512];
	int result = 0;

	while (result == 0 && fgets(line, sizeof line, table) != NULL) {
		struct cli_orphan orphan = { .kind = CLI_SET };
		int key;

		/* key semid perms nsems uid gid cuid cgid otime ctime */
		if (sscanf(line, "%d %d %o %" SCNu64 " %u %*u %*u %*u %" SCNd64 " %" SCNd64, &key, &orphan.id,
		           &orphan.mode, &orphan.size, &orphan.owner, &orphan.used, &orphan.changed) != 7)
			continue;
		orphan.key = (uint32_t)key;
		orphan.mode &= 0777;
		if (contains(search->ours.semid, search->ours.count, orphan.id) || !set_is_orphaned(&orphan))
			continue;
		result = report(search, &orphan);
	}
	return result;
}

/* The kernel stores the last sender and the last receiver; it does not store who made the queue. */
static bool queue_is_orphaned(struct cli_orphan *orphan, long sender, long receiver)
{
	if ((sender == 0 && receiver == 0) || (sender != 0 && !is_gone(sender)) ||
	    (receiver != 0 && !is_gone(receiver)))
		return false;
	if (receiver == 0)
		snprintf(orphan->reason, sizeof orphan->reason,
		         "nobody has received from it, its last sender %ld is gone", sender);
	else if (sender == 0 || sender == receiver)
		snprintf(orphan->reason, sizeof orphan->reason, "its last user %ld is gone", receiver);
	else
		snprintf(orphan->reason, sizeof orphan->reason,
		         "its last sender %ld and its last receiver %ld are gone", sender, receiver);
	return true;
}

static int walk_queues(struct search *search, FILE *table)
{
	char line[512];
	int result = 0;

	while (result == 0 && fgets(line, sizeof line, table) != NULL) {
		struct cli_orphan orphan = { .kind = CLI_QUEUE };
		int64_t sent, received;
		long sender, receiver;
		int key;

		/* key msqid perms cbytes qnum lspid lrpid uid gid cuid cgid stime rtime ctime */
		if (sscanf(line,
		           "%d %d %o %*u %" SCNu64 " %ld %ld %u %*u %*u %*u %" SCNd64 " %" SCNd64 " %" SCNd64,
		           &key, &orphan.id, &orphan.mode, &orphan.size, &sender, &receiver, &orphan.owner,
		           &sent, &received, &orphan.changed) != 10)
			continue;
		orphan.key = (uint32_t)key;
		orphan.mode &= 0777;
		orphan.used = sent > received ? sent : received;
		if (queue_is_orphaned(&orphan, sender, receiver))
			result = report(search, &orphan);
	}
	return result;
}

static int walk_table(struct search *search, const char *file, int (*walk)(struct search *, FILE *))
{
	FILE *table = fopen(file, "re");
	int result;

	if (table == NULL) {
		cli_fail(errno, "cannot read %s", file);
		return -1;
	}
	result = walk(search, table);
	fclose(table);
	return result;
}

int cli_orphans_walk(int64_t older_than_s, cli_orphan_visit visit, void *arg)
{
	struct search search = { .older_than_s = older_than_s, .visit = visit, .arg = arg };
	struct sv_error error = SV_ERROR_INIT;
	int result = 0;

	if (sv_list(1, collect, &search.ours, &error) != SV_OK) {
		cli_say("%s", error.text);
		result = -1;
	}
	if (result == 0)
		result = walk_table(&search, "/proc/sysvipc/shm", walk_segments);
	if (result == 0)
		result = walk_table(&search, "/proc/sysvipc/sem", walk_sets);
	if (result == 0)
		result = walk_table(&search, "/proc/sysvipc/msg", walk_queues);
	free(search.ours.shmid);
	free(search.ours.semid);
	return result;
}

static const struct {
	const char *name, *unit; /* the unit of its size, in JSON */
	char option;             /* option of ipcrm(1) */
} kinds[] = {
	[CLI_SEGMENT] = { "segment", "size", 'm' },
	[CLI_SET] = { "set", "semaphores", 's' },
	[CLI_QUEUE] = { "queue", "messages", 'q' },
};

static char *command(char *out, size_t size, const struct cli_orphan *orphan)
{
	snprintf(out, size, "ipcrm -%c %d", kinds[orphan->kind].option, orphan->id);
	return out;
}

void cli_orphan_print(const struct cli_orphan *orphan)
{
	char size[32], age[16], user[64], remove[32];

	if (orphan->kind == CLI_SEGMENT)
		cli_bytes(size, sizeof size, (double)orphan->size);
	else
		snprintf(size, sizeof size, "%" PRIu64 " %.*s", orphan->size,
		         (int)strlen(kinds[orphan->kind].unit) - (orphan->size == 1),
		         kinds[orphan->kind].unit);
	printf("%s %d of %s (key 0x%08" PRIx32 ", %s, unused for %s): %s\n    %s\n", kinds[orphan->kind].name,
	       orphan->id, cli_user(user, sizeof user, orphan->owner), orphan->key, size,
	       cli_short_age(age, sizeof age, cli_seconds_since(last_use(orphan))), orphan->reason,
	       command(remove, sizeof remove, orphan));
}

void cli_orphan_json(struct cli_json *json, const struct cli_orphan *orphan)
{
	int64_t age = cli_seconds_since(last_use(orphan));
	char text[32];

	cli_json_text(json, "kind", kinds[orphan->kind].name);
	cli_json_signed(json, "id", orphan->id);
	snprintf(text, sizeof text, "0x%08" PRIx32, orphan->key);
	cli_json_text(json, "key", text);
	cli_json_unsigned(json, "owner", orphan->owner);
	snprintf(text, sizeof text, "%04o", orphan->mode);
	cli_json_text(json, "mode", text);
	cli_json_unsigned(json, kinds[orphan->kind].unit, orphan->size);
	cli_json_signed(json, "changed", orphan->changed);
	if (age >= 0)
		cli_json_signed(json, "age", age);
	else
		cli_json_null(json, "age");
	if (orphan->used != 0)
		cli_json_signed(json, "used", orphan->used);
	else
		cli_json_null(json, "used");
	cli_json_text(json, "reason", orphan->reason);
	cli_json_text(json, "remove", command(text, sizeof text, orphan));
}
