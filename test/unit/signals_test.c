/* SPDX-License-Identifier: MIT */
/* What the programs say, and what they do on a signal. */
#include <sys/mman.h>
#include <sys/time.h>

#include "common/messages.h"
#include "common/shell.h"
#include "common/signals.h"
#include "printed.h"

/* Run a function in a child, and return what it wrote to standard error; *status is how it ended. */
static const char *said(void (*run)(void *), void *arg, int *status)
{
	pid_t child;

	hear(STDERR_FILENO);
	child = fork();
	must(child != -1);
	if (child == 0) {
		run(arg);
		_exit(0);
	}
	*status = status_of(child);
	return heard_at_last();
}

static void touch(void *address)
{
	cli_program = "unit";
	cli_catch_signals();
	*(volatile char *)address = 1;
}

static void kill_itself(void *arg)
{
	cli_program = "unit";
	cli_line_shown = 1;
	cli_catch_signals();
	kill(getpid(), *(int *)arg);
}

/* An emulator says something, too, when the program dies. */
static bool begins(const char *text, const char *beginning)
{
	return strncmp(text, beginning, strlen(beginning)) == 0;
}

static void violations(void)
{
	char *nowhere = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), expected[160];
	int status, number = SIGBUS;
	const char *text;

	must(nowhere != MAP_FAILED);
	text = said(touch, nowhere + 0x2c4, &status);
	snprintf(
		expected, sizeof expected,
		"unit: memory access violation (SIGSEGV) at address 0x%0*lx, outside the shared segment; the "
		"other side is told\n",
		(int)(2 * sizeof nowhere), (unsigned long)(nowhere + 0x2c4));
	ok(begins(text, expected), "a violation is reported: %s", text);
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV, "and ends the program");
	text = said(kill_itself, &number, &status);
	snprintf(expected, sizeof expected,
	         "%sunit: memory access violation (SIGBUS) sent by another process; the other side is told\n",
	         cli_clear_line);
	ok(begins(text, expected), "so is a signal that was sent: %s", text + strlen(cli_clear_line));
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS, "which ends the program, too");
}

/* What functions that are called later find in variables that they do not set. */
static __attribute__((noinline)) void fill_stack(void)
{
	volatile unsigned char bytes[8192];
	size_t i;

	for (i = 0; i < sizeof bytes; i++)
		bytes[i] = 0xff;
}

/* The signals of svstat are blocked while it shows something. */
static void die_blocked(void *signal)
{
	sigset_t set;

	sigfillset(&set);
	must(sigprocmask(SIG_BLOCK, &set, NULL) == 0 && raise(SIGINT) == 0);
	fill_stack();
	cli_die_by(*(int *)signal);
}

static void deaths(void)
{
	int status, signal = SIGTERM;

	said(die_blocked, &signal, &status);
	ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM,
	   "a program dies by its signal, though another one waits");
}

static int64_t interval_us(void)
{
	struct itimerval timer;

	must(getitimer(ITIMER_REAL, &timer) == 0);
	return timer.it_interval.tv_sec * INT64_C(1000000) + timer.it_interval.tv_usec;
}

static void ends(void)
{
	struct sv_options options = options_of(0, 4096);
	struct itimerval timer;
	sv_channel *ch;

	own_directory();
	ch = open_side(SV_WRITER, &options);
	cli_guard(ch);
	must(signal(SIGHUP, SIG_IGN) != SIG_ERR && signal(SIGINT, SIG_DFL) != SIG_ERR);
	cli_catch_signals();
	cli_tick(1250);
	is(interval_us(), 1250000, "ticks of a second and a quarter");
	cli_tick(1000);
	is(interval_us(), 1000000, "of a second");
	cli_tick(0);
	must(raise(SIGUSR1) == 0 && getitimer(ITIMER_REAL, &timer) == 0);
	ok(cli_report && cli_attention && timer.it_value.tv_usec > 0 && timer.it_interval.tv_usec == 0,
	   "a report is asked for, and once more in a moment");
	must(raise(SIGHUP) == 0);
	is(cli_signal, 0, "a signal that was ignored stays ignored");
	must(raise(SIGINT) == 0);
	is(cli_signal, SIGINT, "one that was not is noted");
	is(sv_wait_peer(ch, 10), SV_EINTR, "and ends the next wait");
	cli_guard(NULL);
	must(sv_close(ch) == SV_OK && directory_is_empty());
	cli_tick(0);
	is(interval_us(), 100000, "a timer repeats it, until the program has ended");
}

static void say(void *text)
{
	cli_program = "unit";
	cli_say("%s", (char *)text);
}

static void messages(void)
{
	static char longest[2048 + 3 * CLI_COMMAND_SIZE];
	const char *text;
	int status;

	memset(longest, 'x', sizeof longest - 1);
	text = said(say, longest, &status);
	is(strlen(text), 2048 + 2 * CLI_COMMAND_SIZE - 1, "a message that is too long is cut");
	ok(text[strlen(text) - 1] == '\n' && status == 0, "and still is a line");
	cli_say("This is a failure.");
	ok(strcmp(cli_last_failure(), "This is a failure.") == 0, "the last failure is kept");
	cli_forget_failure();
	ok(*cli_last_failure() == '\0', "until it is forgotten");
}

int main(void)
{
	violations();
	messages();
	deaths();
	ends();
	return tap_done();
}
