/* SPDX-License-Identifier: MIT */
/* svread - take what svwrite hands over, and write it out. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/signals.h"
#include "transfer/lines.h"
#include "transfer/pipe.h"

static const char usage_text[] =
	"Usage: svread [-f] [-c NAME | -k PATH] [-o FILE | --exec=CMD] [OPTION ...]\n"
	"Write to standard output, FILE or CMD what svwrite hands over.\n"
	"\n"
	"  -0, --null             take messages that end with NUL\n"
	"  -c, --channel=NAME     channel name (default: default)\n"
	"      --exec=CMD         run CMD with the data as its standard input\n"
	"  -f, --follow           take one transfer after another\n"
	"  -i, --id=ID            project id of the key, 1 to 255\n"
	"  -k, --path=PATH        rendezvous file instead of a name\n"
	"      --lines            take messages that are lines, each written at once\n"
	"  -m, --mode=MODE        permissions of the channel, such as 0660\n"
	"  -o, --output=FILE      write to FILE; with -f, %n is the transfer's number\n"
	"  -p, --progress[=HOW]   show progress on a terminal; HOW: auto, force or json\n"
	"  -q, --quiet            say nothing but errors\n"
	"  -r, --resume           go on where a killed transfer stopped; needs -o\n"
	"  -s, --size=SIZE        capacity of the channel, such as 64K or 1.5G\n"
	"  -t, --timeout=SECONDS  give up when the writer keeps us waiting so long\n"
	"  -v, --verbose          say what happens\n"
	"      --wait=POLICY      how to wait: auto, spin or sleep\n"
	"  -h, --help             this help\n"
	"  -V, --version          version\n"
	"Exit status: 0 complete, 1 failed here, 2 usage, 3 writer failed or died,\n"
	"4 timed out, 5 busy, foreign or corrupt channel, 128+n signal n\n";

/* What to do with what comes. */
struct job {
	const char *file;    /* or pattern; NULL: standard output */
	const char *command; /* NULL: no command */
	bool follow;
	struct cli_command run;
	struct cli_lines lines;
};

/* The two ends of a pipe cannot copy at the same time, so neither should for long. */
#define PIPE_BLOCK ((size_t)64 << 10)

struct output {
	const char *name;
	char *expanded; /* name, if it was made from a pattern */
	int fd;
	bool pipe;
	bool regular;
	struct sv_source identity;
};

/* A signal may come while a FIFO waits for its other end. */
static int open_again(struct cli_transfer *t, const char *file)
{
	int fd;

	do {
		fd = open(file, O_WRONLY | O_CREAT | O_NOCTTY | O_CLOEXEC, 0666);
		if (fd == -1 && errno == EINTR && cli_attention)
			cli_attend(t, "waiting for output");
	} while (fd == -1 && errno == EINTR && cli_signal == 0);
	return fd;
}

/* Not yet emptied: if no writer comes, nothing is lost.  0 or an errno value. */
static int open_output(struct cli_transfer *t, struct output *output, const char *file)
{
	struct stat st;
	int code;

	output->name = file != NULL ? file : "standard output";
	output->fd = file == NULL ? STDOUT_FILENO : open_again(t, file);
	/* One that was closed has been replaced: see cli_keep_standard_streams(). */
	if (file == NULL && (fcntl(output->fd, F_GETFL) & O_ACCMODE) == O_RDONLY) {
		cli_fail(EBADF, "cannot write %s", output->name);
		return EBADF;
	}
	if (output->fd == -1 || fstat(output->fd, &st) == -1) {
		code = errno;
		if (cli_signal == 0)
			cli_fail(code, "cannot open %s", output->name);
		return code;
	}
	output->regular = S_ISREG(st.st_mode);
	output->pipe = cli_widen_pipe(t, output->fd);
	output->identity = (struct sv_source){ .device = (uint64_t)st.st_dev, .inode = (uint64_t)st.st_ino };
	return 0;
}

