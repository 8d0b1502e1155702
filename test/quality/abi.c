/* SPDX-License-Identifier: MIT */
/*
 * abi.c - a program that was compiled against a header of another time.
 *
 * abi.bats compiles it against headers whose structs end earlier or later than the library's and links it
 * with the library.  Each struct lies right before a page that may not be touched, so a byte too many is a
 * crash.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "svipc.h"
#include "tap.h"

/* What this test stands on rather than proves. */
#define must(condition) \
	do { \
		if (!(condition)) { \
			printf("Bail out! line %d: %s\n", __LINE__, #condition); \
			exit(1); \
		} \
	} while (0)

/* A copy of a struct that ends where a page without access begins. */
static void *at_the_edge(const void *value, size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), room = (size + page - 1) / page * page;
	unsigned char *memory =
		mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must(memory != MAP_FAILED && mprotect(memory + room, page, PROT_NONE) == 0);
	return memcpy(memory + room - size, value, size);
}

#define AT_THE_EDGE(type, ...) ((type *)at_the_edge(&(type)__VA_ARGS__, sizeof(type)))

static int seen;

static int see(const struct sv_info *info, void *arg)
{
	(void)arg;
	seen += SV_HAS(info, side) && info->side[SV_WRITER].pid == getpid();
	return 0;
}

static int see_clean(const struct sv_info *info, int removed, void *arg)
{
	return removed != 0 ? -1 : see(info, arg);
}

#ifdef SV_LATER
/* What a library of today does with members that it does not know. */
static void members_of_the_future(struct sv_options *options, struct sv_clean_options *clean,
                                  const struct sv_error *error, const struct sv_info *info)
{
	sv_channel *ch;

	ok(!SV_HAS(error, later) && error->later == 0,
	   "an error has no member that the library does not know");
	ok(!SV_HAS(info, later) && info->later == 0, "nor has a snapshot: it reads as zero");
	options->later = 1;
	is(sv_open(&ch, SV_READER, options, 0, NULL), SV_EINVAL, "an option that the library does not know");
	clean->later = 1;
	is(sv_clean(clean, see_clean, NULL, NULL), SV_EINVAL, "the same for cleaning");
}
#endif

int main(void)
{
	struct sv_options *options = AT_THE_EDGE(struct sv_options, SV_OPTIONS_INIT);
	struct sv_clean_options *clean = AT_THE_EDGE(struct sv_clean_options, SV_CLEAN_INIT);
	struct sv_error *error = AT_THE_EDGE(struct sv_error, SV_ERROR_INIT);
	struct sv_info *info = AT_THE_EDGE(struct sv_info, SV_INFO_INIT);
	sv_channel *writer, *second;
	size_t untouched;

	/* Where a call does not write, this stays. */
	memset((char *)info + sizeof untouched, 0x5a, sizeof *info - sizeof untouched);
	is(sv_open(&writer, SV_WRITER, options, 0, error), SV_OK, "a channel opens");
	is(sv_capacity(writer) >= 1 << 20, 1, "with the default of what was left out");
	is(sv_open(&second, SV_WRITER, options, 0, error), SV_EBUSY, "a failure");
	ok(error->code == SV_EBUSY && error->peer_pid == getpid() && error->text[0] != '\0',
	   "is told in full");
	ok(error->struct_size <= sizeof *error && SV_HAS(error, text), "and says how much of it was filled");
	is(sv_stat(writer, info), SV_OK, "a snapshot");
	ok(info->state == SV_STATE_WAITING_READER && info->side[SV_WRITER].pid == getpid(), "is filled");
	ok(info->total == SV_UNKNOWN, "the writer's total is not known: no default was lost");
	is(sv_find(NULL, NULL, 0, info, error), SV_OK, "a second one into the same struct");
	ok(sv_list(0, see, NULL, error) == SV_OK && seen == 1, "a walk shows what the library knows");
	ok(sv_clean(clean, see_clean, NULL, error) == SV_OK && seen == 2,
	   "and cleaning is told what to leave");
	ok(SV_HAS(sv_last_error(writer), text), "the last error says its size too");
#ifdef SV_LATER
	must(sv_stat(writer, info) == SV_OK);
	members_of_the_future(options, clean, error, info);
#endif
	error->struct_size = 7;
	is(sv_open(&second, SV_READER, options, 0, error), SV_EINVAL, "an error without its size");
	info->struct_size = 0;
	is(sv_stat(writer, info), SV_EINVAL, "a snapshot without its size");
	is(sv_find(NULL, NULL, 0, info, NULL), SV_EINVAL, "the same when found by name");
	options->struct_size = (size_t)-1;
	is(sv_open(&second, SV_READER, options, 0, NULL), SV_EINVAL, "options of a size that cannot be");
	must(sv_close(writer) == SV_OK);
	return tap_done();
}
