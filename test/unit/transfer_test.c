/* SPDX-License-Identifier: MIT */
/*
 * The parts of svwrite and svread, without a transfer: what a new transfer forgets of the one before,
 * waiting, writing, outputs, and commands.
 */
#define _GNU_SOURCE /* RTLD_NEXT, F_SETPIPE_SZ, memfd_create */
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <time.h>

#include "common/messages.h"
#include "common/reasons.h"
#include "common/signals.h"
#include "leaks.h"
#include "opening.h"
#include "libc.h"
#include "printed.h"
#include "transfer/command.h"
#include "transfer/files.h"
#include "transfer/join.h"
#include "transfer/lines.h"
#include "transfer/options.h"
#include "transfer/output.h"
#include "transfer/peer.h"
#include "transfer/pipe.h"

/* The functions below stand before the C library's. */

/* The time moves only when it is read. */
static int64_t now_ns, step_ns = 1000000;

int clock_gettime(clockid_t id, struct timespec *now)
{
	(void)id;
	now_ns += step_ns;
	now->tv_sec = (time_t)(now_ns / 1000000000);
	now->tv_nsec = (long)(now_ns % 1000000000);
	return 0;
}

/* Some file systems have no files without a name. */
static bool names_are_needed;

static int refusal(int directory, const char *path, int flags)
{
	(void)directory;
	(void)path;
	return names_are_needed && (flags & O_TMPFILE) == O_TMPFILE ? EOPNOTSUPP : 0;
}

static bool modes_are_refused;

int fchmod(int fd, mode_t mode)
{
	(void)fd;
	(void)mode;
	errno = EPERM;
	return modes_are_refused ? -1 : 0;
}

/* How often it was asked whether a process has ended; and the pipe to close after it had not. */
static int asked, release = -1;

int waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
	siginfo_t end;
	int result;

	asked++;
	result = libc(waitid)(type, id, info, options);
	if (release != -1) {
		must(result == 0 && info->si_pid == 0 && close(release) == 0);
		release = -1;
		must(libc(waitid)(type, id, &end, WEXITED | WNOWAIT) == 0);
	}
	return result;
}

/* The last process, or group if it is negative, that was told to end. */
static pid_t told;

int kill(pid_t pid, int signal)
{
	told = signal == SIGTERM ? pid : told;
	return libc(kill)(pid, signal);
}

static struct cli_transfer fresh(enum sv_role role)
{
	struct cli_transfer t;

	cli_transfer_init(&t, role);
	snprintf(t.label, sizeof t.label, "unit");
	return t;
}

static void begins(void)
{
	struct cli_transfer t = fresh(SV_READER);

	t.begin_ns = t.flow_ns = 0;
	t.resumed = t.moved = t.messages = t.total = 5;
	t.met = t.consumer_gone = true;
	t.stop = CLI_TIMEOUT;
	t.reason = EPIPE;
	t.number = 2;
	cli_say("This is a failure.");
	cli_transfer_begin(&t);
	ok(*cli_last_failure() == '\0', "a transfer forgets the failure of the one before");
	ok(t.begin_ns != 0 && t.flow_ns == t.begin_ns, "a transfer begins now");
	ok(t.resumed == 0 && t.moved == 0 && t.messages == 0, "nothing has moved");
	ok(t.total == SV_UNKNOWN, "how much there is, is not known");
	ok(!t.met && !t.consumer_gone && t.stop == CLI_OK && t.reason == 0, "nothing has happened yet");
	is(cli_transfer_figures(&t, NULL).number, 2, "the figures have the number of the transfer");
	ok(strcmp(cli_transfer_figures(&t, NULL).channel, "default") == 0, "and the name of the channel");
	cli_attention = 1;
	cli_attend(&t, NULL);
	is(cli_attention, 0, "what was asked for is done once");
	cli_transfer_check(&t);
	ok(strcmp(t.label, "channel 'default'") == 0, "messages begin with the channel's name");
	t.options.path = "/run/x";
	cli_transfer_check(&t);
	ok(strcmp(t.label, "channel at /run/x") == 0, "or with its path");
}

/* What is written to standard error while waiting for a peer until it has timed out. */
static const char *hint(struct cli_transfer *t, bool next)
{
	hear(STDERR_FILENO);
	must(cli_wait_peer(t, next) == SV_ETIMEDOUT);
	return heard_at_last();
}

