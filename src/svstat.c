/* SPDX-License-Identifier: MIT */
/* svstat - which channels there are, who is attached, and how far they are.  It only looks. */
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli_channel.h"
#include "cli_screen.h"
#include "cli_text.h"
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
	"Exit status: 0 shown (or no channels), 1 an error or a named channel is not there,\n"
	"2 usage, 128+n ended by signal n.\n"
	"Files of channels are in $SVIPC_DIR.  See also svclean(1), svwrite(1), svipc(7).\n";

#define COLUMNS_MOST 32

struct request {
	bool all, exact, json, headings;
	int columns[COLUMNS_MOST];
	size_t column_count; /* 0: what fits */
	char *const *names;
	size_t name_count;
	const char *path;
	int project;
	int watch_ms; /* 0: one look */
	int count;    /* looks; 0: for ever */
};

/* All channels at one time. */
struct look {
	struct cli_channel *channel;
	size_t count, room;
	int64_t at_ns;
	size_t missing; /* named ones that are not there */
};

/* By what is shown first, then by all that tells two channels apart. */
static int compare(const void *a, const void *b)
{
	const struct sv_info *x = &((const struct cli_channel *)a)->info, *y = &((const struct cli_channel *)b)->info;
	int order = strcmp(x->name[0] != '\0' ? x->name : x->path, y->name[0] != '\0' ? y->name : y->path);

	if (order == 0)
		order = strcmp(x->path, y->path);
	if (order == 0)
		order = (x->project > y->project) - (x->project < y->project);
	return order != 0 ? order : (x->shmid > y->shmid) - (x->shmid < y->shmid);
}

static int add(const struct sv_info *info, void *arg)
{
	struct look *look = arg;

	if (look->count == look->room) {
		look->room = look->room * 2 + 16;
		look->channel = realloc(look->channel, look->room * sizeof *look->channel);
		if (look->channel == NULL) {
			cli_say("out of memory");
			exit(CLI_FAILED);
		}
	}
	cli_channel_take(&look->channel[look->count++], info);
	return 0;
}

/* One that came up between the look at its record and the look at the segments was seen twice. */
static void drop_doubles(struct look *look)
{
	size_t i, kept = 0;

	for (i = 0; i < look->count; i++) {
		const struct sv_info *next = i + 1 < look->count ? &look->channel[i + 1].info : NULL;
		const struct sv_info *info = &look->channel[i].info;

		if (info->shmid == -1 && next != NULL && next->shmid != -1 && next->project == info->project &&
		    strcmp(next->path, info->path) == 0)
			continue;
		if (kept != i)
			look->channel[kept] = look->channel[i];
		kept++;
	}
	look->count = kept;
}

/* Channels asked for one by one are told of when they are missing, but not while watching. */
static void look_at_named(struct look *look, const struct request *request)
{
	struct sv_error error;
	struct sv_info info;
	size_t i;

	for (i = 0; i < (request->path != NULL ? 1 : request->name_count); i++) {
		if (sv_find(request->path != NULL ? NULL : request->names[i], request->path, request->project, &info, &error) ==
		    SV_OK) {
			add(&info, look);
			continue;
		}
		look->missing++;
		if (request->watch_ms == 0)
			cli_say("%s", error.text);
	}
}

static bool look_around(struct look *look, const struct request *request)
{
	struct sv_error error;

	look->count = look->missing = 0;
	look->at_ns = sv_now();
	if (request->path != NULL || request->name_count > 0) {
		look_at_named(look, request);
		return true;
	}
	if (sv_list(request->all, add, look, &error) != SV_OK) {
		cli_say("%s", error.text);
		return false;
	}
	if (look->count > 0)
		qsort(look->channel, look->count, sizeof *look->channel, compare);
	drop_doubles(look);
	return true;
}

static void take_rates(struct look *now, const struct look *before)
{
	double seconds = (double)(now->at_ns - before->at_ns) / 1e9;
	size_t i, j;

	for (i = 0; i < now->count && seconds > 0; i++) {
		struct cli_channel *channel = &now->channel[i];
		uint64_t position = channel->info.side[SV_READER].position;

		for (j = 0; j < before->count; j++)
			if (compare(channel, &before->channel[j]) == 0)
				break;
		if (j < before->count && position >= before->channel[j].info.side[SV_READER].position)
			channel->rate = (double)(position - before->channel[j].info.side[SV_READER].position) / seconds;
	}
}

