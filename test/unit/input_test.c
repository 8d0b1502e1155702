/* SPDX-License-Identifier: MIT */
/* The input of svwrite: how much is left of it, whether it has changed, and the reader's process beside it.
 */
#define _GNU_SOURCE /* syscall, ppoll */
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#include "common/messages.h"
#include "pair.h"
#include "transfer/files.h"
#include "transfer/input.h"

static void files(void)
{
	struct cli_transfer t;
	char path[] = "/tmp/svipc-unit.XXXXXX";
	struct cli_inputs list;
	struct cli_input input;
	int fd = mkstemp(path);

	cli_transfer_init(&t, SV_WRITER);
	must(fd != -1 && unlink(path) == 0 && write(fd, "12345", 5) == 5 && dup2(fd, STDIN_FILENO) == 0);
	must(lseek(fd, 2, SEEK_SET) == 2 && cli_inputs_open(&t, &list, NULL, 0));
	is(list.total, 3, "an input has what is left of it");
	free(list.list);
	must(lseek(fd, 7, SEEK_SET) == 7 && cli_inputs_open(&t, &list, NULL, 0));
	is(list.total, 0, "behind its end nothing is left");
	input = list.list[0];
	is(cli_input_check(&t, &input), CLI_OK, "an input has not changed");
	input.st.st_size--;
	is(cli_input_check(&t, &input), CLI_OK, "it may grow");
	t.options.flags = SV_RESUME;
	is(cli_input_check(&t, &input), CLI_FAILED, "not in a transfer that may be resumed");
	input = list.list[0];
	input.st.st_mtim.tv_sec--;
	is(cli_input_check(&t, &input), CLI_FAILED, "there it may not change at all");
	input = list.list[0];
	input.st.st_mtim.tv_nsec ^= 1;
	is(cli_input_check(&t, &input), CLI_FAILED, "not even within a second");
	input = list.list[0];
	is(cli_input_check(&t, &input), CLI_OK, "it has not changed");
	free(list.list);
	close(fd);
}

/* A process that has no terminal opens one as a file. */
static void terminal(void)
{
	struct cli_transfer t;
	int master = posix_openpt(O_RDWR | O_NOCTTY), fd, own;
	const char *name;
	pid_t child;

	if (master == -1 || grantpt(master) == -1 || unlockpt(master) == -1 ||
	    (name = ptsname(master)) == NULL || (fd = open(name, O_RDWR | O_NOCTTY)) == -1) {
		ok(1, "a terminal # SKIP there are no pseudoterminals");
		return;
	}
	close(fd);
	cli_transfer_init(&t, SV_WRITER);
	child = fork();
	must(child != -1);
	if (child == 0) {
		setsid();
		fd = cli_open_file(&t, name, O_RDWR);
		own = open("/dev/tty", O_RDWR);
		_exit(fd == -1 || (fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0 ? 2 : own != -1);
	}
	is(status_of(child), 0, "a terminal does not become that of the process; no command inherits it");
	close(master);
}

/* Where input is to be put when somebody waits for it, or when the reader's process has ended. */
static int late = -1, waited_ms;

/* It stands before the C library's. */
int poll(struct pollfd *list, nfds_t count, int timeout_ms)
{
	struct timespec limit = { timeout_ms / 1000, timeout_ms % 1000 * 1000000L };

	if (late == -1)
		return ppoll(list, count, timeout_ms < 0 ? NULL : &limit, NULL);
	must(count > 0 && write(late, "y", 1) == 1);
	late = -1;
	waited_ms = timeout_ms;
	list[0].revents = 0;
	list[count - 1].revents = POLLIN;
	return 1;
}

/* Of a pipe: what is in it, while the reader's process is watched; then its end. */
static void watched(void)
{
	struct pair pair = open_pair(0, 4096);
	struct cli_transfer t;
	struct cli_input input = { .name = "a pipe" };
	char byte = '?';
	int ends[2], watch;
	size_t n;

	cli_transfer_init(&t, SV_WRITER);
	t.ch = pair.writer;
	must(pipe(ends) == 0 && fstat(ends[0], &input.st) == 0 && write(ends[1], "x", 1) == 1);
	input.fd = ends[0];
	is(cli_input_read(&t, &input, &byte, 1, &n), CLI_OK, "a pipe is read");
	ok(n == 1 && byte == 'x', "what is in it");
#ifdef SYS_pidfd_open
	is(t.watch != -1, syscall(SYS_pidfd_open, getpid(), 0) != -1,
	   "the reader is watched, if that is possible");
#endif
	if (t.watch == -1)
		t.watch = dup(ends[0]);
	watch = t.watch;
	late = ends[1];
	is(cli_input_read(&t, &input, &byte, 1, &n), CLI_OK, "a reader whose process is gone may live on");
	ok(t.watch == -1 && fcntl(watch, F_GETFD) == -1, "but is not watched any more");
	must(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
	late = ends[1];
	is(cli_read(&t, ends[0], &byte, 1), 1, "a read waits for input, whatever the pipe says");
	is(waited_ms, -1, "for ever");
	must(close(ends[1]) == 0);
	ok(cli_input_read(&t, &input, &byte, 1, &n) == CLI_OK && n == 0, "at its end nothing is read");
	must(sv_abort(pair.reader, EIO) == SV_OK);
	cli_forget_failure();
	is(cli_unwaited(&t, sv_finish(pair.writer, 0)), SV_EPEER, "a reader has failed");
	ok(*cli_last_failure() != '\0', "and that is reported");
	close_pair(&pair);
	close(ends[0]);
}

int main(void)
{
	own_directory();
	files();
	terminal();
	watched();
	ok(directory_is_empty(), "the directory is empty");
	return tap_done();
}
