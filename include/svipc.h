/* SPDX-License-Identifier: MIT */
/*
 * svipc.h - one process hands data to another through System V shared memory.
 *
 * A channel is one shared memory segment and one set of two semaphores, found under one ftok(3) key.
 * It has one writer and one reader.  The writer produces bytes in place (reserve, commit), the reader
 * consumes them in place (peek, release); nothing is copied between the two.
 *
 *	writer: sv_open  { sv_reserve  sv_commit }   sv_finish  sv_close
 *	reader: sv_open  { sv_peek     sv_release }  sv_finish  sv_close
 *
 * Caveats first
 * - Fork.  A handle belongs to the process that opened it.  A child of fork(2) does not inherit the kernel's
 *   note of who is attached, nor the mapping: it must not touch the memory that was reserved or peeked.  All
 *   it may do with the handle is sv_close(), which frees the child's copy, leaves the channel alone and
 *   returns SV_EINVAL; a child that calls execve(2) or _exit(2) need not.
 * - Exec.  execve(2) ends the handle but not the kernel's note: the peer is told only when the new image
 *   ends.  While the peer is attached, the new image finds the role taken by its own process id (SV_EBUSY).
 *   So call sv_close() before execve(2).  The descriptors are closed by it.
 * - Privileges.  What sv_open() could do, the process must go on being allowed to do.  After it has changed
 *   to a user that may not use the semaphores, a peer that sleeps cannot be woken.  sv_commit() and
 *   sv_release() succeed all the same, because the bytes are published; the first that could not wake the
 *   peer leaves SV_ESYSTEM with EACCES in sv_last_error(), once.  The peer finds the bytes when it next
 *   looks, and from its next sleep on it looks by itself.  Calls that wait fail with SV_ESYSTEM and EACCES.
 *   So change the user first, or open with a mode that lets the new user in.
 * - Threads.  One thread at a time may use a handle.  sv_interrupt() and sv_contains() are the exceptions:
 *   any thread and any signal handler may call them, until sv_close() is called.  Different handles are
 *   independent.  For sv_open(), which has no handle yet, there is the member cancel of struct sv_options.
 * - Signals.  A signal, a stop and a continuation neither end a wait nor change when it times out; only
 *   sv_interrupt() and cancel end it, with SV_EINTR.
 * - A process that ends without sv_close(), however it ends, is reported to its peer as dead.
 * - The library never prints, never exits and installs no signal handler.  It starts no thread, but one
 *   for each handle that sv_event_fd() is called on.
 *
 * Conventions
 * - Sizes and positions are bytes.  A position counts from the start of the stream and never wraps.
 * - timeout_ms: milliseconds; -1 waits for ever, 0 never blocks, other negative values are SV_EINVAL.
 *   The time is measured with CLOCK_MONOTONIC, and a signal neither shortens nor lengthens it.
 * - A function returns SV_OK (0) or one negative code of enum sv_code.  After a failure sv_last_error()
 *   gives errno and a sentence a person can act on.  errno itself is unspecified.  What a call would have
 *   filled is unspecified after a failure, unless it says so.
 * - A call with a wrong argument, or at the wrong time, is SV_EINVAL and changes nothing.  So is SV_EMODE,
 *   a call for the other kind of channel.  Pointers to what a call fills must not be NULL unless it says so.
 * - Failures of a wait are SV_EAGAIN, SV_ETIMEDOUT and SV_EINTR.  The channel is as before: call again.
 * - Failures of the peer are SV_EDIED, SV_EPEER, SV_EREMOVED and SV_ECORRUPT, and SV_ESYSTEM when the
 *   semaphores cannot be used.  The transfer has ended.  What remains to be done with the handle is
 *   sv_abort() and sv_close(); after SV_EDIED and SV_EPEER on a resumable channel also sv_wait_peer().
 *   Calls that never wait for anything but the handle itself, such as sv_position(), always work.
 * - Calls that have no handle may be made by any thread at any time.  They read the environment (SVIPC_DIR),
 *   so no thread may change it meanwhile.
 * - Ordering: all that the writer stored before sv_commit() is visible to the reader after the
 *   sv_peek() that returns those bytes (release and acquire); all that the reader did with released
 *   bytes happens before the sv_reserve() that hands their space out again; all that the reader did
 *   before sv_finish() happens before the writer's sv_finish() returns SV_OK.
 *
 * Facts borrowed: the key is made by ftok(3) from the low bits of device and inode, so two files can
 * share a key (ftok(3), NOTES); what SEM_UNDO does at process end is in semop(2); an attached segment
 * that is marked for removal lives on until the last detach (shmctl(2), IPC_RMID).
 */
