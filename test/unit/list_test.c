/* SPDX-License-Identifier: MIT */
/* Listing: channels whose file was removed, and channels of another directory. */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>

#include "inspect/inspect.h"
#include "libc.h"
#include "pair.h"

/* Set: this process dies before it makes a set.  The function stands before the C library's. */
static bool dies;

int semget(key_t key, int count, int flags)
{
	if (dies && (flags & IPC_CREAT) != 0)
		raise(SIGKILL);
	return libc(semget)(key, count, flags);
}

/* What was seen of the channel that has this key. */
struct seen {
	uint32_t key;
	int count, removed;
	struct sv_info info;
};

static int see(const struct sv_info *info, void *arg)
{
	struct seen *seen = arg;

	if (info->key == seen->key) {
		seen->info = *info;
		seen->count++;
	}
	return 0;
}

static int see_clean(const struct sv_info *info, int removed, void *arg)
{
	struct seen *seen = arg;

	if (info->key == seen->key)
		seen->removed = removed;
	return see(info, arg);
}

static struct seen listed(uint32_t key, int all)
{
	struct seen seen = { .key = key };

	must(sv_list(all, see, &seen, NULL) == SV_OK);
	return seen;
}

/* Only looks: other channels of the user may be there. */
static struct seen would_clean(uint32_t key)
{
	struct sv_clean_options options = SV_CLEAN_INIT;
	struct seen seen = { .key = key };

	options.dry_run = 1;
	options.all = 1;
	must(sv_clean(&options, see_clean, &seen, NULL) == SV_OK);
	return seen;
}

/* The path of a file in the directory of this IPC namespace. */
static const char *path_of(const char *file)
{
	static char path[200];

	snprintf(path, sizeof path, "%s/ipc-%llu/%s", getenv("SVIPC_DIR"),
	         (unsigned long long)sv_ipc_namespace(), file);
	return path;
}

static void a_file_that_was_removed(void)
{
	struct sv_options options = options_of_file(0, 4096);
	char resolved[sizeof((struct sv_info *)0)->path];
	struct seen seen;
	sv_channel *ch;

	options.project = 7;
	ch = open_side(SV_WRITER, &options);
	seen = listed(info_of(ch).key, 0);
	is(seen.count, 1, "a channel with a path is listed once");
	snprintf(resolved, sizeof resolved, "%s", seen.info.path);
	must(unlink(options.path) == 0);
	seen = listed(seen.key, 0);
	is(seen.count, 1, "so it is when its file was removed");
	ok(strcmp(seen.info.path, resolved) == 0 && strstr(resolved, "/file") != NULL,
	   "its path is still '%s'", seen.info.path);
	is(seen.info.project, 7, "and so is its project id");
	ok(seen.info.name[0] == '\0', "it has no name");
	ok(seen.info.side[SV_WRITER].attached && seen.info.capacity == 4096, "its writer is attached");
	is(seen.info.state, SV_STATE_WAITING_READER, "it waits for a reader");
	ok(strcmp(seen.info.reason, "no reader has come") == 0, "which is all: %s", seen.info.reason);
	must(sv_close(ch) == SV_OK);
	is(listed(seen.key, 0).count, 0, "a channel that was closed is not listed");
}

/* The segment has been marked for removal already: the record alone leads to the channel. */
static void another_project(void)
{
	struct sv_options options = options_of(0, 4096);
	struct pair pair;
	struct seen seen;

	options.project = 7;
	pair.writer = open_side(SV_WRITER, &options);
	pair.reader = open_side(SV_READER, &options);
	seen = listed(info_of(pair.writer).key, 0);
	ok(seen.count == 1 && seen.info.project == 7 && strcmp(seen.info.name, "unit") == 0,
	   "a name with a project id is listed as such");
	close_pair(&pair);
}

/* The same of a channel with a path. */
static void a_file_that_was_replaced(void)
{
	struct sv_options options = options_of_file(0, 4096);
	struct pair pair;
	struct seen seen;
	uint32_t key;
	int i;

	pair.writer = open_side(SV_WRITER, &options);
	pair.reader = open_side(SV_READER, &options);
	key = info_of(pair.writer).key;
	for (i = 0; i < 2; i++) {
		must(unlink(options.path) == 0);
		must((i == 0 ? symlink("elsewhere", options.path) : mkfifo(options.path, 0600)) == 0);
		seen = listed(key, 0);
		is(seen.count, 1, "a channel whose file became a %s is listed", i == 0 ? "link" : "FIFO");
		ok(strstr(seen.info.reason, "cannot be opened") == NULL, "its file is gone: %s",
		   seen.info.reason);
	}
	close_pair(&pair);
	must(unlink(options.path) == 0);
	is(listed(key, 0).count, 0, "until it is closed");
}

