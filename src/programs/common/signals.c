/* SPDX-License-Identifier: MIT */
/*
 * signals.c - what the programs do on a signal.
 *
 * INT, TERM and HUP: tell the peer, leave, and die by the same signal.  A memory access violation: report
 * where.  Ticks, SIGUSR1 and the like: ask the program to handle them between two blocks.
 */
#define _GNU_SOURCE
#include "common/signals.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "common/messages.h"

/*
 * If a signal comes just before a read or write blocks, the timer interrupts that call again, so the signal
 * is not lost.
 */
#define AGAIN_MS 100

volatile sig_atomic_t cli_signal;
volatile sig_atomic_t cli_attention;
volatile sig_atomic_t cli_report;
volatile sig_atomic_t cli_child;
static volatile sig_atomic_t ticking;
static _Atomic(sv_channel *) guarded;

void cli_guard(sv_channel *ch)
{
	atomic_store(&guarded, ch);
}

static void timer(int first_ms, int again_ms)
{
	struct itimerval value = { { again_ms / 1000, again_ms % 1000 * 1000 },
		                   { first_ms / 1000, first_ms % 1000 * 1000 } };

	setitimer(ITIMER_REAL, &value, NULL);
}

/* End the wait in which the program may be. */
static void interrupt(void)
{
	sv_channel *ch = atomic_load(&guarded);

	if (ch != NULL)
		sv_interrupt(ch);
}

/* The handlers leave errno alone: sv_interrupt() keeps it, and this setitimer(2) cannot fail. */
static void on_end(int signal)
{
	cli_signal = signal;
	interrupt();
	timer(AGAIN_MS, AGAIN_MS);
}

static void on_attention(int signal)
{
	if (signal == SIGUSR1)
		cli_report = 1;
	else if (signal == SIGCHLD)
		cli_child = 1;
	cli_attention = 1;
	interrupt();
	if (signal != SIGALRM && !ticking && cli_signal == 0)
		timer(AGAIN_MS, 0);
}

static size_t put(char *text, size_t used, size_t size, const char *more)
{
	while (*more != '\0' && used + 1 < size)
		text[used++] = *more++;
	text[used] = '\0';
	return used;
}

/* Uses only what signal-safety(7) allows. */
static void on_violation(int signal, siginfo_t *info, void *context)
{
	static const char digits[] = "0123456789abcdef";
	sv_channel *ch = atomic_load(&guarded);
	uintptr_t address = (uintptr_t)info->si_addr;
	char text[256], hex[2 * sizeof address + 1];
	size_t used = 0, i;
	ssize_t ignored;

	(void)context;
	if (cli_line_shown)
		used = put(text, used, sizeof text, cli_clear_line);
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
		used = put(text, used, sizeof text,
		           ch != NULL && sv_contains(ch, info->si_addr) ? ", inside" : ", outside");
		used = put(text, used, sizeof text, " the shared segment");
	}
	used = put(text, used, sizeof text, "; the other side is told\n");
	ignored = write(STDERR_FILENO, text, used);
	(void)ignored;
	/*
	 * SA_RESETHAND has restored the default action; when the process dies, the kernel adds this side's
	 * weight.
	 */
	raise(signal);
}

static void catch (int signal, void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler }, old;

	sigemptyset(&action.sa_mask);
	/* A signal that the parent ignored (nohup, a background job) stays ignored. */
	if (sigaction(signal, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
		sigaction(signal, &action, NULL);
}

void cli_catch_signals(void)
{
	struct sigaction violation;

	catch (SIGINT, on_end);
	catch (SIGTERM, on_end);
	catch (SIGHUP, on_end);
	catch (SIGUSR1, on_attention);
	memset(&violation, 0, sizeof violation);
	violation.sa_handler = on_attention;
	sigemptyset(&violation.sa_mask);
	sigaction(SIGALRM, &violation, NULL);
	sigaction(SIGIO, &violation, NULL);
	violation.sa_sigaction = on_violation;
	violation.sa_flags = SA_SIGINFO | (int)SA_RESETHAND;
	sigaction(SIGSEGV, &violation, NULL);
	sigaction(SIGBUS, &violation, NULL);
	/* EPIPE and EFBIG are handled like other errors. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

void cli_catch_child(void)
{
	struct sigaction action = { .sa_handler = on_attention, .sa_flags = SA_NOCLDSTOP };

	sigemptyset(&action.sa_mask);
	sigaction(SIGCHLD, &action, NULL);
}

void cli_tick(int every_ms)
{
	struct sigaction action = { .sa_handler = every_ms != 0 ? on_attention : SIG_DFL };

	ticking = every_ms != 0;
	/* After Ctrl-Z and fg, draw the progress line again at once. */
	sigemptyset(&action.sa_mask);
	sigaction(SIGCONT, &action, NULL);
	if (cli_signal == 0)
		timer(every_ms, every_ms);
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
