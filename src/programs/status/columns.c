/* SPDX-License-Identifier: MIT */
#include "status/columns.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "common/states.h"
#include "common/text.h"
#include "status/names.h"

/* A cell that is being written.  If a function writes nothing, its text is "-". */
struct cell {
	char *out;
	size_t size;
	const struct cli_channel *channel;
	const struct sv_info *info;
	const struct cli_view *view;
	size_t bar; /* width available for a bar */
};

static void put_bytes(const struct cell *cell, uint64_t bytes)
{
	if (cell->view->exact)
		snprintf(cell->out, cell->size, "%" PRIu64, bytes);
	else
		cli_short_bytes(cell->out, cell->size, (double)bytes);
}

static void put_id(const struct cell *cell, int id)
{
	if (id != -1)
		snprintf(cell->out, cell->size, "%d", id);
}

static void put_pid(const struct cell *cell, enum sv_role role)
{
	if (cell->info->side[role].pid != 0)
		snprintf(cell->out, cell->size, "%ld", cell->info->side[role].pid);
}

static bool has_object(const struct sv_info *info)
{
	return info->shmid != -1 || info->semid != -1;
}

static void channel(const struct cell *cell)
{
	cli_channel_label(cell->out, cell->size, cell->info);
}

static void name(const struct cell *cell)
{
	if (cell->info->name[0] != '\0')
		cli_escape(cell->out, cell->size, cell->info->name);
}

static void path(const struct cell *cell)
{
	if (cell->info->path[0] != '\0')
		cli_escape(cell->out, cell->size, cell->info->path);
}

static void key(const struct cell *cell)
{
	if (cell->info->key != 0)
		snprintf(cell->out, cell->size, "0x%08" PRIx32, cell->info->key);
}

static void id(const struct cell *cell)
{
	snprintf(cell->out, cell->size, "%d", cell->info->project);
}

static void shmid(const struct cell *cell)
{
	put_id(cell, cell->info->shmid);
}

static void semid(const struct cell *cell)
{
	put_id(cell, cell->info->semid);
}

static void state(const struct cell *cell)
{
	snprintf(cell->out, cell->size, "%s",
	         cell->view->raw ? cli_state_word(cell->info->state) : sv_strstate(cell->info->state));
}

static void short_state(const struct cell *cell)
{
	snprintf(cell->out, cell->size, "%s",
	         cell->view->raw ? cli_state_word(cell->info->state) : cli_state_short(cell->info->state));
}

static void reason(const struct cell *cell)
{
	cli_escape(cell->out, cell->size, cell->info->reason);
}

static void writer(const struct cell *cell)
{
	cli_channel_side(cell->out, cell->size, cell->channel, SV_WRITER, cell->view->raw ? '/' : ' ');
}

static void reader(const struct cell *cell)
{
	cli_channel_side(cell->out, cell->size, cell->channel, SV_READER, cell->view->raw ? '/' : ' ');
}

static void wpid(const struct cell *cell)
{
	put_pid(cell, SV_WRITER);
}

static void rpid(const struct cell *cell)
{
	put_pid(cell, SV_READER);
}

static void moved(const struct cell *cell)
{
	put_bytes(cell, cell->info->side[SV_READER].position);
}

static void written(const struct cell *cell)
{
	put_bytes(cell, cell->info->side[SV_WRITER].position);
}

static void total(const struct cell *cell)
{
	if (cell->info->total != SV_UNKNOWN)
		put_bytes(cell, cell->info->total);
}

static void done(const struct cell *cell)
{
	if (cell->info->total != SV_UNKNOWN)
		snprintf(cell->out, cell->size, "%u%%", cli_channel_done(cell->info));
}

static void fill(const struct cell *cell)
{
	snprintf(cell->out, cell->size, "%u%%", cli_channel_percent(cell->info));
}

static void filled(const struct cell *cell)
{
	put_bytes(cell, cli_channel_fill(cell->info));
}

static void bar(const struct cell *cell)
{
	if (cell->view->raw)
		fill(cell);
	else
		cli_bar(cell->out, cell->size, cli_channel_percent(cell->info), cell->bar);
}

static void rate(const struct cell *cell)
{
	double value = cell->channel->rate;

	if (value < 0 || (value == 0 && cell->info->state != SV_STATE_RUNNING))
		return;
	put_bytes(cell, (uint64_t)value);
	if (!cell->view->exact)
		strcat(cell->out, "/s");
}

static void age(const struct cell *cell)
{
	int64_t seconds = cli_seconds_since(cell->info->created);

	if (cell->view->exact && seconds >= 0)
		snprintf(cell->out, cell->size, "%" PRId64, seconds);
	else
		cli_short_age(cell->out, cell->size, seconds);
}

static void created(const struct cell *cell)
{
	char *blank;

	if (cell->view->exact) {
		snprintf(cell->out, cell->size, "%" PRId64, cell->info->created);
		return;
	}
	cli_time(cell->out, cell->size, cell->info->created);
	if (cell->view->raw && (blank = strchr(cell->out, ' ')) != NULL)
		*blank = 'T';
}

static void capacity(const struct cell *cell)
{
	put_bytes(cell, cell->info->capacity);
}

static void segment(const struct cell *cell)
{
	if (cell->info->segment != 0)
		put_bytes(cell, cell->info->segment);
}

static void owner(const struct cell *cell)
{
	if (has_object(cell->info))
		cli_user(cell->out, cell->size, cell->info->owner);
}