/* Make FILE end where the next byte belongs.  0 or an errno value. */
static int position_output(struct cli_transfer *t, const struct output *output)
{
	if ((t->options.flags & SV_RESUME) != 0) {
		struct stat st;

		if (fstat(output->fd, &st) == -1) {
			int code = errno;

			cli_fail(code, "%s: cannot look at %s", t->label, output->name);
			return code;
		}
		if ((uint64_t)st.st_size < t->resumed) {
			cli_say("%s: %s has %llu bytes but %llu were already taken from the channel; give "
			        "the file that was begun, or "
			        "drop the channel with svclean --all",
			        t->label, output->name, (unsigned long long)st.st_size,
			        (unsigned long long)t->resumed);
			return EINVAL;
		}
	}
	if (ftruncate(output->fd, (off_t)t->resumed) == -1 ||
	    lseek(output->fd, (off_t)t->resumed, SEEK_SET) == -1) {
		int code = errno;

		cli_fail(code, "cannot truncate %s", output->name);
		return code;
	}
	return 0;
}

/*
 * The channel into the output, by write(2) straight out of the segment.  CLI_OK at the end of the stream, or
 * the status to exit with and what to tell the writer.
 */
static int copy_output(struct cli_transfer *t, const struct output *output, int *reason)
{
	size_t got, most = output->pipe && PIPE_BLOCK < t->block ? PIPE_BLOCK : t->block;
	const void *data;
	ssize_t n;
	int code;

	for (;;) {
		code = cli_peek(t, &data, &got);
		if (code != SV_OK)
			return cli_status(code);
		n = cli_write(t, output->fd, data, got < most ? got : most);
		if (n == -1)
			return cli_write_failed(t, output->name, reason);
		if (cli_signal != 0)
			return CLI_FAILED;
		code = sv_release(t->ch, (size_t)n);
		if (code != SV_OK)
			return cli_transfer_failed(t, code);
	}
}

/* What could only be begun now that a writer has come.  0 or an errno value. */
static int begin_output(struct cli_transfer *t, struct job *job, struct output *output)
{
	int code = 0;

	if (job->command != NULL) {
		output->name = "the command";
		code = cli_command_start(&job->run, job->command, t->number > 0 ? t->number : 1, &output->fd);
		if (code != 0)
			cli_fail(code, "%s: cannot run the command", t->label);
		else
			t->command_run = &job->run;
		if (code == 0)
			output->pipe = cli_widen_pipe(t, output->fd);
		return code;
	}
	if (job->follow && job->file != NULL) {
		output->expanded = cli_pattern_expand(job->file, t->number);
		if (output->expanded == NULL) {
			cli_fail(ENOMEM, "%s: cannot open a file", t->label);
			return ENOMEM;
		}
	}
	if (job->follow)
		code = open_output(t, output, output->expanded);
	if (code == 0 && job->file != NULL && output->regular)
		code = position_output(t, output);
	return code;
}

/* Only when close(2) has not failed, or the command has not, may the writer be told that all is well. */
static int end_output(struct cli_transfer *t, const struct job *job, const struct output *output, int status,
                      int *reason)
{
	int fd = output->fd, code = 0;

	if (t->command_run != NULL) {
		status = cli_command_end(t, fd, status, reason);
		t->command_run = NULL;
		return status;
	}
	if (fd == -1)
		return status;
	/* Standard output is still needed; closing a duplicate finds the same errors. */
	if (job->follow && job->file == NULL)
		fd = dup(fd);
	if (fd == -1 || close(fd) == -1)
		code = errno;
	if (code == 0 || status != CLI_OK)
		return status;
	*reason = code;
	cli_fail(code, "%s: cannot close %s", t->label, output->name);
	return CLI_FAILED;
}

