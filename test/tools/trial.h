/* SPDX-License-Identifier: MIT */
/*
 * trial.h - one transfer in which something happens to one side (the victim), and the judgement of what came
 * of it. For sweep.c; a header only because each tool is one file.
 *
 * The rules of the judgement:
 * - nobody hangs: every wait has a deadline that only a hang reaches;
 * - a survivor ends with 0 only if the output is complete, else with 3; until then the output is a prefix;
 * - a survivor that has not ended waits for a next victim, and gets it: then both end with 0, the output
 * complete;
 * - afterwards a fresh transfer on the same channel works, svclean ends with 0, and neither objects nor files
 * are left.
 */
#ifndef TRIAL_H
#define TRIAL_H

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

/* What a run of the tool is about; the same for all of its trials. */
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
	bool removed;   /* an object of a channel was removed, by the tool: whoever misses it may fail */
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

/* Programs ----------------------------------------------------------------------------------------------- */

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
	/* Nobody outlives the tool. */
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

/* What the world looks like -------------------------------------------------------------------------------
 */

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

/* What is left: objects (in a namespace of our own) and files in the channel directory.  Empty text: nothing.
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

/* The course of a trial -------------------------------------------------------------------------------------
 */

static enum subject peer_of(const struct scene *s)
{
	return s->subject == READER ? WRITER : READER;
}

static pid_t start_peer(const struct scene *s)
{
	const char *words[WORDS_MAX];

	transfer_words(s, peer_of(s), words);
	return start(words, "peer.err", false);
}

static bool wait_asleep(pid_t pid, struct outcome *o)
{
	double until = seconds() + DEADLINE_S;

	while (!asleep(pid)) {
		if (ended(pid) || seconds() > until)
			return wrong(o, "the peer did not fall asleep while it waited alone");
		nap();
	}
	return true;
}

/*
 * Does the peer wait for somebody who may still come?  The victim is dead by now, and its weight has fallen
 * before it could be reaped: so whoever is asleep in spite of it waits for a next one, unless it waits for
 * the dead.
 */
static bool waits_for_next(const struct scene *s, pid_t peer, bool removed)
{
	enum sv_role role = s->subject == READER ? SV_READER : SV_WRITER;
	int slot;

	if (!asleep(peer))
		return false;
	if (s->resume || removed)
		return true;
	slot = slot_of(s, role);
	return slot == SV_SLOT_EMPTY || slot == SV_SLOT_ATTACHING;
}

static bool may_end_with(const struct scene *s, const struct outcome *o)
{
	if (o->survivor == 0)
		return true;
	if (s->may_fail && (o->removed || !o->restarted) && (o->survivor == 1 || o->survivor == 5))
		return true;
	return o->survivor == 3 && (o->removed || !o->restarted);
}

static enum subject next_of(const struct scene *s)
{
	return s->subject == READER || s->subject == LEAVER ? s->subject : WRITER;
}

static void judge_survivor(const struct scene *s, struct outcome *o)
{
	const char *despite = o->restarted ? " although the next one has come" : "";

	if (o->survivor == -1)
		wrong(o, "the survivor hangs%s", despite);
	else if (!may_end_with(s, o))
		wrong(o, "the survivor ended with %d%s", o->survivor, despite);
	if (!is_prefix(s, "out", o->survivor == 0))
		wrong(o, o->survivor == 0 ? "status 0, but the output is not complete"
		                          : "the output is not a prefix of the input");
}

/* The survivor has succeeded and is gone: what it left, if anything, is for a next victim, which learns of it
 * at once. */
static void tell_the_next(const struct scene *s, struct outcome *o)
{
	const char *words[WORDS_MAX];
	int status;

	if (o->wrong || !s->resume || o->restarted || o->removed || o->survivor != 0 || s->after_fresh ||
	    slot_of(s, SV_WRITER) == -1 ||
	    slot_of(s, s->subject == READER ? SV_READER : SV_WRITER) == SV_SLOT_LEFT)
		return;
	transfer_words(s, next_of(s), words);
	status = run(words, "next.err");
	if (status != 0 || slot_of(s, SV_WRITER) != -1)
		wrong(o, "all was done, but the next victim ended with %d%s", status,
		      status == -1 ? " (hangs)" : "");
	else if (!is_prefix(s, "out", true))
		wrong(o, "the next victim spoiled the output");
}

/* The peer comes to its end, with the help of a next victim if it waits for one. */
static void settle(const struct scene *s, pid_t peer, struct outcome *o)
{
	double until = seconds() + DEADLINE_S;
	const char *words[WORDS_MAX];
	int status, n;

	while (!ended(peer) && !waits_for_next(s, peer, o->removed)) {
		if (seconds() > until) {
			kill(peer, SIGKILL);
			end_of(peer);
			wrong(o, "the survivor hangs");
			return;
		}
		nap();
	}
	if (!ended(peer)) {
		if (!is_prefix(s, "out", false))
			wrong(o, "the output is not a prefix of the input");
		o->restarted = true;
		n = transfer_words(s, next_of(s), words);
		/* A peer whose channel was removed learns of it only when somebody else comes; who then may
		 * be too early. */
		if (o->removed) {
			words[n] = "-t5";
			words[n + 1] = NULL;
		}
		status = run(words, "next.err");
		if (status == -1 || (status != 0 && !o->removed))
			wrong(o, "the next victim ended with %d%s", status, status == -1 ? " (hangs)" : "");
	}
	o->survivor = end_of(peer);
	judge_survivor(s, o);
	tell_the_next(s, o);
}

/*
 * The same where the next victim does not wait to see what the survivor does.  If that one had all it needed,
 * the next may have come too late: then it waits on a new channel, alone, and is sent away.
 */
