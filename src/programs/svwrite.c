/* SPDX-License-Identifier: MIT */
/* svwrite - sends files or standard input to svread through shared memory. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/messages.h"
#include "common/reasons.h"
#include "common/signals.h"
#include "transfer/calls.h"
#include "transfer/command.h"
#include "transfer/files.h"
#include "transfer/input.h"
#include "transfer/join.h"
#include "transfer/lines.h"
#include "transfer/options.h"
#include "transfer/pipe.h"

static const char usage_text[] =
	"Usage: svwrite [-d | -r] [-c NAME | -k PATH] [OPTION ...] [FILE ...]\n"
	"Hand FILEs, standard input, or the output of CMD to svread through shared\n"
	"memory.  Exits 0 when, and only when, the reader has written out every byte.\n"
	"  -0, --null             send each record that ends with NUL as a message\n"
	"  -c, --channel=NAME     channel name (default: default)\n"
	"  -d, --detach           leave the data for a later svread and return\n"
	"      --exec=CMD         run CMD and send its output; fail if CMD fails\n"
	"  -i, --id=ID            project id of the key, 1 to 255\n"
	"  -k, --path=PATH        rendezvous file instead of a name\n"
	"      --lines            send each line as a message, at once\n"
	"  -m, --mode=MODE        permissions of the channel, such as 0660\n"
	"  -N, --name=TEXT        TEXT begins each progress line, a newline ends it\n"
	"  -p, --progress[=HOW]   show progress on a terminal; HOW: auto, force or json\n"
	"  -q, --quiet            print errors only\n"
	"      --queue            wait in a queue while the channel is in use\n"
	"  -r, --resume           resume an interrupted transfer\n"
	"  -s, --size=SIZE        capacity of the channel, such as 64K or 1.5G\n"
	"  -t, --timeout=SECONDS  give up after waiting SECONDS for the reader\n"
	"  -v, --verbose          report what is being done\n"
	"      --wait=POLICY      how to wait: auto, spin or sleep\n"
	"  -h, --help             print this help\n"
	"  -V, --version          print the version\n"
	"Exit status: 0 complete, 1 failed here, 2 usage, 3 reader failed or died,\n"
	"4 timed out, 5 busy, foreign or corrupt channel, 128+n signal n\n";

/* What to send. */
struct job {
	const char *command; /* NULL: files */
	struct cli_process process;
	struct cli_inputs inputs;
};

/* The library compares only the first input with what the reader writes to. */
static int check_other_inputs(struct cli_transfer *t, const struct cli_inputs *inputs)
{
	struct sv_info info = SV_INFO_INIT;
	const struct sv_source *output = &info.file[SV_READER];
	size_t i;

	if (inputs->count < 2 || sv_stat(t->ch, &info) != SV_OK || output->inode == 0)
		return CLI_OK;
	for (i = 1; i < inputs->count; i++) {
		const struct stat *st = &inputs->list[i].st;

		if ((uint64_t)st->st_dev != output->device || (uint64_t)st->st_ino != output->inode)
			continue;
		t->reason = CLI_REASON_SAME;
		cli_say("%s: input and output are the same file: %s", t->label, inputs->list[i].name);
		return CLI_FAILED;
	}
	return CLI_OK;
}

/* Detached data must fit into the ring, because perhaps nobody comes to make room. */
static int reserve(struct cli_transfer *t, const struct cli_input *input, void **data, size_t *got)
{
	char beyond;
	int code;

	if ((t->options.flags & SV_DETACH) == 0)
		return cli_reserve(t, t->block, data, got);
	code = sv_reserve(t->ch, 1, data, got, 0);
	/* A reader was there already, so this is an ordinary transfer. */
	if (code == SV_EAGAIN)
		return cli_reserve(t, 1, data, got);
	if (code != SV_ETOOBIG)
		return cli_unwaited(t, code);
	if (cli_read(t, input->fd, &beyond, 1) == 0)
		return t->stop != CLI_OK ? SV_EINTR : SV_END;
	t->reason = EFBIG;
	cli_say("%s: the input is larger than the channel's %llu bytes; give --size", t->label,
	        (unsigned long long)sv_capacity(t->ch));
	return SV_ETOOBIG;
}

/*
 * Copy one input into the channel, by read(2) directly into the segment.  CLI_OK, or the status to exit with.
 */
static int copy_input(struct cli_transfer *t, const struct cli_input *input)
{
	void *data;
	size_t got, n;
	int code, status;

	do {
		code = reserve(t, input, &data, &got);
		if (code == SV_END)
			return CLI_OK;
		if (code != SV_OK)
			return cli_call_status(t, code);
		status = cli_input_read(t, input, data, got < t->block ? got : t->block, &n);
		if (status != CLI_OK)
			return status;
		code = sv_commit(t->ch, n);
		if (code != SV_OK)
			return cli_transfer_failed(t, code);
	} while (n > 0);
	return CLI_OK;
}

static int copy_inputs(struct cli_transfer *t, struct cli_inputs *inputs)
{
	bool messages = (t->options.flags & SV_MESSAGES) != 0;
	struct cli_lines lines = { .text = NULL };
	struct cli_input *input;
	int status = CLI_OK;
	size_t i;

	for (i = 0; i < inputs->count && status == CLI_OK; i++) {
		input = &inputs->list[i];
		if (!cli_input_ready(t, input))
			status = CLI_FAILED;
		else
			status = messages ? cli_lines_copy_in(t, &lines, input) : copy_input(t, input);
		if (status == CLI_OK)
			status = cli_input_check(t, input);
		/* The pipe of a command stays open until the command is told how the transfer went. */
		if (t->command == NULL)
			cli_input_done(input);
	}
	if (messages && status == CLI_OK)
		status = cli_lines_end(t, &lines);
	free(lines.text);
	return status;
}

