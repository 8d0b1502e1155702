/* SPDX-License-Identifier: MIT */
/*
 * tracee.h - a child process that is run up to one of its system calls, stepped by single instructions,
 * killed, or made to see a system call fail.  For test tools; everything is static, because each tool has one
 * .c file.
 *
 * Every wait here ends when the interval timer of the caller fires: its signal must be caught without
 * SA_RESTART.
 */
#ifndef TRACEE_H
#define TRACEE_H

#include <elf.h>
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRACEE_UNABLE 77 /* exit status when this machine cannot do it */

/* Where a tracee stopped after it was let run. */
enum tracee_at {
	TRACEE_ENTRY,   /* about to make the system call `number` */
	TRACEE_EXIT,    /* has made it */
	TRACEE_STEP,    /* after one instruction */
	TRACEE_END,     /* it has ended: `status` as from waitpid(2) */
	TRACEE_TIMEOUT, /* the timer fired */
};

struct tracee {
	pid_t pid;
	int status;
	long number;  /* number of the last system call */
	long args[2]; /* and its first arguments */
	uint64_t ip;  /* next instruction; after TRACEE_ENTRY and TRACEE_EXIT */
};

static inline void tracee_stopped(struct tracee *t, struct __ptrace_syscall_info *info)
{
	memset(info, 0, sizeof *info);
	if (ptrace(PTRACE_GET_SYSCALL_INFO, t->pid, (void *)sizeof *info, info) <= 0)
		errx(TRACEE_UNABLE, "ptrace does not tell of system calls here");
	t->ip = info->instruction_pointer;
}

/* In the child, before execve(2). */
static inline void tracee_offer(void)
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == -1)
		_exit(TRACEE_UNABLE);
}

/*
 * Hide the vDSO from a program that has not started yet, so that its clock calls become system calls.  When
 * stepped, they would loop in the vDSO, which starts again whenever the kernel has updated the time
 * meanwhile.
 */
static inline void tracee_hide_vdso(struct tracee *t)
{
	struct __ptrace_syscall_info info;
	uintptr_t at;
	long word;
	int vectors = 2; /* arguments and environment, each up to a NULL */

	tracee_stopped(t, &info);
	at = (uintptr_t)info.stack_pointer + sizeof(long);
	while (vectors > 0) {
		errno = 0;
		word = ptrace(PTRACE_PEEKDATA, t->pid, (void *)at, NULL);
		if (word == -1 && errno != 0)
			return;
		vectors -= word == 0;
		at += sizeof(long);
	}
	for (;; at += 2 * sizeof(long)) {
		errno = 0;
		word = ptrace(PTRACE_PEEKDATA, t->pid, (void *)at, NULL);
		if (word == AT_NULL || (word == -1 && errno != 0))
			return;
		if (word == AT_SYSINFO_EHDR)
			ptrace(PTRACE_POKEDATA, t->pid, (void *)at, (void *)(long)AT_IGNORE);
	}
}

/* The child stops at its execve; false: it ended before. */
static inline bool tracee_adopt(struct tracee *t, pid_t pid)
{
	t->pid = pid;
	while (waitpid(pid, &t->status, __WALL) == -1)
		if (errno != EINTR)
			err(2, "waitpid");
	if (WIFEXITED(t->status) && WEXITSTATUS(t->status) == TRACEE_UNABLE)
		errx(TRACEE_UNABLE, "ptrace is not permitted here");
	if (!WIFSTOPPED(t->status))
		return false;
	if (ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)) == -1)
		err(2, "PTRACE_SETOPTIONS");
	tracee_hide_vdso(t);
	return true;
}