/* What to show, from least to most: the last that fits, or the first anyway.  Pages, which cost time, come last. */
static const char *const layouts[] = {
	"channel,short",
	"channel,short,moved,fill",
	"channel,short,moved,fill,age",
	"channel,short,wpid,rpid,moved,fill,age",
	"channel,short,writer,reader,moved,fill,age",
	"channel,state,writer,reader,moved,fill,age",
	"channel,state,writer,reader,moved,fill,capacity,age",
	"channel,key,state,writer,reader,moved,fill,capacity,age",
	"channel,key,shmid,semid,state,writer,reader,moved,fill,capacity,page,age",
	"channel,key,shmid,semid,state,writer,reader,moved,fill,capacity,page,age,reason",
	NULL
};
static const char *const watch_layouts[] = {
	"channel,bar",
	"channel,rate,bar",
	"channel,short,rate,bar",
	"channel,short,moved,rate,bar",
	"channel,short,wpid,rpid,moved,rate,bar,age",
	"channel,short,writer,reader,moved,rate,bar,age",
	"channel,state,writer,reader,moved,rate,bar,age",
	"channel,state,writer,reader,moved,done,rate,bar,capacity,age",
	"channel,key,shmid,semid,state,writer,reader,moved,done,rate,bar,capacity,page,age",
	"channel,key,shmid,semid,state,writer,reader,moved,done,rate,bar,capacity,page,age,reason",
	NULL
};

static bool parse_columns(const char *list, int *columns, size_t *count)
{
	*count = 0;
	for (;;) {
		size_t length = strcspn(list, ",");
		int column = cli_channel_column_find(list, length);

		if (column == -1 || *count == COLUMNS_MOST)
			return false;
		columns[(*count)++] = column;
		if (list[length] == '\0')
			return true;
		list += length + 1;
	}
}

static void fill_table(struct cli_table *table, const struct look *look, const int *columns, size_t count, bool exact,
                       size_t bar)
{
	char cell[2400];
	size_t i, j;

	cli_table_start(table);
	for (i = 0; i < count; i++)
		cli_table_column(table, cli_channel_column_layout(columns[i]));
	for (i = 0; i < look->count; i++)
		for (j = 0; j < count; j++)
			cli_table_add(table, cli_channel_cell(cell, sizeof cell, &look->channel[i], columns[j], exact, bar));
}

static void fill_layout(struct cli_table *table, const struct look *look, const struct request *request,
                        const char *layout, size_t bar)
{
	int columns[COLUMNS_MOST];
	char list[256];
	size_t count;

	snprintf(list, sizeof list, "%s%s", layout, request->all ? ",owner" : "");
	parse_columns(list, columns, &count);
	fill_table(table, look, columns, count, request->exact, bar);
}

/* The table of the columns that were asked for, or of as many as fit. */
static void make_table(struct cli_table *table, const struct look *look, const struct request *request, size_t width)
{
	const char *const *layout = request->watch_ms != 0 ? watch_layouts : layouts;
	struct cli_table wider;
	long spare, left;

	if (request->column_count > 0) {
		fill_table(table, look, request->columns, request->column_count, request->exact, 0);
		return;
	}
	fill_layout(table, look, request, *layout, 0);
	spare = cli_table_spare(table, request->headings, width);
	for (; layout[1] != NULL; layout++) {
		fill_layout(&wider, look, request, layout[1], 0);
		left = cli_table_spare(&wider, request->headings, width);
		if (left < 0) {
			cli_table_free(&wider);
			break;
		}
		cli_table_free(table);
		*table = wider;
		spare = left;
	}
	/* A bar takes what is left. */
	if (spare > 0 && strstr(*layout, ",bar") != NULL) {
		cli_table_free(table);
		fill_layout(table, look, request, *layout, CLI_BAR_LEAST + (size_t)spare);
	}
}

static void print_json(const struct look *look, bool on_one_line)
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
	return (request->path != NULL || request->name_count > 0) && request->column_count == 0;
}

static void print_look(FILE *out, const struct look *look, const struct request *request, size_t width, bool cut,
                       size_t lines)
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
	make_table(&table, look, request, width);
	cli_table_print(&table, out, request->headings, cut ? width : 0, lines);
	cli_table_free(&table);
}

static void summary(char *text, size_t size, const struct look *look)
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
	                        look->count == 1 ? "" : "s", running, cli_short_bytes(rate, sizeof rate, sum), clock);
	if (look->missing > 0)
		snprintf(text + used, size - used, ", %zu not there", look->missing);
}

