/* SPDX-License-Identifier: MIT */
#include "cli_channel.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "cli_pages.h"
#include "cli_text.h"

/* In the order of columns[] below. */
enum column {
	COLUMN_CHANNEL, COLUMN_NAME, COLUMN_PATH, COLUMN_KEY, COLUMN_ID, COLUMN_SHMID, COLUMN_SEMID, COLUMN_STATE, COLUMN_SHORT,
	COLUMN_REASON, COLUMN_WRITER, COLUMN_READER, COLUMN_WPID, COLUMN_RPID, COLUMN_MOVED, COLUMN_WRITTEN, COLUMN_TOTAL,
	COLUMN_DONE, COLUMN_FILL, COLUMN_FILLED, COLUMN_BAR, COLUMN_RATE, COLUMN_AGE, COLUMN_CREATED, COLUMN_CAPACITY,
	COLUMN_SEGMENT, COLUMN_PAGE, COLUMN_OWNER, COLUMN_MODE, COLUMN_KIND, COLUMN_MAPS, COLUMN_COUNT
};

static const struct {
	const char *name, *meaning;
	struct cli_column layout;
} columns[COLUMN_COUNT] = {
	[COLUMN_CHANNEL] = { "channel", "name, else path; with :ID if that is not the default", { "CHANNEL", false, true, 16 } },
	[COLUMN_NAME] = { "name", "name; - if it has none", { "NAME", false, false, 16 } },
	[COLUMN_PATH] = { "path", "rendezvous file", { "PATH", false, true, 20 } },
	[COLUMN_KEY] = { "key", "ftok(3) key", { "KEY", false, false, 0 } },
	[COLUMN_ID] = { "id", "ftok(3) project id", { "ID", true, false, 0 } },
	[COLUMN_SHMID] = { "shmid", "id of the segment; - if there is none", { "SHMID", true, false, 0 } },
	[COLUMN_SEMID] = { "semid", "id of the semaphore set; - if there is none", { "SEMID", true, false, 0 } },
	[COLUMN_STATE] = { "state", "state in words", { "STATE", false, false, 0 } },
	[COLUMN_SHORT] = { "short", "state in at most 9 characters", { "STATE", false, false, 0 } },
	[COLUMN_REASON] = { "reason", "why the state is what it is", { "REASON", false, false, 24 } },
	[COLUMN_WRITER] = { "writer", "process id and command of the writer", { "WRITER", false, false, 0 } },
	[COLUMN_READER] = { "reader", "process id and command of the reader", { "READER", false, false, 0 } },
	[COLUMN_WPID] = { "wpid", "process id of the writer", { "WPID", true, false, 0 } },
	[COLUMN_RPID] = { "rpid", "process id of the reader", { "RPID", true, false, 0 } },
	[COLUMN_MOVED] = { "moved", "bytes that the reader has taken", { "MOVED", true, false, 0 } },
	[COLUMN_WRITTEN] = { "written", "bytes that the writer has handed over", { "WRITTEN", true, false, 0 } },
	[COLUMN_TOTAL] = { "total", "bytes that there will be; - if not known", { "TOTAL", true, false, 0 } },
	[COLUMN_DONE] = { "done", "moved, in percent of the total", { "DONE", true, false, 0 } },
	[COLUMN_FILL] = { "fill", "bytes in the ring, in percent of its capacity", { "FILL", true, false, 0 } },
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
	[COLUMN_MAPS] = { "maps", "mappings: two of a writer, three of a reader", { "MAPS", true, false, 0 } },
};

void cli_channel_take(struct cli_channel *channel, const struct sv_info *info)
{
	int role;

	channel->info = *info;
	channel->rate = -1;
	for (role = SV_WRITER; role <= SV_READER; role++) {
		channel->command[role][0] = '\0';
		if (info->side[role].attached && info->side[role].pid != 0)
			cli_command(channel->command[role], sizeof channel->command[role], info->side[role].pid);
	}
}

uint64_t cli_channel_fill(const struct sv_info *info)
{
	/* Two numbers from moving memory, and not to be trusted. */
	int64_t filled = (int64_t)(info->side[SV_WRITER].position - info->side[SV_READER].position);

	if (filled < 0)
		return 0;
	return (uint64_t)filled > info->capacity ? info->capacity : (uint64_t)filled;
}

