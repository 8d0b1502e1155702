/* SPDX-License-Identifier: MIT */
/* What svstat shows of one channel: each column, and its JSON. */
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "pair.h"
#include "status/columns.h"
#include "status/names.h"

static struct cli_channel example(void)
{
	struct cli_channel channel = { .rate = 3000, .command = { "cat", "" } };
	struct sv_info *info = &channel.info;

	*info = (struct sv_info)SV_INFO_INIT;
	snprintf(info->name, sizeof info->name, "a\nb");
	snprintf(info->path, sizeof info->path, "/some/where");
	snprintf(info->reason, sizeof info->reason, "a reason");
	info->key = 0x5301abcd;
	info->project = 9;
	info->shmid = 11;
	info->semid = 12;
	info->state = SV_STATE_RUNNING;
	info->capacity = 4096;
	info->segment = 8192;
	info->total = 10000;
	info->mode = 0640;
	info->maps = 5;
	info->elsewhere = 2;
	info->owner = 4000000;
	info->flags = SV_MESSAGES | SV_RESUME;
	info->ipc_namespace = 4026531839;
	info->side[SV_WRITER].pid = 101;
	info->side[SV_WRITER].attached = 1;
	info->side[SV_WRITER].position = 3072;
	info->side[SV_READER].pid = 102;
	info->side[SV_READER].position = 2048;
	return channel;
}

static const char *cell(const struct cli_channel *channel, const char *name, struct cli_view view)
{
	static char out[200];
	int chosen[CLI_COLUMNS_MOST];
	size_t count;

	must(cli_columns_parse(name, chosen, &count) && count == 1);
	return cli_columns_cell(out, sizeof out, channel, chosen[0], &view, 17);
}

static void shows(const struct cli_channel *channel, const char *name, struct cli_view view,
                  const char *expected)
{
	const char *text = cell(channel, name, view);

	ok(strcmp(text, expected) == 0, "%s is '%s', expected '%s'", name, text, expected);
}

/* Each column: of a channel, of one whose segment could not be read, and of one of which nothing is known. */
static const struct {
	const char *name, *full, *unread, *empty;
} columns[] = {
	{ "channel", "a\\x0ab:9", "a\\x0ab:9", "-" },
	{ "name", "a\\x0ab", "a\\x0ab", "-" },
	{ "path", "/some/where", "/some/where", "-" },
	{ "key", "0x5301abcd", "0x5301abcd", "-" },
	{ "id", "9", "9", "0" },
	{ "shmid", "11", "11", "-" },
	{ "semid", "12", "12", "-" },
	{ "state", "running", "running", "running" },
	{ "short", "running", "running", "running" },
	{ "reason", "a reason", "a reason", "" },
	{ "writer", "101 cat", "101 cat", "-" },
	{ "reader", "102 gone", "102 gone", "-" },
	{ "wpid", "101", "101", "-" },
	{ "rpid", "102", "102", "-" },
	{ "moved", "2K", "-", "-" },
	{ "written", "3K", "-", "-" },
	{ "total", "9.77K", "9.77K", "-" },
	{ "done", "20%", "-", "-" },
	{ "fill", "25%", "-", "-" },
	{ "filled", "1K", "-", "-" },
	{ "bar", "[###       ]  25%", "-", "-" },
	{ "rate", "2.93K/s", "2.93K/s", "-" },
	{ "age", "?", "?", "?" },
	{ "created", "-", "-", "-" },
	{ "capacity", "4K", "-", "-" },
	{ "segment", "8K", "8K", "-" },
	{ "owner", "4000000", "4000000", "-" },
	{ "mode", "0640", "0640", "-" },
	{ "kind", "messages,resumable", "-", "-" },
	{ "maps", "5", "5", "0" },
	{ "elsewhere", "2", "2", "0" },
};

