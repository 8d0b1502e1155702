/* SPDX-License-Identifier: MIT */
/* sv_find() of a name that does not exist here, but perhaps in another IPC namespace. */
#define _GNU_SOURCE /* ftok */
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>

#include "pair.h"

/* A file in the directory of an IPC namespace that is not ours: "ipc-7/unit". */
static void elsewhere(const char *file, bool there)
{
	char path[200];
	size_t directory = strlen(unit_directory) + 1 + (size_t)(strchr(file, '/') - file);

	snprintf(path, sizeof path, "%s/%s", unit_directory, file);
	must(there || unlink(path) == 0);
	path[directory] = '\0';
	must(there ? mkdir(path, 0700) == 0 || errno == EEXIST : rmdir(path) == 0 || errno == ENOTEMPTY);
	path[directory] = '/';
	must(!there || close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600)) == 0);
}

static void missing(const char *name, int project, unsigned count, uint64_t one)
{
	struct sv_info info = SV_INFO_INIT;
	struct sv_error error = SV_ERROR_INIT;
	char number[40];

	memset(info.name, 'x', sizeof info.name - 1);
	ok(sv_find(name, NULL, project, &info, &error) == SV_ESYSTEM && error.sys_errno == ENOENT,
	   "'%s' is not here", name);
	is(info.elsewhere, count, "but in %u other namespaces", count);
	is(info.other_namespace, one, "of which this is one");
	is(info.ipc_namespace, sv_ipc_namespace(), "and this is ours");
	ok(info.name[0] == '\0' && info.shmid == -1 && info.total == SV_UNKNOWN, "the rest is empty");
	snprintf(number, sizeof number, "(ipc-%llu", (unsigned long long)one);
	ok((strstr(error.text, number) != NULL) == (count > 0), "so says the error: %s", error.text);
}

/* What a look says of a side that has ended without success. */
static void failed(enum sv_role role, int reason, int sys_errno, int number)
{
	struct pair pair = open_pair(0, 4096);
	struct sv_info info;

	is(sv_abort(role == SV_WRITER ? pair.writer : pair.reader, reason), SV_OK, "a side has failed: %d",
	   reason);
	info = info_of(role == SV_WRITER ? pair.reader : pair.writer);
	is(info.side[role].sys_errno, sys_errno, "a look shows why");
	is(info.side[role].signal, number, "and whether a signal has ended it");
	ok(!info.side[role].finished, "it has not finished");
	close_pair(&pair);
}

/* What a look says of a side that has finished, and which files both sides have. */
static void sides(void)
{
	struct pair pair = open_pair(0, 4096);
	struct sv_options options = options_of(SV_RESUME, 4096);
	struct sv_info info;

	is(sv_finish(pair.writer, 0), SV_EAGAIN, "a writer has finished");
	info = info_of(pair.reader);
	ok(info.side[SV_WRITER].finished && !info.side[SV_READER].finished, "which a look shows");
	ok(info.side[SV_WRITER].sys_errno == 0 && info.side[SV_WRITER].signal == 0, "as no failure");
	ok(info.capacity >= 4096 && info.segment > info.capacity && info.mode == 0600,
	   "how large the ring and its segment are, and for whom");
	close_pair(&pair);
	options.source = (struct sv_source){ .device = 1, .inode = 2, .size = 3, .mtime_ns = 4 };
	pair.writer = open_side(SV_WRITER, &options);
	options.source = (struct sv_source){ .device = 5, .inode = 6 };
	pair.reader = open_side(SV_READER, &options);
	info = info_of(pair.reader);
	ok(info.file[SV_WRITER].device == 1 && info.file[SV_WRITER].inode == 2 &&
	           info.file[SV_WRITER].size == 3 && info.file[SV_WRITER].mtime_ns == 4,
	   "a look shows the file of the writer");
	ok(info.file[SV_READER].device == 5 && info.file[SV_READER].inode == 6, "and that of the reader");
	close_pair(&pair);
	clean_all("unit");
}

