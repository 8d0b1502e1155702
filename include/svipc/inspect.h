/* SPDX-License-Identifier: MIT */
/*
 * svipc/inspect.h - which channels exist, what each is doing, and removing those that nobody needs.
 *
 * A part of svipc.h, which includes it: include <svipc.h>.  The conventions there hold here too.
 */
#ifndef SVIPC_INSPECT_H
#define SVIPC_INSPECT_H

#include "svipc.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a channel is doing, in the order of its life. */
enum sv_state {
	SV_STATE_WAITING_READER = 0, /* a writer is attached, no reader has come */
	SV_STATE_WAITING_WRITER = 1, /* a reader is attached, no writer has come */
	SV_STATE_RUNNING = 2,        /* both attached */
	SV_STATE_FINISHING = 3,      /* one side has left or died, the other is about to */
	SV_STATE_DETACHED = 4,       /* nobody attached; complete data waits for a reader */
	SV_STATE_RESUMABLE = 5,      /* a side is missing; the next one may go on */
	SV_STATE_STALE = 6,          /* ours, nobody attached, not needed any more */
	SV_STATE_FOREIGN = 7,        /* not ours, or cannot tell */
	SV_STATE_CORRUPT = 8,        /* ours, but its contents are impossible */
	SV_STATE_OPENING = 9,        /* a process is opening it just now */
	SV_STATE_CLOSING = 10        /* a process is closing it just now */
};

/* One side as others see it. */
struct sv_side {
	long pid;          /* in its own pid namespace; 0: never attached */
	unsigned uid;      /* effective user id, valid if pid is not 0 */
	int attached;      /* 1: attached now */
	int asleep;        /* 1: sleeps in the kernel until its peer wakes it */
	int finished;      /* 1: has finished with success */
	int sys_errno;     /* it gave up with this errno, else 0 */
	int signal;        /* this signal ended it and it said so, else 0 */
	uint64_t position; /* bytes committed (writer) or released (reader) */
};

/*
 * A snapshot of one channel.  The values are read one after the other while processes change them.  Before a
 * call fills it, initialise it with SV_INFO_INIT.
 */
struct sv_info {
	size_t struct_size; /* set by SV_INFO_INIT and by the library */
	enum sv_state state;
	char name[72];            /* channel name; empty for a channel with a path */
	char path[512];           /* rendezvous file; cut off if longer */
	char reason[256];         /* one line: why the state is what it is */
	uint32_t key;             /* ftok(3) key */
	int project;              /* ftok(3) project id */
	int shmid;                /* segment, -1: none */
	int semid;                /* semaphore set, -1: none */
	unsigned owner;           /* user id */
	unsigned mode;            /* permission bits */
	unsigned flags;           /* enum sv_flags */
	uint64_t capacity;        /* bytes of the ring */
	uint64_t segment;         /* bytes of the segment */
	uint64_t total;           /* bytes that will come, or SV_UNKNOWN */
	uint64_t page_size;       /* bytes of one page of the mapping */
	int64_t created;          /* seconds since 1970 */
	unsigned long maps;       /* shm_nattch: two for an attached writer, three for a reader */
	struct sv_side side[2];   /* by enum sv_role */
	uint64_t ipc_namespace;   /* number of the IPC namespace of the caller, 0: not known */
	unsigned elsewhere;       /* other IPC namespaces in which this user has a channel of the same name */
	uint64_t other_namespace; /* the number of one of those, 0: there is none */
	struct sv_source file[2]; /* by enum sv_role: the file that it gave to sv_open(); all 0: none */
};
/* clang-format off */
#define SV_SIDE_INIT { 0, 0, 0, 0, 0, 0, 0, 0 }
#define SV_INFO_INIT { sizeof(struct sv_info), SV_STATE_WAITING_READER, "", "", "", 0, 0, -1, -1, 0, \
	0, 0, 0, 0, SV_UNKNOWN, 0, 0, 0, { SV_SIDE_INIT, SV_SIDE_INIT }, 0, 0, 0, \
	{ { 0, 0, 0, 0 }, { 0, 0, 0, 0 } } }