/* One transfer.  *met: a writer had come. */
static int transfer(struct cli_transfer *t, struct job *job, bool *met)
{
	struct output output = { .fd = -1 };
	int reason = 0, status;

	if (!job->follow && job->command == NULL && open_output(t, &output, job->file) != 0)
		return cli_transfer_close(t, CLI_FAILED, 0);
	if ((t->options.flags & SV_RESUME) != 0 && !output.regular)
		cli_usage("--resume needs an --output that is a regular file");
	t->options.source = output.identity;
	status = cli_transfer_open(t);
	if (status == CLI_OK)
		status = cli_transfer_meet(t);
	*met = status == CLI_OK;
	if (status == CLI_OK && t->resumed > 0 && !t->quiet)
		cli_say("%s: going on at byte %llu", t->label, (unsigned long long)t->resumed);
	if (status == CLI_OK) {
		reason = begin_output(t, job, &output);
		if (reason != 0)
			status = CLI_FAILED;
	}
	if (status == CLI_OK && (t->options.flags & SV_MESSAGES) != 0)
		status = cli_lines_copy_out(t, &job->lines, output.fd, output.name, &reason);
	else if (status == CLI_OK)
		status = copy_output(t, &output, &reason);
	status = end_output(t, job, &output, status, &reason);
	free(output.expanded);
	if (status == CLI_OK)
		status = cli_status(cli_finish(t));
	if (status == CLI_OK)
		cli_transfer_summary(t);
	return cli_transfer_close(t, cli_signal != 0 && status != CLI_OK ? CLI_FAILED : status, reason);
}

/* After a channel was taken by a writer of another kind: it may be gone soon. */
#define RETRY_MS 1000

static int serve(struct cli_transfer *t, struct job *job)
{
	bool met;
	int status;

	for (t->number = 1;; t->number += met) {
		status = transfer(t, job, &met);
		if (cli_signal != 0)
			cli_die_by(cli_signal);
		if (!met && t->number > 1 && (t->refused == SV_EMODE || t->refused == SV_EREMOVED))
			poll(NULL, 0, RETRY_MS);
		else if (!met)
			return status;
		else if (status != CLI_OK && !t->quiet)
			cli_say("%s: transfer %llu failed; waiting for the next one", t->label,
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
	if (job->follow && job->file != NULL && !cli_pattern_valid(job->file))
		cli_usage("invalid --output '%s': with --follow it needs %%n for the number of the transfer; "
		          "%%%% is a percent sign",
		          job->file);
	cli_transfer_check(t);
}

int main(int argc, char **argv)
{
	static const struct option options[] = { CLI_TRANSFER_LONG,
		                                 { "exec", required_argument, NULL, CLI_OPT_OWN },
		                                 { "follow", no_argument, NULL, 'f' },
		                                 { "output", required_argument, NULL, 'o' },
		                                 { 0, 0, 0, 0 } };
	struct cli_transfer t;
	struct job job = { .file = NULL };
	bool met;
	int option, status;

	cli_program = "svread";
	setlocale(LC_CTYPE, "");
	cli_transfer_init(&t, SV_READER);
	while ((option = getopt_long(argc, argv, CLI_TRANSFER_SHORT "fo:", options, NULL)) != -1) {
		if (cli_transfer_option(&t, option, optarg))
			continue;
		switch (option) {
		case 'f': job.follow = true; break;
		case CLI_OPT_OWN: job.command = optarg; break;
		case 'h': fputs(usage_text, stdout); return cli_close_stdout(CLI_OK);
		case 'o': job.file = strcmp(optarg, "-") == 0 ? NULL : optarg; break;
		case 'V': printf("svread %s\n", sv_version()); return cli_close_stdout(CLI_OK);
		default: cli_usage_told();
		}
	}
	if (optind < argc)
		cli_usage("unexpected argument '%s': to write to a file use -o", argv[optind]);
	check(&t, &job);
	cli_catch_signals();
	if (job.command != NULL)
		cli_catch_child();
	status = job.follow ? serve(&t, &job) : transfer(&t, &job, &met);
	free(job.lines.text);
	return status;
}
