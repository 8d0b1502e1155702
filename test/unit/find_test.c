/* SPDX-License-Identifier: MIT */
/* sv_find() of a name that does not exist here, but perhaps in another IPC namespace. */
#include <fcntl.h>
#include <string.h>
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

int main(void)
{
	struct sv_info info = SV_INFO_INIT;
	sv_channel *ch;
	struct sv_options options = options_of(0, 4096);

	own_directory();
	missing("unit", 0, 0, 0);
	elsewhere("ipc-7", "unit", true);
	elsewhere("ipc-7", "other:9", true);
	elsewhere("ipc-x", "unit", true);
	elsewhere("notes", "unit", true);
	missing("unit", 0, 1, 7);
	missing("unit", 9, 0, 0);
	missing("other", 0, 0, 0);
	missing("other", 9, 1, 7);
	must(sv_open(&ch, SV_WRITER, &options, 0, NULL) == SV_OK);
	ok(sv_find("unit", NULL, 0, &info, NULL) == SV_OK && info.elsewhere == 1 && info.other_namespace == 7,
	   "one that is here knows of the other");
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