#ifndef SVIPC_H
#define SVIPC_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SV_VERSION "1.0.0"
#define SV_UNKNOWN UINT64_MAX /* a size that is not known */
#define SV_PROJECT_DEFAULT 83 /* the ftok(3) project id when none is given: 'S' */

/* What a function returns. */
enum sv_code {
	SV_OK = 0,
	SV_ESYSTEM = -1,   /* a system call failed: see sys_errno */
	SV_EINVAL = -2,    /* an argument, or the order of calls, is wrong */
	SV_EAGAIN = -3,    /* timeout_ms was 0 and the call would have to wait */
	SV_ETIMEDOUT = -4, /* timeout_ms has passed */
	SV_EINTR = -5,     /* sv_interrupt() was called on this handle */
	SV_END = -6,       /* the writer has finished and every byte was released */
	SV_EDIED = -7,     /* the peer ended without a word: crash, kill, exit without sv_close */
	SV_EPEER = -8,     /* the peer gave up and said why: see sys_errno or signal */
	SV_EREMOVED = -9,  /* somebody removed the channel's objects (ipcrm, systemd RemoveIPC) */
	SV_EBUSY = -10,    /* the role is taken by a live process */
	SV_EFOREIGN = -11, /* the key leads to an object of other software */
	SV_ECORRUPT = -12, /* the shared memory holds what no svipc process would store */
	SV_EMODE = -13,    /* the channel is of the other kind: bytes or messages, resumable or not */
	SV_ESOURCE = -14,  /* resume: the input or output is not the file that it was begun with */
	SV_ETOOBIG = -15   /* larger than the channel can ever hold */
};

enum sv_role { SV_WRITER = 0, SV_READER = 1 };

/*
 * How a side waits.  Only SV_WAIT_SPIN burns CPU time for long; every policy ends asleep.  SV_WAIT_AUTO spins
 * for up to 5 us in each wait; beyond that for up to 100 us in one go, and in all for at most a quarter of
 * the time that passes, except where a wait brings 64 KiB or more.  So the spinning of a side that is fed
 * small messages every 20 us or less often takes at most half of a CPU.  In a stream of small messages that
 * this makes faster, it looks for the next ones up to 5 us later than it could.
 */
enum sv_wait {
	SV_WAIT_AUTO = 0, /* spin about as long as a wake-up would cost, as far as that pays */
	SV_WAIT_SPIN = 1, /* spin for up to 20 ms before sleeping */
	SV_WAIT_SLEEP = 2 /* sleep at once */
};

/* Flags of struct sv_options. */
enum sv_flags {
	SV_MESSAGES = 1 << 0, /* a channel of whole messages, not of bytes */
	SV_RESUME = 1 << 1,   /* the channel outlives its processes; the next ones go on where they stopped */
	SV_DETACH = 1 << 2,   /* writer: sv_finish() does not wait for a reader, the data stays */
	SV_RECORDS_NUL =
		1 << 3,    /* with SV_MESSAGES: each is a record that ends with NUL, not with a newline, where
	                      it comes from or goes to.  The library only sees to it that both sides agree. */
	SV_QUEUE = 1 << 4, /* sv_open() of a role that is taken waits for its turn instead of SV_EBUSY, within
	                      its time; those of one user who wait so get it in the order of their coming */
	SV_CREATE_ONLY = 1 << 5, /* sv_open() makes the channel, or fails with SV_ESYSTEM and EEXIST */
	SV_JOIN_ONLY =
		1 << 6 /* sv_open() joins a channel that is there, or fails with SV_ESYSTEM and ENOENT */
};

