/* SPDX-License-Identifier: MIT */
/* facts.h - one channel: the library's facts, what follows from them, and all of it as JSON. */
#ifndef SV_STATUS_FACTS_H
#define SV_STATUS_FACTS_H

#include "common/messages.h"
#include "common/json.h"

struct cli_channel {
	struct sv_info info;
	double rate;         /* bytes a second that the reader released; negative: not known */
	char command[2][72]; /* commands of the attached sides, escaped; empty: none */
};

/* Fill in the facts and the commands of the attached processes; the rate is not known yet. */
void cli_channel_take(struct cli_channel *channel, const struct sv_info *info);

/* Bytes in the ring now, and how much of its capacity that is, 0 to 100. */
uint64_t cli_channel_fill(const struct sv_info *info);
unsigned cli_channel_percent(const struct sv_info *info);

/* How much of the total has been moved, 0 to 100.  The total is known. */
unsigned cli_channel_done(const struct sv_info *info);

/* Name, or path, with ":ID" if the project id is not the default; escaped. */
char *cli_channel_label(char *out, size_t size, const struct sv_info *info);

/* A complete command for this channel, which is in $SVIPC_DIR; see cli_shell_command(). */
char *cli_channel_command(char *out, size_t size, const char *program, const struct sv_info *info);

/* Could the header of the segment be read? */
bool cli_channel_has_header(const struct sv_info *info);

/* A side: "1234 svwrite", "1234 done", "1234 gone", or "-".  separator replaces the blank in these. */
char *cli_channel_side(char *out, size_t size, const struct cli_channel *channel, enum sv_role role,
                       char separator);

/* "bytes" or "messages", and ",resumable" or ",detached". */
char *cli_channel_kind(char *out, size_t size, unsigned flags);

/* Write the members into an open JSON object. */
void cli_channel_json(struct cli_json *json, const struct cli_channel *channel);

#endif
