/* SPDX-License-Identifier: MIT */
/* The screen of svstat --watch: what is drawn, for which size, and what ends the wait for the next snapshot.
 */
#define _GNU_SOURCE /* posix_openpt */
#include <sys/ioctl.h>

#include "clock.h"
#include "common/signals.h"
#include "printed.h"
#include "status/screen.h"

static void draws(const char *frame, size_t lines, const char *expected)
{
	hear(STDOUT_FILENO);
	cli_screen_draw(frame, lines);
	same(frame, heard_at_last(), expected);
}

static void size(int fd, const char *columns, const char *lines, size_t width, size_t height)
{
	size_t a, b, only;

	must(setenv("COLUMNS", columns, 1) == 0 && setenv("LINES", lines, 1) == 0);
	cli_terminal_size(fd, &a, &b);
	ok(a == width && b == height, "a terminal of %zu columns and %zu lines", a, b);
	cli_terminal_size(fd, &only, NULL);
	is(only, width, "the columns alone");
	cli_terminal_size(fd, NULL, &only);
	is(only, height, "the lines alone");
}

static void sizes(void)
{
	int terminal = posix_openpt(O_RDWR | O_NOCTTY);
	struct winsize window = { .ws_col = 70, .ws_row = 20 };

	if (terminal != -1 && ioctl(terminal, TIOCSWINSZ, &window) == 0) {
		size(terminal, "", "", 70, 20);
		size(terminal, "50", "10", 50, 10);
	}
	if (terminal != -1)
		close(terminal);
	size(-1, "50", "10", 50, 10);
	size(-1, "0", "many", 0, 0);
}

static void waits(void)
{
	int64_t far = sv_now() + INT64_C(15000000000);
	enum cli_screen_event redraw, late, end;
	int early;
	sigset_t mask;

	must(dup2(open("/dev/null", O_RDONLY), STDIN_FILENO) == 0 && signal(SIGHUP, SIG_IGN) != SIG_ERR);
	hear(STDOUT_FILENO);
	cli_screen_begin();
	must(raise(SIGWINCH) == 0);
	redraw = cli_screen_wait(far);
	late = cli_screen_wait(sv_now());
	must(raise(SIGHUP) == 0 && raise(SIGINT) == 0);
	early = cli_signal;
	end = cli_screen_wait(far);
	cli_screen_end();
	same("the screen is taken and given back", heard_at_last(),
	     "\033[?1049h\033[?25l\033[H\033[2J\033[?25h\033[?1049l");
	is(redraw, CLI_SCREEN_REDRAW, "a window of another size is drawn again");
	is(late, CLI_SCREEN_TIME, "the next snapshot is due");
	is(early, 0, "a signal has to wait for the wait");
	ok(end == CLI_SCREEN_SIGNAL && cli_signal == SIGINT, "and ends it, but not one that was ignored");
	must(sigprocmask(SIG_BLOCK, NULL, &mask) == 0);
	ok(!sigismember(&mask, SIGINT) && !sigismember(&mask, SIGWINCH), "afterwards none is blocked");
}

/* The terminal is given back while the program is stopped. */
static void stops(void)
{
	const char *text;
	bool stopped;
	int status;
	pid_t child;

	hear(STDOUT_FILENO);
	child = fork();
	must(child != -1);
	if (child == 0) {
		must(signal(SIGTSTP, SIG_DFL) != SIG_ERR);
		cli_screen_begin();
		must(raise(SIGTSTP) == 0);
		status = cli_screen_wait(sv_now() + INT64_C(15000000000));
		cli_screen_end();
		_exit(status);
	}
	must(waitpid(child, &status, WUNTRACED) == child);
	stopped = WIFSTOPPED(status);
	if (stopped)
		must(kill(child, SIGCONT) == 0 && waitpid(child, &status, 0) == child);
	text = heard_at_last();
	ok(stopped, "svstat --watch can be stopped");
	ok(WIFEXITED(status) && WEXITSTATUS(status) == CLI_SCREEN_REDRAW, "afterwards it draws again");
	same("the screen is taken twice", text,
	     "\033[?1049h\033[?25l\033[H\033[2J\033[?25h\033[?1049l"
	     "\033[?1049h\033[?25l\033[H\033[2J\033[?25h\033[?1049l");
}

int main(void)
{
	draws("a\nbc\n\nd", 3, "\033[H\033[Ka\r\n\033[Kbc\r\n\033[K");
	draws("a\nbc", 3, "\033[H\033[Ka\r\n\033[Kbc\r\n\033[J");
	draws("", 1, "\033[H\r\n\033[J");
	sizes();
	stops();
	waits();
	return tap_done();
}