static void cells(void)
{
	const struct cli_view plain = { .count = 0 }, exact = { .exact = true }, raw = { .raw = true };
	struct cli_channel full = example(), unread = example(), empty = { .rate = -1 };
	size_t i;

	unread.info.capacity = 0;
	empty.info = (struct sv_info)SV_INFO_INIT;
	empty.info.state = SV_STATE_RUNNING;
	for (i = 0; i < sizeof columns / sizeof *columns; i++) {
		shows(&full, columns[i].name, plain, columns[i].full);
		shows(&unread, columns[i].name, plain, columns[i].unread);
		shows(&empty, columns[i].name, plain, columns[i].empty);
	}
	shows(&full, "moved", exact, "2048");
	shows(&full, "rate", exact, "3000");
	shows(&full, "created", exact, "0");
	shows(&full, "age", exact, "?");
	shows(&full, "writer", raw, "101/cat");
	shows(&full, "reader", raw, "102/gone");
	shows(&full, "bar", raw, "25%");
	shows(&full, "reason", raw, "a\\x20reason");
	strcpy(full.info.reason, " b ");
	shows(&full, "reason", raw, "\\x20b\\x20");
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
	shows(&full, "channel", plain, "/some/where");
	full.info.flags = SV_DETACH;
	shows(&full, "kind", plain, "bytes,detached");
	full.info.side[SV_WRITER].pid = 0;
	shows(&full, "writer", plain, "?");
	full.info.shmid = -1;
	shows(&full, "owner", plain, "4000000");
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
	size_t count;

	ok(cli_columns_parse("ID,Key", chosen, &count) && count == 2, "the case of a name does not matter");
	ok(cli_columns_parse("moved,reason", chosen, &count) && cli_columns_layout(chosen[0])->right &&
	           cli_columns_layout(chosen[0])->least == 0 && cli_columns_layout(chosen[1])->least != 0,
	   "a text may be cut, a number may not");
	ok(!cli_columns_parse("i", chosen, &count), "half a name is none");
	ok(!cli_columns_parse("id,", chosen, &count), "no name is empty");
	for (i = 1; i < CLI_COLUMNS_MOST; i++)
		strcpy(many + 3 * i - 1, ",id");
	ok(cli_columns_parse(many, chosen, &count) && count == CLI_COLUMNS_MOST, "a table has many columns");
	strcat(many, ",id");
	ok(!cli_columns_parse(many, chosen, &count), "but not more");
}

static char *json_of(const struct cli_channel *channel)
{
	struct cli_json json;
	char *out = NULL;
	size_t size;
	FILE *file = open_memstream(&out, &size);

	must(file != NULL);
	cli_json_start(&json, file, true);
	cli_json_open(&json, NULL, '{');
	cli_channel_json(&json, channel);
	cli_json_close(&json, '}');
	cli_json_end(&json);
	must(fclose(file) == 0);
	return out;
}

static void has(const struct cli_channel *channel, const char *member)
{
	char *text = json_of(channel);

	if (!ok(strstr(text, member) != NULL, "JSON has %s", member))
		printf("# %s", text);
	free(text);
}

static void json(void)
{
	struct cli_channel channel = example(), empty = { .rate = -1 };

	has(&channel,
	    "\"name\": \"a\\u000ab\", \"path\": \"/some/where\", \"key\": \"0x5301abcd\", \"id\": 9, "
	    "\"shmid\": 11, \"semid\": 12, \"state\": \"running\", \"reason\": \"a reason\"");
	has(&channel, "\"writer\": {\"pid\": 101, \"command\": \"cat\", \"uid\": 0, \"attached\": true");
	has(&channel, "\"reader\": {\"pid\": 102, \"command\": null, \"uid\": 0, \"attached\": false");
	has(&channel,
	    "\"moved\": 2048, \"written\": 3072, \"total\": 10000, \"filled\": 1024, \"capacity\": 4096, "
	    "\"rate\": 3000.000, \"created\": null, \"age\": null, \"segment\": 8192, \"maps\": 5, "
	    "\"namespace\": 4026531839, \"elsewhere\": 2, \"owner\": 4000000, \"mode\": \"0640\", "
	    "\"messages\": true, \"resumable\": true, \"detached\": false");
	empty.info = (struct sv_info)SV_INFO_INIT;
	has(&empty,
	    "\"name\": null, \"path\": null, \"key\": null, \"id\": 0, \"shmid\": null, \"semid\": null");
	has(&empty, "\"writer\": null, \"reader\": null");
	has(&empty, "\"total\": null");
	has(&empty, "\"rate\": null");
	has(&empty, "\"namespace\": null");
	has(&empty, "\"mode\": null, \"messages\": false, \"resumable\": false, \"detached\": false");
	channel.info.created = 1;
	has(&channel, "\"created\": 1, \"age\": 1");
	channel.info.side[SV_WRITER].pid = 0;
	has(&channel, "\"writer\": {\"pid\": null");
	strcpy(channel.command[SV_WRITER], "x");
	has(&channel, "\"command\": \"x\"");
	channel.rate = 0;
	has(&channel, "\"rate\": 0.000");
}

static void names(void)
{
	char out[72], uid[16];

	must(prctl(PR_SET_NAME, "this process") == 0);
	ok(strcmp(cli_command(out, sizeof out, getpid()), "this process") == 0, "this process is called %s",
	   out);
	ok(strcmp(cli_command(out, sizeof out, 0), "?") == 0, "no process is called %s", out);
	ok(strcmp(cli_user(out, sizeof out, 0), "root") == 0, "user 0 is called %s", out);
	snprintf(uid, sizeof uid, "%u", 4000000u);
	ok(strcmp(cli_user(out, sizeof out, 4000000), uid) == 0, "a user without a name is called %s", out);
}

int main(void)
{
	cells();
	fills();
	lists();
	json();
	names();
	return tap_done();
}