/* Whose file cleaning would remove together with its channel. */
static int note_named(struct sv_sight *sight, void *arg)
{
	struct seen *seen = arg;

	if (sight->info.key == seen->key)
		seen->count += sight->rv.fd != -1 && sight->rv.named && sight->target.named;
	return 0;
}

static void another_directory(void)
{
	char other[100];
	int files;
	uint32_t key = leave_by_death("left").key;
	struct sv_fault fault = { .label = "" };
	struct seen seen, named = { .key = key };

	snprintf(other, sizeof other, "%s/other", unit_directory);
	must(mkdir(other, 0700) == 0);
	use_directory(other);
	files = open_descriptors();
	is(listed(key, 0).count, 0, "only channels of the directory that the user has chosen are listed");
	is(open_descriptors(), files, "and the files of others are closed again");
	seen = listed(key, 1);
	is(seen.count, 1, "unless all are wanted");
	ok(strcmp(seen.info.name, "left") == 0 &&
	           strncmp(seen.info.path, unit_directory, strlen(unit_directory)) == 0,
	   "its name is '%s', its path '%s'", seen.info.name, seen.info.path);
	is(seen.info.state, SV_STATE_STALE, "it is stale");
	use_directory(NULL);
	is(listed(key, 0).count, 1, "without a choice each directory counts");
	must(sv_sight_walk(SV_SCOPE_OWN, note_named, &named, &fault) == SV_OK);
	is(named.count, 1, "and the file there is open, as that of a name");
	seen = would_clean(key);
	is(seen.count, 1, "so it does for cleaning");
	is(seen.removed, 1, "which would remove the channel: %s", seen.info.reason);
	use_directory(unit_directory);
	must(rmdir(other) == 0);
	is(clean_all("left"), 1, "cleaning removes it");
	is(listed(key, 1).count, 0, "then it is gone");
}

/* Only the segment is left, and says where its file was. */
static void only_a_segment(void)
{
	uint32_t key = leave_by_death("left").key;
	struct sv_header *header;
	struct seen seen;

	must(unlink(path_of("left")) == 0);
	seen = listed(key, 0);
	ok(seen.count == 1 && strcmp(seen.info.path, path_of("left")) == 0,
	   "a channel without a file is listed");
	is(seen.info.state, SV_STATE_STALE, "it is stale");
	ok(strstr(seen.info.reason, "cannot") == NULL, "because nobody is there: %s", seen.info.reason);
	seen = would_clean(key);
	is(seen.removed, 1, "cleaning would remove it");
	header = shmat(seen.info.shmid, NULL, 0);
	must(header != (void *)-1);
	header->project = 256;
	is(listed(key, 0).count, 0, "a project id that cannot be makes it no channel");
	header->project = 0;
	is(listed(key, 0).count, 0, "so does 0");
	header->project = 1;
	is(listed(key, 0).info.project, 1, "the least is 1");
	must(shmdt(header) == 0);
	must(shmctl(seen.info.shmid, IPC_RMID, NULL) == 0 && semctl(seen.info.semid, 0, IPC_RMID) == 0);
}

/* The ids that the kernel gives out first belong to another channel. */
static void a_maker_that_died(void)
{
	struct sv_options options = options_of_file(0, 4096);
	struct sv_clean_options clean = SV_CLEAN_INIT;
	struct pair other = open_pair(0, 4096);
	struct seen seen = { .key = 0 };
	sv_channel *ch = open_side(SV_WRITER, &options);
	pid_t child;

	seen.key = info_of(ch).key;
	must(sv_close(ch) == SV_OK && (child = fork()) != -1);
	if (child == 0) {
		dies = true;
		_exit(sv_open(&ch, SV_WRITER, &options, 0, NULL));
	}
	status_of(child);
	must(shmget((key_t)seen.key, 0, 0) != -1);
	clean.path = options.path;
	must(sv_clean(&clean, see_clean, &seen, NULL) == SV_OK);
	is(seen.removed, 1, "what a process made before it died is removed");
	is(shmget((key_t)seen.key, 0, 0), -1, "so that its key is free");
	close_pair(&other);
	must(unlink(options.path) == 0);
}

