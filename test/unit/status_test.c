/* SPDX-License-Identifier: MIT */
/* What svstat shows of one channel: each column, and its JSON. */
#include <sys/prctl.h>
#include <time.h>

#include "printed.h"
#include "status/columns.h"
#include "status/display.h"
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

static struct cli_channel example(void)
{
	struct cli_channel channel = { .rate = 3000, .command = { "cat", "" } };
	struct sv_info *info = &channel.info;

	*info = (struct sv_info)SV_INFO_INIT;
	snprintf(info->name, sizeof info->name, "a\nb");
	snprintf(info->path, sizeof info->path, "/some where");
	snprintf(info->reason, sizeof info->reason, "a reason");
	info->key = 0x5301abcd;
	info->project = 9;
	info->shmid = 11;
	info->semid = 0;
	info->state = SV_STATE_RUNNING;
	info->capacity = 4096;
	info->segment = 8192;
	info->total = 10000;
	info->created = NOW - 180;
	info->mode = 0640;
	info->maps = 5;
	info->elsewhere = 2;
	info->owner = USER;
	info->flags = SV_MESSAGES | SV_RESUME;
	info->ipc_namespace = 4026531839;
	info->side[SV_WRITER] =
		(struct sv_side){ .pid = 101, .uid = USER + 1, .position = 3072, .attached = 1, .asleep = 1 };
	info->side[SV_READER] = (struct sv_side){ .pid = 102, .uid = USER, .position = 2048 };
	return channel;
}

/* A channel of which only the record is known. */
static struct cli_channel bare(void)
{
	struct cli_channel channel = { .rate = -1, .info = SV_INFO_INIT };

	channel.info.project = 7;
	channel.info.state = SV_STATE_FOREIGN;
	return channel;
}

static void shows(const struct cli_channel *channel, const char *name, struct cli_view view,
                  const char *expected)
{
	char out[200];

	must(cli_columns_parse(name, view.columns, &view.count) && view.count == 1);
	same(name, cli_columns_cell(out, sizeof out, channel, view.columns[0], &view, 17), expected);
}

/*
 * Each column: of the example as people get it, with exact numbers, and as scripts get it; of a channel whose
 * segment could not be read; and of a bare one.
 */
static const struct {
	const char *name, *shown, *exact, *raw, *unread, *bare;
} columns[] = {
	{ "channel", "a\\x0ab:9", "a\\x0ab:9", "a\\x0ab:9", "a\\x0ab:9", "-:7" },
	{ "name", "a\\x0ab", "a\\x0ab", "a\\x0ab", "a\\x0ab", "-" },
	{ "path", "/some where", "/some where", "/some\\x20where", "/some where", "-" },
	{ "key", "0x5301abcd", "0x5301abcd", "0x5301abcd", "0x5301abcd", "-" },
	{ "id", "9", "9", "9", "9", "7" },
	{ "shmid", "11", "11", "11", "11", "-" },
	{ "semid", "0", "0", "0", "0", "-" },
	{ "state", "running", "running", "running", "running", "foreign" },
	{ "short", "running", "running", "running", "running", "foreign" },
	{ "reason", "a reason", "a reason", "a\\x20reason", "a reason", "" },
	{ "writer", "101 cat", "101 cat", "101/cat", "101 cat", "-" },
	{ "reader", "102 gone", "102 gone", "102/gone", "102 gone", "-" },
	{ "wpid", "101", "101", "101", "101", "-" },
	{ "rpid", "102", "102", "102", "102", "-" },
	{ "moved", "2K", "2048", "2K", "-", "-" },
	{ "written", "3K", "3072", "3K", "-", "-" },
	{ "total", "9.77K", "10000", "9.77K", "9.77K", "-" },
	{ "done", "20%", "20%", "20%", "-", "-" },
	{ "fill", "25%", "25%", "25%", "-", "-" },
	{ "filled", "1K", "1024", "1K", "-", "-" },
	{ "bar", "[###       ]  25%", "[###       ]  25%", "25%", "-", "-" },
	{ "rate", "2.93K/s", "3000", "2.93K/s", "2.93K/s", "-" },
	{ "age", "3m", "180", "3m", "3m", "?" },
	{ "created", "1970-01-12 13:43:40", "999820", "1970-01-12T13:43:40", "1970-01-12 13:43:40", "-" },
	{ "capacity", "4K", "4096", "4K", "-", "-" },
	{ "segment", "8K", "8192", "8K", "8K", "-" },
	{ "owner", "4000000000", "4000000000", "4000000000", "4000000000", "-" },
	{ "mode", "0640", "0640", "0640", "0640", "-" },
	{ "kind", "messages,resumable", "messages,resumable", "messages,resumable", "-", "-" },
	{ "maps", "5", "5", "5", "5", "0" },
	{ "elsewhere", "2", "2", "2", "2", "0" },
};

