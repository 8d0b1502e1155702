/* SPDX-License-Identifier: MIT */
/* What svstat shows of a channel: all its facts in details, in JSON and in columns. */
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "common/text.h"
#include "leaks.h"
#include "pair.h"
#include "status/detail.h"
#include "status/display.h"
#include "status/layout.h"
#include "status/names.h"

#define NOW 1000000

/* This stands before the C library's function. */
time_t time(time_t *out)
{
	if (out != NULL)
		*out = NOW;
	return NOW;
}

/* A user without a name, so that all systems show the same. */
#define USER 4000000000u

static struct cli_channel full(void)
{
	struct cli_channel channel = { .rate = 1536, .command = { "svwrite", "svread" } };
	struct sv_info info = SV_INFO_INIT;

	snprintf(info.name, sizeof info.name, "backup");
	snprintf(info.path, sizeof info.path, "/run/a b/backup");
	snprintf(info.reason, sizeof info.reason, "both are there");
	info.key = 0x5300002a;
	info.project = SV_PROJECT_DEFAULT;
	info.shmid = 4;
	info.semid = 0;
	info.state = SV_STATE_RUNNING;
	info.flags = SV_MESSAGES;
	info.capacity = 4096;
	info.segment = 8192;
	info.total = 4000;
	info.created = NOW - 180;
	info.owner = USER;
	info.mode = 0600;
	info.maps = 5;
	info.ipc_namespace = 40;
	info.elsewhere = 1;
	info.side[SV_WRITER] = (struct sv_side){ .pid = 1, .uid = USER, .position = 3000, .attached = 1 };
	info.side[SV_READER] =
		(struct sv_side){ .pid = 12, .uid = USER + 1, .position = 1000, .attached = 1, .asleep = 1 };
	channel.info = info;
	return channel;
}

/* A channel of which only the record is known. */
static struct cli_channel bare(void)
{
	struct cli_channel channel = { .rate = -1 };
	struct sv_info info = SV_INFO_INIT;

	snprintf(info.reason, sizeof info.reason, "abcdefghijklmnopqrstuvwxyz is a word");
	info.project = 7;
	info.shmid = info.semid = -1;
	info.state = SV_STATE_FOREIGN;
	info.total = SV_UNKNOWN;
	channel.info = info;
	return channel;
}

static void same(const char *what, const char *text, const char *expected)
{
	if (!ok(strcmp(text, expected) == 0, "%s", what))
		printf("# is\n%s\n# expected\n%s\n", text, expected);
}

static char *detail(const struct cli_channel *channel, size_t width)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	must(out != NULL);
	cli_detail_print(out, channel, width);
	must(fclose(out) == 0);
	return text;
}

static void details(const char *what, const struct cli_channel *channel, size_t width, const char *expected)
{
	char *text = detail(channel, width);

	same(what, text, expected);
	free(text);
}

