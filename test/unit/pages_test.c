/* SPDX-License-Identifier: MIT */
/*
 * Huge pages: the library asks for them for as much as will be used, and a ring that has them works like any
 * other.
 */
#define _GNU_SOURCE
#include <inttypes.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>

#include "pair.h"
#include "os/segment.h"

#define HUGE ((size_t)2 << 20)
#define CAPACITY ((uint64_t)8 << 20)

/* KiB of a mapping that huge pages map. */
static unsigned long huge_kib(const struct sv_segment *segment)
{
	uintptr_t low = (uintptr_t)segment->base, high = low + segment->header + 2 * segment->capacity,
		  from = 0;
	uintptr_t first, last;
	FILE *file = fopen("/proc/self/smaps", "r");
	unsigned long kib, sum = 0;
	char line[512];

	must(file != NULL);
	while (fgets(line, sizeof line, file) != NULL) {
		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &first, &last) == 2)
			from = first;
		else if (from >= low && from < high && sscanf(line, "ShmemPmdMapped: %lu", &kib) == 1)
			sum += kib;
	}
	fclose(file);
	return sum;
}

static void touch(const struct sv_segment *segment)
{
	const volatile unsigned char *byte = segment->base;
	size_t at;

	for (at = 0; at < segment->header + 2 * segment->capacity; at += 4096)
		(void)byte[at];
}

/*
 * The segment is removed at once: it exists while it is mapped, and Linux still lets others attach by its id.
 */
static struct sv_segment mapped(uint64_t capacity)
{
	struct sv_segment segment = { .id = -1 };
	struct sv_fault fault = { .label = "" };

	must(sv_segment_create(&segment.id, IPC_PRIVATE, capacity, 0600, &fault) == SV_OK);
	must(sv_segment_map(&segment, segment.id, capacity, &fault) == SV_OK);
	must(sv_segment_remove(segment.id) == 0);
	return segment;
}

/* Bytes of memory that a segment takes. */
static unsigned long resident(const struct sv_segment *segment)
{
	FILE *file = fopen("/proc/sysvipc/shm", "r");
	unsigned long bytes, found = 0;
	char line[512];
	int id;

	must(file != NULL);
	/* key shmid perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime rss */
	while (fgets(line, sizeof line, file) != NULL)
		if (sscanf(line, "%*d %d %*o %*u %*d %*d %*u %*u %*u %*u %*u %*u %*u %*u %lu", &id, &bytes) ==
		            2 &&
		    id == segment->id)
			found = bytes;
	fclose(file);
	return found;
}

/* Try MADV_COLLAPSE directly: Linux has it since 6.1, and an emulator may only pretend. */
static bool can_collapse(void)
{
	struct sv_segment segment = mapped(CAPACITY);
	bool can;

	segment.base[0] = 1;
	can = madvise(segment.base, HUGE, 25 /* MADV_COLLAPSE */) == 0 && resident(&segment) >= HUGE;
	sv_segment_unmap(&segment);
	return can;
}

static void in_both_processes(void)
{
	struct sv_segment writer = mapped(CAPACITY), reader = { .id = -1 };
	struct sv_fault fault = { .label = "" };

	must(sv_segment_map(&reader, writer.id, CAPACITY, &fault) == SV_OK);
	must(sv_segment_protect(&reader, &fault) == SV_OK);
	ok((uintptr_t)writer.base % HUGE == 0, "a large ring begins where a huge page can");
	sv_segment_collapse(&writer, UINT64_MAX);
	touch(&writer);
	ok(huge_kib(&writer) >= 2 * HUGE / 1024, "writer: %lu KiB of huge pages", huge_kib(&writer));
	is(huge_kib(&reader), 0, "reader: none before it looks");
	touch(&reader);
	ok(huge_kib(&reader) >= 2 * HUGE / 1024, "reader: %lu KiB then", huge_kib(&reader));
	sv_segment_unmap(&writer);
	sv_segment_unmap(&reader);
}

static void as_much_as_is_used(void)
{
	struct sv_segment segment = mapped(CAPACITY);

	sv_segment_collapse(&segment, HUGE / 4 - 8192);
	is(resident(&segment), 0, "less than a quarter of a huge page to come: nothing is touched");
	sv_segment_collapse(&segment, HUGE / 4);
	is(resident(&segment), HUGE, "a quarter to come: one");
	sv_segment_collapse(&segment, HUGE);
	is(resident(&segment), HUGE, "one to come: one");
	sv_segment_unmap(&segment);
}

static void bytes_are_kept(void)
{
	struct sv_segment segment = mapped(CAPACITY);
	unsigned char *ring = segment.base + segment.header;
	bool same = true;
	size_t i;

	for (i = 0; i < segment.capacity; i++)
		ring[i] = (unsigned char)(i * 7 >> 3);
	sv_segment_collapse(&segment, UINT64_MAX);
	for (i = 0; i < 2 * segment.capacity; i++)
		same = same && ring[i] == (unsigned char)((i % segment.capacity) * 7 >> 3);
	ok(same, "what was in the ring is still there, twice");
	sv_segment_unmap(&segment);
}

/* A ring of one huge page, too, can be mapped by it. */
static void alignment(void)
{
	struct sv_segment segment = mapped(HUGE);

	ok((uintptr_t)segment.base % HUGE == 0, "a ring of one huge page begins where a huge page can");
	sv_segment_unmap(&segment);
}

/* What takes the addresses of a ring that was unmapped is not the segment's. */
static void two_steps(void)
{
	struct sv_segment segment = mapped(CAPACITY);
	unsigned char *place = segment.base + segment.header, *taken;

	sv_segment_unmap_ring(&segment);
	taken = mmap(place, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	must(taken == place);
	*taken = 'x';
	sv_segment_unmap_ring(&segment);
	sv_segment_unmap(&segment);
	sv_segment_unmap(&segment);
	must(msync(taken, 4096, MS_ASYNC) == 0);
	is(*taken, 'x', "the addresses of a ring that was unmapped can be used again");
	must(munmap(taken, 4096) == 0);
}

static void removal(void)
{
	struct sv_segment segment = mapped(4096);

	sv_segment_unmap(&segment);
	is(sv_segment_remove(segment.id), 0, "a segment that is gone is removed");
	is(sv_segment_remove(-1), 0, "so is one that was never there");
}

int main(void)
{
	removal();
	alignment();
	two_steps();
	bytes_are_kept();
	if (!can_collapse()) {
		ok(true, "huge pages # SKIP the kernel does not collapse pages of shared memory");
		return tap_done();
	}
	in_both_processes();
	as_much_as_is_used();
	return tap_done();
}