/*
 * Store which file the input is.  A resumed input must be one file, the same as before, in which a position
 * can be set.
 */
static void identify(struct cli_transfer *t, const struct cli_inputs *inputs)
{
	const struct cli_input *input = &inputs->list[0];
	struct sv_source *source = &t->options.source;

	if ((t->options.flags & SV_RESUME) != 0 && (inputs->count != 1 || !S_ISREG(input->st.st_mode)))
		cli_usage("--resume takes one regular FILE: %s cannot be read again from the middle",
		          inputs->count != 1 ? "several files" : input->name);
	/* This is needed without --resume too: the reader must not write into this file. */
	if (!S_ISREG(input->st.st_mode))
		return;
	source->device = (uint64_t)input->st.st_dev;
	source->inode = (uint64_t)input->st.st_ino;
	source->size = (uint64_t)input->st.st_size;
	source->mtime_ns = (int64_t)input->st.st_mtim.tv_sec * 1000000000 + input->st.st_mtim.tv_nsec;
}

static void check_detach(struct cli_transfer *t, const struct cli_inputs *inputs)
{
	if ((t->options.flags & SV_DETACH) == 0)
		return;
	if ((t->options.flags & SV_RESUME) != 0)
		cli_usage("--detach and --resume exclude each other");
	if (t->options.capacity == 0 && (t->options.flags & SV_MESSAGES) != 0)
		cli_usage(
			"--detach of messages needs --size: each takes up to 15 bytes more than its length");
	if (t->options.capacity == 0 && inputs->total == SV_UNKNOWN)
		cli_usage("--detach needs --size when the input is not a regular file");
	if (t->options.capacity == 0)
		t->options.capacity = inputs->total > 0 ? inputs->total : 1;
}

/* Set the position first: if the file does not allow it, fail before printing anything. */
static int position_input(struct cli_transfer *t, const struct cli_input *input)
{
	if (t->resumed == 0)
		return CLI_OK;
	if (lseek(input->fd, (off_t)t->resumed, SEEK_SET) == -1) {
		t->reason = errno;
		cli_fail(errno, "cannot position %s", input->name);
		return CLI_FAILED;
	}
	if (!t->quiet)
		cli_note("%s: going on at byte %llu", t->label, (unsigned long long)t->resumed);
	return CLI_OK;
}

static int start_command(struct cli_transfer *t, struct job *job)
{
	if (job->command == NULL)
		return CLI_OK;
	if (!cli_command_start(t, &job->process, job->command, &job->inputs.list[0].fd))
		return CLI_FAILED;
	cli_widen_pipe(t, job->inputs.list[0].fd);
	return CLI_OK;
}

static int transfer(struct cli_transfer *t, struct job *job)
{
	int status = cli_transfer_open(t);

	if (status == CLI_OK && (t->options.flags & SV_DETACH) == 0)
		status = cli_transfer_meet(t);
	/* With the first byte the reader empties its output, so look before that. */
	if (status == CLI_OK)
		status = check_other_inputs(t, &job->inputs);
	if (status == CLI_OK)
		status = position_input(t, &job->inputs.list[0]);
	if (status == CLI_OK)
		status = start_command(t, job);
	if (status == CLI_OK)
		status = copy_inputs(t, &job->inputs);
	/* A command that fails after its last byte has still failed. */
	status = cli_command_end(t, job->inputs.list[0].fd, status);
	if (status == CLI_OK)
		status = cli_call_status(t, cli_finish(t));
	if (status == CLI_OK)
		cli_transfer_summary(t);
	return status;
}

/* Checks of the options that only the writer has. */
static void check(struct cli_transfer *t, const struct job *job, char *const *files)
{
	cli_transfer_check(t);
	if (job->command != NULL && *files != NULL)
		cli_usage("--exec and FILE exclude each other");
	if (job->command != NULL && (t->options.flags & SV_RESUME) != 0)
		cli_usage("--resume takes one regular FILE: a command cannot be run again from the middle");
	for (; *files != NULL; files++)
		if (cli_is_progress_word(t, *files))
			cli_usage(
				"'%s' after --progress: write --progress=%s, or ./%s for a file of that name",
				*files, *files, *files);
}

int main(int argc, char **argv)
{
	static const struct option options[] = { CLI_TRANSFER_LONG,
		                                 { "detach", no_argument, NULL, 'd' },
		                                 { 0, 0, 0, 0 } };
	struct cli_transfer t;
	static struct job job; /* lives as long as the program */
	int option, status = CLI_FAILED;
	bool opened;

	cli_program = "svwrite";
	cli_transfer_init(&t, SV_WRITER);
	while ((option = getopt_long(argc, argv, CLI_TRANSFER_SHORT "d", options, NULL)) != -1) {
		if (cli_transfer_option(&t, option, optarg))
			continue;
		switch (option) {
		case CLI_OPT_EXEC: job.command = optarg; break;
		case 'd': t.options.flags |= SV_DETACH; break;
		case 'h': return cli_answer("%s", usage_text);
		case 'V': return cli_answer("svwrite %s\n", sv_version());
		default: cli_usage_told();
		}
	}
	check(&t, &job, argv + optind);
	cli_catch_signals();
	cli_transfer_begin(&t);
	opened = job.command != NULL
	                 ? cli_inputs_command(&job.inputs)
	                 : cli_inputs_open(&t, &job.inputs, argv + optind, (size_t)(argc - optind));
	if (opened) {
		identify(&t, &job.inputs);
		check_detach(&t, &job.inputs);
		t.options.total = t.total = job.inputs.total;
	}
	if (opened)
		status = transfer(&t, &job);
	status = cli_transfer_close(&t, status);
	free(job.inputs.list);
	return status;
}
