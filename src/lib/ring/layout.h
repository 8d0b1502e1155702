/* SPDX-License-Identifier: MIT */
/*
 * layout.h - every byte that two processes share.
 *
 *	offset 0        struct sv_header: identity and geometry, written by the creator under the lock
 *	       1280     struct sv_side_line[2]: what the writer owns, then what the reader owns
 *	       H        the ring, R bytes (each process maps it a second time at H + R)
 *
 * H is one page or SHMLBA, whichever is larger.  R is a power of two and a multiple of H.
 *
 * All of it is untrusted.  A process copies the geometry once, after checking it against the size that the
 * kernel reports, and checks each position of its peer before use.  There are no pointers, and all widths are
 * fixed.
 */
#ifndef SV_RING_LAYOUT_H
#define SV_RING_LAYOUT_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "svipc.h"

/* "SVIPC" and two bytes that are swapped on a machine of the other byte order. */
#define SV_MAGIC UINT64_C(0x5356495043000102)
#define SV_LAYOUT_VERSION 2u
/*
 * Two lines of 64 bytes, because adjacent-line prefetchers load lines in pairs, and some CPUs have lines of
 * 128.
 */
#define SV_LINE 128
/* This word changes when version, header size or line size changes. */
#define SV_FORMAT (SV_LAYOUT_VERSION << 24 | (uint32_t)sizeof(struct sv_header) << 8 | SV_LINE)

/* Flags that describe a channel.  SV_OPEN_FLAGS concern only sv_open(). */
#define SV_CARRIES (SV_MESSAGES | SV_RECORDS_NUL)
#define SV_OPEN_FLAGS (SV_QUEUE | SV_CREATE_ONLY | SV_JOIN_ONLY)
#define SV_HEADER_FLAGS (SV_CARRIES | SV_RESUME | SV_DETACH)

#define SV_READY 0x600du

/* A side's status: SV_RUNNING, SV_DONE, or the class of its failure with a number in the low half. */
#define SV_RUNNING 0u
#define SV_DONE 1u
#define SV_FAILED 0x10000u    /* plus errno */
#define SV_SIGNALLED 0x20000u /* plus signal number */
#define SV_STATUS_CLASS 0xffff0000u
#define SV_STATUS_VALUE 0x0000ffffu

/*
 * A value of a side's word light: the side cannot ring bells, so a sleeping peer must wake up at intervals.
 */
#define SV_LIGHT_MUTE 2u

/*
 * A side's slot.  A side stores ATTACHING before the semop(2) that arms its weight, and ATTACHED after it;
 * both under the lock.  If a process holds the lock and finds ATTACHING or ATTACHED without a live semaphore,
 * the side has died.
 */
enum sv_slot { SV_SLOT_EMPTY = 0, SV_SLOT_ATTACHING = 1, SV_SLOT_ATTACHED = 2, SV_SLOT_LEFT = 3 };

/*
 * What one side owns.  Its position has a line of its own, because it is stored for every message.  The rest
 * is on a second line, which changes seldom: the peer reads wake after each publish, from its own cache.
 */
/* The number of messages before a position; see number.c. */
struct sv_mark {
	_Atomic uint64_t position;
	_Atomic uint64_t number;
};

struct sv_side_line {
	alignas(SV_LINE) _Atomic uint64_t position; /* bytes committed or released */
	_Atomic uint32_t
		/* 1 + the CPU on which this side last waited, rang or attached; 0: not known */
		cpu;
	struct sv_mark mark[2]; /* on a resumable channel of messages */
	alignas(SV_LINE) _Atomic uint64_t
		wake; /* 0: awake; else threshold << 1 | 1: ring when this position is reached */
	_Atomic uint32_t status;
	_Atomic uint32_t slot; /* enum sv_slot */
	/*
	 * 1: this side publishes without a full fence, so sleepers must use membarrier(2).  It changes, see
	 * ring.h.
	 */
	_Atomic uint32_t light;
	_Atomic uint32_t uid; /* effective user id */
	_Atomic int64_t pid;
	_Atomic uint64_t taken; /* reader of a detached channel: its position, kept apart; see attach.c */
	_Atomic uint32_t
		fences; /* 1: its membarrier(2) works, so its peer may publish without a full fence */
};

struct sv_header {
	uint64_t magic;
	uint32_t format;
	_Atomic uint32_t ready; /* SV_READY, stored last */
	uint64_t header_size;   /* H, bytes */
	uint64_t capacity;      /* R, bytes */
	uint64_t generation;    /* random: two channels are the same only if their generations are equal */
	uint64_t device;        /* of the rendezvous file */
	uint64_t inode;
	int64_t birth_ns; /* 0: not known */
	uint32_t project;
	uint32_t key;
	int32_t semid;
	uint32_t flags; /* enum sv_flags */
	int64_t created_s;
	int64_t creator_pid;
	_Atomic uint64_t total; /* written by the writer when it attaches */
	struct sv_source
		file[2]; /* the file of the first process in each role, by enum sv_role; inode 0: none */
	char name[72];
	char path[1024];
	alignas(SV_LINE) struct sv_side_line side[2]; /* by enum sv_role */
};

_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "64-bit positions must be lock-free to be shared by processes");
_Static_assert(sizeof(_Atomic uint64_t) == 8 && sizeof(_Atomic uint32_t) == 4, "atomics of plain width");
_Static_assert(sizeof(struct sv_side_line) == 2 * SV_LINE, "two lines a side");
_Static_assert(offsetof(struct sv_side_line, wake) == SV_LINE, "wake apart from position");
_Static_assert(offsetof(struct sv_header, name) == 168, "identity comes first, without holes");
_Static_assert(offsetof(struct sv_header, side) % SV_LINE == 0, "sides start on a line");
_Static_assert(sizeof(struct sv_header) <= 4096, "the header fits the smallest page");

#endif