/*
 * Identity of the file that a side of a resumable channel reads or writes, kept in the channel so that only
 * the same file goes on: stat(2) of it.  Of a reader's output only device and inode count.  All 0: no file,
 * and none is asked for.
 */
struct sv_source {
	uint64_t device;
	uint64_t inode;
	uint64_t size;    /* bytes */
	int64_t mtime_ns; /* nanoseconds since 1970 */
};

/*
 * Structs that the caller allocates begin with struct_size, which their ..._INIT sets; a struct without that
 * is SV_EINVAL.  They grow at the end only.  A program that was built with an older header has shorter ones:
 * the library takes the defaults of what is missing and never writes beyond struct_size.  A program that was
 * built with a newer header has longer ones: what this library does not know must be zero in what it reads,
 * and is set to zero in what it fills.  The library sets struct_size of what it fills to the bytes that it
 * knows and that the caller has; SV_HAS(pointer, member) tells whether a member is among them.  struct
 * sv_source and struct sv_side lie inside others and never grow.
 */
#define SV_HAS(pointer, member) \
	((pointer)->struct_size >= (size_t)((const char *)(&(pointer)->member + 1) - (const char *)(pointer)))

/* What sv_open() needs.  Start from SV_OPTIONS_INIT: a zero or NULL member means the default. */
struct sv_options {
	size_t struct_size; /* set by SV_OPTIONS_INIT */
	const char *name;   /* channel name, [A-Za-z0-9._-], at most 64 bytes, not starting with '.' or '-';
	                       NULL: "default" */
	const char *path;   /* rendezvous file instead of a name: any existing regular file or directory */
	int project;        /* ftok(3) project id, 1..255; 0: SV_PROJECT_DEFAULT */
	unsigned mode;     /* permission bits of new objects, 0600 plus group and other read/write; 0: 0600 */
	unsigned flags;    /* enum sv_flags */
	enum sv_wait wait; /* waiting policy of this side */
	uint64_t capacity; /* bytes; rounded up to a power of two that is a multiple of SHMLBA; 0: four times
	                      the second-level cache of a CPU, 1 to 16 MiB; 4 MiB where that
	                      is not known.  The side that creates the channel decides. */
	uint64_t total;    /* writer: bytes that will come, or SV_UNKNOWN; for the reader's information.  For
	                      2 MiB or more sv_open() asks for huge pages, so that as much of the ring, up
	                      to 16 MiB, takes memory from then on; it takes some milliseconds at most. */
	struct sv_source source; /* the writer's input or the reader's output.  With SV_RESUME it must be the
	                            same each time; the same file at both ends is SV_ESOURCE. */
	const volatile int
		*cancel; /* sv_open() returns SV_EINTR soon (100 ms at most) after *cancel has become
	                    non-zero, and at once if a signal handler did that; NULL: nothing */
};
/* clang-format off */
#define SV_OPTIONS_INIT { sizeof(struct sv_options), NULL, NULL, 0, 0, 0, SV_WAIT_AUTO, 0, SV_UNKNOWN, \
	{ 0, 0, 0, 0 }, NULL }
/* clang-format on */

/*
 * What would help after a failure, for a program to turn into its own words and commands.  Each concerns the
 * channel of the failed call and no other.
 */
