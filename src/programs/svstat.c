/* SPDX-License-Identifier: MIT */
/* svstat - which channels there are, who is attached, and how far they are.  It only looks. */
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "status/columns.h"
#include "status/snapshot.h"
#include "status/screen.h"
#include "common/arguments.h"
#include "common/numbers.h"
#include "common/signals.h"
#include "common/text.h"
#include "clock.h"

static const char usage_text[] =
	"Usage: svstat [-AbhV] [-i ID] [-o COLUMNS] [-w [SECONDS]] [--count=N] [--json]\n"
	"              [--noheadings] [NAME... | -c NAME | -k PATH]\n"
	"Show the channels of this user, or the named ones in detail.  It only looks.\n"
	"\n"
	"  -A, --all              every channel that can be seen, of any user\n"
	"  -b, --bytes            numbers in full: bytes, and seconds\n"
	"  -c, --channel=NAME     only this channel\n"
	"      --count=N          with --watch: end after N looks\n"
	"  -i, --id=ID            project id of the key, 1 to 255\n"
	"      --json             as JSON; with --watch one line for each look\n"
	"  -k, --path=PATH        only the channel of this rendezvous file\n"
	"      --noheadings       no headings\n"
	"  -o, --columns=COLUMNS  these columns, separated by commas; -o help lists them\n"
	"  -w, --watch[=SECONDS]  look again each second, or so often, until q or Ctrl-C\n"
	"  -h, --help             this help\n"
	"  -V, --version          version\n"
	"\n"
	"Exit status: 0 shown (or there are none), 1 error or no such channel, 2 usage,\n"
	"128+n ended by signal n.\n"
	"Files of channels are in $SVIPC_DIR.  See also svclean(1), svwrite(1), svipc(7).\n";

struct request {
	struct cli_choice choice;
	struct cli_view view;
	bool json;
	int watch_ms; /* 0: one look */
	int count;    /* looks; 0: for ever */
};

static void print_json(const struct cli_snapshot *look, bool on_one_line)
{
	struct cli_json json;
	size_t i;

	cli_json_start(&json, stdout, on_one_line);
	cli_json_open(&json, NULL, '{');
	cli_json_signed(&json, "time", (int64_t)time(NULL));
	cli_json_open(&json, "channels", '[');
	for (i = 0; i < look->count; i++) {
		cli_json_open(&json, NULL, '{');
		cli_channel_json(&json, &look->channel[i]);
		cli_json_close(&json, '}');
	}
	cli_json_close(&json, ']');
	cli_json_close(&json, '}');
	cli_json_end(&json);
}

/* Named channels without columns are shown in detail. */
static bool in_detail(const struct request *request)
{
	return (request->choice.path != NULL || request->choice.name_count > 0) && request->view.count == 0;
}

static void print_look(FILE *out, const struct cli_snapshot *look, const struct request *request,
                       size_t width, bool cut, size_t lines)
{
	struct cli_table table;
	size_t i;

	if (in_detail(request)) {
		for (i = 0; i < look->count; i++) {
			if (i > 0)
				putc('\n', out);
			cli_channel_detail(out, &look->channel[i], cut ? width : 0);
		}
		return;
	}
	if (look->count == 0)
		return;
	cli_columns_table(&table, look, &request->view, width);
	cli_table_print(&table, out, request->view.headings, cut ? width : 0, lines);
	cli_table_free(&table);
}

static void summary(char *text, size_t size, const struct cli_snapshot *look)
{
	size_t i, running = 0, used;
	char clock[16], rate[16];
	time_t now = time(NULL);
	struct tm tm;
	double sum = 0;

	for (i = 0; i < look->count; i++) {
		running += look->channel[i].info.state == SV_STATE_RUNNING;
		if (look->channel[i].rate > 0)
			sum += look->channel[i].rate;
	}
	clock[0] = '\0';
	if (localtime_r(&now, &tm) != NULL)
		strftime(clock, sizeof clock, "%H:%M:%S", &tm);
	used = (size_t)snprintf(text, size, "%zu channel%s, %zu running, %s/s  %s", look->count,
	                        look->count == 1 ? "" : "s", running, cli_short_bytes(rate, sizeof rate, sum),
	                        clock);
	if (look->missing > 0)
		snprintf(text + used, size - used, ", %zu not there", look->missing);
}

