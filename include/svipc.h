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

/* What a channel is doing, in the order in which a life goes. */
enum sv_state {
	SV_STATE_WAITING_READER = 0, /* a writer is attached, no reader has come */
	SV_STATE_WAITING_WRITER = 1, /* a reader is attached, no writer has come */
	SV_STATE_RUNNING = 2,        /* both attached */
	SV_STATE_FINISHING = 3,      /* one side has left or died, the other is about to */
	SV_STATE_DETACHED = 4,       /* nobody attached; complete data waits for a reader */
	SV_STATE_RESUMABLE = 5,      /* a side is missing; the next one may go on */
	SV_STATE_STALE = 6,          /* ours, nobody attached, of no more use */
	SV_STATE_FOREIGN = 7,        /* not ours, or cannot tell */
	SV_STATE_CORRUPT = 8,        /* ours, but what it holds is not to be believed */
	SV_STATE_OPENING = 9,        /* a process is opening it just now */
	SV_STATE_CLOSING = 10        /* a process is closing it just now */
};

/* One side as others see it. */
struct sv_side {
	long pid;          /* 0: never attached; of that side's pid namespace */
	unsigned uid;      /* effective user id, valid if pid is not 0 */
	int attached;      /* 1: attached now */
	int asleep;        /* 1: waits for its peer in the kernel */
	int finished;      /* 1: has said that all is well */
	int sys_errno;     /* it gave up with this errno, else 0 */
	int signal;        /* it was ended by this signal and said so, else 0 */
	uint64_t position; /* bytes committed (writer) or released (reader) */
};

/*
 * A snapshot of one channel.  The values are read one after the other from memory that is changing.  To be
 * filled by a call it starts from SV_INFO_INIT.
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
};
/* clang-format off */
#define SV_SIDE_INIT { 0, 0, 0, 0, 0, 0, 0, 0 }
#define SV_INFO_INIT { sizeof(struct sv_info), SV_STATE_WAITING_READER, "", "", "", 0, 0, -1, -1, 0, \
	0, 0, 0, 0, SV_UNKNOWN, 0, 0, 0, { SV_SIDE_INIT, SV_SIDE_INIT }, 0, 0, 0 }
/* clang-format on */

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

/* --- Messages (SV_MESSAGES on both sides) ------------------------------------------------------------- */

/* Each message is contiguous, 8-byte aligned, and arrives whole or not at all.  This is the longest one, in
 * bytes: the capacity less 8.  Never fails. */
size_t sv_msg_max(const sv_channel *ch);

/*
 * Writer: wait for room for a message of len bytes (0..sv_msg_max) at *data, which stays the caller's until
 * the next call on the handle that reserves, commits or stages.  One reservation at a time: calling again
 * replaces it.  If the ring is full, the batch of sv_msg_stage() is published first.
 *
 * Errors as for
 * sv_reserve().
 */
int sv_msg_reserve(sv_channel *ch, size_t len, void **data, int timeout_ms);

/*
 * Writer: publish the reserved message, after those of the batch.  len may be smaller than reserved.  Never
 * blocks.  Errors as for sv_commit(); after SV_EINVAL (no reservation, or len above it) the reservation
 * stays.
 */
int sv_msg_commit(sv_channel *ch, size_t len);

/* Writer: add the reserved message to a batch that the next sv_msg_commit(), sv_msg_flush() or sv_finish()
 * publishes at once.  Never blocks.  Errors as for sv_msg_commit(), of which only SV_EINVAL and SV_EMODE. */
int sv_msg_stage(sv_channel *ch, size_t len);

/* Writer: publish the batch; an empty one is SV_OK.  Never blocks.  Errors as for sv_commit(); SV_EINVAL: not
 * the writer, or after the end. */
int sv_msg_flush(sv_channel *ch);

/*
 * Reader: wait for a message.  *data points to its *len bytes in the segment, read-only and valid until it is
 * released.  Calling again without that gives the same message.
 * SV_END, SV_EINVAL, SV_EMODE, those of a wait and those of the peer as for sv_peek().
 */
int sv_msg_peek(sv_channel *ch, const void **data, size_t *len, int timeout_ms);

/* Reader: give the peeked message back to the writer.  Never blocks.  Errors as for sv_commit(); SV_EINVAL:
 * no message was peeked. */
int sv_msg_release(sv_channel *ch);

/*
 * Reader: wait for a message as sv_msg_peek() does, then take as many as are there, at most room (above 0),
 * into batch[0..*count-1].  sv_msg_release_batch() gives the first count of them (0..*count) back at once and
 * never blocks; the others stay valid.
 * Errors as for sv_msg_peek(), and as for sv_msg_release(), with SV_ECORRUPT when a message has changed its
 * length meanwhile: nothing was released.
 */
struct sv_msg {
	const void *data; /* in the segment */
	size_t len;       /* bytes */
};

int sv_msg_peek_batch(sv_channel *ch, struct sv_msg *batch, size_t room, size_t *count, int timeout_ms);
int sv_msg_release_batch(sv_channel *ch, size_t count);