static unsigned percent(uint64_t part, uint64_t whole)
{
	double value = whole == 0 ? 0 : 100.0 * (double)part / (double)whole;

	return value > 100 ? 100 : (unsigned)value;
}

unsigned cli_channel_percent(const struct sv_info *info)
{
	return percent(cli_channel_fill(info), info->capacity);
}

char *cli_channel_label(char *out, size_t size, const struct sv_info *info)
{
	size_t used;

	cli_escape(out, size, info->name[0] != '\0' ? info->name : info->path[0] != '\0' ? info->path : "-");
	used = strlen(out);
	if (info->project != 0 && info->project != SV_PROJECT_DEFAULT)
		snprintf(out + used, size - used, ":%d", info->project);
	return out;
}

const char *cli_channel_column(size_t number, const char **meaning)
{
	if (number >= COLUMN_COUNT)
		return NULL;
	*meaning = columns[number].meaning;
	return columns[number].name;
}

int cli_channel_column_find(const char *name, size_t length)
{
	int i;

	for (i = 0; i < COLUMN_COUNT; i++)
		if (strncasecmp(columns[i].name, name, length) == 0 && columns[i].name[length] == '\0')
			return i;
	return -1;
}

const struct cli_column *cli_channel_column_layout(int number)
{
	return &columns[number].layout;
}

static const char *short_state(enum sv_state state)
{
	switch (state) {
	case SV_STATE_WAITING_READER: return "no reader";
	case SV_STATE_WAITING_WRITER: return "no writer";
	default: return sv_strstate(state);
	}
}

static char *side_text(char *out, size_t size, const struct cli_channel *channel, enum sv_role role)
{
	const struct sv_side *side = &channel->info.side[role];

	if (side->pid == 0)
		snprintf(out, size, side->attached ? "?" : "-");
	else if (side->attached)
		snprintf(out, size, "%ld %s", side->pid, channel->command[role]);
	else
		snprintf(out, size, "%ld %s", side->pid, side->finished ? "done" : "gone");
	return out;
}

static char *bytes_text(char *out, size_t size, uint64_t bytes, bool exact)
{
	if (exact)
		snprintf(out, size, "%" PRIu64, bytes);
	else
		cli_short_bytes(out, size, (double)bytes);
	return out;
}

static char *bar_text(char *out, size_t size, unsigned percentage, size_t width)
{
	static const char full[] = "##################################################";
	size_t cells = width < CLI_BAR_LEAST ? CLI_BAR_LEAST - 7 : (width > CLI_BAR_MOST ? CLI_BAR_MOST : width) - 7;
	/* Neither empty nor full looks so unless it is. */
	size_t filled = (cells * percentage + 50) / 100;

	if (filled == 0 && percentage > 0)
		filled = 1;
	if (filled == cells && percentage < 100)
		filled--;
	snprintf(out, size, "[%.*s%*s] %3u%%", (int)filled, full, (int)(cells - filled), "", percentage);
	return out;
}

static char *time_text(char *out, size_t size, int64_t when, bool exact)
{
	time_t t = (time_t)when;
	struct tm tm;

	if (exact)
		snprintf(out, size, "%" PRId64, when);
	else if (when <= 0 || localtime_r(&t, &tm) == NULL || strftime(out, size, "%Y-%m-%d %H:%M:%S", &tm) == 0)
		snprintf(out, size, "-");
	return out;
}

static char *kind_text(char *out, size_t size, unsigned flags)
{
	const char *more = (flags & SV_RESUME) != 0 ? ",resumable" : (flags & SV_DETACH) != 0 ? ",detached" : "";

	snprintf(out, size, "%s%s", (flags & SV_MESSAGES) != 0 ? "messages" : "bytes", more);
	return out;
}

/* Is there a header whose facts are shown? */
static bool has_facts(const struct sv_info *info)
{
	return info->capacity != 0;
}

static bool is_of_header(int column)
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
	case COLUMN_KIND:
		return true;
	default:
		return false;
	}
}

