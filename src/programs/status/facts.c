/* SPDX-License-Identifier: MIT */
#include "status/facts.h"

#include <inttypes.h>
#include <string.h>

#include "common/shell.h"
#include "common/states.h"
#include "common/text.h"
#include "status/names.h"

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
	/* The positions were read one after the other while they change, and may be forged. */
	int64_t filled = (int64_t)(info->side[SV_WRITER].position - info->side[SV_READER].position);

	if (filled < 0)
		return 0;
	return (uint64_t)filled > info->capacity ? info->capacity : (uint64_t)filled;
}

unsigned cli_channel_percent(const struct sv_info *info)
{
	return cli_percent(cli_channel_fill(info), info->capacity);
}

unsigned cli_channel_done(const struct sv_info *info)
{
	return info->total == 0 ? 100 : cli_percent(info->side[SV_READER].position, info->total);
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

char *cli_channel_command(char *out, size_t size, const char *program, const struct sv_info *info)
{
	bool named = info->name[0] != '\0';

	return cli_shell_command(out, size, program, NULL, named ? info->name : NULL,
	                         named ? NULL : info->path, info->project);
}

bool cli_channel_has_header(const struct sv_info *info)
{
	return info->capacity != 0;
}

char *cli_channel_side(char *out, size_t size, const struct cli_channel *channel, enum sv_role role,
                       char separator)
{
	const struct sv_side *side = &channel->info.side[role];

	if (side->pid == 0)
		snprintf(out, size, side->attached ? "?" : "-");
	else
		snprintf(out, size, "%ld%c%s", side->pid, separator,
		         side->attached   ? channel->command[role]
		         : side->finished ? "done"
		                          : "gone");
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

/* Negative: not known. */
static void time_json(struct cli_json *json, const char *key, int64_t seconds)
{
	if (seconds >= 0)
		cli_json_signed(json, key, seconds);
	else
		cli_json_null(json, key);
}

void cli_channel_json(struct cli_json *json, const struct cli_channel *channel)
{
	const struct sv_info *info = &channel->info;
	char text[32];

	cli_json_text(json, "name", info->name[0] != '\0' ? info->name : NULL);
	cli_json_text(json, "path", info->path[0] != '\0' ? info->path : NULL);
	snprintf(text, sizeof text, "0x%08" PRIx32, info->key);
	cli_json_text(json, "key", info->key != 0 ? text : NULL);
	cli_json_signed(json, "id", info->project);
	id_json(json, "shmid", info->shmid);
	id_json(json, "semid", info->semid);
	cli_json_text(json, "state", cli_state_word(info->state));
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
	time_json(json, "created", info->created > 0 ? info->created : -1);
	time_json(json, "age", cli_seconds_since(info->created));
	cli_json_unsigned(json, "segment", info->segment);
	cli_json_unsigned(json, "maps", info->maps);
	if (info->ipc_namespace != 0)
		cli_json_unsigned(json, "namespace", info->ipc_namespace);
	else
		cli_json_null(json, "namespace");
	cli_json_unsigned(json, "elsewhere", info->elsewhere);
	cli_json_unsigned(json, "owner", info->owner);
	snprintf(text, sizeof text, "%04o", info->mode);
	if (info->mode != 0)
		cli_json_text(json, "mode", text);
	else
		cli_json_null(json, "mode");
	cli_json_bool(json, "messages", (info->flags & SV_MESSAGES) != 0);
	cli_json_bool(json, "resumable", (info->flags & SV_RESUME) != 0);
	cli_json_bool(json, "detached", (info->flags & SV_DETACH) != 0);
}
