/* SPDX-License-Identifier: MIT */
#include "status/facts.h"

#include <inttypes.h>
#include <string.h>

#include "status/pages.h"
#include "status/table.h"
#include "common/text.h"

void cli_channel_take(struct cli_channel *channel, const struct sv_info *info)
{
	int role;

	channel->info = *info;
	channel->rate = -1;
	for (role = SV_WRITER; role <= SV_READER; role++) {
		channel->command[role][0] = '\0';
		if (info->side[role].attached && info->side[role].pid != 0)
			cli_command(channel->command[role], sizeof channel->command[role],
			            info->side[role].pid);
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

unsigned cli_channel_percent(const struct sv_info *info)
{
	return cli_percent(cli_channel_fill(info), info->capacity);
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

bool cli_channel_has_facts(const struct sv_info *info)
{
	return info->capacity != 0;
}

char *cli_channel_side(char *out, size_t size, const struct cli_channel *channel, enum sv_role role)
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

char *cli_channel_kind(char *out, size_t size, unsigned flags)
{
	const char *more = (flags & SV_RESUME) != 0   ? ",resumable"
	                   : (flags & SV_DETACH) != 0 ? ",detached"
	                                              : "";

	snprintf(out, size, "%s%s", (flags & SV_MESSAGES) != 0 ? "messages" : "bytes", more);
	return out;
}

/* "label     text", the text broken at blanks to fit; a word that is longer than a line is cut where the line
 * ends. */
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

	cli_channel_side(who, sizeof who, channel, role);
	if (side->pid == 0) {
		put_fact(out, label, side->attached ? "attached, its process is not known" : "none", width);
		return;
	}
	used = (size_t)snprintf(text, sizeof text, "%s", who);
	if (side->uid != channel->info.owner)
		used += (size_t)snprintf(text + used, sizeof text - used, ", user %s",
		                         cli_user(who, sizeof who, side->uid));
	used += (size_t)snprintf(text + used, sizeof text - used, ", %" PRIu64 " bytes (%s)", side->position,
	                         cli_short_bytes(position, sizeof position, (double)side->position));
	if (side->finished)
		used += (size_t)snprintf(text + used, sizeof text - used, ", finished");
	else if (side->sys_errno != 0)
		used += (size_t)snprintf(text + used, sizeof text - used, ", gave up: %s",
		                         strerror(side->sys_errno));
	else if (side->signal != 0)
		used += (size_t)snprintf(text + used, sizeof text - used, ", ended by signal %d",
		                         side->signal);
	if (side->asleep)
		snprintf(text + used, sizeof text - used, ", waits for the other");
	put_fact(out, label, text, width);
}

static void put_ring(FILE *out, const struct cli_channel *channel, size_t width)
{
	const struct sv_info *info = &channel->info;
	char text[256], filled[16], capacity[16], bar[64], moved[16], total[16];

	snprintf(text, sizeof text, "%s %s of %s filled",
	         cli_bar(bar, sizeof bar, cli_channel_percent(info),
	                 width > 0 && width < 50 ? CLI_BAR_LEAST : CLI_BAR_MOST),
	         cli_short_bytes(filled, sizeof filled, (double)cli_channel_fill(info)),
	         cli_short_bytes(capacity, sizeof capacity, (double)info->capacity));
	put_fact(out, "ring", text, width);
	cli_short_bytes(moved, sizeof moved, (double)info->side[SV_READER].position);
	if (info->total != SV_UNKNOWN)
		snprintf(text, sizeof text, "%s of %s (%u%%)", moved,
		         cli_short_bytes(total, sizeof total, (double)info->total),
		         info->total == 0 ? 100 : cli_percent(info->side[SV_READER].position, info->total));
	else
		snprintf(text, sizeof text, "%s", moved);
	if (channel->rate >= 0) {
		size_t used = strlen(text);

		snprintf(text + used, sizeof text - used, ", %s/s",
		         cli_short_bytes(total, sizeof total, channel->rate));
	}
	put_fact(out, "moved", text, width);
}

void cli_channel_detail(FILE *out, const struct cli_channel *channel, size_t width)
{
	const struct sv_info *info = &channel->info;
	char text[2400], a[1200], b[80], c[80];

	put_fact(out, "channel", cli_channel_label(a, sizeof a, info), width);
	snprintf(text, sizeof text, "%s: %s", sv_strstate(info->state),
	         cli_escape(a, sizeof a, info->reason));
	put_fact(out, "state", text, width);
	if (cli_channel_has_facts(info)) {
		put_side(out, channel, SV_WRITER, width);
		put_side(out, channel, SV_READER, width);
		put_ring(out, channel, width);
	}
	if (info->created > 0) {
		snprintf(text, sizeof text, "%s, made %s",
		         cli_short_age(b, sizeof b, cli_seconds_since(info->created)),
		         cli_time(c, sizeof c, info->created));
		put_fact(out, "age", text, width);
	}
	if (cli_channel_has_facts(info)) {
		snprintf(text, sizeof text, "%s; pages of %s", cli_channel_kind(b, sizeof b, info->flags),
		         cli_short_bytes(c, sizeof c, (double)cli_page_size(info)));
		put_fact(out, "kind", text, width);
	}
	snprintf(text, sizeof text, "0x%08" PRIx32 ", project id %d", info->key, info->project);
	put_fact(out, "key", text, width);
	if (info->shmid != -1) {
		snprintf(text, sizeof text, "%d, %" PRIu64 " bytes, %lu mappings", info->shmid, info->segment,
		         info->maps);
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

static void side_json(struct cli_json *json, const char *key, const struct cli_channel *channel,
                      enum sv_role role)
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
	static const char *const words[] = { "waiting_reader", "waiting_writer", "running",
		                             "finishing",      "detached",       "resumable",
		                             "stale",          "foreign",        "corrupt" };
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
		cli_json_real(json, "rate", channel->rate, 3);
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
