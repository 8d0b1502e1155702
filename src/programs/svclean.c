/* SPDX-License-Identifier: MIT */
/* svclean - remove what crashed transfers left, and never anything in use. */
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "status/facts.h"
#include "status/orphans.h"
#include "common/arguments.h"
#include "common/text.h"

static const char usage_text[] =
	"Usage: svclean [-anqhV] [-c NAME | -k PATH] [-i ID] [--older-than=AGE] [--json]\n"
	"       svclean --foreign [--older-than=AGE] [--json]\n"
	"Remove channels that are stale: ours, with nobody attached, and of no more use.\n"
	"\n"
	"  -a, --all              detached and resumable channels too, if not in use\n"
	"  -c, --channel=NAME     only this channel\n"
	"      --foreign          remove nothing; report segments and semaphore sets\n"
	"                         that are not ours and look orphaned\n"
	"  -i, --id=ID            project id of the key, 1 to 255\n"
	"      --json             as JSON\n"
	"  -k, --path=PATH        only the channel of this rendezvous file\n"
	"  -n, --dry-run          only show what would be removed\n"
	"      --older-than=AGE   only what was made at least AGE ago: 30s, 15m, 2h, 7d\n"
	"  -q, --quiet            say nothing but errors\n"
	"  -h, --help             this help\n"
	"  -V, --version          version\n"
	"\n"
	"Exit status: 0 done or nothing to do, 1 an error or not removed, 2 usage.\n"
	"Files of channels are in $SVIPC_DIR.  See also svstat(1), svwrite(1), svipc(7).\n";

struct cleaning {
	bool dry_run;
	bool quiet;
	bool named; /* the user asked for one channel: say also why it stays */
	int failures;
	struct cli_json *json; /* NULL: as text */
};

static void age(char *text, size_t size, int64_t created)
{
	int64_t seconds = cli_seconds_since(created);
	char brief[16];

	if (seconds < 0)
		snprintf(text, size, "of unknown age");
	else
		snprintf(text, size, "%s old", cli_short_age(brief, sizeof brief, seconds));
}

static void objects(char *text, size_t size, const struct sv_info *info)
{
	char segment[40] = "", set[40] = "";

	if (info->shmid != -1)
		snprintf(segment, sizeof segment, "segment %d", info->shmid);
	if (info->semid != -1)
		snprintf(set, sizeof set, "set %d", info->semid);
	snprintf(text, size, "%s%s%s", segment, segment[0] != '\0' && set[0] != '\0' ? ", " : "", set);
	if (text[0] == '\0')
		snprintf(text, size, "record only");
}

static void show_json(struct cli_json *json, const struct sv_info *info, const char *action)
{
	struct cli_channel channel;

	cli_channel_take(&channel, info);
	cli_json_open(json, NULL, '{');
	cli_json_text(json, "action", action);
	cli_channel_json(json, &channel);
	cli_json_close(json, '}');
}

static int show(const struct sv_info *info, int removed, void *arg)
{
	struct cleaning *cleaning = arg;
	const char *verb = removed > 0 ? (cleaning->dry_run ? "would remove" : "removed") : "left";
	const char *hint = "";
	char what[96], old[32], label[1200];

	if (cleaning->json != NULL)
		show_json(cleaning->json, info, removed < 0 ? "failed" : verb);
	cli_channel_label(label, sizeof label, info);
	if (removed < 0) {
		cleaning->failures++;
		cli_say("channel %s: %s", label, info->reason);
		return 0;
	}
	if (removed == 0 && (info->state == SV_STATE_DETACHED || info->state == SV_STATE_RESUMABLE) &&
	    info->maps == 0)
		hint = "; --all removes it";
	if (cleaning->json != NULL || cleaning->quiet ||
	    (removed == 0 && !cleaning->named && hint[0] == '\0'))
		return 0;
	objects(what, sizeof what, info);
	age(old, sizeof old, info->created);
	printf("%s %s (%s, %s): %s, %s%s\n", verb, label, what, old, sv_strstate(info->state), info->reason,
	       hint);
	return 0;
}