static bool draw(const struct look *look, const struct request *request)
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
	/* Beside the summary, the headings, and the number of those that have no room. */
	room = lines > 3 ? lines - 3 : 1;
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

static void print_block(const struct look *look, const struct request *request, bool first)
{
	size_t width;
	char text[256];

	if (request->json) {
		print_json(look, true);
		return;
	}
	cli_terminal_size(STDOUT_FILENO, &width, NULL);
	if (request->headings) {
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
	struct look look[2] = { { 0 }, { 0 } };
	bool screen = !request->json && cli_screen_possible(), failed = false;
	int64_t interval = (int64_t)request->watch_ms * 1000000;
	enum cli_screen_event event = CLI_SCREEN_TIME;
	int turn;

	if (screen)
		cli_screen_begin();
	for (turn = 0; !failed; turn++) {
		struct look *now = &look[turn % 2], *before = &look[(turn + 1) % 2];
		int64_t next;

		failed = !look_around(now, request);
		if (turn > 0)
			take_rates(now, before);
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
	free(look[0].channel);
	free(look[1].channel);
	if (screen && event == CLI_SCREEN_SIGNAL)
		cli_die_by(cli_signal);
	return cli_close_stdout(failed ? CLI_FAILED : CLI_OK);
}

static int show_once(const struct request *request)
{
	struct look look = { 0 };
	size_t width;
	int status;

	if (!look_around(&look, request))
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
	free(look.channel);
	return cli_close_stdout(status);
}

static void list_columns(void)
{
	const char *name, *meaning;
	size_t i;

	for (i = 0; (name = cli_channel_column(i, &meaning)) != NULL; i++)
		printf("%-9s %s\n", name, meaning);
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
	if (*channel != NULL && (request->path != NULL || optind < argc))
		cli_usage(request->path != NULL ? "--channel and --path exclude each other"
		                                : "--channel and NAME exclude each other");
	if (request->path != NULL && optind < argc)
		cli_usage("--path and NAME exclude each other");
	request->names = *channel != NULL ? (char *const *)channel : argv + optind;
	request->name_count = *channel != NULL ? 1 : (size_t)(argc - optind);
	if (request->all && (request->path != NULL || request->name_count > 0))
		cli_usage("--all and a channel exclude each other");
	if (request->project != 0 && request->path == NULL && request->name_count == 0)
		cli_usage("--id goes with a channel");
	if (request->json && request->column_count > 0)
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
	struct request request = { .headings = true };
	const char *channel = NULL;
	int option;

	cli_program = "svstat";
	setlocale(LC_CTYPE, "");
	while ((option = getopt_long(argc, argv, "Abc:hi:k:o:Vw::", options, NULL)) != -1) {
		switch (option) {
		case 'A':
			request.all = true;
			break;
		case 'b':
			request.exact = true;
			break;
		case 'c':
			channel = optarg;
			break;
		case 'h':
			fputs(usage_text, stdout);
			return cli_close_stdout(CLI_OK);
		case 'i':
			if (!cli_parse_number(optarg, 1, 255, &request.project))
				cli_usage("invalid --id '%s': use a number from 1 to 255", optarg);
			break;
		case 'k':
			request.path = optarg;
			break;
		case 'o':
			if (strcmp(optarg, "help") == 0) {
				list_columns();
				return cli_close_stdout(CLI_OK);
			}
			if (!parse_columns(optarg, request.columns, &request.column_count))
				cli_usage("invalid --columns '%s': -o help lists the columns there are", optarg);
			break;
		case 'V':
			printf("svstat %s\n", sv_version());
			return cli_close_stdout(CLI_OK);
		case 'w':
			request.watch_ms = parse_watch(argc, argv);
			break;
		case OPT_COUNT:
			if (!cli_parse_number(optarg, 1, 1000000000, &request.count))
				cli_usage("invalid --count '%s': use a number from 1", optarg);
			break;
		case OPT_JSON:
			request.json = true;
			break;
		case OPT_NOHEADINGS:
			request.headings = false;
			break;
		default:
			fprintf(stderr, "Try 'svstat --help'.\n");
			return CLI_USAGE;
		}
	}
	check(&request, argc, argv, &channel);
	return request.watch_ms != 0 ? watch(&request) : show_once(&request);
}