static void detailed(void)
{
	struct cli_channel channel = full();
	char *text;

	details("details of a running channel", &channel, 0,
	        "channel   backup\n"
	        "state     running: both are there\n"
	        "writer    1 svwrite, 3000 bytes (2.93K)\n"
	        "reader    12 svread, user 4000000001, 1000 bytes (1000), waits for the other\n"
	        "ring      [##########          ]  48% 1.95K of 4K filled\n"
	        "moved     1000 of 3.91K (25%), 1.50K/s\n"
	        "age       3m, made 1970-01-12 13:43:40\n"
	        "kind      messages\n"
	        "key       0x5300002a, project id 83\n"
	        "segment   4, 8192 bytes, 5 mappings\n"
	        "set       0\n"
	        "owner     4000000000, mode 0600\n"
	        "namespace ipc:[40]; the same name is in use in 1 other, which cannot be seen from here\n"
	        "path      /run/a b/backup\n");
	channel.info.side[SV_WRITER].attached = 0;
	channel.info.side[SV_WRITER].finished = 1;
	channel.info.side[SV_READER] = (struct sv_side){ .pid = 12, .uid = USER, .sys_errno = EIO };
	channel.info.elsewhere = 2;
	channel.info.total = SV_UNKNOWN;
	channel.rate = -1;
	text = detail(&channel, 0);
	ok(strstr(text, "\nwriter    1 done, 3000 bytes (2.93K), finished\n") != NULL,
	   "a writer that has finished");
	ok(strstr(text, "\nreader    12 gone, 0 bytes (0), gave up: ") != NULL &&
	           strstr(text, strerror(EIO)) != NULL,
	   "a reader that gave up");
	ok(strstr(text, "\nmoved     0\n") != NULL, "a total and a rate that are not known");
	ok(strstr(text, "in use in 2 others,") != NULL, "two other namespaces");
	free(text);
	channel.info.side[SV_WRITER] = (struct sv_side){ .pid = 0, .attached = 1 };
	channel.info.side[SV_READER] = (struct sv_side){ .pid = 12, .uid = USER, .signal = 9 };
	text = detail(&channel, 0);
	ok(strstr(text, "\nwriter    attached, its process is not known\n") != NULL,
	   "a writer in another namespace");
	ok(strstr(text, "\nreader    12 gone, 0 bytes (0), ended by signal 9\n") != NULL,
	   "a reader that a signal ended");
	free(text);
	channel = bare();
	snprintf(channel.info.path, sizeof channel.info.path, "/bcdefghijklmnopqrstuvwxyz");
	details("details of a channel of which only the record is known, in a window", &channel, 30,
	        "channel   /bcdefghijklmnopqrs~\n"
	        "state     foreign:\n"
	        "          abcdefghijklmnopqrs~\n"
	        "          is a word\n"
	        "key       0x00000000, project\n"
	        "          id 7\n"
	        "path      /bcdefghijklmnopqrs~\n");
}

/* The longest line of a text. */
static size_t longest(const char *text)
{
	size_t most = 0, length;

	for (; *text != '\0'; text += length + (text[length] == '\n')) {
		length = strcspn(text, "\n");
		most = length > most ? length : most;
	}
	return most;
}

static size_t bar_at(size_t width)
{
	const struct cli_channel channel = full();
	char *text = detail(&channel, width);
	size_t length = strcspn(strchr(text, '['), "]");

	free(text);
	return length;
}

/* In a window of 60 columns some layouts are too wide, and a bar takes what is left. */
static void watch_once(void)
{
	struct cli_channel channel = full();
	struct cli_snapshot snapshot = { .channel = &channel, .count = 1 };
	struct cli_view view = { .headings = true, .watching = true };

	free(cli_display_frame(&snapshot, &view, 60, 10));
}

/* Whatever the width of the window, nothing is wider. */
static void windows(void)
{
	struct cli_channel channels[] = { full(), bare() };
	struct cli_snapshot snapshot = { .channel = channels, .count = 2 };
	struct cli_view view = { .headings = true };
	size_t width, over = 0, kind;
	char *text;

	for (width = 1; width < 130; width++) {
		text = detail(&channels[width % 2], width);
		over += longest(text) > width;
		free(text);
	}
	is(over, 0, "no line of the details is wider than the window");
	ok(bar_at(49) == bar_at(30) && bar_at(49) < bar_at(50) && bar_at(50) == bar_at(80),
	   "a window of 50 columns has room for a long bar");
	ok(frees_all(watch_once), "a screen is freed");
	for (kind = 0; kind < 4; kind++)
		for (over = 0, width = 1; width < 200; width++) {
			view.watching = kind % 2 == 1;
			view.owner = kind > 1;
			text = cli_display_frame(&snapshot, &view, width, 10);
			must(text != NULL);
			over += longest(text) > width;
			free(text);
			if (width == 199)
				is(over, 0, "no line of a table of kind %zu is wider than the window", kind);
		}
}

