/* SPDX-License-Identifier: MIT */
/*
 * svipc.h - one process hands data to another through System V shared memory.
 *
 * A channel is one shared memory segment and one set of two semaphores, found under one ftok(3) key.  It has
 * one writer and one reader.  The writer produces bytes in place (reserve, commit), the reader consumes them
 * in place (peek, release); nothing is copied between the two.
 *
 *	writer: sv_open  { sv_reserve  sv_commit }   sv_finish  sv_close
 *	reader: sv_open  { sv_peek     sv_release }  sv_finish  sv_close
 *
 * Caveats
 * - Fork.  A handle belongs to the process that opened it.  A child of fork(2) inherits neither the mapping
 *   nor the kernel's record of who is attached, so it must not touch memory that was reserved or peeked.  The
 *   only call it may make with the handle is sv_close(), which frees the child's copy, leaves the channel
 *   alone and returns SV_EINVAL.  A child that calls execve(2) or _exit(2) need not call it.  The library
 *   delays fork(2) while sv_open() maps a segment, but not vfork(2), clone(2) or posix_spawn(3), whose child
 *   must call execve(2) or _exit(2).
 * - Exec.  Call sv_close() before execve(2).  Otherwise execve(2) ends the handle but not the kernel's
 *   record: the peer is told only when the new image ends, and while the peer is attached the new image finds
 *   the role taken by its own process id (SV_EBUSY).  execve(2) closes the descriptors of the handle.
 * - Namespaces.  Call sv_close() before unshare(2) or setns(2) with CLONE_NEWIPC.  Otherwise the peer is told
 *   that this side died, and the handle uses whatever objects have the same ids in the other namespace.
 * - Privileges.  A process must keep the permissions with which it called sv_open().  If it changes to a user
 *   that may not use the semaphores, it cannot wake a sleeping peer.  sv_commit() and sv_release() still
 *   succeed, because the bytes are published; the first call that could not wake the peer stores SV_ESYSTEM
 *   with EACCES in sv_last_error(), once.  The peer finds the bytes when it next looks, and from its next
 *   sleep on it looks at regular intervals.  Calls that wait fail with SV_ESYSTEM and EACCES.  So change the
 *   user first, or open with a mode that lets the new user in.
 * - Threads.  Only one thread at a time may use a handle, except that any thread and any signal handler may
 *   call sv_interrupt() and sv_contains(), until sv_close() is called.  Different handles are independent.
 *   During sv_open() there is no handle yet: use the member cancel of struct sv_options.
 * - Signals.  A signal, a stop or a continuation neither ends a wait nor changes when it times out.  Only
 *   sv_interrupt() and cancel end it, with SV_EINTR.
 * - A process that ends without sv_close(), however it ends, is reported to its peer as dead.
 * - The library never prints, never exits and installs no signal handler.  It starts no thread except one for
 *   each handle on which sv_event_fd() is called.
 *
 * Conventions
 * - Sizes and positions are bytes.  A position counts from the start of the stream and never wraps.
 * - timeout_ms: milliseconds; -1 waits for ever, 0 never blocks, other negative values are SV_EINVAL.  The
 *   time is measured with CLOCK_MONOTONIC; a signal neither shortens nor lengthens it.
 * - A function returns SV_OK (0) or one negative code of enum sv_code.  After a failure sv_last_error() gives
 *   errno and a sentence that a person can act on.  errno itself is unspecified, and so is everything that
 *   the call would have filled, unless it says otherwise.
 * - A call with a wrong argument, or at the wrong time, returns SV_EINVAL and changes nothing.  The same
 *   holds for SV_EMODE, a call for the other kind of channel.  A pointer that a call fills must not be NULL
 *   unless the call says so.
 * - "Errors of a wait" are SV_EAGAIN, SV_ETIMEDOUT and SV_EINTR.  The channel is as before: call again.
 * - "Errors of the peer" are SV_EDIED, SV_EPEER, SV_EREMOVED and SV_ECORRUPT, and SV_ESYSTEM if the
 *   semaphores cannot be used.  The transfer has ended.  The only useful calls left are sv_abort() and
 *   sv_close(), and on a resumable channel sv_wait_peer() after SV_EDIED and SV_EPEER.  Calls that only ask
 *   the handle, such as sv_position(), always work.
 * - Files of channels are in the directory SVIPC_DIR, or if that is not set in the first of /run/svipc (for
 *   root), /dev/shm/svipc-UID and /tmp/svipc-UID that can be used.
 * - Any thread may make a call without a handle at any time.  These calls read the environment (SVIPC_DIR),
 *   so no thread may change it meanwhile.
 * - Ordering: all that the writer stored before sv_commit() is visible to the reader after the sv_peek() that
 *   returns those bytes (release and acquire).  All that the reader did with released bytes happens before
 *   the sv_reserve() that returns their space.  All that the reader did before sv_finish() happens before the
 *   writer's sv_finish() returns SV_OK.
 *
 * Facts of the kernel and libc: ftok(3) makes the key from the low bits of device and inode, so two files can
 * share a key (ftok(3), NOTES); semop(2) says what SEM_UNDO does when a process ends; an attached segment
 * that is marked for removal exists until the last detach (shmctl(2), IPC_RMID).
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
	SV_EINVAL = -2,    /* an argument is wrong, or the call came at the wrong time */
	SV_EAGAIN = -3,    /* timeout_ms was 0 and the call would have to wait */
	SV_ETIMEDOUT = -4, /* timeout_ms has passed */
	SV_EINTR = -5,     /* sv_interrupt() was called on this handle */
	SV_END = -6,       /* the writer has finished and every byte was released */
	SV_EDIED = -7,     /* the peer ended without a reason: crash, kill, exit without sv_close */
	SV_EPEER = -8,     /* the peer gave up and said why: see sys_errno or signal */
	SV_EREMOVED = -9,  /* somebody removed the channel's objects (ipcrm, systemd RemoveIPC) */
	SV_EBUSY = -10,    /* the role is taken by a live process */
	SV_EFOREIGN = -11, /* the key leads to an object of other software */
	SV_ECORRUPT = -12, /* the shared memory holds values that no svipc process stores */
	SV_EMODE = -13,    /* the channel is of another kind: bytes or messages, resumable or not */
	SV_ESOURCE = -14,  /* resume: the input or output is not the file of the first attempt */
	SV_ETOOBIG = -15   /* larger than the channel can ever hold */
};