enum sv_advice {
	SV_ADVICE_NONE = 0,
	SV_ADVICE_CLEAN = 1,     /* sv_clean() of this channel removes what is in the way */
	SV_ADVICE_CLEAN_ALL = 2, /* the same with all = 1; this drops data that somebody may want */
	SV_ADVICE_TAKE = 3,      /* data was left: a reader can take it; sv_clean() with all = 1 drops it */
	SV_ADVICE_WAIT = 4,      /* somebody is using it: wait for the end, or choose another channel */
	SV_ADVICE_OTHER_CHANNEL = 5, /* choose another name, path or project id */
	SV_ADVICE_RESUME = 6,        /* open with SV_RESUME to go on; sv_clean() with all = 1 drops it */
	SV_ADVICE_NO_RESUME = 7,     /* open without SV_RESUME, or wait for the end */
	SV_ADVICE_MESSAGES = 8,      /* it carries messages: open with SV_MESSAGES */
	SV_ADVICE_BYTES = 9,         /* it carries bytes: open without SV_MESSAGES */
	SV_ADVICE_MODE = 10,         /* another user's: its maker must allow access with a wider mode */
	SV_ADVICE_CAPACITY = 11,     /* choose a smaller capacity */
	SV_ADVICE_DIRECTORY = 12,    /* set SVIPC_DIR to a directory of your own with mode 0700 */
	SV_ADVICE_PATH = 13,         /* a rendezvous path must name a file that exists */
	SV_ADVICE_LIMIT = 14         /* a kernel limit on objects is reached: clean up, or raise it */
};

/* The last failure, in full.  To be filled by a call it starts from SV_ERROR_INIT. */
struct sv_error {
	size_t struct_size; /* set by SV_ERROR_INIT and by the library */
	int code;           /* enum sv_code */
	int sys_errno;  /* errno of the failed call (SV_ESYSTEM) or the peer's reason (SV_EPEER), else 0 */
	int signal;     /* SV_EPEER: the signal that ended the peer, else 0 */
	long peer_pid;  /* the peer concerned, 0 if not known; of the peer's pid namespace */
	char text[768]; /* one line, no newline: what was tried, on which object, why */
	int advice;     /* enum sv_advice */
};
#define SV_ERROR_INIT \
	{ \
		sizeof(struct sv_error), SV_OK, 0, 0, 0, "", SV_ADVICE_NONE \
	}

typedef struct sv_channel sv_channel;

/* --- Opening and waiting for the peer ----------------------------------------------------------------- */

/*
 * Open a channel, creating it if it does not exist.  Either side may come first; this does not wait for the
 * peer.  It waits, for up to timeout_ms, for the lock of the rendezvous file and while a previous transfer on
 * the same channel is just ending; with SV_QUEUE also while the role is taken.
 *
 * SV_OK: *ch is a handle, which belongs to the caller until sv_close().  Else *ch is NULL and, when err is
 * not NULL, *err is filled; nothing is left that was not there before.
 *
 * SV_EINVAL (options), SV_ETOOBIG
 * (capacity), SV_EBUSY (the role is taken), SV_EFOREIGN, SV_ECORRUPT, SV_EMODE, SV_ESOURCE, SV_EREMOVED
 * (removed while opening: try again), those of a wait (SV_EINTR: *options->cancel became non-zero), and
 * SV_ESYSTEM with, among others, EACCES (another user's), EEXIST (SV_CREATE_ONLY), ENOENT (SV_JOIN_ONLY, no
 * such path), EOPNOTSUPP (SV_RESUME or SV_DETACH where kernel.shm_rmid_forced is 1), ENOSPC (kernel.shmmni,
 * kernel.shmall or kernel.sem), EINVAL (kernel.shmmax), ENOMEM (address space), ENAMETOOLONG.
 */
int sv_open(sv_channel **ch, enum sv_role role, const struct sv_options *options, int timeout_ms,
            struct sv_error *err);

/*
 * Wait until the peer has attached; returns at once if it ever has.  On a resumable channel it returns only
 * when a live peer is attached: call it after SV_EDIED to wait for the next one.
 * SV_EINVAL (also in a child of fork), those of a wait and those of the peer.  SV_EREMOVED says too that the
 * rendezvous was removed, so that no peer can come any more.
 */
int sv_wait_peer(sv_channel *ch, int timeout_ms);

/*
 * Is the peer well?  Never blocks.  For a side that is busy elsewhere, in poll(2) for its input say.
 * SV_OK: it has not come, is working, or has finished.  SV_EINTR and those of the peer.
 */