static void frames(void)
{
	struct cli_channel channels[] = { full(), full(), full(), full() };
	struct cli_snapshot snapshot = { .channel = channels, .count = 4, .missing = 1 };
	struct cli_view view = { .headings = true };
	char summary[256];
	char *text;

	must(cli_columns_parse("name,shmid", view.columns, &view.count));
	text = cli_display_frame(&snapshot, &view, 26, 5);
	must(text != NULL);
	same("a window that is full", text,
	     "4 channels, 4 running\n"
	     "NAME   SHMID\n"
	     "backup     4\n"
	     "backup     4\n"
	     "... and 2 more");
	free(text);
	text = cli_display_frame(&snapshot, &view, 26, 6);
	must(text != NULL);
	ok(strstr(text, "more") == NULL, "a window that is large enough");
	free(text);
	same("the whole summary", cli_display_summary(summary, sizeof summary, &snapshot, 0),
	     "4 channels, 4 running, 1 not there, 6K/s  13:46:40");
	snapshot.count = 1;
	channels[0].rate = -1;
	same("the summary of one channel without a rate",
	     cli_display_summary(summary, sizeof summary, &snapshot, 0),
	     "1 channel, 1 running, 1 not there, 0/s  13:46:40");
	same("as much of it as fits", cli_display_summary(summary, sizeof summary, &snapshot, 34),
	     "1 channel, 1 running, 1 not there");
	snapshot.count = 0;
	text = cli_display_frame(&snapshot, &view, 26, 6);
	must(text != NULL);
	same("nothing to show", text, "0 channels, 0 running, 0/s\nno channels");
	free(text);
}

static void in_json(void)
{
	struct cli_channel channels[] = { full(), bare() };
	struct cli_snapshot snapshot = { .channel = channels, .count = 2 };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	must(out != NULL);
	channels[0].info.side[SV_READER].pid = 0;
	channels[0].command[SV_READER][0] = '\0';
	cli_display_json(out, &snapshot, true);
	must(fclose(out) == 0);
	same("JSON", text,
	     "{\"time\": 1000000, \"channels\": [{\"name\": \"backup\", \"path\": \"/run/a b/backup\", "
	     "\"key\": \"0x5300002a\", \"id\": 83, \"shmid\": 4, \"semid\": 0, \"state\": \"running\", "
	     "\"reason\": \"both are there\", \"writer\": {\"pid\": 1, \"command\": \"svwrite\", "
	     "\"uid\": 4000000000, \"attached\": true, \"asleep\": false, \"finished\": false, \"errno\": 0, "
	     "\"signal\": 0, \"position\": 3000}, \"reader\": {\"pid\": null, \"command\": null, "
	     "\"uid\": 4000000001, \"attached\": true, \"asleep\": true, \"finished\": false, \"errno\": 0, "
	     "\"signal\": 0, \"position\": 1000}, \"moved\": 1000, \"written\": 3000, \"total\": 4000, "
	     "\"filled\": 2000, \"capacity\": 4096, \"rate\": 1536.000, \"created\": 999820, \"age\": 180, "
	     "\"segment\": 8192, \"maps\": 5, \"namespace\": 40, \"elsewhere\": 1, \"owner\": 4000000000, "
	     "\"mode\": \"0600\", \"messages\": true, \"resumable\": false, \"detached\": false}, "
	     "{\"name\": null, \"path\": null, \"key\": null, \"id\": 7, \"shmid\": null, \"semid\": null, "
	     "\"state\": \"foreign\", \"reason\": \"abcdefghijklmnopqrstuvwxyz is a word\", "
	     "\"writer\": null, \"reader\": null, \"moved\": 0, \"written\": 0, \"total\": null, "
	     "\"filled\": 0, \"capacity\": 0, \"rate\": null, \"created\": null, \"age\": null, "
	     "\"segment\": 0, \"maps\": 0, \"namespace\": null, \"elsewhere\": 0, \"owner\": 0, "
	     "\"mode\": null, \"messages\": false, \"resumable\": false, \"detached\": false}]}\n");
	free(text);
}

/* What a column shows of both channels, as people and as scripts get it. */
static void column(const char *name, const char *of_full, const char *exact, const char *raw,
                   const char *of_bare)
{
	const struct cli_channel known = full(), unknown = bare();
	struct cli_view view = { .headings = true };
	char a[256], b[256], c[256], d[256];

	must(cli_columns_parse(name, view.columns, &view.count) && view.count == 1);
	cli_columns_cell(a, sizeof a, &known, view.columns[0], &view, 17);
	cli_columns_cell(d, sizeof d, &unknown, view.columns[0], &view, 17);
	view.exact = true;
	cli_columns_cell(b, sizeof b, &known, view.columns[0], &view, 17);
	view.exact = false;
	view.raw = true;
	cli_columns_cell(c, sizeof c, &known, view.columns[0], &view, 17);
	if (!ok(strcmp(a, of_full) == 0 && strcmp(b, exact) == 0 && strcmp(c, raw) == 0 &&
	                strcmp(d, of_bare) == 0,
	        "column %s", name))
		printf("# is '%s', '%s', '%s', '%s'\n", a, b, c, d);
}