/* What cleaning does to files with the names of files that are being made. */
static void unborn(void)
{
	struct sv_clean_options options = SV_CLEAN_INIT;
	struct seen none = { .key = 0 };
	int fd, at = open(path_of(""), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	must(at != -1 && (fd = openat(at, ".new.1.1", O_CREAT | O_WRONLY | O_CLOEXEC, 0600)) != -1);
	must(close(fd) == 0 && symlinkat(".new.1.1", at, ".new.1.2") == 0);
	must((fd = openat(at, ".new.1.3", O_CREAT | O_WRONLY | O_CLOEXEC, 0600)) != -1);
	must(write(fd, "data", 4) == 4 && close(fd) == 0);
	must((fd = openat(at, "kept", O_CREAT | O_WRONLY | O_CLOEXEC, 0600)) != -1 && close(fd) == 0);
	must(symlinkat("kept", at, ".new.1.4") == 0);
	must(sv_clean(&options, see_clean, &none, NULL) == SV_OK);
	is(faccessat(at, ".new.1.1", F_OK, 0), -1, "an empty file is removed");
	is(unlinkat(at, ".new.1.2", 0), 0, "a symbolic link stays");
	is(unlinkat(at, ".new.1.3", 0), 0, "so does a file that holds data");
	is(unlinkat(at, ".new.1.4", 0), 0, "and a symbolic link to an empty file");
	must(unlinkat(at, "kept", 0) == 0 && close(at) == 0);
}

/* Fill the stack below the caller's frame, where the calls after this one have their variables. */
__attribute__((noinline)) static void fill_stack(void)
{
	volatile char filled[65536];
	size_t i;

	for (i = 0; i < sizeof filled; i++)
		filled[i] = 'x';
}

static void a_used_stack(void)
{
	uint32_t key = leave_by_death("left").key;
	struct seen seen = { .key = key };

	fill_stack();
	must(sv_list(0, see, &seen, NULL) == SV_OK);
	ok(seen.count == 1 && strcmp(seen.info.path, path_of("left")) == 0, "a path ends where it ends: '%s'",
	   seen.info.path);
	must(shmctl(seen.info.shmid, IPC_RMID, NULL) == 0);
	is(listed(key, 0).info.total, SV_UNKNOWN, "without its segment nobody knows how much is to come");
	must(clean_all("left") == 1);
}

/* Whatever fails, the library closes only what it has opened. */
static void no_directory(void)
{
	struct sv_info info = SV_INFO_INIT;

	use_directory("/nonexistent/directory");
	is(sv_find("x", NULL, 0, &info, NULL), SV_ESYSTEM,
	   "nothing is found in a directory that is not there");
	is(listed(0, 0).count, 0, "and nothing is listed");
	ok(fcntl(STDIN_FILENO, F_GETFD) != -1, "standard input is still open");
	use_directory(unit_directory);
}

/* Descriptors that a program would inherit. */
static int inherited(void)
{
	int fd, count = 0;

	for (fd = 3; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) == 0;
	return count;
}

static int count_inherited(const struct sv_info *info, void *arg)
{
	(void)info;
	*(int *)arg = inherited();
	return 7;
}

static void visits(void)
{
	int before = inherited(), within = 0;
	struct pair pair = open_pair(0, 4096);

	is(inherited(), before, "a program that is started does not inherit a channel");
	is(sv_list(0, NULL, NULL, NULL), SV_EINVAL, "a list needs a visitor");
	is(sv_list(0, count_inherited, &within, NULL), 7, "a visitor may end a list, with its result");
	is(within, before, "a program that a visitor starts inherits no descriptor of the list");
	close_pair(&pair);
}

int main(void)
{
	own_directory();
	a_file_that_was_removed();
	another_project();
	a_file_that_was_replaced();
	another_directory();
	only_a_segment();
	a_maker_that_died();
	unborn();
	a_used_stack();
	no_directory();
	visits();
	ok(directory_is_empty(), "nothing is left");
	return tap_done();
}
