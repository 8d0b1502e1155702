/* SPDX-License-Identifier: MIT */
/* svread - receives what svwrite sends, and writes it out. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/messages.h"
#include "common/signals.h"
#include "transfer/calls.h"
#include "transfer/command.h"
#include "transfer/files.h"
#include "transfer/join.h"
#include "transfer/lines.h"
#include "transfer/options.h"
#include "transfer/output.h"
#include "transfer/pattern.h"

static const char usage_text[] =
	"Usage: svread [OPTION ...]: write what svwrite sends to stdout, FILE or CMD\n"
	"  -0, --null             take messages that end with NUL\n"
	"      --atomic           replace FILE only when all data has arrived\n"
	"  -c, --channel=NAME     channel name (default: default)\n"
	"      --exec=CMD         run CMD with the data as its standard input\n"
	"  -f, --follow           take one transfer after another\n"
	"  -i, --id=ID            project id of the key, 1 to 255\n"
	"  -k, --path=PATH        rendezvous file instead of a name\n"
	"      --lines            take messages that are lines, each written at once\n"
	"  -m, --mode=MODE        permissions of the channel, such as 0660\n"
	"  -N, --name=TEXT        TEXT begins each progress line, a newline ends it\n"
	"  -o, --output=FILE      write to FILE; with -f, %n is the transfer's number\n"
	"  -p, --progress[=HOW]   show progress on a terminal; HOW: auto, force or json\n"
	"  -q, --quiet            print errors only\n"
	"      --queue            wait in a queue while the channel is in use\n"
	"  -r, --resume           resume an interrupted transfer; needs -o\n"
	"  -s, --size=SIZE        capacity of the channel, such as 64K or 1.5G\n"
	"      --sync             report success only when FILE is on the disk\n"
	"  -t, --timeout=SECONDS  give up after waiting SECONDS for the writer or CMD\n"
	"  -v, --verbose          report what is being done\n"
	"      --wait=POLICY      how to wait: auto, spin or sleep\n"
	"  -h, --help             print this help\n"
	"  -V, --version          print the version\n"
	"Exit status: 0 done, 1 failed, 2 usage, 3 writer, 4 late, 5 busy, 128+n signal\n";

/* What to do with the data. */
struct job {
	const char *file;    /* output file, or a pattern for its name; NULL: standard output */
	const char *command; /* NULL: no command */
	bool follow;
	bool atomic;
	bool sync;
	struct cli_process process;
	struct cli_lines lines;
};

/* The two ends of a pipe cannot copy at the same time, so neither should copy for long. */
#define PIPE_BLOCK ((size_t)64 << 10)

/*
 * Copy the channel into the output, by write(2) directly from the segment.  CLI_OK at the end of the stream,
 * else the status to exit with.
 */
static int copy_output(struct cli_transfer *t, const struct cli_output *output)
{
	size_t got, most = output->pipe && PIPE_BLOCK < t->block ? PIPE_BLOCK : t->block;
	const void *data;
	ssize_t n;
	int code;

	for (;;) {
		code = cli_peek(t, &data, &got);
		if (code != SV_OK)
			return cli_call_status(t, code);
		n = cli_write(t, output->fd, data, got < most ? got : most);
		if (n == -1)
			return cli_write_failed(t);
		if (t->stop != CLI_OK)
			return t->stop;
		code = sv_release(t->ch, (size_t)n);
		if (code != SV_OK)
			return cli_transfer_failed(t, code);
	}
}

/* Start the output and the command, now that a writer has come. */
static bool begin_output(struct cli_transfer *t, struct job *job, struct cli_output *output)
{
	int fd;

	if (job->command != NULL) {
		if (!cli_command_start(t, &job->process, job->command, &fd))
			return false;
		cli_output_pipe(t, output, fd);
		return true;
	}
	if (job->follow && !cli_output_open(t, output))
		return false;
	return cli_output_accept(t, output);
}

static int end_output(struct cli_transfer *t, struct cli_output *output, int status)
{
	/* This is the last moment at which a signal counts: the next step cannot be undone. */
	if (status == CLI_OK && cli_must_stop(t))
		status = t->stop;
	if (t->command == NULL)
		return cli_output_end(t, output, status);
	return cli_command_end(t, output->fd, status);
}

/* Wait for the first byte or the end, then empty the output: a writer may fail before that. */
static int empty_output(struct cli_transfer *t, struct cli_output *output)
{
	const void *data;
	size_t got;
	int code = (t->options.flags & SV_MESSAGES) != 0 ? cli_msg_peek(t, &data, &got)
	                                                 : cli_peek(t, &data, &got);

	if (code != SV_OK && code != SV_END)
		return cli_call_status(t, code);
	return cli_output_begin(t, output) ? CLI_OK : CLI_FAILED;
}

/* The file of the output, so that the library can compare it with what the writer reads. */
static struct sv_source identity_of(const struct job *job, const struct cli_output *output)
{
	struct sv_source source = { .device = 0 };
	struct stat st = output->st;
	bool known = output->fd != -1;

	/* With --follow it is opened only when a writer has come. */
	if (!known && job->follow && output->file != NULL)
		known = stat(output->file, &st) == 0;
	/* Until the end --atomic writes another file. */
	if (known && S_ISREG(st.st_mode) && !output->atomic) {
		source.device = (uint64_t)st.st_dev;
		source.inode = (uint64_t)st.st_ino;
	}
	return source;
}