int sv_check(sv_channel *ch);

/* --- Bytes (without SV_MESSAGES) ---------------------------------------------------------------------- */

/*
 * Writer: wait until at least want bytes (1..capacity) are free.  *data points to *got >= want contiguous
 * bytes of the segment.  They stay the caller's until sv_commit(); calling again without a commit gives the
 * same place, perhaps more of it.  Reading from it yields old data.
 *
 * A writer that wants W and a reader that
 * wants R at once can wait for each other if W + R is above capacity + 1.
 *
 * SV_EINVAL (not the writer, after
 * sv_finish or sv_abort), SV_EMODE, SV_ETOOBIG (want above the capacity, or with SV_DETACH above what is left
 * of it), those of a wait and those of the peer.
 */
int sv_reserve(sv_channel *ch, size_t want, void **data, size_t *got, int timeout_ms);

/*
 * Writer: publish the first n bytes (0..*got) of the reservation; the rest stays reserved.  Never blocks.
 * SV_EINVAL (more than was reserved), SV_EMODE: nothing was published.  SV_EREMOVED, SV_ESYSTEM: published,
 * but the peer cannot be told.
 */
int sv_commit(sv_channel *ch, size_t n);

/*
 * Reader: wait until at least want bytes (1..capacity) are there, or the stream ends.  *data points to *got
 * contiguous bytes of the segment, read-only; *got is below want only at the end of the stream, and
 * sv_last_error() then says why: SV_END, SV_EDIED or SV_EPEER.  They stay valid until sv_release(); calling
 * again without a release gives the same bytes, perhaps more.
 * SV_END when nothing is left and the writer has finished.  SV_EINVAL, SV_EMODE, SV_ETOOBIG, those of a wait
 * and those of the peer as for sv_reserve(); SV_EDIED and SV_EPEER only when nothing is left.
 */
int sv_peek(sv_channel *ch, size_t want, const void **data, size_t *got, int timeout_ms);

/* Reader: give the first n bytes (0..*got) of the peeked ones back to the writer.  Never blocks.  Errors as
 * for sv_commit(). */
int sv_release(sv_channel *ch, size_t n);

/* --- Ending ------------------------------------------------------------------------------------------- */

/*
 * End well.  Writer: publish the batch and the end of the stream, and wait until the reader has called
 * sv_finish(); SV_OK then means that the reader has dealt with every byte.  With SV_DETACH it does not wait.
 * Reader: only after SV_END, when the output is safe; tells the writer and does not wait.  After SV_OK on
 * both sides nothing can turn the success into a failure.
 *
 * SV_EINVAL (reader: before SV_END; writer: after
 * sv_abort; in a child of fork), those of a wait, after which the end is published all the same (call it
 * again to go on waiting), and those of the peer.
 */
int sv_finish(sv_channel *ch, int timeout_ms);

/*
 * End badly: tell the peer why, an errno value above 0, or minus a signal number.  Values from 4096 to 65535
 * are the application's own: no errno value is so large.  Never blocks.  Bytes that were committed before
 * stay readable.  After a successful sv_finish() it changes nothing.  Then call sv_close().  SV_EINVAL.
 */
int sv_abort(sv_channel *ch, int reason);

/*
 * Leave the channel and free the handle; ch may be NULL.  The last one out removes segment, semaphores and
 * the rendezvous file of a named channel, unless the channel is detached or resumable and still of use.
 * Without sv_finish() or sv_abort() before, the peer sees SV_EPEER with ECANCELED.
 *
 * It may have to wait: for the lock of the rendezvous, which others hold for microseconds; and after a
 * success with a peer of another user, whose objects that one cannot remove, for that peer to leave
 * (sv_interrupt() ends only this wait).  timeout_ms bounds both together; sv_close(ch) is sv_close_within(ch,
 * 2000).  What could not be removed in that time the next sv_open() or sv_clean() removes.  The rest takes a
 * few system calls, the longest of which gives the memory of the ring back; where a look from outside, such
 * as svstat(1), keeps the segment mapped just then, that is given some milliseconds to end.
 *
 * The handle is always freed, whatever is returned: SV_OK; SV_EINVAL (a child of fork, which leaves the
 * channel alone; timeout_ms below -1, taken as 0); SV_ESYSTEM (an object could not be removed).
 */