enum sv_role { SV_WRITER = 0, SV_READER = 1 };

/*
 * How a side waits.  Every policy sleeps in the end; only SV_WAIT_SPIN uses much CPU time before it does.
 *
 * SV_WAIT_AUTO spins for up to 4 us in each wait.  Beyond that it spins for up to 100 us at a time and for at
 * most a fifth of the elapsed time in all; waits that bring 64 KiB or more do not count.  So a side that
 * gets a small message every 20 us or less often spins for at most 40 % of a CPU.  In a fast stream of small
 * messages it may look for the next ones up to 5 us later than it could, where this makes the stream faster.
 */
enum sv_wait {
	SV_WAIT_AUTO = 0, /* spin about as long as a wake-up would cost, while that is worth it */
	SV_WAIT_SPIN = 1, /* spin for up to 20 ms before sleeping */
	SV_WAIT_SLEEP = 2 /* sleep at once */
};

/* Flags of struct sv_options. */
enum sv_flags {
	SV_MESSAGES = 1 << 0, /* a channel of whole messages, not of bytes */
	SV_RESUME = 1 << 1,   /* the channel outlives its processes; the next ones resume the transfer */
	SV_DETACH = 1 << 2,   /* writer: sv_finish() does not wait for a reader; the data stays */
	/*
	 * With SV_MESSAGES: each message is a record that ends with NUL in its file, instead of a newline.
	 * The library only checks that both sides agree.
	 */
	SV_RECORDS_NUL = 1 << 3,
	/*
	 * If the role is taken, sv_open() waits until it is free, up to its timeout, instead of returning
	 * SV_EBUSY.  Processes of one user get the role in the order in which they came.  If several users
	 * wait, any of their first processes may be the next one.
	 */
	SV_QUEUE = 1 << 4,
	SV_CREATE_ONLY = 1 << 5, /* sv_open() creates the channel, or fails: SV_ESYSTEM and EEXIST */
	SV_JOIN_ONLY = 1 << 6    /* sv_open() joins an existing channel, or fails: SV_ESYSTEM and ENOENT */
};

/*
 * Identity of the file that a side of a resumable channel reads or writes, from stat(2).  The channel stores
 * it, so that a transfer is resumed only with the same file.  For a reader's output only device and inode
 * count.  All 0: there is no file, and none is required.
 */
struct sv_source {
	uint64_t device;
	uint64_t inode;
	uint64_t size;    /* bytes */
	int64_t mtime_ns; /* nanoseconds since 1970 */
};

