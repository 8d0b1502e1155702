/* SPDX-License-Identifier: MIT */
/* Listing: channels whose file was removed, and channels of another directory. */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "pair.h"

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

static uint32_t key_of(sv_channel *ch)
{
	struct sv_info info = SV_INFO_INIT;

	must(sv_stat(ch, &info) == SV_OK);
	return info.key;
}

static void a_file_that_was_removed(void)
{
	struct sv_options options = options_of(0, 4096);
	char path[200], resolved[sizeof((struct sv_info *)0)->path];
	struct seen seen;
	sv_channel *ch;
	int fd;

	snprintf(path, sizeof path, "%s/rendezvous", getenv("SVIPC_DIR"));
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	must(fd != -1 && close(fd) == 0);
	options.name = NULL;
	options.path = path;
	options.project = 7;
	must(sv_open(&ch, SV_WRITER, &options, 0, NULL) == SV_OK);
	seen = listed(key_of(ch), 0);
	is(seen.count, 1, "a channel with a path is listed once");
	snprintf(resolved, sizeof resolved, "%s", seen.info.path);
	must(unlink(path) == 0);
	seen = listed(seen.key, 0);
	is(seen.count, 1, "so it is when its file was removed");
	ok(strcmp(seen.info.path, resolved) == 0 && strstr(resolved, "/rendezvous") != NULL,
	   "its path is still '%s'", seen.info.path);
	is(seen.info.project, 7, "and so is its project id");
	ok(seen.info.name[0] == '\0', "it has no name");
	ok(seen.info.side[SV_WRITER].attached && seen.info.capacity == 4096, "its writer is attached");
	is(seen.info.state, SV_STATE_WAITING_READER, "it waits for a reader");
	must(sv_close(ch) == SV_OK);
	is(listed(seen.key, 0).count, 0, "a channel that was closed is not listed");
}

/* A writer that is killed in its sleep; returns the key of what it leaves. */
static uint32_t leave(const char *name)
{
	struct sv_options options = options_of(0, 4096);
	int ends[2];
	uint32_t key;
	pid_t child;

	must(pipe(ends) == 0 && (child = fork()) != -1);
	if (child == 0) {
		sv_channel *ch;

		options.name = name;
		must(sv_open(&ch, SV_WRITER, &options, 0, NULL) == SV_OK);
		key = key_of(ch);
		must(write(ends[1], &key, sizeof key) == sizeof key);
		raise(SIGKILL);
	}
	must(close(ends[1]) == 0 && read(ends[0], &key, sizeof key) == sizeof key && close(ends[0]) == 0);
	status_of(child);
	return key;
}

static void another_directory(void)
{
	struct sv_clean_options options = SV_CLEAN_INIT;
	char *chosen = strdup(getenv("SVIPC_DIR")), other[200];
	uint32_t key = leave("left");
	struct seen seen;

	must(chosen != NULL && snprintf(other, sizeof other, "%s/other", chosen) > 0 &&
	     mkdir(other, 0700) == 0);
	must(setenv("SVIPC_DIR", other, 1) == 0);
	is(listed(key, 0).count, 0, "only channels of the directory that the user has chosen are listed");
	seen = listed(key, 1);
	is(seen.count, 1, "unless all are wanted");
	ok(strcmp(seen.info.name, "left") == 0 && strncmp(seen.info.path, chosen, strlen(chosen)) == 0,
	   "its name is '%s', its path '%s'", seen.info.name, seen.info.path);
	is(seen.info.state, SV_STATE_STALE, "it is stale");
	must(unsetenv("SVIPC_DIR") == 0);
	is(listed(key, 0).count, 1, "without a choice each directory counts");
	seen = would_clean(key);
	is(seen.count, 1, "so it does for cleaning");
	is(seen.removed, 1, "which would remove the channel: %s", seen.info.reason);
	must(setenv("SVIPC_DIR", chosen, 1) == 0 && rmdir(other) == 0);
	free(chosen);
	options.name = "left";
	seen = (struct seen){ .key = key };
	must(sv_clean(&options, see_clean, &seen, NULL) == SV_OK);
	is(seen.removed, 1, "cleaning removes it");
	is(listed(key, 1).count, 0, "then it is gone");
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
	uint32_t key = leave("left");
	struct sv_clean_options options = SV_CLEAN_INIT;
	struct seen seen = { .key = key };
	char path[200];

	snprintf(path, sizeof path, "%s/ipc-%llu/left", getenv("SVIPC_DIR"),
	         (unsigned long long)sv_ipc_namespace());
	fill_stack();
	must(sv_list(0, see, &seen, NULL) == SV_OK);
	ok(seen.count == 1 && strcmp(seen.info.path, path) == 0, "a path ends where it ends: '%s'",
	   seen.info.path);
	options.name = "left";
	must(sv_clean(&options, see_clean, &seen, NULL) == SV_OK);
}

/* Whatever fails, the library closes only what it has opened. */
static void no_directory(void)
{
	struct sv_info info = SV_INFO_INIT;
	char *chosen = strdup(getenv("SVIPC_DIR"));

	must(chosen != NULL && setenv("SVIPC_DIR", "/nonexistent/directory", 1) == 0);
	is(sv_find("x", NULL, 0, &info, NULL), SV_ESYSTEM,
	   "nothing is found in a directory that is not there");
	is(listed(0, 0).count, 0, "and nothing is listed");
	ok(fcntl(STDIN_FILENO, F_GETFD) != -1, "standard input is still open");
	must(setenv("SVIPC_DIR", chosen, 1) == 0);
	free(chosen);
}

int main(void)
{
	own_directory();
	a_file_that_was_removed();
	another_directory();
	a_used_stack();
	no_directory();
	ok(directory_is_empty(), "nothing is left");
	return tap_done();
}
