/* SPDX-License-Identifier: MIT */
/*
 * Where a segment is mapped: within the addresses that were reserved for it, and they all end with it.  And
 * which one is not mapped to look at it.
 */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <time.h>

#include "libc.h"
#include "opening.h"
#include "os/segment.h"
#include "pair.h"

static bool no_proc; /* the setting of the system cannot be read */

static int refusal(int directory, const char *path, int flags)
{
	(void)directory;
	(void)flags;
	return no_proc && strcmp(path, "/proc/sys/kernel/shm_rmid_forced") == 0 ? EACCES : 0;
}

static unsigned char *reserved; /* the last reservation */
static size_t length, given_back;
static int inside, outside;
static bool crowded; /* there are no addresses left */

/* The library calls these three instead of those of libc. */
void *mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
	length = size;
	errno = ENOMEM;
	if (crowded)
		return MAP_FAILED;
	reserved = libc(mmap)(address, size, protection, flags, fd, offset);
	given_back = 0;
	return reserved;
}

static bool is_reserved(const unsigned char *at, size_t size)
{
	return at >= reserved && at + size <= reserved + length;
}

int munmap(void *address, size_t size)
{
	given_back += is_reserved(address, size) ? size : 0;
	return libc(munmap)(address, size);
}

void *shmat(int id, const void *address, int flags)
{
	struct shmid_ds ds;

	if (address != NULL && shmctl(id, IPC_STAT, &ds) == 0) {
		inside += is_reserved(address, ds.shm_segsz);
		outside += !is_reserved(address, ds.shm_segsz);
	}
	return libc(shmat)(id, address, flags);
}

static void *glance; /* of another process, which ends when this one waits */

int nanosleep(const struct timespec *time, struct timespec *left)
{
	(void)time;
	(void)left;
	if (glance != NULL)
		shmdt(glance);
	glance = NULL;
	return 0;
}

static void of_capacity(uint64_t capacity)
{
	struct sv_segment segment = { .base = NULL };
	struct sv_segment_facts facts;
	struct sv_fault fault = { .label = "" };
	int id;

	inside = outside = 0;
	if (!ok(sv_segment_create(&id, IPC_PRIVATE, capacity, 0600, &fault) == SV_OK, "%llu bytes: a segment",
	        (unsigned long long)capacity))
		return;
	ok(sv_segment_map(&segment, id, capacity, &fault) == SV_OK, "it is mapped");
	is(inside, 2, "both times within the reservation");
	is(outside, 0, "and nowhere else");
	is((long)(length - given_back), (long)(2 * capacity + sv_segment_header_size()),
	   "what is not needed of it is given back");
	ok(sv_segment_unmapped(id, 2) && !sv_segment_unmapped(id, 1), "nobody else has it mapped");
	glance = libc(shmat)(id, NULL, SHM_RDONLY);
	ok(sv_segment_unmapped(id, 2), "who only looks at it does not count");
	ok(sv_segment_stat(id, &facts, &fault) == SV_OK && !facts.marked, "it stays");
	shmctl(id, IPC_RMID, NULL);
	ok(sv_segment_stat(id, &facts, &fault) == SV_OK && facts.marked, "until it is unmapped");
	sv_segment_unmap(&segment);
	given_back = 0;
	sv_segment_unmap(&segment);
	is((long)given_back, 0, "nothing is unmapped twice");
}

static void no_addresses(void)
{
	struct sv_segment segment = { .base = NULL };
	struct sv_fault fault = { .label = "" };
	char bytes[40];

	crowded = true;
	is(sv_segment_map(&segment, -1, UINT64_C(4) << 20, &fault), SV_ESYSTEM,
	   "without addresses none is mapped");
	crowded = false;
	snprintf(bytes, sizeof bytes, " %zu bytes", length);
	ok(strstr(fault.error.text, bytes) != NULL, "how many were wanted: %s", fault.error.text);
	is(fault.error.sys_errno, ENOMEM, "and what the kernel said");
}

/* One that its last detach may remove. */
static void not_looked_at(void)
{
	int id = shmget(IPC_PRIVATE, 1, 0600);

	must(id != -1);
	no_proc = true;
	ok(sv_segment_removal_is_forced(),
	   "if it is not known whether a last detach removes, it counts as true");
	ok(sv_segment_glance(id, 0) == NULL && errno == EBUSY, "so that a segment is not looked at");
	no_proc = false;
	must(shmctl(id, IPC_RMID, NULL) == 0);
}

int main(void)
{
	const uint64_t largest = sizeof(void *) == 8 ? UINT64_C(1) << 44 : UINT64_C(1) << 29;

	of_capacity(sv_segment_round(1));
	of_capacity(1 << 20);
	of_capacity(2 << 20);
	of_capacity(8 << 20);
	no_addresses();
	not_looked_at();
	is((long)(sv_segment_capacity(sv_segment_header_size() + largest) >> 20), (long)(largest >> 20),
	   "the largest capacity is one");
	is((long)sv_segment_capacity(sv_segment_header_size() + 2 * largest), 0, "and is not exceeded");
	return tap_done();
}