/*
 * Each struct that the caller allocates begins with struct_size, which its ..._INIT sets; a call that gets
 * one without it returns SV_EINVAL.  Structs grow at the end only.  A program that was built with an older
 * header has shorter ones: the library uses the defaults for missing members and never writes beyond
 * struct_size.  A program that was built with a newer header has longer ones: members that this library does
 * not know must be zero on input, and it sets them to zero on output.  In a struct that it fills, the library
 * sets struct_size to the bytes that both it and the caller know; SV_HAS(pointer, member) tells whether a
 * member is among them.  struct sv_source and struct sv_side lie inside other structs and never grow.
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
	uint64_t capacity; /* bytes; rounded up to a power of two that is a multiple of SHMLBA; 0: 4 MiB.  The
	                      side that creates the channel decides. */
	uint64_t total; /* writer: bytes that will come, or SV_UNKNOWN; the reader can see it.  For 2 MiB or
	                   more sv_open() asks for huge pages, so that this part of the ring, up to 16 MiB,
	                   uses memory from then on; this takes some milliseconds at most. */
	struct sv_source source; /* the writer's input or the reader's output.  With SV_RESUME it must be the
	                            same each time; the same file at both ends is SV_ESOURCE. */
	/* sv_open() returns SV_EINTR within 100 ms after *cancel has become non-zero, and at once if a signal
	   handler set it; NULL: none */
	const volatile int *cancel;
	/*
	 * While sv_open() waits it calls waiting(waiting_arg), in the caller's thread, at least every 100 ms
	 * and after each signal; NULL: nothing to call.  If that returns non-zero, sv_open() returns
	 * SV_EINTR.
	 */
	int (*waiting)(void *arg);
	void *waiting_arg;
};
/* clang-format off */
#define SV_OPTIONS_INIT { sizeof(struct sv_options), NULL, NULL, 0, 0, 0, SV_WAIT_AUTO, 0, SV_UNKNOWN, \
	{ 0, 0, 0, 0 }, NULL, NULL, NULL }
/* clang-format on */

/*
 * What would help after a failure.  A program turns it into its own words and commands.  It always concerns
 * the channel of the failed call.
 */
enum sv_advice {
	SV_ADVICE_NONE = 0,
	SV_ADVICE_CLEAN = 1,     /* sv_clean() of this channel removes what is in the way */
	SV_ADVICE_CLEAN_ALL = 2, /* sv_clean() with all = 1 does, and drops data that somebody may want */
	SV_ADVICE_TAKE = 3,      /* it holds data: a reader can take it; sv_clean() with all = 1 drops it */
	SV_ADVICE_WAIT = 4,      /* somebody is using it: wait for the end, or choose another channel */
	SV_ADVICE_OTHER_CHANNEL = 5, /* choose another name, path or project id */
	SV_ADVICE_RESUME = 6,        /* open with SV_RESUME to resume; sv_clean() with all = 1 drops it */
	SV_ADVICE_NO_RESUME = 7,     /* open without SV_RESUME, or wait until the transfer ends */
	SV_ADVICE_MESSAGES = 8,      /* it carries messages: open with SV_MESSAGES */
	SV_ADVICE_BYTES = 9,         /* it carries bytes: open without SV_MESSAGES */
	SV_ADVICE_MODE = 10,         /* it is another user's, who must allow access with a wider mode */
	SV_ADVICE_CAPACITY = 11,     /* choose a smaller capacity */
	SV_ADVICE_DIRECTORY = 12,    /* set SVIPC_DIR to a directory of your own with mode 0700 */
	SV_ADVICE_PATH = 13,         /* a rendezvous path must name a file that exists */
	SV_ADVICE_LIMIT = 14         /* a kernel limit on objects is reached: clean up, or raise it */
};

/* The last failure, in full.  Before a call fills it, initialise it with SV_ERROR_INIT. */
struct sv_error {
	size_t struct_size; /* set by SV_ERROR_INIT and by the library */
	int code;           /* enum sv_code */
	int sys_errno;  /* errno of the failed call (SV_ESYSTEM) or the peer's reason (SV_EPEER), else 0 */
	int signal;     /* SV_EPEER: the signal that ended the peer, else 0 */
	long peer_pid;  /* process id of the peer in its own pid namespace, 0: not known */
	char text[768]; /* one line, no newline: what was tried, on which object, why */
	int advice;     /* enum sv_advice */
};
/* clang-format off */
#define SV_ERROR_INIT { sizeof(struct sv_error), SV_OK, 0, 0, 0, "", SV_ADVICE_NONE }
/* clang-format on */