static void settle_at_once(const struct scene *s, pid_t peer, struct outcome *o)
{
	enum sv_role role = peer_of(s) == READER ? SV_READER : SV_WRITER;
	double until = seconds() + DEADLINE_S;
	const char *words[WORDS_MAX];
	pid_t next;
	int status;

	transfer_words(s, next_of(s), words);
	next = start(words, "next.err", false);
	while (!ended(peer) && seconds() < until)
		nap();
	o->restarted = true;
	o->survivor = end_of(peer);
	judge_survivor(s, o);
	while (!ended(next) && !(asleep(next) && slot_of(s, role) == SV_SLOT_EMPTY) && seconds() < until)
		nap();
	if (!ended(next) && seconds() < until) {
		kill(next, SIGTERM);
		status = end_of(next) == 128 + SIGTERM ? 0 : 1;
	} else {
		status = end_of(next);
	}
	if (status != 0)
		wrong(o, "the next victim, started at once, ended with %d%s", status,
		      status == -1 ? " (hangs)" : "");
}

/* svclean, if there is anything that it could do. */
static void clean(const struct scene *s, struct outcome *o, bool all)
{
	char path[PATH_MAX], left[256];
	const char *words[] = { path, "-q", all ? "-a" : NULL, NULL };
	int status;

	list_left(s, left, sizeof left);
	if (left[0] == '\0')
		return;
	snprintf(path, sizeof path, "%s/svclean", s->programs);
	status = run(words, "clean.err");
	if (status != 0)
		wrong(o, "svclean ended with %d", status);
	list_left(s, left, sizeof left);
	if (left[0] != '\0')
		wrong(o, "left behind after svclean: %s", left);
}

/* Both sides of a transfer in this process; nothing is killed here, so that one life for two weights is
 * enough. */
static int both_sides(const struct scene *s)
{
	struct sv_options options = SV_OPTIONS_INIT;
	sv_channel *writer = NULL, *reader = NULL;
	struct sv_error error = SV_ERROR_INIT;
	size_t sent = 0, taken = 0, got;
	const void *data;
	void *space;
	int code;

	options.name = "sweep";
	options.capacity = 4096;
	options.flags = s->resume ? SV_RESUME : 0;
	code = sv_open(&writer, SV_WRITER, &options, DEADLINE_S * 1000, &error);
	if (code == SV_OK)
		code = sv_open(&reader, SV_READER, &options, DEADLINE_S * 1000, &error);
	while (code == SV_OK && sent < s->bytes && (code = sv_reserve(writer, 1, &space, &got, 0)) == SV_OK) {
		got = got < s->bytes - sent ? got : s->bytes - sent;
		memcpy(space, s->data + sent, got);
		sent += got;
		code = sv_commit(writer, got);
		if (code == SV_OK && sent == s->bytes && (code = sv_finish(writer, 0)) == SV_EAGAIN)
			code = SV_OK;
		while (code == SV_OK && (code = sv_peek(reader, 1, &data, &got, 0)) == SV_OK) {
			if (got > s->bytes - taken || memcmp(data, s->data + taken, got) != 0)
				code = SV_ECORRUPT;
			else
				code = sv_release(reader, got);
			taken += got;
		}
		if (code == SV_EAGAIN)
			code = SV_OK;
	}
	if (code == SV_END && (code = sv_finish(reader, 0)) == SV_OK)
		code = sv_finish(writer, 0);
	if (code == SV_OK && taken != s->bytes)
		code = SV_ECORRUPT;
	sv_close(reader);
	sv_close(writer);
	return code;
}

/* What was there goes on, or a new transfer; by the programs where an input and an output belong to it. */
static void fresh_transfer(const struct scene *s, struct outcome *o)
{
	const char *writer_words[WORDS_MAX], *reader_words[WORDS_MAX];
	pid_t writer, reader;
	int first, second;

	if (!s->resume || slot_of(s, SV_WRITER) == -1 || (o->survivor == 0 && !o->restarted)) {
		first = s->bytes == 0 ? 0 : both_sides(s);
		if (first != SV_OK)
			wrong(o, "a fresh transfer: %s", sv_strerror(first));
		return;
	}
	transfer_words(s, WRITER, writer_words);
	transfer_words(s, READER, reader_words);
	writer = start(writer_words, "writer.err", false);
	reader = start(reader_words, "reader.err", false);
	first = end_of(writer);
	second = end_of(reader);
	if (first != 0 || second != 0)
		wrong(o, "going on: writer %d, reader %d", first, second);
	else if (!is_prefix(s, "out", true))
		wrong(o, "going on: wrong output");
}

static void follow_up(const struct scene *s, struct outcome *o)
{
	if (o->wrong)
		return;
	if (!s->after_fresh)
		clean(s, o,
		      s->resume || s->subject == LEAVER || s->subject == TAKER || s->subject >= CLEANER);
	if (!o->wrong)
		fresh_transfer(s, o);
	if (!o->wrong)
		clean(s, o, s->resume || s->subject >= LEAVER);
}

/* For svclean and svstat: something that a killed and something that a detached transfer left. */
static bool leave_leftovers(const struct scene *s, struct outcome *o)
{
	const char *words[] = { s->path[0], "-q", "-s4K", "-cdead", "in", NULL };
	const char *detached[] = { s->path[0], "-q", "-s16K", "-ckept", "-d", "in", NULL };
	pid_t pid = start(words, "dead.err", false);

	if (!wait_asleep(pid, o))
		return false;
	kill(pid, SIGKILL);
	end_of(pid);
	return run(detached, "kept.err") == 0 || wrong(o, "cannot prepare a detached channel");
}

#endif