static void waits(void)
{
	static const char waiting[] = "waiting for a reader on unit (namespace ipc:[";
	struct cli_transfer t = fresh(SV_WRITER);
	const char *text;
	char *segment;

	t.options.name = "unit";
	t.ch = open_side(SV_WRITER, &t.options);
	t.timeout_ms = 5000;
	step_ns = 2000000000;
	t.verbose = true;
	text = hint(&t, false);
	ok(strstr(text, waiting) != NULL && strstr(text, "], file /tmp/") != NULL,
	   "after a second a person is told: %s", text);
	must((segment = shmat(info_of(t.ch).shmid, NULL, 0)) != (void *)-1);
	*segment ^= 1;
	text = hint(&t, false);
	ok(strstr(text, waiting) != NULL && strstr(text, ", file") == NULL,
	   "not where, if the channel is damaged: %s", text);
	*segment ^= 1;
	must(shmdt(segment) == 0);
	text = hint(&t, true);
	ok(*text == '\0', "not while waiting for the next one: %s", text);
	t.number = 2;
	text = hint(&t, false);
	ok(*text == '\0', "nor in the second transfer: %s", text);
	t.number = 0;
	t.verbose = false;
	text = hint(&t, false);
	ok(*text == '\0', "a log is told later: %s", text);
	t.timeout_ms = -1;
	step_ns = 20000000000;
	cli_signal = SIGTERM;
	is(cli_wait_peer(&t, false), SV_EINTR, "a wait that is late already is a wait");
	cli_signal = 0;
	step_ns = 1000000;
	must(sv_close(t.ch) == SV_OK);
}

/* What counts as moved when a failure or a signal comes. */
static void blocks(void)
{
	struct cli_transfer t = fresh(SV_READER);
	char text[8];
	int ends[2];

	must(pipe2(ends, O_NONBLOCK) == 0);
	is(cli_write(&t, ends[1], "12345", 5), 5, "a block is written");
	is(cli_read(&t, ends[0], text, sizeof text), 5, "and read");
	ok(cli_write(&t, -1, "12345", 5) == -1 && errno == EBADF, "a write may fail");
	ok(cli_read(&t, -1, text, sizeof text) == -1 && errno == EBADF, "so may a read");
	cli_signal = SIGINT;
	is(cli_write(&t, ends[1], "12345", 5), 0, "after a signal nothing is written");
	is(cli_read(&t, ends[0], text, sizeof text), 0, "or read");
	is(read(ends[0], text, 1), -1, "indeed");
	is(t.stop, CLI_FAILED, "and the transfer has failed");
	cli_signal = 0;
	close(ends[0]);
	close(ends[1]);
}

