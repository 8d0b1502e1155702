/* SPDX-License-Identifier: MIT */
/*
 * harness.c - processes that are measured: started together, pinned, killed at a deadline, their CPU time
 * collected by wait4(2).
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sysv.h"

extern char **environ;

struct shared *shared;
void (*on_interrupt)(void);
static int this_side;
static sigset_t waited, inherited;
static cpu_set_t all_cpus;
static int messages = -1; /* what the other programs print on stderr, for the reason of a failure */
static struct crew *running;

void harness_start(void)
{
	char name[4200];

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	snprintf(name, sizeof(name), "%s/messages", work_dir);
	messages = open(name, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	if (shared == MAP_FAILED || messages < 0) {
		perror("svbench: cannot start");
		files_remove();
		exit(1);
	}
	sched_getaffinity(0, sizeof(all_cpus), &all_cpus);
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
	vsnprintf(shared->failure[this_side], sizeof(shared->failure[0]), format, args);
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
	sched_setaffinity(0, sizeof(one), &one);
}

static void end_by(int signal)
{
	if (running)
		crew_kill(running);
	if (on_interrupt)
		on_interrupt();
	progress_end();
	leftovers_remove();
	sysv_remove_all();
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
	memset(crew, 0, sizeof(*crew));
	crew->cpu = cpu;
	memset(shared, 0, sizeof(*shared));
	if (ftruncate(messages, 0))
		perror("svbench: ftruncate");
	running = crew;
	crew->started = now();
}

static void crew_add(struct crew *crew, const char *name, pid_t pid)
{
	if (!crew->group)
		crew->group = pid;
	crew->pid[crew->n] = pid;
	crew->name[crew->n++] = name;
	setpgid(pid, crew->group);
}

pid_t fork_helper(void)
{
	pid_t parent = getpid(), pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
		sigprocmask(SIG_SETMASK, &inherited, NULL);
	}
	return pid;
}

static pid_t crew_fork(struct crew *crew, const char *name)
{
	pid_t pid = fork_helper();

	if (pid < 0) {
		perror("svbench: fork");
		crew_kill(crew);
		files_remove();
		exit(1);
	}
	if (pid == 0) {
		setpgid(0, crew->group);
		if (crew->cpu)
			pin(crew->cpu[crew->n]);
		return 0;
	}
	crew_add(crew, name, pid);
	return pid;
}

void crew_function(struct crew *crew, const char *name, void (*function)(void *arg, int in, int out),
                   void *arg, int in, int out)
{
	int side = crew->n;

	if (crew_fork(crew, name) == 0) {
		this_side = side ? 1 : 0;
		function(arg, in, out);
		_exit(0);
	}
}

/* posix_spawn, because a fork of this process would be part of what is measured. */
void crew_program(struct crew *crew, const char *const *argv, int in, int out)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t defaults;
	pid_t pid;
	int error;

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
	if (crew->cpu)
		pin(crew->cpu[crew->n]);
	/* The casts: posix_spawn does not write to argv, its type is older than const. */
	error = posix_spawnp(&pid, argv[0], &files, &attributes, (char *const *)(uintptr_t)argv, environ);
	if (crew->cpu)
		sched_setaffinity(0, sizeof(all_cpus), &all_cpus);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	if (error) {
		snprintf(shared->failure[0], sizeof(shared->failure[0]), "cannot start %s: %s", argv[0],
		         strerror(error));
		crew->broken = true;
		return;
	}
	crew_add(crew, argv[0], pid);
}

void crew_kill(struct crew *crew)
{
	if (crew->group)
		kill(-crew->group, SIGKILL);
	for (int i = 0; i < crew->n; i++)
		if (crew->pid[i])
			kill(crew->pid[i], SIGKILL);
	while (crew->group && (waitpid(-crew->group, NULL, 0) > 0 || errno == EINTR))
		;
	running = NULL;
}

/* Why a process ended badly: its own words if it left any, else its status. */
static void describe(const struct crew *crew, int i, int status, char *why, size_t why_size)
{
	char text[400] = "";
	ssize_t n = pread(messages, text, sizeof(text) - 1, 0);
	const char *words = NULL;

	for (int side = 0; side < 2 && !words; side++)
		if (shared->failure[side][0])
			words = shared->failure[side];
	if (!words && n > 0) {
		char *line = text + strspn(text, "\r\n=");

		line[strcspn(line, "\r\n")] = '\0';
		words = *line ? line : NULL;
	}
	if (words)
		snprintf(why, why_size, "%s", words);
	else if (WIFSIGNALED(status))
		snprintf(why, why_size, "%s: killed by signal %d (%s)", crew->name[i], WTERMSIG(status),
		         strsignal(WTERMSIG(status)));
	else
		snprintf(why, why_size, "%s: exit status %d", crew->name[i], WEXITSTATUS(status));
}

/* Reaps what has ended.  Returns how many of the crew are left, or -1 when one of them ended badly. */
static int reap(struct crew *crew, char *why, size_t why_size)
{
	struct rusage usage;
	int status, left = 0;
	siginfo_t info;
	pid_t pid;

	while ((pid = wait4(-1, &status, WNOHANG, &usage)) > 0) {
		crew->cpu_seconds += seconds(usage.ru_utime) + seconds(usage.ru_stime);
		for (int i = 0; i < crew->n; i++) {
			if (crew->pid[i] != pid)
				continue;
			crew->pid[i] = 0;
			if (!WIFEXITED(status) || WEXITSTATUS(status)) {
				describe(crew, i, status, why, why_size);
				return -1;
			}
		}
	}
	for (int i = 0; i < crew->n; i++)
		left += crew->pid[i] != 0;
	/* A program's own children, inherited from it: theirs is part of the work. */
	if (left == 0 && waitid(P_PGID, (id_t)crew->group, &info, WEXITED | WNOHANG | WNOWAIT) == 0)
		left = 1;
	return left;
}

bool crew_wait(struct crew *crew, double *wall, char *why, size_t why_size)
{
	double deadline = crew->started + settings.deadline;
	int left, signal;

	if (crew->broken) {
		snprintf(why, why_size, "%s", shared->failure[0]);
		crew_kill(crew);
		leftovers_remove();
		return false;
	}
	while ((left = reap(crew, why, why_size)) > 0) {
		double rest = deadline - now();
		struct timespec t;

		if (rest <= 0) {
			snprintf(why, why_size, "not done after %g s", settings.deadline);
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
	if (left < 0) {
		crew_kill(crew);
		leftovers_remove();
		return false;
	}
	running = NULL;
	return true;
}

bool run_sides(int n, side_function side, void *arg, const int *cpu, char *why, size_t why_size)
{
	struct crew crew;
	double wall;

	if (settings.no_pin && cpu && cpu[0] != cpu[1])
		cpu = NULL;
	crew_start(&crew, cpu);
	for (int i = 0; i < n; i++) {
		if (crew_fork(&crew, i ? "consumer" : "producer") == 0) {
			this_side = i;
			side(arg, i);
			_exit(0);
		}
	}
	return crew_wait(&crew, &wall, why, why_size);
}
