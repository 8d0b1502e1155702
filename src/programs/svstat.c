/* SPDX-License-Identifier: MIT */
/* svstat - shows which channels exist, who is attached, and how much they have moved.  It changes nothing. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/arguments.h"
#include "common/numbers.h"
#include "status/await.h"
#include "status/display.h"
#include "status/refresh.h"
#include "status/screen.h"

static const char usage_text[] =
	"Usage: svstat [-AbhV] [-i ID] [-o COLUMNS] [-w [SECONDS]] [--count=N] [--json]\n"
	"              [--noheadings] [--raw] [NAME... | -c NAME | -k PATH]\n"
	"       svstat --wait=NAME[=STATE] [-i ID] [-t SECONDS]\n"
	"Show this user's channels, or the named ones in detail.  It changes nothing.\n"
	"  -A, --all              every channel that can be seen, of any user\n"
	"  -b, --bytes            numbers in full: bytes, and seconds\n"
	"  -c, --channel=NAME     only this channel\n"
	"      --count=N          with --watch: end after N snapshots\n"
	"  -i, --id=ID            project id of the key, 1 to 255\n"
	"      --json             as JSON; with --watch one line for each snapshot\n"
	"  -k, --path=PATH        only the channel of this rendezvous file\n"
	"      --noheadings       no headings\n"
	"  -o, --columns=COLUMNS  show these columns, separated by commas; see -o help\n"
	"      --raw              no blanks within a cell, for scripts; also in a pipe\n"
	"  -t, --timeout=SECONDS  with --wait: give up after SECONDS\n"
	"      --wait=NAME        wait for NAME, or NAME=STATE: writer, reader, gone, ...\n"
	"  -w, --watch[=SECONDS]  repeat each second, or each SECONDS, until q or Ctrl-C\n"
	"  -h, --help             print this help\n"
	"  -V, --version          version\n"
	"Exit status: 0 shown (or there are none), 1 error or no such channel, 2 usage,\n"
	"4 timed out, 128+n ended by signal n.\n"
	"Files of channels are in $SVIPC_DIR.  See also svclean(1), svwrite(1), svipc(7).\n";

struct request {
	struct cli_refresh show;
	const char *channel; /* -c */
	const char *await;   /* --wait */
	int timeout_ms;
	bool watch, raw;
};

static int show_once(const struct request *request)
{
	const struct cli_refresh *show = &request->show;
	static struct cli_snapshot snapshot;
	size_t width, i;
	int status = cli_snapshot_take(&snapshot, &show->choice);

	if (status != CLI_OK) {
		cli_say("%s", snapshot.failure);
		return status;
	}
	for (i = 0; i < snapshot.missing; i++)
		cli_say("%s", snapshot.why[i]);
	if (show->json) {
		cli_display_json(stdout, &snapshot, false);
	} else {
		if (snapshot.count == 0 && snapshot.missing == 0 && isatty(STDERR_FILENO))
			fputs("no channels\n", stderr);
		cli_terminal_size(STDOUT_FILENO, &width, NULL);
		cli_display(stdout, &snapshot, &show->view, show->view.raw ? 0 : width, SIZE_MAX);
	}
	status = snapshot.missing > 0 ? CLI_FAILED : CLI_OK;
	cli_snapshot_free(&snapshot);
	return cli_close_stdout(status);
}

static int parse_interval(const char *text)
{
	int milliseconds;

	if (!cli_parse_seconds(text, &milliseconds) || milliseconds < 100 || milliseconds > 86400000)
		cli_usage("invalid --watch '%s': use seconds from 0.1 to 86400", text);
	return milliseconds;
}

/* The interval may be a separate word, as in watch(1) and top(1); a channel with such a name needs -c. */
static int parse_watch(int argc, char *const *argv)
{
	int milliseconds;

	if (optarg != NULL)
		return parse_interval(optarg);
	if (optind < argc && cli_parse_seconds(argv[optind], &milliseconds))
		return parse_interval(argv[optind++]);
	return 1000;
}

static void check_await(const struct request *request)
{
	const struct cli_view *view = &request->show.view;

	if (request->await == NULL && request->timeout_ms != -1)
		cli_usage("--timeout goes with --wait");
	if (request->await != NULL &&
	    (request->show.choice.all || request->watch || request->show.json || request->raw ||
	     view->count > 0 || view->exact || !view->headings || request->show.choice.name_count > 1))
		cli_usage("--wait goes with one channel, --id and --timeout only");
}