static void cells(void)
{
	const struct cli_view plain = { .count = 0 }, exact = { .exact = true }, raw = { .raw = true };
	struct cli_channel full = example(), unread = example(), unknown = bare();
	struct cli_view view = raw;
	char small[9];
	size_t i;

	unread.info.capacity = 0;
	for (i = 0; i < sizeof columns / sizeof *columns; i++) {
		shows(&full, columns[i].name, plain, columns[i].shown);
		shows(&full, columns[i].name, exact, columns[i].exact);
		shows(&full, columns[i].name, raw, columns[i].raw);
		shows(&unread, columns[i].name, plain, columns[i].unread);
		shows(&unknown, columns[i].name, plain, columns[i].bare);
	}
	shows(&unknown, "created", exact, "0");
	shows(&unknown, "age", exact, "?");
	unknown.info.project = 0;
	shows(&unknown, "channel", plain, "-");
	strcpy(full.info.reason, " b ");
	shows(&full, "reason", raw, "\\x20b\\x20");
	strcpy(full.info.reason, "1234 67 9");
	must(cli_columns_parse("reason", view.columns, &view.count));
	same("a cell that is too small for its escapes ends within",
	     cli_columns_cell(small, sizeof small, &full, view.columns[0], &view, 0), "1234 67 ");
	full.info.side[SV_READER].finished = 1;
	shows(&full, "reader", plain, "102 done");
	full.rate = 0;
	shows(&full, "rate", plain, "0/s");
	full.info.state = SV_STATE_DETACHED;
	shows(&full, "rate", plain, "-");
	full.info.total = 0;
	shows(&full, "done", plain, "100%");
	full.info.project = SV_PROJECT_DEFAULT;
	full.info.name[0] = '\0';
	shows(&full, "channel", plain, "/some where");
	full.info.flags = SV_DETACH;
	shows(&full, "kind", plain, "bytes,detached");
	full.info.side[SV_WRITER].pid = 0;
	shows(&full, "writer", plain, "?");
	full.info.shmid = -1;
	full.info.semid = 12;
	shows(&full, "owner", plain, "4000000000");
	full.info.semid = -1;
	shows(&full, "owner", plain, "-");
}

static void fills(void)
{
	struct sv_info info = example().info;

	info.side[SV_READER].position = 4000;
	is(cli_channel_fill(&info), 0, "a reader that is ahead leaves nothing in the ring");
	info.side[SV_WRITER].position = 4000 + 4096;
	is(cli_channel_fill(&info), 4096, "a ring may be full");
	info.side[SV_WRITER].position++;
	is(cli_channel_fill(&info), 4096, "and is never more than full");
}

static void lists(void)
{
	char many[3 * CLI_COLUMNS_MOST + 3] = "id";
	int chosen[CLI_COLUMNS_MOST], i;
	FILE *out = open_stream();
	const char *last;
	size_t count;

	cli_columns_help(out);
	must(fclose(out) == 0);
	last = strstr(streamed, "\nelsewhere ");
	ok(strncmp(streamed, "channel   ", 10) == 0 && last != NULL && strchr(last + 1, '\n')[1] == '\0',
	   "each column has its help, and nothing else has");
	free(streamed);
	ok(cli_columns_parse("ID,Key", chosen, &count) && count == 2, "the case of a name does not matter");
	ok(cli_columns_parse("moved,reason", chosen, &count) && cli_columns_layout(chosen[0])->right &&
	           cli_columns_layout(chosen[0])->least == 0 && cli_columns_layout(chosen[1])->least != 0,
	   "a text may be cut, a number may not");
	ok(!cli_columns_parse("name,nothing", chosen, &count), "there is no other column");
	ok(!cli_columns_parse("i", chosen, &count), "half a name is none");
	ok(!cli_columns_parse("id,", chosen, &count), "no name is empty");
	for (i = 1; i < CLI_COLUMNS_MOST; i++)
		strcpy(many + 3 * i - 1, ",id");
	ok(cli_columns_parse(many, chosen, &count) && count == CLI_COLUMNS_MOST, "a table has many columns");
	strcat(many, ",id");
	ok(!cli_columns_parse(many, chosen, &count), "but not more");
}