/* What has the key of a path and is not a channel's.  Not as root, whose number is 0. */
static void in_the_way(void)
{
	const char *path = options_of_file(0, 0).path;
	struct sv_info info = SV_INFO_INIT;
	key_t key = ftok(path, SV_PROJECT_DEFAULT);
	int id;

	must((id = semget(key, 1, IPC_CREAT | 0600)) != -1 && sv_find(NULL, path, 0, &info, NULL) == SV_OK);
	must(info.state == SV_STATE_FOREIGN && info.shmid == -1 && info.semid == id &&
	     info.owner == geteuid());
	must(semctl(id, 0, IPC_RMID) == 0);
	must((id = shmget(key, 1, IPC_CREAT | 0600)) != -1 && sv_find(NULL, path, 0, &info, NULL) == SV_OK);
	must(info.state == SV_STATE_FOREIGN && info.shmid == id && info.semid == -1 &&
	     info.owner == geteuid());
	must(shmctl(id, IPC_RMID, NULL) == 0 && unlink(path) == 0);
}

/* What one reader has taken of data that was left, the next one takes again. */
static void left_for_a_reader(void)
{
	struct sv_options options = options_of(SV_DETACH, 4096), reading = options_of(0, 4096);
	sv_channel *ch;
	const void *data;
	void *place;
	size_t got;
	int i;

	options.total = 2;
	ch = open_side(SV_WRITER, &options);
	send_byte(ch);
	send_byte(ch);
	is(sv_reserve(ch, 4096, &place, &got, 0), SV_ETOOBIG, "what is left must fit into the channel");
	is(sv_last_error(ch)->sys_errno, 0, "no system call has failed");
	must(sv_finish(ch, 0) == SV_OK && sv_abort(ch, EIO) == SV_OK && sv_close(ch) == SV_OK);
	for (i = 0; i < 2; i++) {
		ch = open_side(SV_READER, &reading);
		ok(sv_position(ch) == 0 && info_of(ch).side[SV_READER].position == 0, "a reader begins at 0");
		is(info_of(ch).total, 2, "the writer has said how much there is");
		must(sv_peek(ch, 2, &data, &got, 0) == SV_OK && sv_release(ch, 1 + (size_t)i) == SV_OK);
		is(info_of(ch).side[SV_READER].position, i + 1, "a look shows how far it is");
		if (i == 1)
			take_end(ch);
		must(sv_close(ch) == SV_OK);
	}
}

/* What was listed of the channel whose writer had this process id. */
static struct sv_info listed_writer;

static int note_writer(const struct sv_info *info, void *arg)
{
	if (info->side[SV_WRITER].pid == *(pid_t *)arg)
		listed_writer = *info;
	return 0;
}

/* Without a directory that is chosen, only the caller's own channels are listed, wherever they are. */
static void left_by_another_user(pid_t writer)
{
	listed_writer.shmid = -1;
	use_directory(NULL);
	must(sv_list(0, note_writer, &writer, NULL) == SV_OK);
	is(listed_writer.shmid, -1, "what another user has left is not listed");
	must(sv_list(1, note_writer, &writer, NULL) == SV_OK);
	is(listed_writer.owner, 65534, "unless all is wanted");
	must(shmctl(listed_writer.shmid, IPC_RMID, NULL) == 0 &&
	     semctl(listed_writer.semid, 0, IPC_RMID) == 0);
	must(unlink(listed_writer.path) == 0);
	*strrchr(listed_writer.path, '/') = '\0';
	must(rmdir(listed_writer.path) == 0);
	*strrchr(listed_writer.path, '/') = '\0';
	must(rmdir(listed_writer.path) == 0);
	use_directory(unit_directory);
}

