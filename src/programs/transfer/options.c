/* SPDX-License-Identifier: MIT */
/* options.c - the options that svwrite and svread share. */
#include <stdio.h>
#include <string.h>

#include "common/arguments.h"
#include "transfer/transfer.h"

/* The library can have no larger ring. */
#define LARGEST_SIZE (sizeof(void *) == 8 ? UINT64_C(1) << 44 : UINT64_C(1) << 29)

/* Messages, one for each record that ends with the separator. */
static void messages(struct cli_transfer *t, char separator)
{
	if ((t->options.flags & SV_MESSAGES) != 0 && t->separator != separator)
		cli_usage("--lines and --null exclude each other");
	t->options.flags |= SV_MESSAGES;
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
	case 'p':
	case CLI_OPT_PROGRESS:
		if (!cli_progress_parse(&t->progress, option == 'p' ? NULL : value))
			cli_usage("invalid --progress '%s': use auto, force or json", value);
		return true;
	case 'q': t->quiet = true; return true;
	case 'r': o->flags |= SV_RESUME; return true;
	case 's': o->capacity = cli_argument_size("--size", value, LARGEST_SIZE); return true;
	case 't': t->timeout_ms = cli_argument_seconds("--timeout", value); return true;
	case 'v': t->verbose = true; return true;
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

void cli_transfer_check(struct cli_transfer *t)
{
	const struct sv_options *o = &t->options;
	const char *kind = (o->flags & SV_MESSAGES) == 0 ? "" : t->separator == '\n' ? " --lines" : " -0";
	char id[24] = "", where[300];

	if (o->name != NULL && o->path != NULL)
		cli_usage("--channel and --path exclude each other");
	if ((o->flags & SV_MESSAGES) != 0 && (o->flags & SV_RESUME) != 0)
		cli_usage("--resume is for bytes: it excludes --lines and --null");
	if (o->project != 0)
		snprintf(id, sizeof id, " -i %d", o->project);
	if (o->path != NULL) {
		snprintf(t->label, sizeof t->label, "channel at %.150s", o->path);
		snprintf(where, sizeof where, " -k %.200s%s", o->path, id);
	} else {
		snprintf(t->label, sizeof t->label, "channel '%.100s'",
		         o->name != NULL ? o->name : "default");
		if (o->name != NULL)
			snprintf(where, sizeof where, " -c %.100s%s", o->name, id);
		else
			snprintf(where, sizeof where, "%s", id);
	}
	snprintf(t->command, sizeof t->command, "%s%s%s%s", t->role == SV_WRITER ? "svread" : "svwrite",
	         where, kind,
	         (o->flags & SV_RESUME) == 0 ? ""
	         : t->role == SV_WRITER      ? " -r -o FILE"
	                                     : " -r FILE");
}