char *cli_channel_cell(char *out, size_t size, const struct cli_channel *channel, int column, bool exact, size_t bar)
{
	const struct sv_info *info = &channel->info;
	const struct sv_side *writer = &info->side[SV_WRITER], *reader = &info->side[SV_READER];

	snprintf(out, size, "-");
	if (is_of_header(column) && !has_facts(info))
		return out;
	switch ((enum column)column) {
	case COLUMN_CHANNEL:
		return cli_channel_label(out, size, info);
	case COLUMN_NAME:
		return info->name[0] != '\0' ? cli_escape(out, size, info->name) : out;
	case COLUMN_PATH:
		return info->path[0] != '\0' ? cli_escape(out, size, info->path) : out;
	case COLUMN_KEY:
		if (info->key != 0)
			snprintf(out, size, "0x%08" PRIx32, info->key);
		return out;
	case COLUMN_ID:
		snprintf(out, size, "%d", info->project);
		return out;
	case COLUMN_SHMID:
		if (info->shmid != -1)
			snprintf(out, size, "%d", info->shmid);
		return out;
	case COLUMN_SEMID:
		if (info->semid != -1)
			snprintf(out, size, "%d", info->semid);
		return out;
	case COLUMN_STATE:
		snprintf(out, size, "%s", sv_strstate(info->state));
		return out;
	case COLUMN_SHORT:
		snprintf(out, size, "%s", short_state(info->state));
		return out;
	case COLUMN_REASON:
		return cli_escape(out, size, info->reason);
	case COLUMN_WRITER:
		return side_text(out, size, channel, SV_WRITER);
	case COLUMN_READER:
		return side_text(out, size, channel, SV_READER);
	case COLUMN_WPID:
		if (writer->pid != 0)
			snprintf(out, size, "%ld", writer->pid);
		return out;
	case COLUMN_RPID:
		if (reader->pid != 0)
			snprintf(out, size, "%ld", reader->pid);
		return out;
	case COLUMN_MOVED:
		return bytes_text(out, size, reader->position, exact);
	case COLUMN_WRITTEN:
		return bytes_text(out, size, writer->position, exact);
	case COLUMN_TOTAL:
		return info->total != SV_UNKNOWN ? bytes_text(out, size, info->total, exact) : out;
	case COLUMN_DONE:
		if (info->total != SV_UNKNOWN)
			snprintf(out, size, "%u%%", info->total == 0 ? 100 : percent(reader->position, info->total));
		return out;
	case COLUMN_FILL:
		snprintf(out, size, "%u%%", cli_channel_percent(info));
		return out;
	case COLUMN_FILLED:
		return bytes_text(out, size, cli_channel_fill(info), exact);
	case COLUMN_BAR:
		return bar_text(out, size, cli_channel_percent(info), bar);
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
		return time_text(out, size, info->created, exact);
	case COLUMN_CAPACITY:
		return bytes_text(out, size, info->capacity, exact);
	case COLUMN_SEGMENT:
		return info->segment != 0 ? bytes_text(out, size, info->segment, exact) : out;
	case COLUMN_PAGE:
		return bytes_text(out, size, cli_page_size(info), exact);
	case COLUMN_OWNER:
		return info->shmid != -1 || info->semid != -1 ? cli_user(out, size, info->owner) : out;
	case COLUMN_MODE:
		if (info->shmid != -1 || info->semid != -1)
			snprintf(out, size, "%04o", info->mode);
		return out;
	case COLUMN_KIND:
		return kind_text(out, size, info->flags);
	case COLUMN_MAPS:
		snprintf(out, size, "%lu", info->maps);
		return out;
	case COLUMN_COUNT:
		break;
	}
	return out;
}

/* "label     text", the text broken at blanks to fit; a word that is longer than a line is cut where the line ends. */
static void put_fact(FILE *out, const char *label, const char *text, size_t width)
{
	const size_t indent = 10;
	size_t left = width > indent + 8 ? width - indent : 0;
	size_t used = 0;

	fprintf(out, "%-*s", (int)indent, label);
	while (*text != '\0') {
		size_t word = strcspn(text + 1, " ") + 1;
		char part[1200];

		snprintf(part, sizeof part, "%.*s", (int)word, text);
		if (left > 0 && used > 0 && used + cli_text_width(part) > left) {
			fprintf(out, "\n%*s", (int)indent, "");
			used = 0;
			cli_print_cut(out, part + (*part == ' '), left);
		} else {
			cli_print_cut(out, part, left > 0 ? left - used : 0);
		}
		used += cli_text_width(part);
		text += word;
	}
	putc('\n', out);
}

