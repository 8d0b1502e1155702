/* SPDX-License-Identifier: MIT */
/* harness.c - processes that are measured: started together, pinned, killed at a deadline. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

extern char **environ;

struct shared *shared;
static int this_side;
static sigset_t waited, inherited;
static cpu_set_t all_cpus;
static int messages = -1; /* what programs print on stderr, which is the reason when one fails */
static struct crew *running;

void harness_start(void)
{
	char name[3100];

	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	snprintf(name, sizeof name, "%s/messages", work_dir);
	messages = open(name, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	if (shared == MAP_FAILED || messages == -1) {
		perror("svbench: cannot start");
		files_remove();
		exit(1);
	}
	sched_getaffinity(0, sizeof all_cpus, &all_cpus);
	/* Grandchildren that outlive their parent come to us, with their CPU time. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	sigemptyset(&waited);
	sigaddset(&waited, SIGCHLD);
	sigaddset(&waited, SIGINT);
	sigaddset(&waited, SIGTERM);
	sigaddset(&waited, SIGHUP);
	sigprocmask(SIG_BLOCK, &waited, &inherited);
}

double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

struct usage usage_now(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (struct usage){ now(), seconds(usage.ru_utime) + seconds(usage.ru_stime) };
}

void side_fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(shared->failure[this_side], WHY_SIZE, format, args);
	va_end(args);
	_exit(1);
}

void side_barrier(int calls)
{
	atomic_fetch_add(&shared->ready, 1);
	while (atomic_load(&shared->ready) < calls)
		sched_yield();
}

static void pin(int cpu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	sched_setaffinity(0, sizeof one, &one);
}

static void crew_kill(struct crew *crew)
{
	if (crew->group != 0)
		kill(-crew->group, SIGKILL);
	while (crew->group != 0 && (waitpid(-crew->group, NULL, 0) > 0 || errno == EINTR))
		;
	running = NULL;
	leftovers_remove();
}

static __attribute__((noreturn)) void end_by(int signal)
{
	if (running != NULL)
		crew_kill(running);
	files_remove();
	sigprocmask(SIG_SETMASK, &inherited, NULL);
	raise(signal);
	_exit(128 + signal);
}

void check_interrupt(void)
{
	static const struct timespec none;
	sigset_t ends = waited;
	int signal;

	sigdelset(&ends, SIGCHLD);
	signal = sigtimedwait(&ends, NULL, &none);
	if (signal > 0)
		end_by(signal);
}

void crew_start(struct crew *crew, const int *cpu)
{
	memset(crew, 0, sizeof *crew);
	crew->cpu = cpu;
	memset(shared, 0, sizeof *shared);
	if (ftruncate(messages, 0) == -1)
		perror("svbench: ftruncate");
	running = crew;
	crew->started = now();
}

static void crew_add(struct crew *crew, const char *name, pid_t pid)
{
	if (crew->group == 0)
		crew->group = pid;
	crew->pid[crew->n] = pid;
	crew->name[crew->n++] = name;
	setpgid(pid, crew->group);
}

void crew_function(struct crew *crew, void (*function)(void *arg, int side), void *arg)
{
	pid_t parent = getpid(), pid = fork();

	if (pid == -1) {
		crew->broken = true;
		snprintf(shared->failure[0], WHY_SIZE, "fork: %s", strerror(errno));
		return;
	}
	if (pid > 0) {
		crew_add(crew, crew->n == 0 ? "producer" : "consumer", pid);
		return;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	sigprocmask(SIG_SETMASK, &inherited, NULL);
	setpgid(0, crew->group);
	this_side = crew->n == 0 ? 0 : 1;
	if (crew->cpu != NULL)
		pin(crew->cpu[this_side]);
	function(arg, crew->n);
	_exit(0);
}

/* posix_spawn, because a fork of this process would be part of what is measured. */
void crew_program(struct crew *crew, const char *const *argv, int in, int out)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t defaults;
	pid_t pid;
	int code;

	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes,
	                         POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setpgroup(&attributes, crew->group);
	posix_spawnattr_setsigmask(&attributes, &inherited);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, in, 0);
	posix_spawn_file_actions_adddup2(&files, out, 1);
	posix_spawn_file_actions_adddup2(&files, messages, 2);
	/* The cast: posix_spawn does not write to argv, its type is older than const. */
	code = posix_spawnp(&pid, argv[0], &files, &attributes, (char *const *)(uintptr_t)argv, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	if (code == 0) {
		crew_add(crew, argv[0], pid);
		return;
	}
	crew->broken = true;
	snprintf(shared->failure[0], WHY_SIZE, "cannot start %.100s: %s", argv[0], strerror(code));
}

/* Why a process failed: its own message if it left one, else its status. */
static void describe(const char *name, int status, char *why)
{
	char text[WHY_SIZE] = "";
	ssize_t n = pread(messages, text, sizeof text - 1, 0);
	int side = shared->failure[0][0] != '\0' ? 0 : 1;

	text[strcspn(text, "\r\n")] = '\0';
	if (shared->failure[side][0] != '\0')
		snprintf(why, WHY_SIZE, "%s", shared->failure[side]);
	else if (n > 0 && text[0] != '\0')
		snprintf(why, WHY_SIZE, "%s", text);
	else
		snprintf(why, WHY_SIZE, "%.100s: %s %d", name, WIFSIGNALED(status) ? "signal" : "exit status",
		         WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

/* Reap what has ended.  Returns how many are left, or -1 if one of them failed. */
static int reap(struct crew *crew, char *why)
{
	struct rusage usage;
	int i, status, left = 0;
	pid_t pid;

	while ((pid = wait4(-1, &status, WNOHANG, &usage)) > 0) {
		crew->cpu_seconds += seconds(usage.ru_utime) + seconds(usage.ru_stime);
		for (i = 0; i < crew->n; i++)
			if (crew->pid[i] == pid) {
				crew->pid[i] = 0;
				if (status != 0) {
					describe(crew->name[i], status, why);
					return -1;
				}
			}
	}
	for (i = 0; i < crew->n; i++)
		left += crew->pid[i] != 0;
	return left;
}

bool crew_wait(struct crew *crew, double *wall, char *why)
{
	double end = crew->started + deadline_seconds, rest;
	struct timespec t;
	int left, signal;

	if (crew->broken) {
		snprintf(why, WHY_SIZE, "%s", shared->failure[0]);
		crew_kill(crew);
		return false;
	}
	while ((left = reap(crew, why)) > 0) {
		rest = end - now();
		if (rest <= 0) {
			snprintf(why, WHY_SIZE, "not done after %g s", deadline_seconds);
			left = -1;
			break;
		}
		t.tv_sec = (time_t)rest;
		t.tv_nsec = (long)((rest - (double)t.tv_sec) * 1e9);
		signal = sigtimedwait(&waited, NULL, &t);
		if (signal > 0 && signal != SIGCHLD)
			end_by(signal);
	}
	*wall = now() - crew->started;
	if (left < 0)
		crew_kill(crew);
	running = NULL;
	return left == 0;
}
