/* SPDX-License-Identifier: MIT */
#include "status/detail.h"

#include <inttypes.h>
#include <string.h>

#include "common/shell.h"
#include "common/text.h"
#include "status/names.h"
#include "status/table.h"

#define INDENT ((size_t)10)
/* A window with fewer columns beside a label gets the label above the text. */
#define LEAST_TEXT ((size_t)10)

/*
 * "label     text": the text is broken at blanks to fit into width columns, and a word that is longer than a
 * line is cut.  Width 0: one line.
 */
static void put_fact(FILE *out, const char *label, const char *text, size_t width)
{
	bool beside = width == 0 || width >= INDENT + LEAST_TEXT;
	size_t indent = beside ? INDENT : width > 4 ? 2 : 0;
	size_t room = width > 0 ? width - indent : 0, used = 0, length;
	char part[1200];

	if (beside) {
		fprintf(out, "%-*s", (int)indent, label);
	} else {
		cli_print_cut(out, label, width);
		fprintf(out, "\n%*s", (int)indent, "");
	}
	while (*text != '\0') {
		length = strcspn(text + 1, " ") + 1;
		snprintf(part, sizeof part, "%.*s", (int)length, text);
		if (room > 0 && used > 0 && used + cli_text_width(part) > room) {
			fprintf(out, "\n%*s", (int)indent, "");
			used = 0;
			if (*part == ' ')
				memmove(part, part + 1, strlen(part));
		}
		cli_print_cut(out, part, room);
		used += cli_text_width(part);
		text += length;
	}
	putc('\n', out);
}

static void put_side(FILE *out, const struct cli_channel *channel, enum sv_role role, size_t width)
{
	const char *label = role == SV_WRITER ? "writer" : "reader";
	const struct sv_side *side = &channel->info.side[role];
	char text[400], who[80], position[32];
	size_t used;

	cli_channel_side(who, sizeof who, channel, role, ' ');
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
		         cli_short_bytes(total, sizeof total, (double)info->total), cli_channel_done(info));
	else
		snprintf(text, sizeof text, "%s", moved);
	if (channel->rate >= 0) {
		size_t used = strlen(text);

		snprintf(text + used, sizeof text - used, ", %s/s",
		         cli_short_bytes(total, sizeof total, channel->rate));
	}
	put_fact(out, "moved", text, width);
}

/* The command that frees the name again, if nobody is attached. */
static void put_remedy(FILE *out, const struct sv_info *info, size_t width)
{
	static char command[CLI_COMMAND_SIZE];
	bool kept = info->state == SV_STATE_DETACHED || info->state == SV_STATE_RESUMABLE;

	if ((!kept && info->state != SV_STATE_STALE && info->state != SV_STATE_CORRUPT) || info->maps > 0)
		return;
	cli_channel_command(command, sizeof command, kept ? "svclean -a" : "svclean", info);
	put_fact(out, kept ? "drop" : "remove", command, width);
}

void cli_detail_print(FILE *out, const struct cli_channel *channel, size_t width)
{
	const struct sv_info *info = &channel->info;
	char text[2400], a[1200], b[80], c[80];
	size_t used;

	put_fact(out, "channel", cli_channel_label(a, sizeof a, info), width);
	snprintf(text, sizeof text, "%s: %s", sv_strstate(info->state),
	         cli_escape(a, sizeof a, info->reason));
	put_fact(out, "state", text, width);
	if (cli_channel_has_header(info)) {
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
	if (cli_channel_has_header(info))
		put_fact(out, "kind", cli_channel_kind(b, sizeof b, info->flags), width);
	snprintf(text, sizeof text, "0x%08" PRIx32 ", project id %d", info->key, info->project);
	put_fact(out, "key", text, width);
	if (info->shmid != -1) {
		if (info->segment > 0)
			snprintf(text, sizeof text, "%d, %" PRIu64 " bytes, %lu mappings", info->shmid,
			         info->segment, info->maps);
		else
			snprintf(text, sizeof text, "%d", info->shmid);
		put_fact(out, "segment", text, width);
	}
	if (info->semid != -1) {
		snprintf(text, sizeof text, "%d", info->semid);
		put_fact(out, "set", text, width);
	}
	if (info->shmid != -1 || info->semid != -1) {
		used = (size_t)snprintf(text, sizeof text, "%s", cli_user(b, sizeof b, info->owner));
		if (info->mode != 0)
			snprintf(text + used, sizeof text - used, ", mode %04o", info->mode);
		put_fact(out, "owner", text, width);
	}
	if (info->ipc_namespace != 0) {
		used = (size_t)snprintf(text, sizeof text, "ipc:[%" PRIu64 "]", info->ipc_namespace);
		if (info->elsewhere > 0)
			snprintf(text + used, sizeof text - used,
			         "; the same name is in use in %u other%s, which cannot be seen from here",
			         info->elsewhere, info->elsewhere == 1 ? "" : "s");
		put_fact(out, "namespace", text, width);
	}
	if (info->path[0] != '\0')
		put_fact(out, "path", cli_escape(a, sizeof a, info->path), width);
	put_remedy(out, info, width);
}
