/* SPDX-License-Identifier: MIT */
/* facts.h - one channel as others see it: facts, in detail, as JSON. */
#ifndef SV_STATUS_FACTS_H
#define SV_STATUS_FACTS_H

#include "common/messages.h"
#include "common/json.h"

/* A channel and what two looks at it tell. */
struct cli_channel {
	struct sv_info info;
	double rate;         /* bytes a second that the reader released; negative: not known */
	char command[2][72]; /* of the attached sides */
};

/* One look: the facts, and the commands of the processes. */
void cli_channel_take(struct cli_channel *channel, const struct sv_info *info);

/* Bytes in the ring now, and how much of its capacity that is, 0 to 100. */
uint64_t cli_channel_fill(const struct sv_info *info);
unsigned cli_channel_percent(const struct sv_info *info);

/* Name, or path, with ":ID" if the project id is not the default; escaped. */
char *cli_channel_label(char *out, size_t size, const struct sv_info *info);

/* Is there a header to take facts from? */
bool cli_channel_has_facts(const struct sv_info *info);

/* A side: "1234 svwrite", "1234 done", "1234 gone", or "-". */
char *cli_channel_side(char *out, size_t size, const struct cli_channel *channel, enum sv_role role);

/* "bytes" or "messages", and ",resumable" or ",detached". */
char *cli_channel_kind(char *out, size_t size, unsigned flags);

/* Several lines, at most width columns each (0: any). */
void cli_channel_detail(FILE *out, const struct cli_channel *channel, size_t width);

/* The members of an object that is open. */
void cli_channel_json(struct cli_json *json, const struct cli_channel *channel);

#endif