/* Root would not see a user that is missing. */
static void another_user(void)
{
	struct sv_options options = options_of(0, 4096);
	struct sv_info info;
	struct pair pair;
	pid_t child;

	if (geteuid() != 0) {
		ok(1, "another user # SKIP needs root");
		return;
	}
	child = fork();
	must(child != -1);
	if (child == 0) {
		must(setuid(65534) == 0);
		own_directory();
		pair = open_pair(0, 4096);
		info = info_of(pair.reader);
		must(info.side[SV_WRITER].uid == 65534 && info.side[SV_READER].uid == 65534);
		close_pair(&pair);
		in_the_way();
		must(directory_is_empty());
		own_directory();
		_exit(sv_open(&pair.writer, SV_WRITER, &options, 0, NULL));
	}
	is(status_of(child), 0, "a look shows which user each side is, and what is in the way");
	left_by_another_user(child);
}

static void projects(void)
{
	struct sv_clean_options clean = SV_CLEAN_INIT;
	struct sv_info info = SV_INFO_INIT;
	struct sv_error error = SV_ERROR_INIT;
	int project, removed = 0;

	ok(sv_find("unit", "/unit", 0, &info, &error) == SV_EINVAL && error.sys_errno == 0,
	   "a name and a path are too much: %s", error.text);
	clean.name = "unit";
	clean.path = "/unit";
	is(sv_clean(&clean, count_removed, &removed, &error), SV_EINVAL, "also for cleaning");
	ok(strncmp(error.text, "sv_clean: ", 10) == 0, "which says so: %s", error.text);
	clean.path = NULL;
	for (project = -1; project <= 256; project += project == 0 ? 255 : 1) {
		bool possible = project >= 0 && project <= 255;

		clean.project = project;
		ok((sv_find("unit", NULL, project, &info, NULL) != SV_EINVAL) == possible &&
		           (sv_clean(&clean, count_removed, &removed, NULL) != SV_EINVAL) == possible,
		   "a project id of %d is %spossible", project, possible ? "" : "not ");
	}
}

/* One that is here knows of another. */
static void also_here(const char *name)
{
	struct sv_options options = options_of(0, 4096);
	struct sv_info info = SV_INFO_INIT;
	sv_channel *ch;

	options.name = name;
	ch = open_side(SV_WRITER, &options);
	ok(sv_find(name, NULL, 0, &info, NULL) == SV_OK && info.elsewhere == 1 && info.other_namespace == 7,
	   "'%s' is here, and in another namespace", name);
	must(sv_close(ch) == SV_OK);
}

static void other_namespaces(void)
{
	static const char *const files[] = { "ipc-7/unit", "ipc-7/other:9", "ipc-7/u", "ipc-x/unit",
		                             "notes/unit" };
	char longest[6 + 65] = "ipc-7/";
	struct sv_info info = SV_INFO_INIT;
	size_t i;

	missing("unit", 0, 0, 0);
	for (i = 0; i < sizeof files / sizeof *files; i++)
		elsewhere(files[i], true);
	missing("unit", 0, 1, 7);
	missing("unit", 9, 0, 0);
	missing("other", 0, 0, 0);
	missing("other", 9, 1, 7);
	memset(longest + 6, 'n', 64);
	elsewhere(longest, true);
	missing(longest + 6, 0, 1, 7);
	elsewhere(longest, false);
	also_here("u");
	also_here("unit");
	elsewhere("ipc-8/unit", true);
	must(sv_find("unit", NULL, 0, &info, NULL) == SV_ESYSTEM);
	is(info.elsewhere, 2, "there may be several");
	for (i = 0; i < sizeof files / sizeof *files; i++)
		elsewhere(files[i], false);
	missing("unit", 0, 1, 8);
	elsewhere("ipc-8/unit", false);
}

int main(void)
{
	own_directory();
	sides();
	failed(SV_READER, EIO, EIO, 0);
	failed(SV_WRITER, -15, 0, 15);
	left_for_a_reader();
	another_user();
	projects();
	other_namespaces();
	ok(directory_is_empty(), "nothing is left");
	return tap_done();
}
