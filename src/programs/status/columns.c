/* SPDX-License-Identifier: MIT */
#include "status/columns.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "status/pages.h"
#include "common/text.h"

/* In the order of columns[] below. */
enum column {
	COLUMN_CHANNEL,
	COLUMN_NAME,
	COLUMN_PATH,
	COLUMN_KEY,
	COLUMN_ID,
	COLUMN_SHMID,
	COLUMN_SEMID,
	COLUMN_STATE,
	COLUMN_SHORT,
	COLUMN_REASON,
	COLUMN_WRITER,
	COLUMN_READER,
	COLUMN_WPID,
	COLUMN_RPID,
	COLUMN_MOVED,
	COLUMN_WRITTEN,
	COLUMN_TOTAL,
	COLUMN_DONE,
	COLUMN_FILL,
	COLUMN_FILLED,
	COLUMN_BAR,
	COLUMN_RATE,
	COLUMN_AGE,
	COLUMN_CREATED,
	COLUMN_CAPACITY,
	COLUMN_SEGMENT,
	COLUMN_PAGE,
	COLUMN_OWNER,
	COLUMN_MODE,
	COLUMN_KIND,
	COLUMN_MAPS,
	COLUMN_COUNT
};

static const struct {
	const char *name, *meaning;
	struct cli_column layout;
} columns[COLUMN_COUNT] = {
	[COLUMN_CHANNEL] = { "channel",
	                     "name, else path; with :ID if that is not the default",
	                     { "CHANNEL", false, true, 16 } },
	[COLUMN_NAME] = { "name", "name; - if it has none", { "NAME", false, false, 16 } },
	[COLUMN_PATH] = { "path", "rendezvous file", { "PATH", false, true, 20 } },
	[COLUMN_KEY] = { "key", "ftok(3) key", { "KEY", false, false, 0 } },
	[COLUMN_ID] = { "id", "ftok(3) project id", { "ID", true, false, 0 } },
	[COLUMN_SHMID] = { "shmid", "id of the segment; - if there is none", { "SHMID", true, false, 0 } },
	[COLUMN_SEMID] = { "semid",
	                   "id of the semaphore set; - if there is none",
	                   { "SEMID", true, false, 0 } },
	[COLUMN_STATE] = { "state", "state in words", { "STATE", false, false, 0 } },
	[COLUMN_SHORT] = { "short", "state in at most 9 characters", { "STATE", false, false, 0 } },
	[COLUMN_REASON] = { "reason", "why the state is what it is", { "REASON", false, false, 24 } },
	[COLUMN_WRITER] = { "writer", "process id and command of the writer", { "WRITER", false, false, 0 } },
	[COLUMN_READER] = { "reader", "process id and command of the reader", { "READER", false, false, 0 } },
	[COLUMN_WPID] = { "wpid", "process id of the writer", { "WPID", true, false, 0 } },
	[COLUMN_RPID] = { "rpid", "process id of the reader", { "RPID", true, false, 0 } },
	[COLUMN_MOVED] = { "moved", "bytes that the reader has taken", { "MOVED", true, false, 0 } },
	[COLUMN_WRITTEN] = { "written",
	                     "bytes that the writer has handed over",
	                     { "WRITTEN", true, false, 0 } },
	[COLUMN_TOTAL] = { "total", "bytes that there will be; - if not known", { "TOTAL", true, false, 0 } },
	[COLUMN_DONE] = { "done", "moved, in percent of the total", { "DONE", true, false, 0 } },
	[COLUMN_FILL] = { "fill",
	                  "bytes in the ring, in percent of its capacity",
	                  { "FILL", true, false, 0 } },
	[COLUMN_FILLED] = { "filled", "bytes in the ring", { "FILLED", true, false, 0 } },
	[COLUMN_BAR] = { "bar", "fill as a bar", { "FILL", false, false, 0 } },
	[COLUMN_RATE] = { "rate", "bytes a second; - before the second look", { "RATE", true, false, 0 } },
	[COLUMN_AGE] = { "age", "time since it was made", { "AGE", true, false, 0 } },
	[COLUMN_CREATED] = { "created", "when it was made", { "CREATED", false, false, 0 } },
	[COLUMN_CAPACITY] = { "capacity", "bytes of the ring", { "CAPACITY", true, false, 0 } },
	[COLUMN_SEGMENT] = { "segment", "bytes of the segment", { "SEGMENT", true, false, 0 } },
	[COLUMN_PAGE] = { "page", "bytes of one page of its mapping", { "PAGE", true, false, 0 } },
	[COLUMN_OWNER] = { "owner", "user that it belongs to", { "OWNER", false, false, 0 } },
	[COLUMN_MODE] = { "mode", "permissions", { "MODE", false, false, 0 } },
	[COLUMN_KIND] = { "kind", "bytes or messages; resumable, detached", { "KIND", false, false, 0 } },
	[COLUMN_MAPS] = { "maps",
	                  "mappings: two of a writer, three of a reader",
	                  { "MAPS", true, false, 0 } },
};

