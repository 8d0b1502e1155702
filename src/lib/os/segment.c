/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* SHM_REMAP, MAP_ANONYMOUS */
#include "os/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <time.h>
#include <unistd.h>

#include "os/forks.h"
#include "os/owner.h"

/*
 * The size on x86-64, and on arm64 with pages of 4 KiB.  Where huge pages are larger, the request has no
 * effect.
 */
#define HUGE_PAGE ((size_t)2 << 20)

/* With so many bytes to come, one huge page is quicker to have than the small ones that they need. */
#define LEAST_USE (HUGE_PAGE / 4)

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* linux/mman.h, since Linux 6.1; before that it is refused */
#endif

/* Beyond this the double mapping cannot exist, or sizes would overflow. */
#define LARGEST_CAPACITY (sizeof(void *) == 8 ? UINT64_C(1) << 44 : UINT64_C(1) << 29)

/*
 * Larger than a second-level cache, so that bytes pass through the cache that the CPUs share, and small
 * enough to stay there. With a ring below 2 MiB the CPUs of some virtual machines take lines out of each
 * other's caches, and messages are two to five times slower; from 2 to 16 MiB there is little difference.
 */
#define USUAL_CAPACITY (UINT64_C(4) << 20)

/* Huge pages are made for at most so much of a ring. */
#define MOST_HUGE (UINT64_C(16) << 20)

size_t sv_segment_header_size(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t multiple = (size_t)SHMLBA;

	return multiple > page ? multiple : page;
}

uint64_t sv_segment_default(void)
{
	return sv_segment_round(USUAL_CAPACITY);
}

uint64_t sv_segment_round(uint64_t bytes)
{
	uint64_t capacity = sv_segment_header_size();

	if (bytes > LARGEST_CAPACITY)
		return 0;
	while (capacity < bytes)
		capacity *= 2;
	return capacity;
}

uint64_t sv_segment_capacity(uint64_t bytes)
{
	uint64_t header = sv_segment_header_size();

	if (bytes < 2 * header || bytes - header > LARGEST_CAPACITY ||
	    sv_segment_round(bytes - header) != bytes - header)
		return 0;
	return bytes - header;
}

int sv_segment_create(int *id, key_t key, uint64_t capacity, unsigned mode, struct sv_fault *fault)
{
	uint64_t bytes = sv_segment_header_size() + capacity;
	int code;

	*id = shmget(key, (size_t)bytes, IPC_CREAT | IPC_EXCL | (int)mode);
	if (*id != -1)
		return SV_OK;
	code = errno;
	sv_fault_set(fault, SV_ESYSTEM, code, "cannot create a segment of %llu bytes",
	             (unsigned long long)bytes);
	if (code == ENOSPC) {
		sv_fault_hint(fault,
		              "the limit on segments, kernel.shmmni, or on their total, kernel.shmall, is "
		              "reached; this is not disk space");
		sv_fault_advise(fault, SV_ADVICE_LIMIT);
	} else if (code == EINVAL) {
		sv_fault_hint(fault, "larger than kernel.shmmax");
		sv_fault_advise(fault, SV_ADVICE_CAPACITY);
	} else if (code == ENOMEM) {
		sv_fault_hint(fault, "not enough memory");
		sv_fault_advise(fault, SV_ADVICE_CAPACITY);
	}
	return SV_ESYSTEM;
}

int sv_segment_stat(int id, struct sv_segment_facts *facts, struct sv_fault *fault)
{
	struct shmid_ds ds;

	if (shmctl(id, IPC_STAT, &ds) == -1) {
		if (errno == EINVAL || errno == EIDRM)
			return sv_fault_set(fault, SV_EREMOVED, 0,
			                    "segment %d was removed by another process", id);
		sv_fault_set(fault, SV_ESYSTEM, errno, "cannot look at segment %d", id);
		if (fault->error.sys_errno == EACCES)
			sv_fault_advise(fault, SV_ADVICE_MODE);
		return SV_ESYSTEM;
	}
	facts->bytes = ds.shm_segsz;
	facts->maps = (unsigned long)ds.shm_nattch;
	facts->owner = sv_certain_user(ds.shm_perm.uid, ds.shm_perm.mode);
	facts->creator_uid = sv_certain_user(ds.shm_perm.cuid, ds.shm_perm.mode);
	facts->creator_gid = sv_certain_group(ds.shm_perm.cgid, ds.shm_perm.mode);
	facts->mode = ds.shm_perm.mode & 0777;
	facts->marked = (ds.shm_perm.mode & SHM_DEST) != 0;
	facts->changed_s = (int64_t)ds.shm_ctime;
	facts->creator = ds.shm_cpid;
	facts->last = ds.shm_lpid;
	facts->key = (uint32_t)ds.shm_perm.__key;
	return SV_OK;
}

