/* SPDX-License-Identifier: MIT */
/* svread - take what svwrite hands over, and write it out. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli_transfer.h"

static const char usage_text[] =
	"Usage: svread [-qrvhV] [-c NAME | -k PATH] [-i ID] [-m MODE] [-o FILE] [-s SIZE]\n"
	"              [-t SECONDS] [--wait=POLICY]\n"
	"Write to standard output, or to FILE, what svwrite hands over through shared\n"
	"memory.  Exits 0 when all of it is written and closed.\n"
	"\n"
	"  -c, --channel=NAME     channel name (default: default)\n"
	"  -i, --id=ID            project id of the key, 1 to 255\n"
	"  -k, --path=PATH        rendezvous file instead of a name\n"
	"  -m, --mode=MODE        permissions of the channel, such as 0660\n"
	"  -o, --output=FILE      write to FILE; it is emptied when a writer has come\n"
	"  -q, --quiet            say nothing but errors\n"
	"  -r, --resume           go on where a killed transfer stopped; needs -o\n"
	"  -s, --size=SIZE        capacity of the channel, such as 64K or 1.5G\n"
	"  -t, --timeout=SECONDS  give up when the writer keeps us waiting so long\n"
	"  -v, --verbose          say what happens\n"
	"      --wait=POLICY      how to wait: auto, spin or sleep\n"
	"  -h, --help             this help\n"
	"  -V, --version          version\n"
	"\n"
	"Exit status: 0 complete, 1 failed here, 2 usage, 3 the writer failed or died,\n"
	"4 timed out, 5 channel busy, foreign or corrupt, 128+n ended by signal n.\n"
	"Files of channels are in $SVIPC_DIR.  See also svwrite(1), svclean(1), svipc(7).\n";

struct output {
	const char *name;
	int fd;
	bool regular;
	uint64_t size; /* of a regular file that is there already */
};

/* Opened before anything happens, but not yet emptied: if no writer comes, nothing is lost. */
static bool open_output(struct output *output, const char *file)
{
	struct stat st;

	output->name = file != NULL ? file : "standard output";
	output->fd = file == NULL ? STDOUT_FILENO : open(file, O_WRONLY | O_CREAT | O_NOCTTY | O_CLOEXEC, 0666);
	if (output->fd == -1 || fstat(output->fd, &st) == -1) {
		cli_fail(errno, "cannot open %s", output->name);
		return false;
	}
	output->regular = S_ISREG(st.st_mode);
	output->size = output->regular ? (uint64_t)st.st_size : 0;
	return true;
}

/* Make FILE end where the next byte belongs.  0 or an errno value. */
static int position_output(struct cli_transfer *t, const struct output *output)
{
	if ((t->options.flags & SV_RESUME) != 0) {
		struct stat st;

		if (fstat(output->fd, &st) == -1)
			return errno;
		if ((uint64_t)st.st_size < t->resumed) {
			cli_say("%s: %s has %llu bytes but %llu were already taken from the channel; give the file that was begun, or "
				"drop the channel with svclean --all", t->label, output->name, (unsigned long long)st.st_size,
				(unsigned long long)t->resumed);
			return EINVAL;
		}
	}
	if (ftruncate(output->fd, (off_t)t->resumed) == -1 || lseek(output->fd, (off_t)t->resumed, SEEK_SET) == -1) {
		int code = errno;

		cli_fail(code, "cannot truncate %s", output->name);
		return code;
	}
	return 0;
}

/* write(2) straight out of the segment. */
static ssize_t write_block(int fd, const void *data, size_t size)
{
	struct pollfd ready = { .fd = fd, .events = POLLOUT };
	ssize_t n;

	for (;;) {
		if (cli_signal != 0)
			return 0;
		n = write(fd, data, size);
		if (n >= 0 || (errno != EINTR && errno != EAGAIN))
			return n;
		if (errno == EAGAIN)
			poll(&ready, 1, -1);
	}
}

/* The channel into the output.  CLI_OK at the end of the stream, or the status to exit with and what to tell the writer. */
static int copy_output(struct cli_transfer *t, const struct output *output, int *reason)
{
	const void *data;
	size_t got;
	ssize_t n;
	int code;

	for (;;) {
		code = cli_peek(t, &data, &got);
		if (code != SV_OK)
			return cli_status(code);
		n = write_block(output->fd, data, got < t->block ? got : t->block);
		if (n == -1) {
			*reason = errno;
			cli_fail(errno, "%s: cannot write %s", t->label, output->name);
			return CLI_FAILED;
		}
		if (cli_signal != 0)
			return CLI_FAILED;
		code = sv_release(t->ch, (size_t)n);
		if (code != SV_OK)
			return cli_transfer_failed(t, code);
	}
}

/* Only when close(2) has not failed may the writer be told that all is well. */
static int finish(struct cli_transfer *t, const struct output *output, int *reason)
{
	int code;

	if (close(output->fd) == -1) {
		*reason = errno;
		cli_fail(errno, "%s: cannot close %s", t->label, output->name);
		return CLI_FAILED;
	}
	code = cli_finish(t);
	return cli_status(code);
}

static int transfer(struct cli_transfer *t, const char *file)
{
	struct output output;
	int reason = 0, status;

	if (!open_output(&output, file))
		return CLI_FAILED;
	if ((t->options.flags & SV_RESUME) != 0 && !output.regular)
		cli_usage("--resume needs an --output that is a regular file");
	status = cli_transfer_open(t);
	if (status == CLI_OK)
		status = cli_transfer_meet(t);
	if (status == CLI_OK && t->resumed > 0 && !t->quiet)
		cli_say("%s: going on at byte %llu", t->label, (unsigned long long)t->resumed);
	if (status == CLI_OK && file != NULL && output.regular) {
		reason = position_output(t, &output);
		if (reason != 0)
			status = CLI_FAILED;
	}
	if (status == CLI_OK)
		status = copy_output(t, &output, &reason);
	if (status == CLI_OK)
		status = finish(t, &output, &reason);
	if (status == CLI_OK)
		cli_transfer_summary(t);
	return cli_transfer_close(t, cli_signal != 0 && status != CLI_OK ? CLI_FAILED : status, reason);
}

int main(int argc, char **argv)
{
	static const struct option options[] = { CLI_TRANSFER_LONG,
		                                 { "output", required_argument, NULL, 'o' },
		                                 { 0, 0, 0, 0 } };
	struct cli_transfer t;
	const char *file = NULL;
	int option;

	cli_program = "svread";
	cli_transfer_init(&t, SV_READER);
	while ((option = getopt_long(argc, argv, CLI_TRANSFER_SHORT "o:", options, NULL)) != -1) {
		if (cli_transfer_option(&t, option, optarg))
			continue;
		switch (option) {
		case 'h':
			fputs(usage_text, stdout);
			return cli_close_stdout(CLI_OK);
		case 'o':
			file = strcmp(optarg, "-") == 0 ? NULL : optarg;
			break;
		case 'V':
			printf("svread %s\n", sv_version());
			return cli_close_stdout(CLI_OK);
		default:
			fprintf(stderr, "Try 'svread --help'.\n");
			return CLI_USAGE;
		}
	}
	if (optind < argc)
		cli_usage("unexpected argument '%s': to write to a file use -o", argv[optind]);
	if ((t.options.flags & SV_RESUME) != 0 && file == NULL)
		cli_usage("--resume needs --output FILE");
	cli_transfer_check(&t);
	cli_catch_signals();
	return transfer(&t, file);
}