/* What to show, from least to most: the last that fits, or the first anyway.  Pages, which cost time, come
 * last. */
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
	"channel,short,writer,reader,moved,rate,bar",
	"channel,short,writer,reader,moved,rate,bar,age",
	"channel,state,writer,reader,moved,rate,bar,age",
	"channel,state,writer,reader,moved,done,rate,bar,capacity,age",
	"channel,key,shmid,semid,state,writer,reader,moved,done,rate,bar,capacity,page,age",
	"channel,key,shmid,semid,state,writer,reader,moved,done,rate,bar,capacity,page,age,reason",
	NULL
};

static int find(const char *name, size_t length)
{
	int i;

	for (i = 0; i < COLUMN_COUNT; i++)
		if (strncasecmp(columns[i].name, name, length) == 0 && columns[i].name[length] == '\0')
			return i;
	return -1;
}

bool cli_columns_parse(const char *list, int *chosen, size_t *count)
{
	*count = 0;
	for (;;) {
		size_t length = strcspn(list, ",");
		int column = find(list, length);

		if (column == -1 || *count == CLI_COLUMNS_MOST)
			return false;
		chosen[(*count)++] = column;
		if (list[length] == '\0')
			return true;
		list += length + 1;
	}
}

void cli_columns_help(FILE *out)
{
	size_t i;

	for (i = 0; i < COLUMN_COUNT; i++)
		fprintf(out, "%-9s %s\n", columns[i].name, columns[i].meaning);
}

static const char *short_state(enum sv_state state)
{
	switch (state) {
	case SV_STATE_WAITING_READER: return "no reader";
	case SV_STATE_WAITING_WRITER: return "no writer";
	default: return sv_strstate(state);
	}
}

static char *bytes_text(char *out, size_t size, uint64_t bytes, bool exact)
{
	if (exact)
		snprintf(out, size, "%" PRIu64, bytes);
	else
		cli_short_bytes(out, size, (double)bytes);
	return out;
}

static bool is_of_header(enum column column)
{
	switch (column) {
	case COLUMN_MOVED:
	case COLUMN_WRITTEN:
	case COLUMN_DONE:
	case COLUMN_FILL:
	case COLUMN_FILLED:
	case COLUMN_BAR:
	case COLUMN_CAPACITY:
	case COLUMN_PAGE:
	case COLUMN_KIND: return true;
	default: return false;
	}
}

