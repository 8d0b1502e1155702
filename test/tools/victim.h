/* SPDX-License-Identifier: MIT */
/* victim.h - the traced side of a trial: what it runs, what happens to it and when.  For sweep.c. */
#ifndef VICTIM_H
#define VICTIM_H

#include <sys/file.h>

#include "errnos.h"
#include "trial.h"

#define CALLS_MAX 4096
#define STEPS_MAX 100000000 /* a victim that needs more instructions loops for ever */

enum kind { INSTRUCTIONS, CALLS, ERRORS };

/* One point at which something happens. */
struct plan {
	long call;  /* the number-th system call from the start point */
	long steps; /* INSTRUCTIONS: this many instructions after its entry */
	int error;  /* ERRORS: the errno to fail with; CALLS: 1 at its exit */
};

/* The course of the undisturbed victim. */
struct course {
	long number[CALLS_MAX]; /* numbers of the system calls */
	long before[CALLS_MAX]; /* instructions before each, from the start point */
	long calls;
	long instructions;
};

static struct scene scene;
static struct course course;
static enum kind kind = INSTRUCTIONS;
static bool from_flock;
static bool diverged;
static int victim_status; /* exit status or 128 + signal, -1: killed by us, -2: hangs */

static void on_alarm(int number)
{
	(void)number;
}

/* It fires again each second, because the first time may have been just before a wait. */
static void set_timer(long limit)
{
	const struct itimerval timer = { { limit == 0 ? 0 : 1, 0 }, { limit, 0 } };

	setitimer(ITIMER_REAL, &timer, NULL);
}

/*
 * The n-th single step.  A victim that makes steps does not hang, however slow they are: the time-out begins
 * again after each thousand.
 */
static enum tracee_at step(struct tracee *victim, long n)
{
	if (n % 1000 == 0)
		set_timer(DEADLINE_S);
	return tracee_go(victim, PTRACE_SINGLESTEP);
}

static bool is_start(long number)
{
	return kind != INSTRUCTIONS || (from_flock ? number == SYS_flock : is_semop(number));
}

static void victim_words(const char **words)
{
	if (scene.subject < CLEANER) {
		int n = transfer_words(&scene, scene.subject == TAKER ? READER : scene.subject, words);

		/*
		 * The number of instructions while spinning depends on the clock; without spinning, runs are
		 * alike.
		 */
		words[n++] = "--wait=sleep";
		/* If its segment is removed before it starts, it waits for a new writer. */
		if (scene.subject == TAKER && kind == ERRORS)
			words[n++] = "-t5";
		words[n] = NULL;
		return;
	}
	words[0] = scene.path[2];
	words[1] = scene.subject == CLEANER ? "-a" : NULL;
	words[2] = NULL;
}

/*
 * Step to the end and note where the system calls are.  Of several such runs the shortest one is kept,
 * because the others only had to wait more often.
 */
static void note_course(struct tracee *victim)
{
	struct course *noted = calloc(1, sizeof *noted);
	long number, n = 0;

	if (noted == NULL)
		err(2, "course");
	noted->number[noted->calls++] = victim->number;
	for (;;) {
		enum tracee_at at = step(victim, n);

		if (at == TRACEE_END)
			break;
		if (at != TRACEE_STEP || ++n == STEPS_MAX)
			errx(2, "the first run does not step to its end: it %s after %ld instructions",
			     at == TRACEE_STEP ? "goes on" : "sleeps", n);
		number = tracee_next_call(victim);
		if (number != -1 && noted->calls < CALLS_MAX) {
			noted->before[noted->calls] = n;
			noted->number[noted->calls++] = number;
		}
	}
	noted->instructions = n;
	if (course.instructions == 0 || n < course.instructions)
		course = *noted;
	free(noted);
}

/* Remove an object as ipcrm(1) does. */
static void remove_object(const struct tracee *victim)
{
	if (victim->number == SYS_shmctl || victim->number == SYS_shmat)
		shmctl((int)victim->args[0], IPC_RMID, NULL);
	else
		semctl((int)victim->args[0], 0, IPC_RMID);
}

/* The point of the plan is reached: carry it out.  True: the victim has ended. */
static bool act(struct tracee *victim, const struct plan *plan, struct outcome *o)
{
	long i;

	if (kind == INSTRUCTIONS) {
		diverged = course.number[plan->call] != victim->number;
		for (i = 0; i < plan->steps; i++) {
			enum tracee_at at = step(victim, i);

			if (at == TRACEE_END)
				return true;
			if (at == TRACEE_TIMEOUT) {
				victim_status = -2;
				break;
			}
		}
		tracee_kill(victim);
		return true;
	}
	diverged = course.number[plan->call] != victim->number;
	if (kind == CALLS) {
		if (plan->error == 0 || tracee_go(victim, PTRACE_SYSCALL) != TRACEE_END)
			tracee_kill(victim);
		return true;
	}
	/*
	 * Where the course was another, another call is here, which may not know this failure; unlocking
	 * never fails.
	 */
	if (!errnos_has(victim->number, plan->error) ||
	    (victim->number == SYS_flock && victim->args[1] == LOCK_UN))
		return false;
	if (plan->error == EIDRM) {
		remove_object(victim);
		o->removed = true;
		return false;
	}
	tracee_skip_call(victim);
	if (tracee_go(victim, PTRACE_SYSCALL) != TRACEE_EXIT)
		errx(2, "no exit from a system call that was skipped");
	tracee_set_result(victim, -(long)plan->error);
	return false;
}

/*
 * Run the victim to its end, by itself or as planned; plan NULL: note its course.  Starts the peer in time.
 */
static void run_victim(const struct plan *plan, pid_t *peer, struct outcome *o)
{
	struct tracee victim = { .number = -1 };
	const char *words[WORDS_MAX];
	long seen = -1;
	bool done = false;

	victim_words(words);
	victim_status = -1;
	if (!tracee_adopt(&victim, start(words, "victim.err", true)))
		errx(2, "cannot run %s", words[0]);
	set_timer(DEADLINE_S);
	for (;;) {
		enum tracee_at at = tracee_go(&victim, PTRACE_SYSCALL);

		if (at == TRACEE_END)
			break;
		if (at == TRACEE_TIMEOUT) {
			tracee_kill(&victim);
			victim_status = -2;
			break;
		}
		/* The second side starts when the first one has the lock, or has just released it. */
		if (*peer == 0 && scene.victim_first && scene.subject < LEAVER &&
		    ((at == TRACEE_EXIT && victim.number == SYS_flock) ||
		     (at == TRACEE_ENTRY && kind == INSTRUCTIONS && is_start(victim.number))))
			*peer = start_peer(&scene);
		if (at != TRACEE_ENTRY || (seen < 0 && !is_start(victim.number)))
			continue;
		seen++;
		if (plan == NULL && kind == INSTRUCTIONS) {
			note_course(&victim);
			break;
		}
		if (plan == NULL && seen < CALLS_MAX) {
			course.number[seen] = victim.number;
			course.calls = seen + 1;
		}
		if (plan != NULL && seen == plan->call && !done) {
			done = true;
			if (act(&victim, plan, o))
				break;
		}
	}
	set_timer(0);
	if (victim_status == -1 && WIFEXITED(victim.status))
		victim_status = WEXITSTATUS(victim.status);
	else if (victim_status == -1 && WIFSIGNALED(victim.status) && WTERMSIG(victim.status) != SIGKILL)
		victim_status = 128 + WTERMSIG(victim.status);
}

#endif