static void put_side(FILE *out, const struct cli_channel *channel, enum sv_role role, size_t width)
{
	const char *label = role == SV_WRITER ? "writer" : "reader";
	const struct sv_side *side = &channel->info.side[role];
	char text[400], who[80], position[32];
	size_t used;

	side_text(who, sizeof who, channel, role);
	if (side->pid == 0) {
		put_fact(out, label, side->attached ? "attached, its process is not known" : "none", width);
		return;
	}
	used = (size_t)snprintf(text, sizeof text, "%s", who);
	if (side->uid != channel->info.owner)
		used += (size_t)snprintf(text + used, sizeof text - used, ", user %s", cli_user(who, sizeof who, side->uid));
	used += (size_t)snprintf(text + used, sizeof text - used, ", %" PRIu64 " bytes (%s)", side->position,
	                         cli_short_bytes(position, sizeof position, (double)side->position));
	if (side->finished)
		used += (size_t)snprintf(text + used, sizeof text - used, ", finished");
	else if (side->sys_errno != 0)
		used += (size_t)snprintf(text + used, sizeof text - used, ", gave up: %s", strerror(side->sys_errno));
	else if (side->signal != 0)
		used += (size_t)snprintf(text + used, sizeof text - used, ", ended by signal %d", side->signal);
	if (side->asleep)
		snprintf(text + used, sizeof text - used, ", waits for the other");
	put_fact(out, label, text, width);
}

static void put_ring(FILE *out, const struct cli_channel *channel, size_t width)
{
	const struct sv_info *info = &channel->info;
	char text[256], filled[16], capacity[16], bar[64], moved[16], total[16];

	snprintf(text, sizeof text, "%s %s of %s filled",
	         bar_text(bar, sizeof bar, cli_channel_percent(info), width > 0 && width < 50 ? CLI_BAR_LEAST : CLI_BAR_MOST),
	         cli_short_bytes(filled, sizeof filled, (double)cli_channel_fill(info)),
	         cli_short_bytes(capacity, sizeof capacity, (double)info->capacity));
	put_fact(out, "ring", text, width);
	cli_short_bytes(moved, sizeof moved, (double)info->side[SV_READER].position);
	if (info->total != SV_UNKNOWN)
		snprintf(text, sizeof text, "%s of %s (%u%%)", moved, cli_short_bytes(total, sizeof total, (double)info->total),
		         info->total == 0 ? 100 : percent(info->side[SV_READER].position, info->total));
	else
		snprintf(text, sizeof text, "%s", moved);
	if (channel->rate >= 0) {
		size_t used = strlen(text);

		snprintf(text + used, sizeof text - used, ", %s/s", cli_short_bytes(total, sizeof total, channel->rate));
	}
	put_fact(out, "moved", text, width);
}

void cli_channel_detail(FILE *out, const struct cli_channel *channel, size_t width)
{
	const struct sv_info *info = &channel->info;
	char text[2400], a[1200], b[80], c[80];

	put_fact(out, "channel", cli_channel_label(a, sizeof a, info), width);
	snprintf(text, sizeof text, "%s: %s", sv_strstate(info->state), cli_escape(a, sizeof a, info->reason));
	put_fact(out, "state", text, width);
	if (has_facts(info)) {
		put_side(out, channel, SV_WRITER, width);
		put_side(out, channel, SV_READER, width);
		put_ring(out, channel, width);
	}
	if (info->created > 0) {
		snprintf(text, sizeof text, "%s, made %s", cli_short_age(b, sizeof b, cli_seconds_since(info->created)),
		         time_text(c, sizeof c, info->created, false));
		put_fact(out, "age", text, width);
	}
	if (has_facts(info)) {
		snprintf(text, sizeof text, "%s; pages of %s", kind_text(b, sizeof b, info->flags),
		         cli_short_bytes(c, sizeof c, (double)cli_page_size(info)));
		put_fact(out, "kind", text, width);
	}
	snprintf(text, sizeof text, "0x%08" PRIx32 ", project id %d", info->key, info->project);
	put_fact(out, "key", text, width);
	if (info->shmid != -1) {
		snprintf(text, sizeof text, "%d, %" PRIu64 " bytes, %lu mappings", info->shmid, info->segment, info->maps);
		put_fact(out, "segment", text, width);
	}
	if (info->semid != -1) {
		snprintf(text, sizeof text, "%d", info->semid);
		put_fact(out, "set", text, width);
	}
	if (info->shmid != -1 || info->semid != -1) {
		snprintf(text, sizeof text, "%s, mode %04o", cli_user(b, sizeof b, info->owner), info->mode);
		put_fact(out, "owner", text, width);
	}
	if (info->path[0] != '\0')
		put_fact(out, "path", cli_escape(a, sizeof a, info->path), width);
}