typedef struct sv_channel sv_channel;

/* --- Opening and waiting for the peer ----------------------------------------------------------------- */

/*
 * Open a channel, or create it if it does not exist.  Either side may come first; sv_open() does not wait for
 * the peer.  It waits, up to timeout_ms, for the lock of the rendezvous file and while a previous transfer on
 * the same channel is ending; with SV_QUEUE also while the role is taken.
 *
 * SV_OK: *ch is a handle, which belongs to the caller until sv_close().  Otherwise *ch is NULL, *err is
 * filled unless err is NULL, and nothing is left that was not there before:
 * SV_EINVAL (options), SV_ETOOBIG (capacity), SV_EBUSY (the role is taken), SV_EFOREIGN, SV_ECORRUPT,
 * SV_EMODE, SV_ESOURCE, SV_EREMOVED (removed while opening: try again; or only the semaphores of data that
 * was left: sv_clean() removes the rest), errors of a wait (SV_EINTR: *options->cancel became non-zero, or
 * waiting() returned non-zero), and SV_ESYSTEM with, among others, EACCES (another user's), EEXIST
 * (SV_CREATE_ONLY), ENOENT (SV_JOIN_ONLY, no such path), EOPNOTSUPP (SV_RESUME or SV_DETACH where
 * kernel.shm_rmid_forced is 1), ENOSYS (/proc is not mounted), ENOSPC (kernel.shmmni, kernel.shmall or
 * kernel.sem), EINVAL (kernel.shmmax), ENOMEM (address space), ENAMETOOLONG.
 */
int sv_open(sv_channel **ch, enum sv_role role, const struct sv_options *options, int timeout_ms,
            struct sv_error *err);

/*
 * Wait until the peer has attached; returns at once if it has attached before.  On a resumable channel it
 * returns only while a live peer is attached: call it after SV_EDIED to wait for the next peer.
 *
 * SV_EINVAL (also in a child of fork), errors of a wait, errors of the peer.  SV_EREMOVED also says that the
 * rendezvous was removed, so no peer can come any more.
 */
int sv_wait_peer(sv_channel *ch, int timeout_ms);

/*
 * Check the peer; never blocks.  For a side that is busy elsewhere, for example in poll(2) on its input.
 * SV_OK: the peer has not come yet, is working, or has finished.  SV_EINTR and errors of the peer.
 */
int sv_check(sv_channel *ch);

/* --- Bytes (without SV_MESSAGES) ---------------------------------------------------------------------- */

/*
 * Writer: wait until at least want bytes (1..capacity) are free.  Then *data points to *got contiguous bytes
 * of the segment, at least want.  They belong to the caller until sv_commit(); another call without a commit
 * returns the same place, perhaps with more bytes.  They hold old data until they are written.
 *
 * If a writer wants W bytes and a reader wants R bytes, both can wait for each other for ever when W + R is
 * above capacity + 1.
 *
 * SV_EINVAL (not the writer; after sv_finish or sv_abort), SV_EMODE, SV_ETOOBIG (want above the capacity, or
 * with SV_DETACH above what is left of it), errors of a wait, errors of the peer.
 */
int sv_reserve(sv_channel *ch, size_t want, void **data, size_t *got, int timeout_ms);

/*
 * Writer: publish the first n bytes (0..*got) of the reservation; the rest stays reserved.  Never blocks.
 * SV_EINVAL (more than was reserved), SV_EMODE: nothing was published.  SV_EREMOVED, SV_ESYSTEM: published,
 * but the peer cannot be woken.
 */
int sv_commit(sv_channel *ch, size_t n);

/*
 * Reader: wait until at least want bytes (1..capacity) are available, or the stream ends.  Then *data points
 * to *got contiguous bytes of the segment, which are read-only.  *got is below want only at the end of the
 * stream, and sv_last_error() then says why: SV_END, SV_EDIED or SV_EPEER.  The bytes stay valid until
 * sv_release(); another call without a release returns the same bytes, perhaps more.
 *
 * SV_END if nothing is left and the writer has finished.  SV_EINVAL, SV_EMODE, SV_ETOOBIG, errors of a wait,
 * errors of the peer, as for sv_reserve(); SV_EDIED and SV_EPEER only if nothing is left.
 */