/*
 * How many messages this side has published or released in the life of a resumable channel (SV_RESUME),
 * whoever did it: where to go on after sv_open(), as sv_position() is in bytes.  It survives a kill at any
 * moment.
 *
 * SV_UNKNOWN on other channels, where the caller can count as well, and when the count was
 * overwritten.
 */
uint64_t sv_msg_number(const sv_channel *ch);

/*
 * Copy one message from or to the caller's memory; data may be NULL when there is nothing to copy.  They are
 * sv_msg_reserve() and sv_msg_commit(), sv_msg_peek() and sv_msg_release(), with their errors.  sv_recv()
 * sets *len; when the message does not fit into size bytes it fails with SV_ETOOBIG and leaves the message in
 * place.
 */
int sv_send(sv_channel *ch, const void *data, size_t len, int timeout_ms);
int sv_recv(sv_channel *ch, void *data, size_t size, size_t *len, int timeout_ms);

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

/* A snapshot of the channel of this handle into *info.  SV_OK; SV_ECORRUPT, with *info filled; SV_EINVAL. */
int sv_stat(sv_channel *ch, struct sv_info *info);

/* Which part of a mapping an address belongs to: 1 in this handle's segment, else 0.  Async-signal-safe. */
int sv_contains(const sv_channel *ch, const void *address);

/* --- Looking from outside, and cleaning --------------------------------------------------------------- */

/* Called once for each channel; *info is valid until it returns.  A non-zero result ends the walk and is
 * returned. */
typedef int (*sv_visit)(const struct sv_info *info, void *arg);

/*
 * Look at every channel that is recorded in this user's directory, and at every segment of this user (with
 * SVIPC_DIR set: only those of channels named there; all != 0: every segment that may be read).
 * Only looks: changes nothing.  Where somebody is just opening or closing a channel it looks again for up to
 * 20 ms, with a shared lock for a moment if that is free.
 * SV_OK, what visit returned, SV_EINVAL, or SV_ESYSTEM (the directory is refused or unreadable), with *err
 * filled when err is not NULL.
 */
int sv_list(int all, sv_visit visit, void *arg, struct sv_error *err);

/*
 * Look at one channel: of a name, or of a rendezvous path (neither: "default"; not both), with a project id
 * (0: SV_PROJECT_DEFAULT).  Finds it whoever made it, and tells when the key leads to something else
 * (SV_STATE_FOREIGN).  Only looks, as sv_list() does.
 * SV_OK and *info.  SV_ESYSTEM with ENOENT: there is none; for a name *info then tells ipc_namespace,
 * elsewhere and other_namespace, and the rest of it is as SV_INFO_INIT has it.  SV_EINVAL; SV_EFOREIGN (a
 * file that is not a channel's has the name); SV_ESYSTEM (the path or the directory cannot be used).  *err is
 * filled when err is not NULL.
 */
int sv_find(const char *name, const char *path, int project, struct sv_info *info, struct sv_error *err);

/* Which channels sv_clean() considers. */
struct sv_clean_options {
	size_t struct_size;   /* set by SV_CLEAN_INIT */
	const char *name;     /* only this channel; NULL: all */
	const char *path;     /* only the channel of this rendezvous file */
	int project;          /* with name or path; 0: SV_PROJECT_DEFAULT */
	int dry_run;          /* 1: say what would be done, change nothing */
	int all;              /* 1: detached and resumable channels too, if nobody is attached */
	int64_t older_than_s; /* only channels created at least so many seconds ago */
};
#define SV_CLEAN_INIT \
	{ \
		sizeof(struct sv_clean_options), NULL, NULL, 0, 0, 0, 0 \
	}

/* What was done with one channel: removed is 1 when its objects were (dry run: would be) removed, 0 when it
 * was left alone, -1 when removing failed (info->reason says why).  A non-zero result ends the walk and is
 * returned. */
typedef int (*sv_clean_visit)(const struct sv_info *info, int removed, void *arg);

/*
 * Remove what is stale: ours, nobody attached on either side, and of no more use.  Considers what sv_list(0)
 * shows.  Tries each channel's lock once; one that is locked, alive, foreign, or in doubt is left alone.
 * Empty rendezvous files without any object or record are removed too, without a call of visit, from a
 * directory that holds nothing but channels.
 *
 * SV_OK, also when there was nothing to do; what visit returned;
 * SV_EINVAL; SV_EFOREIGN and SV_ESYSTEM as sv_find(), but that there is none is SV_OK.  *err is filled when
 * err is not NULL.  What was removed before a failure stays removed.
 */
int sv_clean(const struct sv_clean_options *options, sv_clean_visit visit, void *arg, struct sv_error *err);

/* --- Words: static strings, never NULL ---------------------------------------------------------------- */

/* A code in words; a state in words; for any value. */
const char *sv_strerror(int code);
const char *sv_strstate(enum sv_state state);

/* SV_VERSION of the library that is linked. */
const char *sv_version(void);

#ifdef __cplusplus
}
#endif
#endif
