/* SPDX-License-Identifier: MIT */
/*
 * errnos.h - the errors that each system call of the programs may return: those of its manual page, as far as
 * they can happen.
 *
 * For EIDRM the object is really removed just before the call: if it still existed, the program would believe
 * that it is gone, and leave it.
 */
#ifndef ERRNOS_H
#define ERRNOS_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/syscall.h>

#define ERRNOS_MAX 8

struct errnos {
	long number;
	const char *name;
	int list[ERRNOS_MAX]; /* ends with 0 */
};

static const struct errnos errnos[] = {
#define CALL(name, ...) \
	{ \
		SYS_##name, #name, \
		{ \
			__VA_ARGS__ \
		} \
	}
#ifdef SYS_open
	CALL(open, EACCES, EMFILE, ENOENT, ENOSPC, EINTR),
#endif
#ifdef SYS_stat
	CALL(stat, EACCES, ENOENT, ENOMEM),
	CALL(lstat, EACCES, ENOENT, ENOMEM),
#endif
#ifdef SYS_newfstatat
	CALL(newfstatat, EACCES, ENOENT, ENOMEM),
#endif
#ifdef SYS_mkdir
	CALL(mkdir, EACCES, ENOSPC, EROFS),
	CALL(unlink, EACCES, ENOENT, EROFS),
	CALL(readlink, EACCES, ENOENT),
	CALL(access, EACCES),
	CALL(poll, EINTR, ENOMEM),
#endif
	CALL(openat, EACCES, EMFILE, ENOENT, ENOSPC, EINTR),
	CALL(statx, EACCES, ENOENT, ENOMEM),
	CALL(fstat, EIO, ENOMEM),
	CALL(mkdirat, EACCES, ENOSPC, EROFS),
	CALL(unlinkat, EACCES, ENOENT, EROFS),
	CALL(readlinkat, EACCES, ENOENT),
	CALL(faccessat, EACCES),
	CALL(ppoll, EINTR, ENOMEM),
	CALL(getdents64, EIO, ENOENT),
	CALL(fadvise64, EINVAL, ESPIPE),
	CALL(flock, EINTR, ENOLCK, EWOULDBLOCK),
	CALL(read, EIO, EINTR, EAGAIN, EISDIR),
	CALL(write, ENOSPC, EPIPE, EIO, EINTR, EAGAIN, EDQUOT, EFBIG),
	CALL(pwrite64, ENOSPC, EIO, EDQUOT, EINTR),
	CALL(lseek, ESPIPE, EINVAL),
	CALL(ftruncate, EIO, EINVAL, EPERM),
	CALL(close, EIO, EINTR, ENOSPC),
	CALL(ioctl, ENOTTY, EIO),
	CALL(fcntl, EBADF, EMFILE),
	CALL(mmap, ENOMEM, EAGAIN),
	CALL(munmap, EINVAL, ENOMEM),
	CALL(mprotect, ENOMEM, EACCES),
	CALL(madvise, EINVAL, ENOMEM, EAGAIN),
	CALL(membarrier, ENOSYS, EPERM, EINVAL),
	CALL(rt_sigaction, EINVAL),
	CALL(setitimer, EINVAL),
	CALL(clock_gettime, EINVAL),
	CALL(clock_nanosleep, EINTR),
	CALL(sched_getaffinity, EINVAL, EPERM),
	CALL(shmget, ENOSPC, EINVAL, ENOMEM, EACCES),
	CALL(shmat, EACCES, EIDRM, ENOMEM),
	CALL(shmctl, EACCES, EIDRM),
	CALL(shmdt, EINVAL),
	CALL(semget, ENOSPC, EINVAL, ENOMEM, EACCES),
	CALL(semctl, EACCES, EIDRM),
#ifdef SYS_semtimedop_time64
	CALL(semtimedop_time64, EINTR, EAGAIN, EIDRM, ENOMEM, ENOSPC, EACCES),
#endif
#ifdef SYS_semtimedop
	CALL(semop, EINTR, EAGAIN, EIDRM, ENOMEM, ENOSPC, EACCES),
	CALL(semtimedop, EINTR, EAGAIN, EIDRM, ENOMEM, ENOSPC, EACCES),
#endif
#undef CALL
};

static const struct errnos *errnos_of(long number)
{
	size_t i;

	for (i = 0; i < sizeof errnos / sizeof *errnos; i++)
		if (errnos[i].number == number)
			return &errnos[i];
	return NULL;
}

static inline bool errnos_has(long number, int error)
{
	const struct errnos *known = errnos_of(number);
	size_t i;

	for (i = 0; known != NULL && i < ERRNOS_MAX && known->list[i] != 0; i++)
		if (known->list[i] == error)
			return true;
	return false;
}

/* A call that the C library makes before main(); its failures are not the program's. */
static inline bool errnos_of_startup(long number)
{
	static const long startup[] = {
#ifdef SYS_arch_prctl
		SYS_arch_prctl,
#endif
#ifdef SYS_readlink
		SYS_readlink,
#endif
		SYS_execve,     SYS_brk,        SYS_set_tid_address, SYS_set_robust_list, SYS_rseq,
		SYS_prlimit64,  SYS_readlinkat, SYS_getrandom,       SYS_mprotect,
	};
	size_t i;

	for (i = 0; i < sizeof startup / sizeof *startup; i++)
		if (startup[i] == number)
			return true;
	return false;
}

#endif