int sv_peek(sv_channel *ch, size_t want, const void **data, size_t *got, int timeout_ms);

/*
 * Reader: return the first n peeked bytes (0..*got) to the writer.  Never blocks.  Errors as for sv_commit().
 */
int sv_release(sv_channel *ch, size_t n);

/* --- Ending ------------------------------------------------------------------------------------------- */

/*
 * End with success.  Writer: publish the batch and the end of the stream, and wait until the reader has
 * called sv_finish(); SV_OK means that the reader has processed every byte.  With SV_DETACH it does not wait.
 * Reader: tell the writer that the output is safe, without waiting; allowed only after SV_END.  After SV_OK
 * on both sides nothing can turn the success into a failure.
 *
 * SV_EINVAL (reader: before SV_END; writer: after sv_abort; in a child of fork), errors of the peer, and
 * errors of a wait: the end is published even so, and another call continues to wait.
 */
int sv_finish(sv_channel *ch, int timeout_ms);

/*
 * End with failure: tell the peer the reason, which is an errno value above 0 or minus a signal number.
 * Values from 4096 to 65535 are free for applications, because no errno value is so large.  Never blocks.
 * Bytes that were committed before stay readable.  After a successful sv_finish() it changes nothing.  Then
 * call sv_close().  SV_EINVAL.
 */
int sv_abort(sv_channel *ch, int reason);

/*
 * Leave the channel and free the handle; ch may be NULL.  The last side to leave removes the segment, the
 * semaphores and the rendezvous file of a named channel, unless the channel is detached or resumable and
 * still needed.  Without sv_finish() or sv_abort() before, the peer gets SV_EPEER with ECANCELED.
 *
 * It may have to wait for the lock of the rendezvous, which others hold for microseconds.  After a success
 * with a peer of another user, who cannot remove this user's objects, it also waits until that peer has left;
 * sv_interrupt() ends only this wait.  timeout_ms limits both together; sv_close(ch) is sv_close_within(ch,
 * 2000).  The next sv_open() or sv_clean() removes what could not be removed in that time.  The rest takes a
 * few system calls; the longest returns the memory of the ring.  If a look from outside, such as svstat(1),
 * has the segment mapped just then, that look gets some milliseconds to end.
 *
 * The handle is always freed, whatever is returned: SV_OK; SV_EINVAL (a child of fork, which leaves the
 * channel alone; timeout_ms below -1, which counts as 0); SV_ESYSTEM (an object could not be removed).
 */
int sv_close(sv_channel *ch);
int sv_close_within(sv_channel *ch, int timeout_ms);

/*
 * Make the waiting call on this handle, or the next one that would wait, return SV_EINTR.  Async-signal-safe
 * and thread-safe, keeps errno, and never fails; the request stays until a call has returned SV_EINTR.
 */
void sv_interrupt(sv_channel *ch);

/* --- What a handle knows: none of these waits --------------------------------------------------------- */

/*
 * The last failure on this handle; code is SV_OK if there was none.  Valid until the next call on it.  Never
 * fails.
 */
const struct sv_error *sv_last_error(const sv_channel *ch);

/*
 * Bytes of the ring, and this side's own position, where a resumed transfer continues.  No system call.
 * Never fail.
 */
uint64_t sv_capacity(const sv_channel *ch);
uint64_t sv_position(const sv_channel *ch);

/*
 * Bytes that are committed but not yet released; for messages with their lengths and padding.  The peer may
 * change the number at any moment: between two of its own calls the writer sees it only shrink, the reader
 * only grow.  No system call.  Never fails.
 */
uint64_t sv_fill(const sv_channel *ch);

/*
 * The process id of the peer in its own pid namespace, and its effective user id; of the last peer that was
 * attached, 0 before the first one.  The peer itself stored them, so they prove nothing.  No system call.
 * Never fail.
 */
long sv_peer_pid(const sv_channel *ch);
unsigned sv_peer_uid(const sv_channel *ch);

/* Does the address lie in this handle's segment?  1 or 0.  Async-signal-safe. */
int sv_contains(const sv_channel *ch, const void *address);

/* --- Words: static strings, never NULL ---------------------------------------------------------------- */

/* A code in words; for any value. */
const char *sv_strerror(int code);

/* SV_VERSION of the library that is linked. */
const char *sv_version(void);

#ifdef __cplusplus
}
#endif

#include "svipc/events.h"
#include "svipc/message.h"
#include "svipc/inspect.h"

#endif