static void columns(void)
{
	struct cli_channel channel = full();
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	struct cli_view view = { .raw = true };
	char small[12];

	must(out != NULL);
	cli_columns_help(out);
	must(fclose(out) == 0);
	ok(strncmp(text, "channel   ", 10) == 0 && strstr(text, "\nelsewhere ") != NULL,
	   "each column has its help");
	free(text);
	column("channel", "backup", "backup", "backup", "-:7");
	column("NAME", "backup", "backup", "backup", "-");
	column("path", "/run/a b/backup", "/run/a b/backup", "/run/a\\x20b/backup", "-");
	column("key", "0x5300002a", "0x5300002a", "0x5300002a", "-");
	column("id", "83", "83", "83", "7");
	column("shmid", "4", "4", "4", "-");
	column("semid", "0", "0", "0", "-");
	column("state", "running", "running", "running", "foreign");
	column("short", "running", "running", "running", "foreign");
	column("reason", "both are there", "both are there", "both\\x20are\\x20there",
	       "abcdefghijklmnopqrstuvwxyz is a word");
	column("writer", "1 svwrite", "1 svwrite", "1/svwrite", "-");
	column("reader", "12 svread", "12 svread", "12/svread", "-");
	column("wpid", "1", "1", "1", "-");
	column("rpid", "12", "12", "12", "-");
	column("moved", "1000", "1000", "1000", "-");
	column("written", "2.93K", "3000", "2.93K", "-");
	column("total", "3.91K", "4000", "3.91K", "-");
	column("done", "25%", "25%", "25%", "-");
	column("fill", "48%", "48%", "48%", "-");
	column("filled", "1.95K", "2000", "1.95K", "-");
	column("bar", "[#####     ]  48%", "[#####     ]  48%", "48%", "-");
	column("rate", "1.50K/s", "1536", "1.50K/s", "-");
	column("age", "3m", "180", "3m", "?");
	column("created", "1970-01-12 13:43:40", "999820", "1970-01-12T13:43:40", "-");
	column("capacity", "4K", "4096", "4K", "-");
	column("segment", "8K", "8192", "8K", "-");
	column("owner", "4000000000", "4000000000", "4000000000", "-");
	column("mode", "0600", "0600", "0600", "-");
	column("kind", "messages", "messages", "messages", "-");
	column("maps", "5", "5", "5", "0");
	column("elsewhere", "1", "1", "1", "0");
	must(cli_columns_parse("reason", view.columns, &view.count));
	same("a cell that is too small for its escapes ends within",
	     cli_columns_cell(small, sizeof small, &channel, view.columns[0], &view, 0), "both are th");
	ok(!cli_columns_parse("name,nothing", view.columns, &view.count), "there is no other column");
	ok(!cli_columns_parse("nam", view.columns, &view.count), "a name is not shortened");
}

/* The command of a side is that of its process, while it is there. */
static void commands(void)
{
	struct sv_info info = SV_INFO_INIT;
	struct cli_channel channel;
	char name[64];

	/* An emulator's process has the emulator's name. */
	must(prctl(PR_SET_NAME, "this process") == 0);
	info.side[SV_WRITER] = (struct sv_side){ .pid = getpid(), .attached = 1 };
	info.side[SV_READER] = (struct sv_side){ .pid = getpid() };
	memset(&channel, 'x', sizeof channel);
	cli_channel_take(&channel, &info);
	ok(channel.rate < 0, "a rate is not known at first");
	same("the command of a side", channel.command[SV_WRITER], "this process");
	same("a side that has left has no command", channel.command[SV_READER], "");
	info.side[SV_READER] = (struct sv_side){ .attached = 1 };
	cli_channel_take(&channel, &info);
	same("nor has a side whose process is not known", channel.command[SV_READER], "");
	same("a process that is not known", cli_command(name, sizeof name, 0), "?");
	ok(fcntl(STDIN_FILENO, F_GETFD) != -1, "standard input is still open");
}

int main(void)
{
	must(setenv("TZ", "UTC0", 1) == 0 && setenv("LC_ALL", "C", 1) == 0);
	detailed();
	windows();
	frames();
	in_json();
	columns();
	commands();
	return tap_done();
}