int sv_close(sv_channel *ch);
int sv_close_within(sv_channel *ch, int timeout_ms);

/*
 * Make the waiting call on this handle, or the next one that would wait, return SV_EINTR.  Async-signal-safe
 * and thread-safe, keeps errno, and never fails; the effect lasts until that SV_EINTR was returned.
 */
void sv_interrupt(sv_channel *ch);

/* --- Event loops -------------------------------------------------------------------------------------- */

/*
 * A descriptor for poll(2), select(2) and epoll(7) that becomes readable when a wait would be over.  The
 * first call on a handle starts a thread that sleeps in the place of the caller; it handles no signal and
 * ends with sv_close().  The library starts no other.  The descriptor belongs to the handle: do not read,
 * write or close it.  Each event that had to be waited for costs a wake-up of the thread more than a blocking
 * call does.
 *
 * SV_EINVAL (also in a child of fork), SV_ESYSTEM (no descriptor or thread): *fd is -1, and all
 * other calls work as before.
 */
int sv_event_fd(sv_channel *ch, int *fd);

/*
 * Say what to wait for; never blocks.  Ask, poll, call, again and again:
 *	sv_event_ask(ch, want);
 *	poll() until fd is readable;
 *	sv_peek(ch, want, &data, &got, 0) and the like  SV_EAGAIN is possible: ask again
 * The descriptor is readable when want bytes of room or data are there (on a channel of messages: a message,
 * or room for one of want bytes), and, whatever want is, when the peer comes, finishes, gives up or dies, the
 * objects are removed, or sv_interrupt() was called.  want 0 asks for these only.  It may become readable too
 * early, never too late.  One question holds at a time, until the next, or until a call on the handle that
 * waits: such calls work as before.
 * SV_EINVAL (no descriptor yet, a child of fork), SV_ETOOBIG (want above the capacity): the question before
 * still holds.
 */
int sv_event_ask(sv_channel *ch, size_t want);

/* --- What a handle knows: none of these waits --------------------------------------------------------- */

/* The last failure on this handle; code is SV_OK if there was none.  Valid until the next call on the handle.
 * Never fails. */
const struct sv_error *sv_last_error(const sv_channel *ch);

/* Bytes of the ring, and this side's own position: where a resumed transfer goes on.  No system call.  Never
 * fail. */
uint64_t sv_capacity(const sv_channel *ch);
uint64_t sv_position(const sv_channel *ch);

/*
 * Bytes that are in the ring now: committed, and not yet released.  On a channel of messages with their
 * lengths and padding.  The peer may change it at any moment: between two of the caller's own calls it only
 * shrinks for the writer, and only grows for the reader.  No system call.  Never fails.
 */
uint64_t sv_fill(const sv_channel *ch);

/*
 * Who the peer says that it is: its process id, in its own pid namespace, and effective user id; of the last
 * one that was attached, and 0 while none has come.  The peer itself stored them, so this is no proof of
 * identity.  No system call.  Never fail.
 */
long sv_peer_pid(const sv_channel *ch);
unsigned sv_peer_uid(const sv_channel *ch);

/* Which part of a mapping an address belongs to: 1 in this handle's segment, else 0.  Async-signal-safe. */
int sv_contains(const sv_channel *ch, const void *address);

/* --- Words: static strings, never NULL ---------------------------------------------------------------- */

/* A code in words; for any value. */
const char *sv_strerror(int code);

/* SV_VERSION of the library that is linked. */
const char *sv_version(void);

#ifdef __cplusplus
}
#endif

#include "svipc/message.h"
#include "svipc/inspect.h"

#endif
