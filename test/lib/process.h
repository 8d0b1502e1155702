/* SPDX-License-Identifier: MIT */
/*
 * process.h - for test tools that run the programs many times: seeded choices, processes with deadlines, and
 * what System V objects there are.
 */
#ifndef PROCESS_H
#define PROCESS_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

static inline void __attribute__((noreturn, format(printf, 1, 2))) die(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(2);
}

/* splitmix64: every choice of a run follows from its seed. */
static inline uint64_t random_next(uint64_t *seed)
{
	uint64_t z = (*seed += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static inline uint64_t random_below(uint64_t *seed, uint64_t limit)
{
	return limit == 0 ? 0 : random_next(seed) % limit;
}

static inline int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static inline void pause_us(uint64_t us)
{
	struct timespec pause = { (time_t)(us / 1000000), (long)(us % 1000000) * 1000 };

	while (us > 0 && nanosleep(&pause, &pause) == -1 && errno == EINTR)
		;
}

/* A program that runs; its standard error is kept. */
struct process {
	pid_t pid; /* 0: none, or ended and reaped */
	int pidfd;
	int err;    /* memfd */
	int status; /* as the shell shows it: exit status, or 128 + signal */
};

/* The child gets in and out (-1: /dev/null) as its standard input and output, and default signals. */
static inline void process_start(struct process *p, const char *program, const char *const *argv, int in,
                                 int out)
{
	p->err = memfd_create("stderr", MFD_CLOEXEC);
	fflush(stdout);
	p->pid = fork();
	if (p->pid == -1 || p->err == -1)
		die("cannot start %s: %s", program, strerror(errno));
	if (p->pid == 0) {
		int null = open("/dev/null", O_RDWR);

		/* The child must not outlive the tool. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(in == -1 ? null : in, STDIN_FILENO);
		dup2(out == -1 ? null : out, STDOUT_FILENO);
		dup2(p->err, STDERR_FILENO);
		signal(SIGPIPE, SIG_DFL);
		signal(SIGINT, SIG_DFL);
		execvp(program, (char *const *)(uintptr_t)argv);
		dprintf(STDERR_FILENO, "cannot run %s: %s\n", program, strerror(errno));
		_exit(127);
	}
	p->pidfd = (int)syscall(SYS_pidfd_open, p->pid, 0);
}

static inline bool process_running(const struct process *p)
{
	return p->pid != 0;
}

static inline void process_signal(const struct process *p, int number)
{
	if (p->pid != 0)
		kill(p->pid, number);
}

/* Wait at most us microseconds for the end of p.  True: it has ended and p->status is set. */
static inline bool process_wait(struct process *p, int64_t us)
{
	struct pollfd ended = { .fd = p->pidfd, .events = POLLIN };
	int64_t deadline = now_us() + us;
	int status;

	while (p->pid != 0) {
		pid_t pid = waitpid(p->pid, &status, WNOHANG);
		int64_t left = deadline - now_us();

		if (pid == p->pid) {
			p->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
			p->pid = 0;
			if (p->pidfd != -1)
				close(p->pidfd);
			return true;
		}
		if (left <= 0)
			return false;
		if (p->pidfd != -1) {
			struct timespec limit = { (time_t)(left / 1000000), (long)(left % 1000000) * 1000 };

			ppoll(&ended, 1, &limit, NULL);
		} else {
			pause_us(500);
		}
	}
	return true;
}

/* Copy into text what an ended program wrote to standard error, and close that file. */
static inline void process_said(struct process *p, char *text, size_t size)
{
	ssize_t n = pread(p->err, text, size - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	close(p->err);
	p->err = -1;
}

/* Enter an IPC namespace of our own, if that is allowed: then every object in it is ours. */
static inline bool own_ipc_namespace(void)
{
	return unshare(CLONE_NEWIPC) == 0;
}

/* The number of System V segments and sets in this namespace. */
static inline int count_objects(void)
{
	static const char *const files[] = { "/proc/sysvipc/shm", "/proc/sysvipc/sem" };
	int count = 0, c;
	size_t i;

	for (i = 0; i < 2; i++) {
		FILE *file = fopen(files[i], "r");

		if (file == NULL)
			die("cannot read %s: %s", files[i], strerror(errno));
		for (count--; (c = getc(file)) != EOF;)
			count += c == '\n';
		fclose(file);
	}
	return count;
}

/* The number of files in a directory and all directories below it. */
static inline int count_files(const char *directory)
{
	DIR *handle = opendir(directory);
	struct dirent *entry;
	char path[4096];
	int count = 0;

	while (handle != NULL && (entry = readdir(handle)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		snprintf(path, sizeof path, "%.3800s/%s", directory, entry->d_name);
		count += entry->d_type == DT_DIR ? count_files(path) : 1;
	}
	if (handle != NULL)
		closedir(handle);
	return count;
}

#endif
