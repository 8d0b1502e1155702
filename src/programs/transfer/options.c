/* SPDX-License-Identifier: MIT */
#include "transfer/options.h"

#include <stdio.h>
#include <string.h>

#include "common/arguments.h"
#include "common/messages.h"

/* The largest ring that the library can map. */
#define LARGEST_SIZE (sizeof(void *) == 8 ? UINT64_C(1) << 44 : UINT64_C(1) << 29)

/* Messages, one for each record that ends with the separator. */
static void messages(struct cli_transfer *t, char separator)
{
	if ((t->options.flags & SV_MESSAGES) != 0 && t->separator != separator)
		cli_usage("--lines and --null exclude each other");
	t->options.flags |= separator == '\0' ? SV_MESSAGES | SV_RECORDS_NUL : SV_MESSAGES;
	t->separator = separator;
}

bool cli_transfer_option(struct cli_transfer *t, int option, const char *value)
{
	struct sv_options *o = &t->options;

	switch (option) {
	case '0': messages(t, '\0'); return true;
	case 'c': o->name = value; return true;
	case 'i': o->project = cli_argument_id(value); return true;
	case 'k': o->path = value; return true;
	case 'm': o->mode = cli_argument_mode("--mode", value); return true;
	case 'N': t->progress.name = value; return true;
	case 'p':
		if (!cli_progress_parse(&t->progress, value))
			cli_usage("invalid --progress '%s': use auto, force or json", value);
		return true;
	case 'q': t->quiet = true; return true;
	case 'r': o->flags |= SV_RESUME; return true;
	case 's': o->capacity = cli_argument_size("--size", value, LARGEST_SIZE); return true;
	case 't': t->timeout_ms = cli_argument_seconds("--timeout", value); return true;
	case 'v': t->verbose = true; return true;
	case CLI_OPT_QUEUE: o->flags |= SV_QUEUE; return true;
	case CLI_OPT_LINES: messages(t, '\n'); return true;
	case CLI_OPT_WAIT:
		if (strcmp(value, "auto") == 0)
			o->wait = SV_WAIT_AUTO;
		else if (strcmp(value, "spin") == 0)
			o->wait = SV_WAIT_SPIN;
		else if (strcmp(value, "sleep") == 0)
			o->wait = SV_WAIT_SLEEP;
		else
			cli_usage("invalid --wait '%s': use auto, spin or sleep", value);
		return true;
	default: return false;
	}
}

bool cli_is_progress_word(const struct cli_transfer *t, const char *operand)
{
	struct cli_progress unused;

	return t->progress.how != CLI_PROGRESS_NONE && cli_progress_parse(&unused, operand);
}

void cli_transfer_check(struct cli_transfer *t)
{
	const struct sv_options *o = &t->options;

	if (o->name != NULL && o->path != NULL)
		cli_usage("--channel and --path exclude each other");
	if ((o->flags & SV_MESSAGES) != 0 && (o->flags & SV_RESUME) != 0)
		cli_usage("--resume is for bytes: it excludes --lines and --null");
	if (t->progress.name != NULL && t->progress.how == CLI_PROGRESS_NONE)
		cli_usage("--name needs --progress");
	if (o->path != NULL)
		snprintf(t->label, sizeof t->label, "channel at %.150s", o->path);
	else
		snprintf(t->label, sizeof t->label, "channel '%.100s'",
		         o->name != NULL ? o->name : "default");
}
