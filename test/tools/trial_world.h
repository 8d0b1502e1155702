/* SPDX-License-Identifier: MIT */
/*
 * trial_world.h - the parts of a trial: its setting, its programs, and the objects and files that are left
 * afterwards.
 */
#ifndef TRIAL_WORLD_H
#define TRIAL_WORLD_H

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>

#include "asleep.h"
#include "ring/layout.h"
#include "svipc.h"
#include "tracee.h"

#define DEADLINE_S 30
#define WORDS_MAX 16

enum subject { WRITER, READER, LEAVER, TAKER, CLEANER, STATTER };

/* The setting of a run of the tool; the same for all of its trials. */
struct scene {
	enum subject subject;
	bool resume;
	bool victim_first;
	bool at_once;     /* this trial: the next victim starts while the survivor may still be going */
	bool after_fresh; /* this trial: a fresh transfer before svclean, else after it */
	const char *programs;
	const char *channels; /* where the rendezvous files are */
	bool own_namespace;
	bool may_fail; /* the survivor may also end with 1 or 5: system calls fail, objects are removed */
	unsigned char *data;
	size_t bytes;
	char path[3][PATH_MAX]; /* svwrite, svread, and what else the subject runs */
};

struct outcome {
	int survivor;   /* its exit status, or -1: it was still waiting for a next victim */
	bool restarted; /* a next victim was started */
	bool removed;   /* an object of a channel was removed, by the tool: a side that misses it may fail */
	bool wrong;
	char why[512];
};

static bool wrong(struct outcome *o, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (!o->wrong)
		vsnprintf(o->why, sizeof o->why, format, args);
	va_end(args);
	o->wrong = true;
	return false;
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void nap(void)
{
	static const struct timespec moment = { 0, 200000 };

	nanosleep(&moment, NULL);
}

/* --- Programs --- */

/* The command line of a writer or a reader of the scene; returns the number of its words. */
static int transfer_words(const struct scene *s, enum subject subject, const char **words)
{
	int n = 0;
	bool writer = subject == WRITER || subject == LEAVER;

	words[n++] = writer ? s->path[0] : s->path[1];
	words[n++] = "-q";
	words[n++] = "-s4K";
	words[n++] = "-csweep";
	if (s->resume)
		words[n++] = "-r";
	if (subject == LEAVER)
		words[n++] = "-d";
	if (!writer) {
		words[n++] = "-o";
		words[n++] = "out";
	} else {
		words[n++] = "in";
	}
	words[n] = NULL;
	return n;
}

/* vfork(2), because making a process is most of the cost of a trial; its child only makes system calls. */
static pid_t start(const char *const *words, const char *messages, bool traced)
{
	pid_t pid = vfork();
	int fd;

	if (pid == -1)
		err(2, "vfork");
	if (pid != 0)
		return pid;
	/* The child must not outlive the tool. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fd = open(messages, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd == -1 || dup2(fd, STDERR_FILENO) == -1 || dup2(fd, STDOUT_FILENO) == -1)
		_exit(127);
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (fd == -1 || dup2(fd, STDIN_FILENO) == -1)
		_exit(127);
	if (traced)
		tracee_offer();
	execv(words[0], (char *const *)(uintptr_t)words);
	_exit(127);
}

/* Wait for its end: the exit status, 128 + signal, or -1: it hangs and was killed. */
static int end_of(pid_t pid)
{
	double until = seconds() + DEADLINE_S;
	int status;
	pid_t got;

	while ((got = waitpid(pid, &status, WNOHANG)) == 0 || (got == -1 && errno == EINTR)) {
		if (seconds() > until) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			return -1;
		}
		nap();
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run(const char *const *words, const char *messages)
{
	return end_of(start(words, messages, false));
}

static bool ended(pid_t pid)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid;
}

/* --- The state of the channel --- */

static size_t load(const char *name, unsigned char *data, size_t size)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd == -1 ? 0 : read(fd, data, size);

	if (fd != -1)
		close(fd);
	return n > 0 ? (size_t)n : 0;
}

static bool is_prefix(const struct scene *s, const char *name, bool whole)
{
	unsigned char *data = malloc(s->bytes + 1);
	size_t n = load(name, data, s->bytes + 1);
	bool good = n <= s->bytes && memcmp(data, s->data, n) == 0 && (!whole || n == s->bytes);

	free(data);
	return good;
}

static key_t key_of(const struct scene *s)
{
	char path[PATH_MAX + 16];

	snprintf(path, sizeof path, "%s/sweep", s->channels);
	return ftok(path, SV_PROJECT_DEFAULT);
}

/* The slot of a side, if the segment can be found; else -1. */
static int slot_of(const struct scene *s, enum sv_role role)
{
	key_t key = key_of(s);
	int id = key == (key_t)-1 ? -1 : shmget(key, 0, 0);
	const struct sv_header *header = id == -1 ? (void *)-1 : shmat(id, NULL, SHM_RDONLY);
	int slot = -1;

	if (header == (void *)-1)
		return -1;
	if (header->magic == SV_MAGIC)
		slot = (int)atomic_load((_Atomic uint32_t *)&header->side[role].slot);
	shmdt(header);
	return slot;
}

static int count_lines(const char *path)
{
	FILE *file = fopen(path, "re");
	int c, lines = 0;

	if (file == NULL)
		return 0;
	while ((c = getc(file)) != EOF)
		lines += c == '\n';
	fclose(file);
	return lines;
}

/*
 * Objects (in a namespace of our own) and files in the channel directory that are left.  Empty text: none.
 */
static void list_left(const struct scene *s, char *text, size_t size)
{
	DIR *dir = opendir(s->channels);
	struct dirent *entry;
	int shm = 0, sem = 0;

	text[0] = '\0';
	if (s->own_namespace) {
		shm = count_lines("/proc/sysvipc/shm") - 1;
		sem = count_lines("/proc/sysvipc/sem") - 1;
	}
	if (shm > 0 || sem > 0)
		snprintf(text, size, "%d segments, %d sets", shm, sem);
	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			snprintf(text + strlen(text), size - strlen(text), " file %s", entry->d_name);
	if (dir != NULL)
		closedir(dir);
}

/* Whatever happened, the next trial starts with nothing. */
static void sweep_away(const struct scene *s)
{
	DIR *dir = opendir(s->channels);
	struct dirent *entry;
	struct shmid_ds segment;
	struct semid_ds set;
	struct shm_info shm;
	struct seminfo sem;
	int i, id, last;

	while (dir != NULL && (entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir != NULL)
		closedir(dir);
	if (!s->own_namespace)
		return;
	last = shmctl(0, SHM_INFO, (struct shmid_ds *)(void *)&shm);
	for (i = 0; i <= last; i++)
		if ((id = shmctl(i, SHM_STAT, &segment)) != -1)
			shmctl(id, IPC_RMID, NULL);
	last = semctl(0, 0, SEM_INFO, &sem);
	for (i = 0; i <= last; i++)
		if ((id = semctl(i, 0, SEM_STAT, &set)) != -1)
			semctl(id, 0, IPC_RMID);
}

#endif
