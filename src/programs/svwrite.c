/* SPDX-License-Identifier: MIT */
/* svwrite - hand files or standard input to svread through shared memory. */
#define _GNU_SOURCE /* posix_fadvise on all libcs */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/signals.h"
#include "transfer/lines.h"
#include "transfer/pipe.h"
#include "transfer/watch.h"

static const char usage_text[] =
	"Usage: svwrite [-d | -r] [-c NAME | -k PATH] [OPTION ...] [FILE ...]\n"
	"Hand FILEs, or standard input, to svread through shared memory.  Exits 0 when,\n"
	"and only when, the reader has written out every byte.\n"
	"\n"
	"  -0, --null             send each record that ends with NUL as a message\n"
	"  -c, --channel=NAME     channel name (default: default)\n"
	"  -d, --detach           leave the data for a later svread and return\n"
	"  -i, --id=ID            project id of the key, 1 to 255\n"
	"  -k, --path=PATH        rendezvous file instead of a name\n"
	"      --lines            send each line as a message, at once\n"
	"  -m, --mode=MODE        permissions of the channel, such as 0660\n"
	"  -p, --progress[=HOW]   show progress on a terminal; HOW: auto, force or json\n"
	"  -q, --quiet            say nothing but errors\n"
	"  -r, --resume           go on where a killed transfer stopped\n"
	"  -s, --size=SIZE        capacity of the channel, such as 64K or 1.5G\n"
	"  -t, --timeout=SECONDS  give up when the reader keeps us waiting so long\n"
	"  -v, --verbose          say what happens\n"
	"      --wait=POLICY      how to wait: auto, spin or sleep\n"
	"  -h, --help             this help\n"
	"  -V, --version          version\n"
	"Exit status: 0 complete, 1 failed here, 2 usage, 3 reader failed or died,\n"
	"4 timed out, 5 busy, foreign or corrupt channel, 128+n signal n\n";

struct input {
	const char *name;
	int fd;
	struct stat st;
};

struct inputs {
	struct input *list;
	size_t count;
	uint64_t total; /* bytes, or SV_UNKNOWN */
};

/* A signal may come while a FIFO waits for its other end. */
static int open_again(struct cli_transfer *t, const char *file)
{
	int fd;

	do {
		fd = open(file, O_RDONLY | O_NOCTTY | O_CLOEXEC);
		if (fd == -1 && errno == EINTR && cli_attention)
			cli_attend(t, "waiting for input");
	} while (fd == -1 && errno == EINTR && cli_signal == 0);
	return fd;
}

