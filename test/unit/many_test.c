/* SPDX-License-Identifier: MIT */
/* Many channels: each is listed once, and neither a list nor a look keeps memory. */
#define _GNU_SOURCE /* syscall */
#include <sys/stat.h>
#include <sys/syscall.h>

#include "leaks.h"
#include "pair.h"

/* What was closed that was not open.  The function stands before the C library's. */
static int twice;

int close(int fd)
{
	int result = (int)syscall(SYS_close, fd);

	twice += result == -1;
	return result;
}

/* More than a list has room for at first. */
#define MANY 100
/* So often the C library keeps freed memory at hand, which counts as allocated. */
#define ROUNDS 9

static int count_one(const struct sv_info *info, void *arg)
{
	int number;

	if (sscanf(info->name, "many%d", &number) == 1 && number < MANY)
		((unsigned char *)arg)[number]++;
	return 0;
}

/* The record of such a channel leads to another file, which a list opens too. */
static sv_channel *whose_file_was_replaced(void)
{
	struct sv_options options = options_of_file(0, 4096);
	sv_channel *ch;

	must(close(open("other", O_CREAT | O_WRONLY | O_CLOEXEC, 0600)) == 0);
	must(sv_open(&ch, SV_WRITER, &options, 0, NULL) == SV_OK && rename("other", options.path) == 0);
	return ch;
}

static void at_a_path(void)
{
	struct sv_options options = options_of(0, 4096);
	int files = open_descriptors();
	sv_channel *ch, *peer;

	options.name = NULL;
	options.path = getenv("SVIPC_DIR");
	ch = open_side(SV_WRITER, &options);
	peer = open_side(SV_READER, &options);
	must(sv_close(ch) == SV_OK && sv_close(peer) == SV_OK);
	is(open_descriptors(), files, "a channel with a path leaves no file open");
}

static void open_and_close(void)
{
	struct pair pair = open_pair(0, 4096);

	close_pair(&pair);
}

int main(void)
{
	static sv_channel *channel[MANY], *apart;
	unsigned char seen[MANY];
	struct sv_options options = options_of(0, 4096);
	struct sv_info info = SV_INFO_INIT;
	size_t before = 0, after = 0;
	char name[64], file[64], fifo[64];
	int i, round, bad = 0, files;

	own_directory();
	must(chdir(unit_directory) == 0 && mkdir("ipc-7", 0700) == 0);
	/* In an IPC namespace of this test's own the first segment has the id 0. */
	for (i = 0; i < MANY; i++) {
		snprintf(name, sizeof name, "many%d", i);
		options.name = name;
		must(sv_open(&channel[i], SV_WRITER, &options, 0, NULL) == SV_OK);
	}
	/* Somebody's files with names like those of channels. */
	snprintf(file, sizeof file, "ipc-%llu/many0:083", (unsigned long long)sv_ipc_namespace());
	must(close(open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600)) == 0);
	snprintf(fifo, sizeof fifo, "ipc-%llu/.path.1-2-83", (unsigned long long)sv_ipc_namespace());
	must(mkfifo(fifo, 0600) == 0);
	apart = whose_file_was_replaced();
	for (round = 0; round < 2 * ROUNDS; round++) {
		memset(seen, 0, sizeof seen);
		must(sv_list(0, count_one, seen, NULL) == SV_OK);
		must(sv_find("many0", NULL, 0, &info, NULL) == SV_OK);
		for (i = 0; i < MANY; i++)
			bad += seen[i] != 1;
		after = allocated();
		before = round == ROUNDS ? after : before;
	}
	is(bad, 0, "each of many channels is listed once");
	is(after, before, "neither a list nor a look keeps memory");
	for (i = 0; i < MANY; i++)
		must(sv_close(channel[i]) == SV_OK);
	must(rmdir("ipc-7") == 0 && unlink(file) == 0 && unlink(fifo) == 0);
	files = open_descriptors();
	must(sv_list(0, count_one, seen, NULL) == SV_OK);
	is(open_descriptors(), files, "a list leaves no file open");
	is(twice, 0, "and closes none twice");
	must(sv_close(apart) == SV_OK && unlink("file") == 0);
	at_a_path();
	ok(frees_all(open_and_close), "channels that are closed keep no memory");
	ok(directory_is_empty(), "nothing is left");
	return tap_done();
}