static void writes(void)
{
	struct cli_transfer t = fresh(SV_READER);
	struct cli_process command = { .pid = 0 };
	static char block[65536];
	int ends[2], saved = dup(STDERR_FILENO), code;
	ssize_t n;

	must(saved != -1 && pipe2(ends, O_NONBLOCK) == 0 && signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	while (write(ends[1], block, sizeof block) > 0)
		;
	t.command = &command;
	t.timeout_ms = 0;
	is(cli_write(&t, ends[1], "x", 1), 0, "a command that does not read at once, though it must");
	is(t.stop, CLI_TIMEOUT, "is late");
	t.stop = CLI_OK;
	close(ends[0]);
	cli_attention = cli_report = 1;
	close(STDERR_FILENO);
	n = cli_write(&t, ends[1], "x", 1);
	code = errno;
	must(dup2(saved, STDERR_FILENO) != -1 && close(saved) == 0);
	ok(n == -1 && code == EPIPE, "a report that cannot be written does not hide why a write failed");
	close(ends[1]);
}

static char target[64];

/* Without unnamed files, a temporary file that is not wanted any more. */
static void give_up(void)
{
	struct cli_transfer t = fresh(SV_READER);
	struct cli_output output = { .file = target, .fd = -1, .atomic = true };

	must(cli_output_open(&t, &output) && cli_output_end(&t, &output, CLI_FAILED) == CLI_FAILED);
}

static void outputs(void)
{
	struct cli_transfer t = fresh(SV_READER);
	char directory[] = "/tmp/svipc-unit.XXXXXX", path[64];
	struct cli_output output = { .file = path, .fd = -1 };
	struct stat st;
	int fd, status, before;

	must(mkdtemp(directory) != NULL);
	snprintf(path, sizeof path, "%s/file", directory);
	ok(cli_output_open(&t, &output) && output.regular && output.created, "a file is made");
	is(t.consumer, -1, "nobody reads it meanwhile");
	fd = output.fd;
	is(cli_output_end(&t, &output, CLI_FAILED), CLI_FAILED, "no transfer begins");
	ok(fcntl(fd, F_GETFD) == -1 && stat(path, &st) == -1, "so it is closed and removed");
	output = (struct cli_output){ .file = path, .fd = -1, .atomic = true };
	modes_are_refused = true;
	ok(!cli_output_open(&t, &output) && t.reason == EPERM, "a file that cannot get its mode is not used");
	modes_are_refused = false;
	cli_output_end(&t, &output, CLI_FAILED);
	names_are_needed = true;
	for (status = CLI_OK; status <= CLI_FAILED; status++) {
		output = (struct cli_output){ .file = path, .fd = -1, .atomic = true, .sync = true };
		before = open_descriptors();
		ok(cli_output_open(&t, &output) && output.temporary != NULL &&
		           stat(output.temporary, &st) == 0,
		   "without them a temporary file has a name");
		is(cli_output_end(&t, &output, status), status, "and ends as the transfer does");
		is(open_descriptors(), before, "nothing stays open");
		is(unlink(path), status == CLI_OK ? 0 : -1, "with the name that was wanted, or none");
	}
	snprintf(target, sizeof target, "%s", path);
	ok(frees_all(give_up), "the names are freed");
	names_are_needed = false;
	ok(rmdir(directory) == 0, "nothing is left");
}

static void send(sv_channel *writer, char letter, size_t size)
{
	void *place;

	must(sv_msg_reserve(writer, size, &place, 0) == SV_OK);
	memset(place, letter, size);
	must(sv_msg_commit(writer, size) == SV_OK);
}

/* Messages without a separator, of which the second one is too large to be kept with the first. */
static void lines(void)
{
	struct pair pair = open_pair(SV_MESSAGES, 262144);
	struct cli_transfer t = fresh(SV_READER);
	struct cli_lines kept = { .text = NULL };
	static char text[100000];
	int fd = memfd_create("lines", 0);

	send(pair.writer, 'a', 3);
	send(pair.writer, 'b', 65536);
	send(pair.writer, 'c', 3);
	must(sv_finish(pair.writer, 0) == SV_EAGAIN);
	t.ch = pair.reader;
	t.separator = '\n';
	is(cli_lines_copy_out(&t, &kept, fd), CLI_OK, "messages are copied until the end");
	is(t.messages, 3, "they are counted");
	is(pread(fd, text, sizeof text, 0), 3 + 1 + 65536 + 1 + 3, "a separator is put between them");
	ok(memcmp(text, "aaa\nb", 5) == 0 && memcmp(text + 3 + 65536, "b\nccc", 5) == 0, "in order");
	must(sv_finish(pair.reader, 0) == SV_OK);
	close_pair(&pair);
	free(kept.text);
	close(fd);
}

static void pipes(void)
{
	struct cli_transfer bytes = fresh(SV_WRITER), lines = fresh(SV_WRITER);
	int ends[2], usual;

	lines.options.flags = SV_MESSAGES;
	must(pipe(ends) == 0);
	usual = fcntl(ends[0], F_GETPIPE_SZ);
	ok(!cli_widen_pipe(&lines, ends[0]) && fcntl(ends[0], F_GETPIPE_SZ) == usual,
	   "messages get no wider pipe");
	ok(cli_widen_pipe(&bytes, ends[0]) && fcntl(ends[0], F_GETPIPE_SZ) >= usual, "bytes do");
	if (fcntl(ends[0], F_SETPIPE_SZ, 1 << 20) == 1 << 20)
		ok(cli_widen_pipe(&bytes, ends[0]) && fcntl(ends[0], F_GETPIPE_SZ) == 1 << 20,
		   "one that is wider stays as it is");
	close(ends[0]);
	close(ends[1]);
}

static void commands(void)
{
	struct cli_transfer t = fresh(SV_READER);
	struct cli_process process;
	int fd;

	must(cli_command_start(&t, &process, "read -r line", &fd));
	release = fd;
	cli_process_sleep(&process, -1);
	ok(cli_process_ended(&process) && process.status == 1 && process.signal == 0,
	   "a command that ends between the look and the sleep ends the sleep");
	cli_process_forget(&process);

	must(cli_command_start(&t, &process, "read -r line", &fd));
	cli_process_sleep(&process, 0);
	ok(!cli_process_ended(&process), "to sleep for no time is not to wait for the end");
	step_ns = 1000000000;
	is(cli_command_end(&t, fd, CLI_FAILED), CLI_FAILED, "a transfer that has failed ends its command");
	step_ns = 1000000;
	ok(told < 0, "with all that it has started");
	is(t.reason, 0, "which has not closed its input");

	must(cli_command_start(&t, &process, "exit 3", &fd));
	told = 0;
	is(cli_command_end(&t, fd, CLI_OK), CLI_FAILED, "a command that fails fails its transfer");
	ok(told < 0 && t.reason == CLI_REASON_EXIT + 3, "what it has started ends, too");

	must(cli_command_start(&t, &process, "cat >/dev/null", &fd));
	asked = 0;
	is(cli_command_end(&t, fd, CLI_OK), CLI_OK, "a command ends well");
	ok(asked <= 3, "meanwhile the program slept: it looked %d times", asked);
}

int main(void)
{
	must(signal(SIGALRM, SIG_IGN) != SIG_ERR);
	own_directory();
	begins();
	waits();
	blocks();
	writes();
	outputs();
	lines();
	pipes();
	commands();
	ok(directory_is_empty(), "the directory is empty");
	return tap_done();
}