int sv_segment_map(struct sv_segment *segment, int id, uint64_t capacity, struct sv_fault *fault)
{
	size_t header = sv_segment_header_size();
	size_t span = header + 2 * (size_t)capacity;
	size_t align = capacity >= HUGE_PAGE && header < HUGE_PAGE ? HUGE_PAGE : header;
	size_t slack = align - (size_t)sysconf(_SC_PAGESIZE); /* room to align */
	unsigned char *reserved, *base;
	int code;

	reserved = mmap(NULL, span + slack, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (reserved == MAP_FAILED) {
		sv_fault_set(fault, SV_ESYSTEM, errno, "cannot reserve %zu bytes of address space",
		             span + slack);
		sv_fault_hint(fault, "see ulimit -v");
		sv_fault_advise(fault, SV_ADVICE_CAPACITY);
		return SV_ESYSTEM;
	}
	base = (unsigned char *)(((uintptr_t)reserved + slack) / align * align);
	if (base > reserved)
		munmap(reserved, (size_t)(base - reserved));
	if (reserved + slack > base)
		munmap(base + span, (size_t)(reserved + slack - base));

	/* The second attachment covers the header of the first: header, ring, ring. */
	sv_forks_hold();
	if (shmat(id, base + capacity, SHM_REMAP) == (void *)-1 || shmat(id, base, SHM_REMAP) == (void *)-1) {
		code = errno;
		munmap(base, span);
		sv_forks_release();
		if (code == EINVAL || code == EIDRM)
			return sv_fault_set(fault, SV_EREMOVED, 0,
			                    "segment %d was removed by another process", id);
		sv_fault_set(fault, SV_ESYSTEM, code, "cannot map segment %d", id);
		if (code == EACCES)
			sv_fault_hint(fault, "its mode or a security module forbids it");
		else if (code == ENOMEM)
			sv_fault_hint(fault, "see ulimit -v and the memory limit of the container");
		return SV_ESYSTEM;
	}
	/*
	 * A child that a caller forks must not keep the memory of sides that are gone; and it may not use the
	 * handle.
	 */
	(void)madvise(base, span, MADV_DONTFORK);
	sv_forks_release();
	segment->id = id;
	segment->base = base;
	segment->header = header;
	segment->capacity = (size_t)capacity;
	return SV_OK;
}

int sv_segment_protect(struct sv_segment *segment, struct sv_fault *fault)
{
	if (mprotect(segment->base + segment->header, 2 * segment->capacity, PROT_READ) == -1)
		return sv_fault_set(fault, SV_ESYSTEM, errno, "cannot make the ring read-only");
	return SV_OK;
}

void sv_segment_collapse(const struct sv_segment *segment, uint64_t bytes)
{
	size_t most = segment->capacity < MOST_HUGE ? segment->capacity : (size_t)MOST_HUGE;
	size_t end = segment->header + (bytes < most ? (size_t)bytes : most);
	size_t whole = segment->header + segment->capacity;
	const volatile unsigned char *byte;
	size_t at;

	for (at = 0; at + LEAST_USE <= end && at + HUGE_PAGE <= whole; at += HUGE_PAGE) {
		/* MADV_COLLAPSE does nothing if no page has been touched. */
		byte = segment->base + at;
		(void)*byte;
		if (madvise(segment->base + at, HUGE_PAGE, MADV_COLLAPSE) == -1)
			return;
	}
}

void sv_segment_unmap_ring(struct sv_segment *segment)
{
	if (segment->base != NULL && segment->capacity != 0)
		munmap(segment->base + segment->header, 2 * segment->capacity);
	segment->capacity = 0;
}

void sv_segment_unmap(struct sv_segment *segment)
{
	if (segment->base != NULL)
		munmap(segment->base, segment->header + 2 * segment->capacity);
	segment->base = NULL;
}

int sv_segment_remove(int id)
{
	if (id == -1 || shmctl(id, IPC_RMID, NULL) == 0 || errno == EINVAL || errno == EIDRM)
		return 0;
	return errno;
}

bool sv_segment_removal_is_forced(void)
{
	int fd = open("/proc/sys/kernel/shm_rmid_forced", O_RDONLY | O_CLOEXEC);
	char value = '1';

	/* A kernel without this setting never forces it.  If the setting cannot be read, it may be set. */
	if (fd == -1)
		return errno != ENOENT;
	if (read(fd, &value, 1) != 1)
		value = '1';
	close(fd);
	return value != '0';
}

const void *sv_segment_glance(int id, unsigned long maps)
{
	const void *header;

	if (maps == 0 && sv_segment_removal_is_forced()) {
		errno = EBUSY;
		return NULL;
	}
	sv_forks_hold();
	header = shmat(id, NULL, SHM_RDONLY);
	if (header != (void *)-1)
		return header;
	sv_forks_release();
	return NULL;
}

void sv_segment_glance_end(const void *header)
{
	shmdt(header);
	sv_forks_release();
}

bool sv_segment_unmapped(int id, unsigned long own)
{
	struct timespec pause = { 0, 1000000 };
	struct shmid_ds ds;
	int i;

	for (i = 0; i < 8; i++) {
		if (shmctl(id, IPC_STAT, &ds) == -1)
			return errno == EINVAL || errno == EIDRM;
		if ((unsigned long)ds.shm_nattch <= own)
			return true;
		nanosleep(&pause, NULL);
	}
	return false;
}
