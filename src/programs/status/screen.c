/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* ppoll */
#include "status/screen.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "common/messages.h"
#include "common/numbers.h"
#include "common/signals.h"
#include "clock.h"

static const int caught[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH };
static volatile sig_atomic_t resized, stopped;
static sigset_t outside; /* the program's own signal mask */
static struct termios cooked;
static bool raw_mode; /* terminal settings of standard input */
static bool keys;     /* standard input is read for single keys */

static void on_signal(int signal)
{
	if (signal == SIGWINCH)
		resized = 1;
	else if (signal == SIGTSTP)
		stopped = 1;
	else
		cli_signal = signal;
}

static size_t positive(const char *text)
{
	int number;

	return text != NULL && cli_parse_number(text, 1, 10000, &number) ? (size_t)number : 0;
}

void cli_terminal_size(int fd, size_t *columns, size_t *lines)
{
	struct winsize size = { 0 };
	bool known = ioctl(fd, TIOCGWINSZ, &size) == 0;

	if (columns != NULL)
		*columns = positive(getenv("COLUMNS"));
	if (lines != NULL)
		*lines = positive(getenv("LINES"));
	if (columns != NULL && *columns == 0 && known)
		*columns = size.ws_col;
	if (lines != NULL && *lines == 0 && known)
		*lines = size.ws_row;
}

bool cli_screen_possible(void)
{
	const char *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && term != NULL && term[0] != '\0' && strcmp(term, "dumb") != 0;
}

static void take(void)
{
	struct termios raw;

	/* In the background, changing the terminal would stop the program. */
	raw_mode = isatty(STDIN_FILENO) && tcgetpgrp(STDIN_FILENO) == getpgrp() &&
	           tcgetattr(STDIN_FILENO, &cooked) == 0;
	keys = raw_mode;
	if (raw_mode) {
		raw = cooked;
		raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		raw.c_cc[VMIN] = 0;
		raw.c_cc[VTIME] = 0;
		tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	}
	/* The alternate screen, without a cursor. */
	fputs("\033[?1049h\033[?25l\033[H\033[2J", stdout);
	fflush(stdout);
}

static void give_back(void)
{
	fputs("\033[?25h\033[?1049l", stdout);
	fflush(stdout);
	if (raw_mode)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &cooked);
}

void cli_screen_begin(void)
{
	struct sigaction action, old;
	sigset_t mask;
	size_t i;

	memset(&action, 0, sizeof action);
	action.sa_handler = on_signal;
	sigemptyset(&action.sa_mask);
	sigemptyset(&mask);
	for (i = 0; i < sizeof caught / sizeof *caught; i++) {
		if (sigaction(caught[i], NULL, &old) == 0 && old.sa_handler == SIG_IGN)
			continue;
		sigaction(caught[i], &action, NULL);
		sigaddset(&mask, caught[i]);
	}
	sigprocmask(SIG_BLOCK, &mask, &outside);
	take();
}

void cli_screen_end(void)
{
	give_back();
	sigprocmask(SIG_SETMASK, &outside, NULL);
}

bool cli_screen_draw(const char *text, size_t lines)
{
	size_t line, length;

	/*
	 * Draw line by line without clearing the whole screen first, so that nothing flickers.  Clear each
	 * line before writing it, because after a line as wide as the screen some terminals would clear its
	 * last character.  Write no line feed after the last line, because it would scroll.
	 */
	fputs("\033[H", stdout);
	for (line = 0; line < lines && *text != '\0'; line++) {
		length = strcspn(text, "\n");
		printf("%s\033[K%.*s", line > 0 ? "\r\n" : "", (int)length, text);
		text += length + (text[length] != '\0');
	}
	if (line < lines)
		fputs("\r\n\033[J", stdout);
	return cli_flush_stdout();
}

static void stop_and_go_on(void)
{
	stopped = 0;
	give_back();
	raise(SIGSTOP);
	take();
}

/* Read the keys that were pressed.  False: none of them has a meaning here. */
static bool read_keys(enum cli_screen_event *event)
{
	char text[32];
	ssize_t n = read(STDIN_FILENO, text, sizeof text - 1);
	const char *key;

	/* At the end of the input poll() would return at once each time. */
	if (n <= 0)
		keys = false;
	text[n > 0 ? n : 0] = '\0';
	key = strpbrk(text, "qQ \n");
	if (key == NULL)
		return false;
	*event = *key == 'q' || *key == 'Q' ? CLI_SCREEN_QUIT : CLI_SCREEN_NOW;
	return true;
}

enum cli_screen_event cli_screen_wait(long long until_ns)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	enum cli_screen_event event = CLI_SCREEN_TIME;
	struct timespec left;
	int ready;

	for (;;) {
		/*
		 * Signals can come only in this call, so none is missed between reading the flags and the
		 * wait.
		 */
		ready = ppoll(&input, keys ? 1 : 0, sv_time_left(until_ns, &left), &outside);
		if (cli_signal != 0)
			return CLI_SCREEN_SIGNAL;
		if (stopped) {
			stop_and_go_on();
			return CLI_SCREEN_REDRAW;
		}
		if (resized) {
			resized = 0;
			return CLI_SCREEN_REDRAW;
		}
		if (ready == 0)
			return CLI_SCREEN_TIME;
		if (ready > 0 && read_keys(&event))
			return event;
	}
}
