/* SPDX-License-Identifier: MIT */
/* sv_find() of a name that does not exist here, but perhaps in another IPC namespace. */
#define _GNU_SOURCE /* ftok */
#include <fcntl.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>

#include "pair.h"

/* A file in the directory of an IPC namespace that is not ours. */
static void elsewhere(const char *space, const char *file, bool there)
{
	char directory[200], path[300];

	snprintf(directory, sizeof directory, "%s/%s", getenv("SVIPC_DIR"), space);
	snprintf(path, sizeof path, "%s/%s", directory, file);
	if (there)
		must((mkdir(directory, 0700) == 0 || errno == EEXIST) &&
		     close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600)) == 0);
	else
		must(unlink(path) == 0 && (rmdir(directory) == 0 || errno == ENOTEMPTY));
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

static struct sv_info found(sv_channel *ch)
{
	struct sv_info info = SV_INFO_INIT;

	must(sv_stat(ch, &info) == SV_OK);
	return info;
}

static int ignore(const struct sv_info *info, int removed, void *arg)
{
	(void)info;
	(void)removed;
	(void)arg;
	return 0;
}

/* What a look says of a side that has ended, and which files both sides have. */
static void ends(void)
{
	struct pair pair = open_pair(0, 4096);
	struct sv_options options = options_of(SV_RESUME, 4096);
	struct sv_clean_options clean = SV_CLEAN_INIT;
	struct sv_info info;
	const void *data;
	size_t length;

	send_byte(pair.writer);
	info = found(pair.reader);
	ok(info.side[SV_WRITER].position == 1 && info.side[SV_READER].position == 0,
	   "a look shows how far each side is");
	ok(info.capacity >= 4096 && info.segment > info.capacity && info.mode == 0600,
	   "how large the ring and its segment are, and for whom");
	must(sv_peek(pair.reader, 1, &data, &length, 0) == SV_OK && sv_release(pair.reader, 1) == SV_OK);
	info = found(pair.reader);
	is(info.side[SV_READER].position, 1, "and that the reader has gone on");
	ok(strcmp(info.name, "unit") == 0 && info.path[0] == '/', "it is '%s' at %s", info.name, info.path);
	is(sv_finish(pair.writer, 0), SV_EAGAIN, "a writer has finished");
	info = found(pair.reader);
	ok(info.side[SV_WRITER].finished && !info.side[SV_READER].finished, "which a look shows");
	ok(info.side[SV_WRITER].sys_errno == 0 && info.side[SV_WRITER].signal == 0, "as no failure");
	close_pair(&pair);
	pair = open_pair(0, 4096);
	is(sv_abort(pair.reader, EIO), SV_OK, "a reader has failed");
	info = found(pair.writer);
	is(info.side[SV_READER].sys_errno, EIO, "a look shows why");
	ok(!info.side[SV_READER].finished && info.side[SV_READER].signal == 0, "and nothing else");
	close_pair(&pair);
	pair = open_pair(0, 4096);
	is(sv_abort(pair.writer, -15), SV_OK, "a signal has ended a writer");
	info = found(pair.reader);
	is(info.side[SV_WRITER].signal, 15, "a look shows which");
	ok(!info.side[SV_WRITER].finished && info.side[SV_WRITER].sys_errno == 0, "and nothing else");
	close_pair(&pair);
	options.source = (struct sv_source){ .device = 1, .inode = 2, .size = 3, .mtime_ns = 4 };
	must(sv_open(&pair.writer, SV_WRITER, &options, 0, NULL) == SV_OK);
	options.source = (struct sv_source){ .device = 5, .inode = 6 };
	must(sv_open(&pair.reader, SV_READER, &options, 0, NULL) == SV_OK);
	info = found(pair.reader);
	ok(info.file[SV_WRITER].device == 1 && info.file[SV_WRITER].inode == 2 &&
	           info.file[SV_WRITER].size == 3 && info.file[SV_WRITER].mtime_ns == 4,
	   "a look shows the file of the writer");
	ok(info.file[SV_READER].device == 5 && info.file[SV_READER].inode == 6, "and that of the reader");
	close_pair(&pair);
	clean.name = "unit";
	clean.all = 1;
	must(sv_clean(&clean, ignore, NULL, NULL) == SV_OK);
}