static bool draw(const struct cli_snapshot *look, const struct request *request)
{
	size_t width, lines, room, size;
	char text[256], *frame = NULL;
	FILE *out = open_memstream(&frame, &size);
	bool shown;

	if (out == NULL)
		return false;
	cli_terminal_size(STDOUT_FILENO, &width, &lines);
	width = width == 0 ? 80 : width;
	lines = lines == 0 ? 24 : lines;
	/* Beside the summary and the headings; and, when that is too little, the number of those that have no
	 * room. */
	room = lines > 2 ? lines - 2 : 1;
	if (look->count > room && room > 1)
		room--;
	summary(text, sizeof text, look);
	cli_print_cut(out, text, width);
	fprintf(out, "\n%s", look->count == 0 ? "no channels\n" : "");
	print_look(out, look, request, width, true, room);
	if (!in_detail(request) && look->count > room)
		fprintf(out, "... and %zu more", look->count - room);
	shown = fclose(out) == 0 && cli_screen_draw(frame, lines);
	free(frame);
	return shown;
}

static void print_block(const struct cli_snapshot *look, const struct request *request, bool first)
{
	size_t width;
	char text[256];

	if (request->json) {
		print_json(look, true);
		return;
	}
	cli_terminal_size(STDOUT_FILENO, &width, NULL);
	if (request->view.headings) {
		summary(text, sizeof text, look);
		printf("%s%s\n", first ? "" : "\n", text);
	}
	print_look(stdout, look, request, width == 0 ? 80 : width, width != 0, SIZE_MAX);
}

static void sleep_until(int64_t until_ns)
{
	struct timespec left;

	nanosleep(sv_time_left(until_ns, &left), NULL);
}

static int watch(const struct request *request)
{
	struct cli_snapshot look[2] = { { 0 }, { 0 } };
	bool screen = !request->json && cli_screen_possible(), failed = false;
	int64_t interval = (int64_t)request->watch_ms * 1000000;
	enum cli_screen_event event = CLI_SCREEN_TIME;
	int turn;

	if (screen)
		cli_screen_begin();
	for (turn = 0; !failed; turn++) {
		struct cli_snapshot *now = &look[turn % 2], *before = &look[(turn + 1) % 2];
		int64_t next;

		failed = !cli_snapshot_take(now, &request->choice, false);
		if (turn > 0)
			cli_snapshot_rates(now, before);
		/* The first rates are there after half a second at most. */
		next = now->at_ns + (turn == 0 && screen && interval > 500000000 ? 500000000 : interval);
		if (!failed && !screen) {
			print_block(now, request, turn == 0);
			failed = fflush(stdout) != 0;
		}
		if (failed || (request->count > 0 && turn + 1 >= request->count && !screen))
			break;
		if (!screen) {
			sleep_until(next);
			continue;
		}
		do {
			failed = !draw(now, request);
			event = failed ? CLI_SCREEN_QUIT : cli_screen_wait(next);
		} while (event == CLI_SCREEN_REDRAW);
		if (event == CLI_SCREEN_QUIT || event == CLI_SCREEN_SIGNAL ||
		    (request->count > 0 && turn + 1 >= request->count))
			break;
	}
	if (screen)
		cli_screen_end();
	cli_snapshot_free(&look[0]);
	cli_snapshot_free(&look[1]);
	if (screen && event == CLI_SCREEN_SIGNAL)
		cli_die_by(cli_signal);
	return cli_close_stdout(failed ? CLI_FAILED : CLI_OK);
}