static bool open_input(struct cli_transfer *t, struct input *input, const char *file)
{
	bool standard = strcmp(file, "-") == 0;

	input->name = standard ? "standard input" : file;
	input->fd = standard ? STDIN_FILENO : open_again(t, file);
	if (input->fd == -1 && errno == EINTR && cli_signal != 0)
		cli_die_by(cli_signal);
	/* One that was closed has been replaced: see cli_keep_standard_streams(). */
	if (standard && (fcntl(input->fd, F_GETFL) & O_ACCMODE) == O_WRONLY) {
		cli_fail(EBADF, "cannot read %s", input->name);
		return false;
	}
	if (input->fd == -1 || fstat(input->fd, &input->st) == -1) {
		cli_fail(errno, "cannot open %s", input->name);
		return false;
	}
	if (S_ISDIR(input->st.st_mode)) {
		cli_fail(EISDIR, "cannot read %s", input->name);
		return false;
	}
	posix_fadvise(input->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	cli_widen_pipe(t, input->fd);
	return true;
}

/* Bytes of a regular file; somebody else may have read the beginning of standard input. */
static uint64_t to_come(const struct input *input)
{
	off_t at = lseek(input->fd, 0, SEEK_CUR);

	return at < 0 || at > input->st.st_size ? 0 : (uint64_t)(input->st.st_size - at);
}

/* All are opened before anything happens: a name that is wrong must not leave half a transfer. */
static bool open_inputs(struct cli_transfer *t, struct inputs *inputs, char *const *files, size_t count)
{
	static char dash[] = "-";
	char *const standard[] = { dash };
	size_t i;

	if (count == 0) {
		files = standard;
		count = 1;
	}
	inputs->list = calloc(count, sizeof *inputs->list);
	inputs->count = count;
	inputs->total = 0;
	if (inputs->list == NULL) {
		cli_fail(ENOMEM, "cannot open %zu files", count);
		return false;
	}
	for (i = 0; i < count; i++) {
		struct input *input = &inputs->list[i];

		if (!open_input(t, input, files[i]))
			return false;
		if (!S_ISREG(input->st.st_mode))
			inputs->total = SV_UNKNOWN;
		else if (inputs->total != SV_UNKNOWN)
			inputs->total += to_come(input);
	}
	return true;
}

/* The detached data must fit, since nobody may come to make room. */
static int reserve(struct cli_transfer *t, const struct input *input, void **data, size_t *got)
{
	char beyond;
	int code;

	if ((t->options.flags & SV_DETACH) == 0)
		return cli_reserve(t, t->block, data, got);
	code = sv_reserve(t->ch, 1, data, got, 0);
	/* A reader was there already: this is an ordinary transfer. */
	if (code == SV_EAGAIN)
		return cli_reserve(t, 1, data, got);
	if (code != SV_ETOOBIG)
		return cli_unwaited(t, code);
	if (cli_read(t, input->fd, &beyond, 1) == 0)
		return SV_END;
	cli_say("%s: the input is larger than the channel's %llu bytes; give --size", t->label,
	        (unsigned long long)sv_capacity(t->ch));
	return SV_ETOOBIG;
}

/* One input into the channel, by read(2) straight into the segment.  CLI_OK, or the status to exit with and
 * the reason to tell the reader. */
static int copy_input(struct cli_transfer *t, const struct input *input, int *reason)
{
	void *data;
	size_t got;
	ssize_t n;
	int code;

	do {
		code = reserve(t, input, &data, &got);
		if (code == SV_END)
			return CLI_OK;
		if (code != SV_OK) {
			*reason = code == SV_ETOOBIG ? EFBIG : 0;
			return cli_status(code);
		}
		code = S_ISREG(input->st.st_mode) ? SV_OK : cli_await_input(t, input->fd);
		if (code != SV_OK)
			return cli_status(code);
		n = cli_read(t, input->fd, data, got < t->block ? got : t->block);
		if (n == -1) {
			*reason = errno;
			cli_fail(errno, "%s: cannot read %s", t->label, input->name);
			return CLI_FAILED;
		}
		if (cli_signal != 0)
			return CLI_FAILED;
		code = sv_commit(t->ch, (size_t)n);
		if (code != SV_OK)
			return cli_transfer_failed(t, code);
	} while (n > 0);
	return CLI_OK;
}

static int copy_inputs(struct cli_transfer *t, const struct inputs *inputs, int *reason)
{
	bool messages = (t->options.flags & SV_MESSAGES) != 0;
	struct cli_lines lines = { .text = NULL };
	const struct input *input;
	int status = CLI_OK;
	size_t i;

	for (i = 0; i < inputs->count && status == CLI_OK; i++) {
		input = &inputs->list[i];
		status = messages ? cli_lines_copy_in(t, &lines, input->fd, input->name, reason)
		                  : copy_input(t, input, reason);
	}
	if (messages && status == CLI_OK)
		status = cli_lines_end(t, &lines, reason);
	free(lines.text);
	return status != CLI_OK ? status : cli_status(cli_finish(t));
}

static void check_kept(const struct cli_transfer *t)
{
	FILE *file;
	int forced = 0;

	if ((t->options.flags & (SV_RESUME | SV_DETACH)) == 0)
		return;
	file = fopen("/proc/sys/kernel/shm_rmid_forced", "r");
	if (file == NULL)
		return;
	if (fscanf(file, "%d", &forced) == 1 && forced != 0) {
		cli_say("--resume and --detach cannot work here: kernel.shm_rmid_forced=1 removes segments "
		        "that nobody is attached "
		        "to; run: sysctl kernel.shm_rmid_forced=0");
		exit(CLI_FAILED);
	}
	fclose(file);
}

/* A resumed input must be one file, the same as before, that can be positioned. */
static void check_resume(struct cli_transfer *t, const struct inputs *inputs)
{
	const struct input *input = &inputs->list[0];
	struct sv_source *source = &t->options.source;

	if ((t->options.flags & SV_RESUME) == 0)
		return;
	if (inputs->count != 1 || !S_ISREG(input->st.st_mode))
		cli_usage("--resume takes one regular FILE: %s cannot be read again from the middle",
		          inputs->count != 1 ? "several files" : input->name);
	source->device = (uint64_t)input->st.st_dev;
	source->inode = (uint64_t)input->st.st_ino;
	source->size = (uint64_t)input->st.st_size;
	source->mtime_ns = (int64_t)input->st.st_mtim.tv_sec * 1000000000 + input->st.st_mtim.tv_nsec;
}

static void check_detach(struct cli_transfer *t, const struct inputs *inputs)
{
	if ((t->options.flags & SV_DETACH) == 0)
		return;
	if ((t->options.flags & SV_RESUME) != 0)
		cli_usage("--detach and --resume exclude each other");
	if (t->options.capacity == 0 && (t->options.flags & SV_MESSAGES) != 0)
		cli_usage("--detach of messages needs --size: each takes up to 15 bytes beside its own");
	if (t->options.capacity == 0 && inputs->total == SV_UNKNOWN)
		cli_usage("--detach needs --size when the input is not a regular file");
	if (t->options.capacity == 0)
		t->options.capacity = inputs->total > 0 ? inputs->total : 1;
}

static int transfer(struct cli_transfer *t, const struct inputs *inputs)
{
	int reason = 0;
	int status = cli_transfer_open(t);

	if (status == CLI_OK && (t->options.flags & SV_DETACH) == 0)
		status = cli_transfer_meet(t);
	if (status == CLI_OK && t->resumed > 0) {
		if (!t->quiet)
			cli_say("%s: going on at byte %llu", t->label, (unsigned long long)t->resumed);
		if (lseek(inputs->list[0].fd, (off_t)t->resumed, SEEK_SET) == -1) {
			reason = errno;
			cli_fail(errno, "cannot position %s", inputs->list[0].name);
			status = CLI_FAILED;
		}
	}
	if (status == CLI_OK)
		status = copy_inputs(t, inputs, &reason);
	if (status == CLI_OK)
		cli_transfer_summary(t);
	return cli_transfer_close(t, cli_signal != 0 && status != CLI_OK ? CLI_FAILED : status, reason);
}

int main(int argc, char **argv)
{
	static const struct option options[] = { CLI_TRANSFER_LONG,
		                                 { "detach", no_argument, NULL, 'd' },
		                                 { 0, 0, 0, 0 } };
	struct cli_transfer t;
	static struct inputs inputs; /* lives as long as the program */
	int option, status = CLI_FAILED;

	cli_program = "svwrite";
	setlocale(LC_CTYPE, "");
	cli_transfer_init(&t, SV_WRITER);
	while ((option = getopt_long(argc, argv, CLI_TRANSFER_SHORT "d", options, NULL)) != -1) {
		if (cli_transfer_option(&t, option, optarg))
			continue;
		switch (option) {
		case 'd': t.options.flags |= SV_DETACH; break;
		case 'h': fputs(usage_text, stdout); return cli_close_stdout(CLI_OK);
		case 'V': printf("svwrite %s\n", sv_version()); return cli_close_stdout(CLI_OK);
		default: cli_usage_told();
		}
	}
	cli_transfer_check(&t);
	cli_catch_signals();
	if (open_inputs(&t, &inputs, argv + optind, (size_t)(argc - optind))) {
		check_resume(&t, &inputs);
		check_detach(&t, &inputs);
		check_kept(&t);
		t.options.total = t.total = inputs.total;
		status = transfer(&t, &inputs);
	}
	free(inputs.list);
	return status;
}