static int show_orphan(const struct cli_orphan *orphan, void *arg)
{
	const struct cleaning *cleaning = arg;

	if (cleaning->json == NULL) {
		cli_orphan_print(orphan);
		return 0;
	}
	cli_json_open(cleaning->json, NULL, '{');
	cli_orphan_json(cleaning->json, orphan);
	cli_json_close(cleaning->json, '}');
	return 0;
}

/* Clean, or report.  The status to exit with. */
static int run(const struct sv_clean_options *clean, bool foreign, struct cleaning *cleaning)
{
	struct sv_error error = SV_ERROR_INIT;
	int code;

	if (foreign)
		return cli_foreign_walk(clean->older_than_s, show_orphan, cleaning) == 0 ? CLI_OK
		                                                                         : CLI_FAILED;
	code = sv_clean(clean, show, cleaning, &error);
	if (code != SV_OK) {
		cli_say("%s", error.text);
		return cli_status(code);
	}
	return cleaning->failures > 0 ? CLI_FAILED : CLI_OK;
}

int main(int argc, char **argv)
{
	enum { OPT_OLDER = 256, OPT_FOREIGN, OPT_JSON };
	static const struct option options[] = { { "all", no_argument, NULL, 'a' },
		                                 { "channel", required_argument, NULL, 'c' },
		                                 { "dry-run", no_argument, NULL, 'n' },
		                                 { "foreign", no_argument, NULL, OPT_FOREIGN },
		                                 { "help", no_argument, NULL, 'h' },
		                                 { "id", required_argument, NULL, 'i' },
		                                 { "json", no_argument, NULL, OPT_JSON },
		                                 { "older-than", required_argument, NULL, OPT_OLDER },
		                                 { "path", required_argument, NULL, 'k' },
		                                 { "quiet", no_argument, NULL, 'q' },
		                                 { "version", no_argument, NULL, 'V' },
		                                 { 0, 0, 0, 0 } };
	struct sv_clean_options clean = SV_CLEAN_INIT;
	struct cleaning cleaning = { 0 };
	struct cli_json json;
	bool foreign = false, as_json = false;
	int option, status;

	cli_program = "svclean";
	cli_keep_standard_streams();
	setlocale(LC_CTYPE, "");
	while ((option = getopt_long(argc, argv, "ac:hi:k:nqV", options, NULL)) != -1) {
		switch (option) {
		case 'a': clean.all = 1; break;
		case 'c': clean.name = optarg; break;
		case 'h': fputs(usage_text, stdout); return cli_close_stdout(CLI_OK);
		case 'i': clean.project = cli_argument_id(optarg); break;
		case 'k': clean.path = optarg; break;
		case 'n': clean.dry_run = 1; break;
		case 'q': cleaning.quiet = true; break;
		case 'V': printf("svclean %s\n", sv_version()); return cli_close_stdout(CLI_OK);
		case OPT_OLDER: clean.older_than_s = cli_argument_duration("--older-than", optarg); break;
		case OPT_FOREIGN: foreign = true; break;
		case OPT_JSON: as_json = true; break;
		default: cli_usage_told();
		}
	}
	if (optind < argc)
		cli_usage("unexpected argument '%s': to name a channel use -c", argv[optind]);
	if (clean.name != NULL && clean.path != NULL)
		cli_usage("--channel and --path exclude each other");
	if (clean.project != 0 && clean.name == NULL && clean.path == NULL)
		cli_usage("--id goes with --channel or --path");
	if (foreign && (clean.all != 0 || clean.name != NULL || clean.path != NULL || cleaning.quiet))
		cli_usage("--foreign goes with --older-than and --json only");
	if (as_json && cleaning.quiet)
		cli_usage("--json and --quiet exclude each other");
	cleaning.dry_run = clean.dry_run != 0;
	cleaning.named = clean.name != NULL || clean.path != NULL;
	if (as_json) {
		cleaning.json = &json;
		cli_json_start(&json, stdout, false);
		cli_json_open(&json, NULL, '{');
		cli_json_bool(&json, "dry_run", foreign || cleaning.dry_run);
		cli_json_open(&json, foreign ? "foreign" : "channels", '[');
	}
	status = run(&clean, foreign, &cleaning);
	if (as_json) {
		cli_json_close(&json, ']');
		cli_json_close(&json, '}');
		cli_json_end(&json);
	}
	return cli_close_stdout(status);
}