/* clang-format on */

/* A snapshot of the channel of this handle into *info.  SV_OK; SV_ECORRUPT, with *info filled; SV_EINVAL. */
int sv_stat(sv_channel *ch, struct sv_info *info);

/*
 * Called once for each channel; *info is valid until it returns.  A non-zero result ends the walk, and the
 * walk returns it.
 */
typedef int (*sv_visit)(const struct sv_info *info, void *arg);

/*
 * Look at every channel that is recorded in this user's directory, and at every segment of this user.  With
 * SVIPC_DIR set, only at segments of channels named there; with all != 0, at every segment that may be read.
 * Changes nothing.  If a process is just opening or closing a channel, it looks again for up to 20 ms, with a
 * shared lock for a moment if that is free.
 *
 * SV_OK, the result of visit, SV_EINVAL, or SV_ESYSTEM (the directory is refused or unreadable); then *err is
 * filled unless err is NULL.
 */
int sv_list(int all, sv_visit visit, void *arg, struct sv_error *err);

/*
 * Look at one channel, given by a name or by a rendezvous path (not both; neither: "default"), and a project
 * id (0: SV_PROJECT_DEFAULT).  It finds the channel of any user, and reports when the key leads to something
 * else (SV_STATE_FOREIGN).  Changes nothing, and looks again as sv_list() does.
 *
 * SV_OK and *info.  SV_ESYSTEM with ENOENT: there is none; then for a name *info holds ipc_namespace,
 * elsewhere and other_namespace, and its other members are as in SV_INFO_INIT.  SV_EINVAL; SV_EFOREIGN
 * (another file than a channel's has the name); SV_ESYSTEM (the path or the directory cannot be used).  *err
 * is filled unless err is NULL.
 */
int sv_find(const char *name, const char *path, int project, struct sv_info *info, struct sv_error *err);

/* Which channels sv_clean() considers. */
struct sv_clean_options {
	size_t struct_size;   /* set by SV_CLEAN_INIT */
	const char *name;     /* only this channel; NULL: all */
	const char *path;     /* only the channel of this rendezvous file */
	int project;          /* with name or path; 0: SV_PROJECT_DEFAULT */
	int dry_run;          /* 1: report what would be done, change nothing */
	int all;              /* 1: detached and resumable channels too, if nobody is attached */
	int64_t older_than_s; /* only channels created at least this many seconds ago */
};
/* clang-format off */
#define SV_CLEAN_INIT { sizeof(struct sv_clean_options), NULL, NULL, 0, 0, 0, 0 }
/* clang-format on */

/*
 * What was done with one channel.  removed is 1 when its objects were removed (in a dry run: would be), 0
 * when it was left alone, -1 when removing failed (info->reason says why).  A non-zero result ends the walk,
 * and the walk returns it.
 */
typedef int (*sv_clean_visit)(const struct sv_info *info, int removed, void *arg);

/*
 * Remove stale channels: ours, nobody attached on either side, and not needed any more.  Considers the
 * channels that sv_list(0) shows.  Waits for a second at most for the lock of each channel, which processes
 * that look at it, open it or close it hold for a moment.  A channel that stays locked, or is alive, foreign
 * or in doubt, is left alone.  From a directory that holds nothing but channels, empty rendezvous files
 * without objects and record are removed too, without a call of visit.
 *
 * SV_OK, also if there was nothing to do; the result of visit; SV_EINVAL; SV_EFOREIGN and SV_ESYSTEM as for
 * sv_find(), except that a missing channel is SV_OK.  *err is filled unless err is NULL.  What was removed
 * before a failure stays removed.
 */
int sv_clean(const struct sv_clean_options *options, sv_clean_visit visit, void *arg, struct sv_error *err);

/* A state in words; a static string, never NULL, for any value. */
const char *sv_strstate(enum sv_state state);

#ifdef __cplusplus
}
#endif
#endif
