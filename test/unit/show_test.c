/* SPDX-License-Identifier: MIT */
/* What svstat shows of channels in a window: all facts of one, or a table of several. */
#include <time.h>

#include "common/text.h"
#include "leaks.h"
#include "printed.h"
#include "status/detail.h"
#include "status/display.h"
#include "status/layout.h"

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

static char *detail(const struct cli_channel *channel, size_t width)
{
	FILE *out = open_stream();

	cli_detail_print(out, channel, width);
	must(fclose(out) == 0);
	return streamed;
}

static void details(const char *what, const struct cli_channel *channel, size_t width, const char *expected)
{
	same(what, detail(channel, width), expected);
	free(streamed);
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
	channel.rate = 0;
	text = detail(&channel, 0);
	ok(strstr(text, "\nmoved     0, 0/s\n") != NULL, "a channel on which nothing moves");
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

static void frame(const char *what, const struct cli_snapshot *snapshot, const struct cli_view *view,
                  size_t lines, const char *expected)
{
	char *text = cli_display_frame(snapshot, view, 26, lines);

	must(text != NULL);
	same(what, text, expected);
	free(text);
}

static void frames(void)
{
	struct cli_channel channels[] = { full(), full(), full(), full(), full() };
	struct cli_snapshot snapshot = { .channel = channels, .count = 4, .missing = 1 };
	struct cli_view view = { .headings = true };
	char summary[256];

	/* The last one is beyond those that are shown, so its name needs no room. */
	strcpy(channels[4].info.name, "longer than others");
	must(cli_columns_parse("name,shmid", view.columns, &view.count));
	frame("a window that is full", &snapshot, &view, 5,
	      "4 channels, 4 running\n"
	      "NAME   SHMID\n"
	      "backup     4\n"
	      "backup     4\n"
	      "... and 2 more");
	frame("a window that is large enough", &snapshot, &view, 6,
	      "4 channels, 4 running\n"
	      "NAME   SHMID\n"
	      "backup     4\n"
	      "backup     4\n"
	      "backup     4\n"
	      "backup     4\n");
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
	frame("nothing to show", &snapshot, &view, 6, "0 channels, 0 running, 0/s\nno channels");
}

int main(void)
{
	must(setenv("TZ", "UTC0", 1) == 0 && setenv("LC_ALL", "C", 1) == 0);
	detailed();
	windows();
	frames();
	return tap_done();
}