/* What has the key of a path and is not a channel's.  Not as root, whose number is 0. */
static void in_the_way(void)
{
	struct sv_info info = SV_INFO_INIT;
	char path[200];
	key_t key;
	int id;

	snprintf(path, sizeof path, "%s/path", getenv("SVIPC_DIR"));
	must(close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600)) == 0);
	key = ftok(path, SV_PROJECT_DEFAULT);
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
	struct sv_info info = SV_INFO_INIT;
	sv_channel *ch;
	const void *data;
	void *place;
	size_t got;
	int i;

	options.total = 2;
	must(sv_open(&ch, SV_WRITER, &options, 0, NULL) == SV_OK);
	send_byte(ch);
	send_byte(ch);
	is(sv_reserve(ch, 4096, &place, &got, 0), SV_ETOOBIG, "what is left must fit into the channel");
	is(sv_last_error(ch)->sys_errno, 0, "no system call has failed");
	must(sv_finish(ch, 0) == SV_OK && sv_abort(ch, EIO) == SV_OK && sv_close(ch) == SV_OK);
	for (i = 0; i < 2; i++) {
		must(sv_open(&ch, SV_READER, &reading, 0, NULL) == SV_OK && sv_stat(ch, &info) == SV_OK);
		ok(sv_position(ch) == 0 && info.side[SV_READER].position == 0, "a reader begins at 0");
		is(info.total, 2, "the writer has said how much there is");
		must(sv_peek(ch, 2, &data, &got, 0) == SV_OK && sv_release(ch, 1 + (size_t)i) == SV_OK);
		must(sv_stat(ch, &info) == SV_OK);
		is(info.side[SV_READER].position, i + 1, "a look shows how far it is");
		must(i == 0 || (sv_peek(ch, 1, &data, &got, 0) == SV_END && sv_finish(ch, 0) == SV_OK));
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
	char *chosen = strdup(getenv("SVIPC_DIR"));

	listed_writer.shmid = -1;
	must(chosen != NULL && unsetenv("SVIPC_DIR") == 0);
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
	must(setenv("SVIPC_DIR", chosen, 1) == 0);
	free(chosen);
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
		info = found(pair.reader);
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
	int project;

	ok(sv_find("unit", "/unit", 0, &info, &error) == SV_EINVAL && error.sys_errno == 0,
	   "a name and a path are too much: %s", error.text);
	clean.name = "unit";
	clean.path = "/unit";
	is(sv_clean(&clean, ignore, NULL, &error), SV_EINVAL, "also for cleaning");
	ok(strncmp(error.text, "sv_clean: ", 10) == 0, "which says so: %s", error.text);
	clean.path = NULL;
	for (project = -1; project <= 256; project += project == 0 ? 255 : 1) {
		bool possible = project >= 0 && project <= 255;

		clean.project = project;
		ok((sv_find("unit", NULL, project, &info, NULL) != SV_EINVAL) == possible &&
		           (sv_clean(&clean, ignore, NULL, NULL) != SV_EINVAL) == possible,
		   "a project id of %d is %spossible", project, possible ? "" : "not ");
	}
}

int main(void)
{
	char longest[65] = "";
	struct sv_info info = SV_INFO_INIT;
	sv_channel *ch;
	struct sv_options options = options_of(0, 4096);

	own_directory();
	ends();
	left_for_a_reader();
	another_user();
	projects();
	missing("unit", 0, 0, 0);
	elsewhere("ipc-7", "unit", true);
	elsewhere("ipc-7", "other:9", true);
	elsewhere("ipc-x", "unit", true);
	elsewhere("notes", "unit", true);
	missing("unit", 0, 1, 7);
	missing("unit", 9, 0, 0);
	missing("other", 0, 0, 0);
	missing("other", 9, 1, 7);
	memset(longest, 'n', sizeof longest - 1);
	elsewhere("ipc-7", longest, true);
	missing(longest, 0, 1, 7);
	elsewhere("ipc-7", longest, false);
	elsewhere("ipc-7", "u", true);
	options.name = "u";
	must(sv_open(&ch, SV_WRITER, &options, 0, NULL) == SV_OK);
	ok(sv_find("u", NULL, 0, &info, NULL) == SV_OK && info.elsewhere == 1,
	   "one that is here, with the shortest name, knows of another");
	must(sv_close(ch) == SV_OK);
	elsewhere("ipc-7", "u", false);
	options.name = "unit";
	must(sv_open(&ch, SV_WRITER, &options, 0, NULL) == SV_OK);
	ok(sv_find("unit", NULL, 0, &info, NULL) == SV_OK && info.elsewhere == 1 && info.other_namespace == 7,
	   "so does one with a longer name");
	elsewhere("ipc-8", "unit", true);
	must(sv_close(ch) == SV_OK);
	elsewhere("ipc-7", "unit", false);
	missing("unit", 0, 1, 8);
	elsewhere("ipc-7", "unit", true);
	must(sv_find("unit", NULL, 0, &info, NULL) == SV_ESYSTEM);
	is(info.elsewhere, 2, "there may be several");
	elsewhere("ipc-7", "unit", false);
	elsewhere("ipc-7", "other:9", false);
	elsewhere("ipc-x", "unit", false);
	elsewhere("notes", "unit", false);
	elsewhere("ipc-8", "unit", false);
	ok(directory_is_empty(), "nothing is left");
	return tap_done();
}