/* One transfer into an output whose file has a name. */
static int take(struct cli_transfer *t, struct job *job, struct cli_output *output)
{
	int status = CLI_OK;

	/* Standard output is used for all transfers, and may be closed before the next one. */
	if (job->command == NULL && (!job->follow || job->file == NULL) && !cli_output_open(t, output))
		status = CLI_FAILED;
	if (status == CLI_OK && (t->options.flags & SV_RESUME) != 0 && !output->regular)
		cli_usage("--resume needs an --output that is a regular file");
	t->options.source = identity_of(job, output);
	if (status == CLI_OK)
		status = cli_transfer_open(t);
	if (status == CLI_OK)
		status = cli_transfer_meet(t);
	if (status == CLI_OK && !begin_output(t, job, output))
		status = CLI_FAILED;
	if (status == CLI_OK && t->resumed > 0 && !t->quiet)
		cli_note("%s: going on at byte %llu", t->label, (unsigned long long)t->resumed);
	if (status == CLI_OK && output->file != NULL && output->regular)
		status = empty_output(t, output);
	if (status == CLI_OK)
		status = (t->options.flags & SV_MESSAGES) != 0
		                 ? cli_lines_copy_out(t, &job->lines, output->fd)
		                 : copy_output(t, output);
	status = end_output(t, output, status);
	if (status == CLI_OK)
		status = cli_status(cli_unwaited(t, sv_finish(t->ch, 0)));
	if (status == CLI_OK)
		cli_transfer_summary(t);
	return status;
}

static int transfer(struct cli_transfer *t, struct job *job)
{
	struct cli_output output = { .fd = -1, .file = job->file, .atomic = job->atomic, .sync = job->sync };
	char *expanded = NULL;
	int status;

	cli_transfer_begin(t);
	if (job->follow && job->file != NULL)
		output.file = expanded = cli_pattern_expand(job->file, t->number);
	status = cli_transfer_close(t, take(t, job, &output));
	free(expanded);
	return status;
}

/* The channel has a writer of another kind, which may be gone soon. */
#define RETRY_MS 1000

static int serve(struct cli_transfer *t, struct job *job)
{
	int status;

	for (t->number = 1;; t->number += t->met) {
		status = transfer(t, job);
		if (cli_signal != 0)
			cli_die_by(cli_signal);
		/* Nobody is left to read the next transfer. */
		if (t->consumer_gone && job->command == NULL && job->file == NULL)
			return status;
		if (!t->met && t->number > 1 && (t->refused == SV_EMODE || t->refused == SV_EREMOVED))
			poll(NULL, 0, RETRY_MS);
		else if (!t->met)
			return status;
		else if (status != CLI_OK && !t->quiet)
			cli_note("%s: transfer %llu failed; waiting for the next one", t->label,
			         (unsigned long long)t->number);
	}
}

static void check(struct cli_transfer *t, const struct job *job)
{
	bool resume = (t->options.flags & SV_RESUME) != 0;

	if (job->command != NULL && job->file != NULL)
		cli_usage("--exec and --output exclude each other");
	if (resume && (job->follow || job->command != NULL))
		cli_usage("--resume excludes --follow and --exec");
	if (resume && job->file == NULL)
		cli_usage("--resume needs --output FILE");
	if (job->atomic && (job->file == NULL || resume))
		cli_usage("--atomic needs --output FILE, and excludes --resume: that goes on with a part");
	if (job->sync && job->file == NULL)
		cli_usage("--sync needs --output FILE");
	if (job->follow && job->file != NULL && !cli_pattern_valid(job->file))
		cli_usage("invalid --output '%s': with --follow it needs %%n for the number of the transfer; "
		          "%%%% is a percent sign",
		          job->file);
	cli_transfer_check(t);
}

static void check_operand(const struct cli_transfer *t, const char *operand)
{
	if (operand == NULL)
		return;
	if (cli_is_progress_word(t, operand))
		cli_usage("unexpected argument '%s': write --progress=%s", operand, operand);
	cli_usage("unexpected argument '%s': to write to a file use -o", operand);
}

int main(int argc, char **argv)
{
	static const struct option options[] = { CLI_TRANSFER_LONG,
		                                 { "atomic", no_argument, NULL, CLI_OPT_OWN },
		                                 { "follow", no_argument, NULL, 'f' },
		                                 { "output", required_argument, NULL, 'o' },
		                                 { "sync", no_argument, NULL, CLI_OPT_OWN + 1 },
		                                 { 0, 0, 0, 0 } };
	struct cli_transfer t;
	struct job job = { .file = NULL };
	int option, status;

	cli_program = "svread";
	cli_transfer_init(&t, SV_READER);
	while ((option = getopt_long(argc, argv, CLI_TRANSFER_SHORT "fo:", options, NULL)) != -1) {
		if (cli_transfer_option(&t, option, optarg))
			continue;
		switch (option) {
		case CLI_OPT_EXEC: job.command = optarg; break;
		case CLI_OPT_OWN: job.atomic = true; break;
		case CLI_OPT_OWN + 1: job.sync = true; break;
		case 'f': job.follow = true; break;
		case 'h': return cli_answer("%s", usage_text);
		case 'o': job.file = strcmp(optarg, "-") == 0 ? NULL : optarg; break;
		case 'V': return cli_answer("svread %s\n", sv_version());
		default: cli_usage_told();
		}
	}
	check_operand(&t, argv[optind]);
	check(&t, &job);
	cli_catch_signals();
	status = job.follow ? serve(&t, &job) : transfer(&t, &job);
	free(job.lines.text);
	return status;
}