static void side_json(struct cli_json *json, const char *key, const struct cli_channel *channel, enum sv_role role)
{
	const struct sv_side *side = &channel->info.side[role];

	if (side->pid == 0 && !side->attached) {
		cli_json_null(json, key);
		return;
	}
	cli_json_open(json, key, '{');
	if (side->pid != 0)
		cli_json_signed(json, "pid", side->pid);
	else
		cli_json_null(json, "pid");
	cli_json_text(json, "command", channel->command[role][0] != '\0' ? channel->command[role] : NULL);
	cli_json_unsigned(json, "uid", side->uid);
	cli_json_bool(json, "attached", side->attached);
	cli_json_bool(json, "asleep", side->asleep);
	cli_json_bool(json, "finished", side->finished);
	cli_json_signed(json, "errno", side->sys_errno);
	cli_json_signed(json, "signal", side->signal);
	cli_json_unsigned(json, "position", side->position);
	cli_json_close(json, '}');
}

static void id_json(struct cli_json *json, const char *key, int id)
{
	if (id != -1)
		cli_json_signed(json, key, id);
	else
		cli_json_null(json, key);
}

void cli_channel_json(struct cli_json *json, const struct cli_channel *channel)
{
	static const char *const words[] = { "waiting_reader", "waiting_writer", "running", "finishing", "detached",
		                             "resumable",      "stale",          "foreign", "corrupt" };
	const struct sv_info *info = &channel->info;
	char text[32];

	cli_json_text(json, "name", info->name[0] != '\0' ? info->name : NULL);
	cli_json_text(json, "path", info->path[0] != '\0' ? info->path : NULL);
	snprintf(text, sizeof text, "0x%08" PRIx32, info->key);
	cli_json_text(json, "key", text);
	cli_json_signed(json, "id", info->project);
	id_json(json, "shmid", info->shmid);
	id_json(json, "semid", info->semid);
	cli_json_text(json, "state", words[info->state]);
	cli_json_text(json, "reason", info->reason);
	side_json(json, "writer", channel, SV_WRITER);
	side_json(json, "reader", channel, SV_READER);
	cli_json_unsigned(json, "moved", info->side[SV_READER].position);
	cli_json_unsigned(json, "written", info->side[SV_WRITER].position);
	if (info->total != SV_UNKNOWN)
		cli_json_unsigned(json, "total", info->total);
	else
		cli_json_null(json, "total");
	cli_json_unsigned(json, "filled", cli_channel_fill(info));
	cli_json_unsigned(json, "capacity", info->capacity);
	if (channel->rate >= 0)
		cli_json_real(json, "rate", channel->rate);
	else
		cli_json_null(json, "rate");
	cli_json_signed(json, "created", info->created);
	cli_json_signed(json, "age", cli_seconds_since(info->created));
	cli_json_unsigned(json, "segment", info->segment);
	cli_json_unsigned(json, "page", cli_page_size(info));
	cli_json_unsigned(json, "maps", info->maps);
	cli_json_unsigned(json, "owner", info->owner);
	snprintf(text, sizeof text, "%04o", info->mode);
	cli_json_text(json, "mode", text);
	cli_json_bool(json, "messages", (info->flags & SV_MESSAGES) != 0);
	cli_json_bool(json, "resumable", (info->flags & SV_RESUME) != 0);
	cli_json_bool(json, "detached", (info->flags & SV_DETACH) != 0);
}
