/* SPDX-License-Identifier: MIT */
/*
 * cli_signal.c - ended by a signal: tell the peer, leave, die by that signal; a memory access violation: say where.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "cli.h"

volatile sig_atomic_t cli_signal;
static _Atomic(sv_channel *) guarded;

void cli_guard(sv_channel *ch)
{
	atomic_store(&guarded, ch);
}

static void on_end(int signal)
{
	/* A signal that comes just before a read or write would block is not lost: the timer interrupts again. */
	static const struct itimerval again = { { 0, 100000 }, { 0, 100000 } };
	sv_channel *ch = atomic_load(&guarded);
	int saved = errno;

	cli_signal = signal;
	if (ch != NULL)
		sv_interrupt(ch);
	setitimer(ITIMER_REAL, &again, NULL);
	errno = saved;
}

static void on_alarm(int signal)
{
	(void)signal;
}

static size_t put(char *text, size_t used, size_t size, const char *more)
{
	while (*more != '\0' && used + 1 < size)
		text[used++] = *more++;
	text[used] = '\0';
	return used;
}

/* Only what signal-safety(7) allows. */
static void on_violation(int signal, siginfo_t *info, void *context)
{
	static const char digits[] = "0123456789abcdef";
	sv_channel *ch = atomic_load(&guarded);
	uintptr_t address = (uintptr_t)info->si_addr;
	char text[256], hex[2 * sizeof address + 1];
	size_t used = 0, i;
	ssize_t ignored;

	(void)context;
	for (i = 0; i < sizeof hex - 1; i++)
		hex[i] = digits[address >> (4 * (sizeof hex - 2 - i)) & 15];
	hex[i] = '\0';
	used = put(text, used, sizeof text, cli_program);
	used = put(text, used, sizeof text, ": memory access violation (");
	used = put(text, used, sizeof text, signal == SIGBUS ? "SIGBUS" : "SIGSEGV");
	if (info->si_code == SI_USER || info->si_code == SI_TKILL) {
		used = put(text, used, sizeof text, ") sent by another process");
	} else {
		used = put(text, used, sizeof text, ") at address 0x");
		used = put(text, used, sizeof text, hex);
		used = put(text, used, sizeof text, ch != NULL && sv_contains(ch, info->si_addr) ? ", inside" : ", outside");
		used = put(text, used, sizeof text, " the shared segment");
	}
	used = put(text, used, sizeof text, "; the other side is told\n");
	ignored = write(STDERR_FILENO, text, used);
	(void)ignored;
	/* SA_RESETHAND: the default action is back; the kernel then gives this side's weight. */
	raise(signal);
}

static void catch(int signal, void (*handler)(int))
{
	struct sigaction action, old;

	memset(&action, 0, sizeof action);
	action.sa_handler = handler;
	sigemptyset(&action.sa_mask);
	/* What the parent had ignored (nohup, a background job) stays ignored. */
	if (sigaction(signal, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
		sigaction(signal, &action, NULL);
}

void cli_catch_signals(void)
{
	struct sigaction violation;

	catch(SIGINT, on_end);
	catch(SIGTERM, on_end);
	catch(SIGHUP, on_end);
	memset(&violation, 0, sizeof violation);
	violation.sa_handler = on_alarm;
	sigemptyset(&violation.sa_mask);
	sigaction(SIGALRM, &violation, NULL);
	violation.sa_sigaction = on_violation;
	violation.sa_flags = SA_SIGINFO | (int)SA_RESETHAND;
	sigaction(SIGSEGV, &violation, NULL);
	sigaction(SIGBUS, &violation, NULL);
	/* EPIPE is an error like any other. */
	signal(SIGPIPE, SIG_IGN);
}

_Noreturn void cli_die_by(int number)
{
	sigset_t set;

	signal(number, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, number);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(number);
	_exit(128 + number);
}
