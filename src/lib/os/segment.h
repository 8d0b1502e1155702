/* SPDX-License-Identifier: MIT */
/* segment.h - one System V shared memory segment and its mapping: header, ring, ring again. */
#ifndef SV_OS_SEGMENT_H
#define SV_OS_SEGMENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "error.h"

/* What shm_nattch counts for each process that has a segment mapped: header and ring, and the ring again. */
#define SV_MAPS_OF_ONE 2ul

struct sv_segment {
	int id;
	unsigned char *base; /* header; the ring follows at base + header, twice */
	size_t header;       /* H, bytes */
	size_t capacity;     /* R, bytes */
};

/* What the kernel says about a segment, taken before attaching to it (an attachment counts too). */
struct sv_segment_facts {
	uint64_t bytes;
	unsigned long maps;
	uid_t owner;       /* uid: can be given away with IPC_SET */
	uid_t creator_uid; /* cuid: cannot */
	gid_t creator_gid; /* cgid: cannot */
	unsigned mode;
	int64_t changed_s; /* shm_ctime: creation, or the last IPC_SET */
	pid_t creator;     /* pid of the creator */
	pid_t last;        /* pid of the last attach or detach */
	uint32_t key;      /* 0 once marked for removal */
	bool marked;       /* marked for removal: gone with the last detach */
};

/* H of this machine. */
size_t sv_segment_header_size(void);

/* The default capacity. */
uint64_t sv_segment_default(void);

/* Round up to a capacity that can be mapped; 0 if there is none (too large). */
uint64_t sv_segment_round(uint64_t bytes);

/* The capacity of a segment of this size; 0 if this library never makes a segment of this size. */
uint64_t sv_segment_capacity(uint64_t bytes);

/* Create the segment of a key, exclusively.  SV_OK, SV_ESYSTEM with a hint. */
int sv_segment_create(int *id, key_t key, uint64_t capacity, unsigned mode, struct sv_fault *fault);

/* Facts of a segment.  SV_OK, SV_EREMOVED, SV_ESYSTEM; the fault says so. */
int sv_segment_stat(int id, struct sv_segment_facts *facts, struct sv_fault *fault);

/* Map header and ring, the ring twice.  On failure nothing is mapped. */
int sv_segment_map(struct sv_segment *segment, int id, uint64_t capacity, struct sv_fault *fault);

/*
 * Ask for huge pages for the part of a new ring that this many bytes will fill, at most 16 MiB. Huge pages
 * are faulted in 20 times faster, and copying is somewhat faster too. Each page takes 100 us or more, so this
 * pays only for large transfers. Call it before the ring is used: later it takes milliseconds during which
 * both sides stand still. It works even if shmem_enabled is "never", but not if it is "deny"; then the pages
 * stay as they are. (SHM_HUGETLB would need a header as large as a huge page, and an administrator would have
 * to reserve a pool.)
 */
void sv_segment_collapse(const struct sv_segment *segment, uint64_t bytes);

/* Make the ring read-only in this process: a reader that writes into it gets SIGSEGV. */
int sv_segment_protect(struct sv_segment *segment, struct sv_fault *fault);

/* Unmap the ring and keep the header: one mapping is left.  Unmapping a large ring takes a while. */
void sv_segment_unmap_ring(struct sv_segment *segment);

/* Undo sv_segment_map().  Both attachments go with one munmap(2). */
void sv_segment_unmap(struct sv_segment *segment);

/*
 * Mark for removal: the kernel removes it at the last detach. 0 or an errno value; 0 too if it does not exist
 * any more.
 */
int sv_segment_remove(int id);

/*
 * Does this system remove a segment with its last detach, whatever its maker wants (kernel.shm_rmid_forced)?
 * True too if that cannot be found out.
 */
bool sv_segment_removal_is_forced(void);

/*
 * Attach read-only to inspect the header; returns NULL and sets errno on failure.  End it soon: until then
 * fork(2) waits in other threads.  maps
 * is what sv_segment_stat() said: with kernel.shm_rmid_forced a segment that nobody is attached to would not
 * survive the look, so it is refused.
 */
const void *sv_segment_glance(int id, unsigned long maps);
void sv_segment_glance_end(const void *header);

/*
 * Are the caller's mappings the only ones? A process that inspects the channel has it mapped for some
 * microseconds, so this function asks again for a few milliseconds before it returns false.
 */
bool sv_segment_unmapped(int id, unsigned long own);

#endif