static void mode(const struct cell *cell)
{
	if (cell->info->mode != 0)
		snprintf(cell->out, cell->size, "%04o", cell->info->mode);
}

static void kind(const struct cell *cell)
{
	cli_channel_kind(cell->out, cell->size, cell->info->flags);
}

static void maps(const struct cell *cell)
{
	snprintf(cell->out, cell->size, "%lu", cell->info->maps);
}

static void elsewhere(const struct cell *cell)
{
	snprintf(cell->out, cell->size, "%u", cell->info->elsewhere);
}

/*
 * Columns that are never cut, and columns that may be cut to a least width, at their end or at their
 * beginning.
 */
#define TEXT(heading) \
	{ \
		heading, false, false, 0 \
	}
#define NUMBER(heading) \
	{ \
		heading, true, false, 0 \
	}
#define CUT(heading, least) \
	{ \
		heading, false, false, least \
	}
#define CUT_BEGIN(heading, least) \
	{ \
		heading, false, true, least \
	}

static const struct {
	const char *name, *meaning;
	struct cli_column layout;
	void (*put)(const struct cell *cell);
	bool of_header; /* "-" where the header of the segment could not be read */
} columns[] = {
	{ "channel", "name, else path; with :ID if that is not the default", CUT_BEGIN("CHANNEL", 20),
	  channel, false },
	{ "name", "name; - if it has none", CUT("NAME", 16), name, false },
	{ "path", "rendezvous file", CUT_BEGIN("PATH", 20), path, false },
	{ "key", "ftok(3) key", TEXT("KEY"), key, false },
	{ "id", "ftok(3) project id", NUMBER("ID"), id, false },
	{ "shmid", "id of the segment; - if there is none", NUMBER("SHMID"), shmid, false },
	{ "semid", "id of the semaphore set; - if there is none", NUMBER("SEMID"), semid, false },
	{ "state", "state in words", TEXT("STATE"), state, false },
	{ "short", "state in at most 9 characters", TEXT("STATE"), short_state, false },
	{ "reason", "why the state is what it is", CUT("REASON", 24), reason, false },
	{ "writer", "process id and command of the writer", TEXT("WRITER"), writer, false },
	{ "reader", "process id and command of the reader", TEXT("READER"), reader, false },
	{ "wpid", "process id of the writer", NUMBER("WPID"), wpid, false },
	{ "rpid", "process id of the reader", NUMBER("RPID"), rpid, false },
	{ "moved", "bytes that the reader has taken", NUMBER("MOVED"), moved, true },
	{ "written", "bytes that the writer has handed over", NUMBER("WRITTEN"), written, true },
	{ "total", "bytes that there will be; - if not known", NUMBER("TOTAL"), total, false },
	{ "done", "moved, in percent of the total", NUMBER("DONE"), done, true },
	{ "fill", "bytes in the ring, in percent of its capacity", NUMBER("FILL"), fill, true },
	{ "filled", "bytes in the ring", NUMBER("FILLED"), filled, true },
	{ "bar", "fill as a bar", TEXT("FILL"), bar, true },
	{ "rate", "bytes a second; - in the first snapshot", NUMBER("RATE"), rate, false },
	{ "age", "time since it was made", NUMBER("AGE"), age, false },
	{ "created", "when it was made", TEXT("CREATED"), created, false },
	{ "capacity", "bytes of the ring", NUMBER("CAPACITY"), capacity, true },
	{ "segment", "bytes of the segment", NUMBER("SEGMENT"), segment, false },
	{ "owner", "user that it belongs to", TEXT("OWNER"), owner, false },
	{ "mode", "permissions", TEXT("MODE"), mode, false },
	{ "kind", "bytes or messages; resumable, detached", TEXT("KIND"), kind, true },
	{ "maps", "mappings: two of a writer, three of a reader", NUMBER("MAPS"), maps, false },
	{ "elsewhere", "other IPC namespaces with a channel of this name", NUMBER("ELSEWHERE"), elsewhere,
	  false },
};
#define COLUMNS ((int)(sizeof columns / sizeof *columns))

static int find(const char *text, size_t length)
{
	int i;

	for (i = 0; i < COLUMNS; i++)
		if (strncasecmp(columns[i].name, text, length) == 0 && columns[i].name[length] == '\0')
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
	int i;

	for (i = 0; i < COLUMNS; i++)
		fprintf(out, "%-9s %s\n", columns[i].name, columns[i].meaning);
}

const struct cli_column *cli_columns_layout(int column)
{
	return &columns[column].layout;
}

/* Escape the blanks of a cell, which would make two fields of it. */
static void join(char *out, size_t size)
{
	size_t i, length = strlen(out);

	for (i = 0; i < length; i++)
		if (out[i] == ' ' && length + 3 < size) {
			memmove(out + i + 4, out + i + 1, length - i);
			memcpy(out + i, "\\x20", 4);
			length += 3;
		}
}

char *cli_columns_cell(char *out, size_t size, const struct cli_channel *channel_, int column,
                       const struct cli_view *view, size_t room)
{
	const struct cell cell = { out, size, channel_, &channel_->info, view, room };

	snprintf(out, size, "-");
	if (!columns[column].of_header || cli_channel_has_header(&channel_->info))
		columns[column].put(&cell);
	if (view->raw)
		join(out, size);
	return out;
}