static char *json_of(struct cli_channel *channels, size_t count)
{
	struct cli_snapshot snapshot = { .channel = channels, .count = count };
	FILE *out = open_stream();

	cli_display_json(out, &snapshot, true);
	must(fclose(out) == 0);
	return streamed;
}

static void json(void)
{
	/* The last one is beyond those that are shown. */
	struct cli_channel channels[] = { example(), bare(), bare() };
	char *text = json_of(channels, 2);

	same("JSON", text,
	     "{\"time\": 1000000, \"channels\": [{\"name\": \"a\\u000ab\", \"path\": \"/some where\", "
	     "\"key\": \"0x5301abcd\", \"id\": 9, \"shmid\": 11, \"semid\": 0, \"state\": \"running\", "
	     "\"reason\": \"a reason\", \"writer\": {\"pid\": 101, \"command\": \"cat\", "
	     "\"uid\": 4000000001, \"attached\": true, \"asleep\": true, \"finished\": false, \"errno\": 0, "
	     "\"signal\": 0, \"position\": 3072}, \"reader\": {\"pid\": 102, \"command\": null, "
	     "\"uid\": 4000000000, \"attached\": false, \"asleep\": false, \"finished\": false, "
	     "\"errno\": 0, \"signal\": 0, \"position\": 2048}, \"moved\": 2048, \"written\": 3072, "
	     "\"total\": 10000, \"filled\": 1024, \"capacity\": 4096, \"rate\": 3000.000, "
	     "\"created\": 999820, \"age\": 180, \"segment\": 8192, \"maps\": 5, "
	     "\"namespace\": 4026531839, \"elsewhere\": 2, \"owner\": 4000000000, \"mode\": \"0640\", "
	     "\"messages\": true, \"resumable\": true, \"detached\": false}, "
	     "{\"name\": null, \"path\": null, \"key\": null, \"id\": 7, \"shmid\": null, \"semid\": null, "
	     "\"state\": \"foreign\", \"reason\": \"\", "
	     "\"writer\": null, \"reader\": null, \"moved\": 0, \"written\": 0, \"total\": null, "
	     "\"filled\": 0, \"capacity\": 0, \"rate\": null, \"created\": null, \"age\": null, "
	     "\"segment\": 0, \"maps\": 0, \"namespace\": null, \"elsewhere\": 0, \"owner\": 0, "
	     "\"mode\": null, \"messages\": false, \"resumable\": false, \"detached\": false}]}\n");
	free(text);
	channels[0].info.created = 1;
	channels[0].info.side[SV_WRITER].pid = 0;
	channels[0].rate = 0;
	text = json_of(channels, 1);
	ok(strstr(text, "\"created\": 1, \"age\": 999999,") != NULL, "the earliest time is a time");
	ok(strstr(text, "\"writer\": {\"pid\": null, \"command\": \"cat\",") != NULL,
	   "a process that is not known");
	ok(strstr(text, "\"rate\": 0.000,") != NULL, "a rate of nothing");
	free(text);
}

/* The command of a side is that of its process, while it is there. */
static void names(void)
{
	struct sv_info info = SV_INFO_INIT;
	struct cli_channel channel;
	char name[72];
	int fd, i;

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
	fd = dup(STDIN_FILENO);
	for (i = 0; i < 3; i++)
		cli_command(name, sizeof name, getpid());
	is(dup(STDIN_FILENO), fd + 1, "the files of the processes are closed");
	ok(fcntl(STDIN_FILENO, F_GETFD) != -1, "standard input is still open");
	same("user 0", cli_user(name, sizeof name, 0), "root");
	same("a user without a name", cli_user(name, sizeof name, USER), "4000000000");
}

int main(void)
{
	must(setenv("TZ", "UTC0", 1) == 0);
	cells();
	fills();
	lists();
	json();
	names();
	return tap_done();
}