static int show_once(const struct request *request)
{
	struct cli_snapshot look = { 0 };
	size_t width;
	int status;

	if (!cli_snapshot_take(&look, &request->choice, true))
		return cli_close_stdout(CLI_FAILED);
	status = look.missing > 0 ? CLI_FAILED : CLI_OK;
	if (request->json) {
		print_json(&look, false);
	} else {
		if (look.count == 0 && look.missing == 0 && isatty(STDERR_FILENO))
			fputs("no channels\n", stderr);
		cli_terminal_size(STDOUT_FILENO, &width, NULL);
		print_look(stdout, &look, request, width == 0 ? 80 : width, width != 0, SIZE_MAX);
	}
	cli_snapshot_free(&look);
	return cli_close_stdout(status);
}

static int parse_interval(const char *text)
{
	int milliseconds;

	if (!cli_parse_seconds(text, &milliseconds) || milliseconds < 100 || milliseconds > 86400000)
		cli_usage("invalid --watch '%s': use seconds from 0.1 to 86400", text);
	return milliseconds;
}

/* The interval may be a word of its own, as watch(1) and top(1) have it; a channel of that name needs -c. */
static int parse_watch(int argc, char *const *argv)
{
	int milliseconds;

	if (optarg != NULL)
		return parse_interval(optarg);
	if (optind < argc && cli_parse_seconds(argv[optind], &milliseconds))
		return parse_interval(argv[optind++]);
	return 1000;
}

static void check(struct request *request, int argc, char *const *argv, const char **channel)
{
	if (*channel != NULL && (request->choice.path != NULL || optind < argc))
		cli_usage(request->choice.path != NULL ? "--channel and --path exclude each other"
		                                       : "--channel and NAME exclude each other");
	if (request->choice.path != NULL && optind < argc)
		cli_usage("--path and NAME exclude each other");
	request->choice.names = *channel != NULL ? (char *const *)channel : argv + optind;
	request->choice.name_count = *channel != NULL ? 1 : (size_t)(argc - optind);
	if (request->choice.all && (request->choice.path != NULL || request->choice.name_count > 0))
		cli_usage("--all and a channel exclude each other");
	if (request->choice.project != 0 && request->choice.path == NULL && request->choice.name_count == 0)
		cli_usage("--id goes with a channel");
	if (request->json && request->view.count > 0)
		cli_usage("--json and --columns exclude each other");
	if (request->count > 0 && request->watch_ms == 0)
		cli_usage("--count goes with --watch");
}

int main(int argc, char **argv)
{
	enum { OPT_COUNT = 256, OPT_JSON, OPT_NOHEADINGS };
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
		                                 { "version", no_argument, NULL, 'V' },
		                                 { "watch", optional_argument, NULL, 'w' },
		                                 { 0, 0, 0, 0 } };
	struct request request = { .view.headings = true };
	const char *channel = NULL;
	int option;

	cli_program = "svstat";
	setlocale(LC_CTYPE, "");
	while ((option = getopt_long(argc, argv, "Abc:hi:k:o:Vw::", options, NULL)) != -1) {
		switch (option) {
		case 'A': request.choice.all = true; break;
		case 'b': request.view.exact = true; break;
		case 'c': channel = optarg; break;
		case 'h': fputs(usage_text, stdout); return cli_close_stdout(CLI_OK);
		case 'i': request.choice.project = cli_argument_id(optarg); break;
		case 'k': request.choice.path = optarg; break;
		case 'o':
			if (strcmp(optarg, "help") == 0) {
				cli_columns_help(stdout);
				return cli_close_stdout(CLI_OK);
			}
			if (!cli_columns_parse(optarg, request.view.columns, &request.view.count))
				cli_usage("invalid --columns '%s': -o help lists the columns there are",
				          optarg);
			break;
		case 'V': printf("svstat %s\n", sv_version()); return cli_close_stdout(CLI_OK);
		case 'w': request.watch_ms = parse_watch(argc, argv); break;
		case OPT_COUNT: request.count = cli_argument_number("--count", optarg, 1, 1000000000); break;
		case OPT_JSON: request.json = true; break;
		case OPT_NOHEADINGS: request.view.headings = false; break;
		default: cli_usage_told();
		}
	}
	check(&request, argc, argv, &channel);
	request.view.watching = request.watch_ms != 0;
	request.view.owner = request.choice.all;
	return request.watch_ms != 0 ? watch(&request) : show_once(&request);
}