/* Continue it with PTRACE_SYSCALL or PTRACE_SINGLESTEP. */
static inline enum tracee_at tracee_go(struct tracee *t, int request)
{
	struct __ptrace_syscall_info info;
	long deliver = 0;

	for (;;) {
		if (ptrace(request, t->pid, NULL, (void *)deliver) == -1 && errno != ESRCH)
			err(2, "ptrace");
		if (waitpid(t->pid, &t->status, __WALL) == -1) {
			if (errno == EINTR)
				return TRACEE_TIMEOUT;
			err(2, "waitpid");
		}
		if (!WIFSTOPPED(t->status))
			return TRACEE_END;
		if (WSTOPSIG(t->status) == (SIGTRAP | 0x80)) {
			tracee_stopped(t, &info);
			if (info.op != PTRACE_SYSCALL_INFO_ENTRY)
				return TRACEE_EXIT;
			t->number = (long)info.entry.nr;
			t->args[0] = (long)info.entry.args[0];
			t->args[1] = (long)info.entry.args[1];
			return TRACEE_ENTRY;
		}
		if (WSTOPSIG(t->status) == SIGTRAP)
			return TRACEE_STEP;
		deliver = WSTOPSIG(t->status);
	}
}

static inline void tracee_kill(struct tracee *t)
{
	kill(t->pid, SIGKILL);
	do
		while (waitpid(t->pid, &t->status, __WALL) == -1)
			if (errno != EINTR)
				err(2, "waitpid");
	while (WIFSTOPPED(t->status));
}

/* Between steps: is the next instruction a system call?  Its number, or -1. */
static inline long tracee_next_call(struct tracee *t)
{
	struct __ptrace_syscall_info info;
	long word, number = -1;

	tracee_stopped(t, &info);
	errno = 0;
	word = ptrace(PTRACE_PEEKTEXT, t->pid, (void *)(uintptr_t)t->ip, NULL);
	if (word == -1 && errno != 0)
		return -1;
#if defined __x86_64__
	if ((word & 0xffff) == 0x050f)
		number = ptrace(PTRACE_PEEKUSER, t->pid, (void *)offsetof(struct user, regs.rax), NULL);
#elif defined __aarch64__
	if ((word & 0xffffffff) == 0xd4000001) {
		struct user_regs_struct registers;
		struct iovec part = { &registers, sizeof registers };

		if (ptrace(PTRACE_GETREGSET, t->pid, (void *)(uintptr_t)NT_PRSTATUS, &part) == 0)
			number = (long)registers.regs[8];
	}
#endif
	return number;
}

#if defined __x86_64__
#define TRACEE_CAN_FAIL 1
#define REGISTER(name) ((void *)offsetof(struct user, regs.name))

/* At TRACEE_ENTRY: the kernel must not make this call. */
static inline void tracee_skip_call(const struct tracee *t)
{
	if (ptrace(PTRACE_POKEUSER, t->pid, REGISTER(orig_rax), (void *)-1L) == -1)
		err(2, "PTRACE_POKEUSER");
}

/* At TRACEE_EXIT: the result that the tracee sees, such as -EIO. */
static inline void tracee_set_result(const struct tracee *t, long result)
{
	if (ptrace(PTRACE_POKEUSER, t->pid, REGISTER(rax), (void *)result) == -1)
		err(2, "PTRACE_POKEUSER");
}
#elif defined __aarch64__
#define TRACEE_CAN_FAIL 1

static inline void tracee_skip_call(const struct tracee *t)
{
	int none = -1;
	struct iovec part = { &none, sizeof none };

	if (ptrace(PTRACE_SETREGSET, t->pid, (void *)(uintptr_t)NT_ARM_SYSTEM_CALL, &part) == -1)
		err(2, "PTRACE_SETREGSET");
}

static inline void tracee_set_result(const struct tracee *t, long result)
{
	struct user_regs_struct registers;
	struct iovec part = { &registers, sizeof registers };

	if (ptrace(PTRACE_GETREGSET, t->pid, (void *)(uintptr_t)NT_PRSTATUS, &part) == -1)
		err(2, "PTRACE_GETREGSET");
	registers.regs[0] = (unsigned long)result;
	if (ptrace(PTRACE_SETREGSET, t->pid, (void *)(uintptr_t)NT_PRSTATUS, &part) == -1)
		err(2, "PTRACE_SETREGSET");
}
#else
#define TRACEE_CAN_FAIL 0

static inline void tracee_skip_call(const struct tracee *t)
{
	(void)t;
}

static inline void tracee_set_result(const struct tracee *t, long result)
{
	(void)t;
	(void)result;
}
#endif

#endif