/* exact: numbers in full, times in seconds.  bar: what a bar may take. */
static char *cell_text(char *out, size_t size, const struct cli_channel *channel, enum column column,
                       bool exact, size_t bar)
{
	const struct sv_info *info = &channel->info;
	const struct sv_side *writer = &info->side[SV_WRITER], *reader = &info->side[SV_READER];

	snprintf(out, size, "-");
	if (is_of_header(column) && !cli_channel_has_facts(info))
		return out;
	switch (column) {
	case COLUMN_CHANNEL: return cli_channel_label(out, size, info);
	case COLUMN_NAME: return info->name[0] != '\0' ? cli_escape(out, size, info->name) : out;
	case COLUMN_PATH: return info->path[0] != '\0' ? cli_escape(out, size, info->path) : out;
	case COLUMN_KEY:
		if (info->key != 0)
			snprintf(out, size, "0x%08" PRIx32, info->key);
		return out;
	case COLUMN_ID: snprintf(out, size, "%d", info->project); return out;
	case COLUMN_SHMID:
		if (info->shmid != -1)
			snprintf(out, size, "%d", info->shmid);
		return out;
	case COLUMN_SEMID:
		if (info->semid != -1)
			snprintf(out, size, "%d", info->semid);
		return out;
	case COLUMN_STATE: snprintf(out, size, "%s", sv_strstate(info->state)); return out;
	case COLUMN_SHORT: snprintf(out, size, "%s", short_state(info->state)); return out;
	case COLUMN_REASON: return cli_escape(out, size, info->reason);
	case COLUMN_WRITER: return cli_channel_side(out, size, channel, SV_WRITER);
	case COLUMN_READER: return cli_channel_side(out, size, channel, SV_READER);
	case COLUMN_WPID:
		if (writer->pid != 0)
			snprintf(out, size, "%ld", writer->pid);
		return out;
	case COLUMN_RPID:
		if (reader->pid != 0)
			snprintf(out, size, "%ld", reader->pid);
		return out;
	case COLUMN_MOVED: return bytes_text(out, size, reader->position, exact);
	case COLUMN_WRITTEN: return bytes_text(out, size, writer->position, exact);
	case COLUMN_TOTAL: return info->total != SV_UNKNOWN ? bytes_text(out, size, info->total, exact) : out;
	case COLUMN_DONE:
		if (info->total != SV_UNKNOWN)
			snprintf(out, size, "%u%%",
			         info->total == 0 ? 100 : cli_percent(reader->position, info->total));
		return out;
	case COLUMN_FILL: snprintf(out, size, "%u%%", cli_channel_percent(info)); return out;
	case COLUMN_FILLED: return bytes_text(out, size, cli_channel_fill(info), exact);
	case COLUMN_BAR: return cli_bar(out, size, cli_channel_percent(info), bar);
	case COLUMN_RATE:
		if (channel->rate < 0 || (channel->rate == 0 && info->state != SV_STATE_RUNNING))
			return out;
		bytes_text(out, size, (uint64_t)channel->rate, exact);
		return exact ? out : strcat(out, "/s");
	case COLUMN_AGE:
		if (exact)
			snprintf(out, size, "%" PRId64, cli_seconds_since(info->created));
		else
			cli_short_age(out, size, cli_seconds_since(info->created));
		return out;
	case COLUMN_CREATED:
		if (!exact)
			return cli_time(out, size, info->created);
		snprintf(out, size, "%" PRId64, info->created);
		return out;
	case COLUMN_CAPACITY: return bytes_text(out, size, info->capacity, exact);
	case COLUMN_SEGMENT: return info->segment != 0 ? bytes_text(out, size, info->segment, exact) : out;
	case COLUMN_PAGE: return bytes_text(out, size, cli_page_size(info), exact);
	case COLUMN_OWNER:
		return info->shmid != -1 || info->semid != -1 ? cli_user(out, size, info->owner) : out;
	case COLUMN_MODE:
		if (info->shmid != -1 || info->semid != -1)
			snprintf(out, size, "%04o", info->mode);
		return out;
	case COLUMN_KIND: return cli_channel_kind(out, size, info->flags);
	case COLUMN_MAPS: snprintf(out, size, "%lu", info->maps); return out;
	case COLUMN_COUNT: break;
	}
	return out;
}

static void fill_table(struct cli_table *table, const struct cli_snapshot *look, const int *chosen,
                       size_t count, bool exact, size_t bar)
{
	char cell[2400];
	size_t i, j;

	cli_table_start(table);
	for (i = 0; i < count; i++)
		cli_table_column(table, &columns[chosen[i]].layout);
	for (i = 0; i < look->count; i++)
		for (j = 0; j < count; j++)
			cli_table_add(table, cell_text(cell, sizeof cell, &look->channel[i],
			                               (enum column)chosen[j], exact, bar));
}

static void fill_layout(struct cli_table *table, const struct cli_snapshot *look, const struct cli_view *view,
                        const char *layout, size_t bar)
{
	int chosen[CLI_COLUMNS_MOST];
	char list[256];
	size_t count;

	snprintf(list, sizeof list, "%s%s", layout, view->owner ? ",owner" : "");
	cli_columns_parse(list, chosen, &count);
	fill_table(table, look, chosen, count, view->exact, bar);
}

/* As many columns as fit. */
static void fit(struct cli_table *table, const struct cli_snapshot *look, const struct cli_view *view,
                size_t width)
{
	const char *const *layout = view->watching ? watch_layouts : layouts;
	struct cli_table wider;
	long spare, left;

	fill_layout(table, look, view, *layout, 0);
	spare = cli_table_spare(table, view->headings, width);
	for (; layout[1] != NULL; layout++) {
		fill_layout(&wider, look, view, layout[1], 0);
		left = cli_table_spare(&wider, view->headings, width);
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
		fill_layout(table, look, view, *layout, CLI_BAR_LEAST + (size_t)spare);
	}
}

void cli_columns_table(struct cli_table *table, const struct cli_snapshot *look, const struct cli_view *view,
                       size_t width)
{
	if (view->count > 0)
		fill_table(table, look, view->columns, view->count, view->exact, 0);
	else
		fit(table, look, view, width);
}