static void check(struct request *request, int argc, char *const *argv)
{
	struct cli_choice *choice = &request->show.choice;

	if (request->channel != NULL && (choice->path != NULL || optind < argc))
		cli_usage(choice->path != NULL ? "--channel and --path exclude each other"
		                               : "--channel and NAME exclude each other");
	if (choice->path != NULL && optind < argc)
		cli_usage("--path and NAME exclude each other");
	choice->names = request->channel != NULL ? (char *const *)&request->channel : argv + optind;
	choice->name_count = request->channel != NULL ? 1 : (size_t)(argc - optind);
	if (choice->all && cli_choice_is_named(choice))
		cli_usage("--all and a channel exclude each other");
	if (choice->project != 0 && !cli_choice_is_named(choice) && request->await == NULL)
		cli_usage("--id goes with a channel");
	if (request->show.json && request->show.view.count > 0)
		cli_usage("--json and --columns exclude each other");
	if (request->show.json && request->raw)
		cli_usage("--json and --raw exclude each other");
	if (request->show.count > 0 && !request->watch)
		cli_usage("--count goes with --watch");
	check_await(request);
}

/* Fill in what depends on other options and on where the output goes. */
static void complete(struct request *request)
{
	struct cli_view *view = &request->show.view;
	size_t width;

	cli_terminal_size(STDOUT_FILENO, &width, NULL);
	view->raw = request->raw || width == 0;
	view->watching = request->watch;
	view->owner = request->show.choice.all;
	view->detail = cli_choice_is_named(&request->show.choice) && view->count == 0 && !request->raw;
}

int main(int argc, char **argv)
{
	enum { OPT_COUNT = 256, OPT_JSON, OPT_NOHEADINGS, OPT_RAW, OPT_WAIT };
	static const struct option options[] = { { "all", no_argument, NULL, 'A' },
		                                 { "bytes", no_argument, NULL, 'b' },
		                                 { "channel", required_argument, NULL, 'c' },
		                                 { "columns", required_argument, NULL, 'o' },
		                                 { "count", required_argument, NULL, OPT_COUNT },
		                                 { "help", no_argument, NULL, 'h' },
		                                 { "id", required_argument, NULL, 'i' },
		                                 { "json", no_argument, NULL, OPT_JSON },
		                                 { "noheadings", no_argument, NULL, OPT_NOHEADINGS },
		                                 { "path", required_argument, NULL, 'k' },
		                                 { "raw", no_argument, NULL, OPT_RAW },
		                                 { "timeout", required_argument, NULL, 't' },
		                                 { "version", no_argument, NULL, 'V' },
		                                 { "wait", required_argument, NULL, OPT_WAIT },
		                                 { "watch", optional_argument, NULL, 'w' },
		                                 { 0, 0, 0, 0 } };
	static struct request request = { .show.view.headings = true, .timeout_ms = -1 };
	struct cli_refresh *show = &request.show;
	int option;

	cli_program = "svstat";
	cli_keep_standard_streams();
	while ((option = getopt_long(argc, argv, "Abc:hi:k:o:t:Vw::", options, NULL)) != -1) {
		switch (option) {
		case 'A': show->choice.all = true; break;
		case 'b': show->view.exact = true; break;
		case 'c': request.channel = optarg; break;
		case 'h': return cli_answer("%s", usage_text);
		case 'i': show->choice.project = cli_argument_id(optarg); break;
		case 'k': show->choice.path = optarg; break;
		case 'o':
			if (strcmp(optarg, "help") == 0) {
				cli_columns_help(stdout);
				return cli_close_stdout(CLI_OK);
			}
			if (!cli_columns_parse(optarg, show->view.columns, &show->view.count))
				cli_usage("invalid --columns '%s': -o help lists the columns there are",
				          optarg);
			break;
		case 't': request.timeout_ms = cli_argument_seconds("--timeout", optarg); break;
		case 'V': return cli_answer("svstat %s\n", sv_version());
		case 'w':
			request.watch = true;
			show->every_ms = parse_watch(argc, argv);
			break;
		case OPT_COUNT: show->count = cli_argument_number("--count", optarg, 1, 1000000000); break;
		case OPT_JSON: show->json = true; break;
		case OPT_NOHEADINGS: show->view.headings = false; break;
		case OPT_RAW: request.raw = true; break;
		case OPT_WAIT: request.await = optarg; break;
		default: cli_usage_told();
		}
	}
	check(&request, argc, argv);
	if (request.await != NULL)
		return cli_await(request.await, &show->choice, request.timeout_ms);
	complete(&request);
	return request.watch ? cli_refresh(show) : show_once(&request);
}
