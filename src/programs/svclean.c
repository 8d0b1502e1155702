/* SPDX-License-Identifier: MIT */
/* svclean - remove what crashed transfers left, and never anything in use. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "status/facts.h"
#include "status/orphans.h"
#include "common/advice.h"
#include "common/arguments.h"
#include "common/elsewhere.h"
#include "common/shell.h"
#include "common/text.h"

static const char usage_text[] =
	"Usage: svclean [-anqhV] [-c NAME | -k PATH] [-i ID] [--older-than=AGE] [--json]\n"
	"       svclean --foreign [--older-than=AGE] [--json]\n"
	"Remove stale channels: yours, nobody attached, and not needed any more.\n"
	"\n"
	"  -a, --all              also channels that hold data, if nobody is attached\n"
	"  -c, --channel=NAME     only this channel\n"
	"      --foreign          remove nothing; report segments, sets, message queues\n"
	"                         of other software that seem to be orphaned\n"
	"  -i, --id=ID            project id of the key, 1 to 255\n"
	"      --json             as JSON\n"
	"  -k, --path=PATH        only the channel of this rendezvous file\n"
	"  -n, --dry-run          only show what would be removed\n"
	"      --older-than=AGE   only what is known to be this old: 30s, 15m, 2h, 7d\n"
	"  -q, --quiet            print errors only\n"
	"  -h, --help             print this help\n"
	"  -V, --version          version\n"
	"\n"
	"Exit status: 0 done or nothing to do, 1 an error or not removed, 2 usage.\n"
	"Files of channels are in $SVIPC_DIR.  See also svstat(1), svwrite(1), svipc(7).\n";

struct cleaning {
	const struct sv_clean_options *options;
	bool quiet;
	int visited;
	int failures;
	struct cli_json *json; /* NULL: print text */
};

static bool is_named(const struct sv_clean_options *options)
{
	return options->name != NULL || options->path != NULL;
}

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

/*
 * The command that drops this channel and no other; empty unless the channel was kept because it holds data.
 */
static char *hint(char *text, size_t size, const struct sv_info *info)
{
	static char command[CLI_COMMAND_SIZE];

	text[0] = '\0';
	if ((info->state == SV_STATE_DETACHED || info->state == SV_STATE_RESUMABLE) && info->maps == 0)
		snprintf(text, size, "; to drop it: %s",
		         cli_channel_command(command, sizeof command, "svclean -a", info));
	return text;
}

static int show(const struct sv_info *info, int removed, void *arg)
{
	static char drop[CLI_COMMAND_SIZE + 32];
	struct cleaning *cleaning = arg;
	const char *verb = removed == 0 ? "left" : cleaning->options->dry_run ? "would remove" : "removed";
	char what[96], old[32], label[1200], reason[1200];
	bool told;

	cleaning->visited++;
	if (cleaning->json != NULL)
		show_json(cleaning->json, info, removed < 0 ? "failed" : verb);
	cli_channel_label(label, sizeof label, info);
	if (removed < 0) {
		cleaning->failures++;
		cli_say("channel %s: %s", label, info->reason);
		return 0;
	}
	hint(drop, sizeof drop, info);
	/* A channel that is simply in use gets a line only if the user named it. */
	told = removed != 0 || is_named(cleaning->options) || drop[0] != '\0' ||
	       info->state == SV_STATE_STALE;
	if (cleaning->json != NULL || cleaning->quiet || !told)
		return 0;
	objects(what, sizeof what, info);
	age(old, sizeof old, info->created);
	printf("%s %s (%s, %s): %s, %s%s\n", verb, label, what, old, sv_strstate(info->state),
	       cli_escape(reason, sizeof reason, info->reason), removed == 0 ? drop : "");
	return 0;
}

/* The library found no channel of the name or path that the user gave: print what is there instead. */
static void tell_absence(struct cleaning *cleaning)
{
	const struct sv_clean_options *options = cleaning->options;
	struct sv_error error = SV_ERROR_INIT;
	struct sv_info info = SV_INFO_INIT;
	char name[4096], other[160], id[16] = "";

	if (sv_find(options->name, options->path, options->project, &info, &error) == SV_OK) {
		show(&info, 0, cleaning);
		return;
	}
	if (cleaning->json != NULL || cleaning->quiet)
		return;
	if (options->project != 0 && options->project != SV_PROJECT_DEFAULT)
		snprintf(id, sizeof id, ":%d", options->project);
	printf("nothing to remove: there is no channel %s%s%s%s\n", options->name != NULL ? "" : "at ",
	       cli_escape(name, sizeof name, options->name != NULL ? options->name : options->path), id,
	       cli_elsewhere(other, sizeof other, &info));
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

/* The status to exit with. */
static int report_orphans(struct cleaning *cleaning)
{
	return cli_orphans_walk(cleaning->options->older_than_s, show_orphan, cleaning) == 0 ? CLI_OK
	                                                                                     : CLI_FAILED;
}

static int clean(struct cleaning *cleaning)
{
	const struct sv_clean_options *options = cleaning->options;
	struct sv_error error = SV_ERROR_INIT;
	int code = sv_clean(options, show, cleaning, &error);

	if (code != SV_OK) {
		cli_report_error(&error, options->name, options->path, options->project);
		return cli_status(code);
	}
	if (is_named(options) && cleaning->visited == 0)
		tell_absence(cleaning);
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
	static struct sv_clean_options wanted = SV_CLEAN_INIT;
	struct cleaning cleaning = { .options = &wanted };
	struct cli_json json;
	bool foreign = false, as_json = false;
	int option, status;

	cli_program = "svclean";
	cli_keep_standard_streams();
	while ((option = getopt_long(argc, argv, "ac:hi:k:nqV", options, NULL)) != -1) {
		switch (option) {
		case 'a': wanted.all = 1; break;
		case 'c': wanted.name = optarg; break;
		case 'h': return cli_answer("%s", usage_text);
		case 'i': wanted.project = cli_argument_id(optarg); break;
		case 'k': wanted.path = optarg; break;
		case 'n': wanted.dry_run = 1; break;
		case 'q': cleaning.quiet = true; break;
		case 'V': return cli_answer("svclean %s\n", sv_version());
		case OPT_OLDER: wanted.older_than_s = cli_argument_duration("--older-than", optarg); break;
		case OPT_FOREIGN: foreign = true; break;
		case OPT_JSON: as_json = true; break;
		default: cli_usage_told();
		}
	}
	if (optind < argc)
		cli_usage("unexpected argument '%s': to name a channel use -c", argv[optind]);
	if (wanted.name != NULL && wanted.path != NULL)
		cli_usage("--channel and --path exclude each other");
	if (wanted.project != 0 && !is_named(&wanted))
		cli_usage("--id goes with --channel or --path");
	if (foreign && (wanted.all != 0 || is_named(&wanted) || cleaning.quiet))
		cli_usage("--foreign goes with --older-than and --json only");
	if (as_json && cleaning.quiet)
		cli_usage("--json and --quiet exclude each other");
	if (as_json) {
		cleaning.json = &json;
		cli_json_start(&json, stdout, false);
		cli_json_open(&json, NULL, '{');
		cli_json_bool(&json, "dry_run", foreign || wanted.dry_run != 0);
		cli_json_open(&json, foreign ? "foreign" : "channels", '[');
	}
	status = foreign ? report_orphans(&cleaning) : clean(&cleaning);
	if (as_json) {
		cli_json_close(&json, ']');
		cli_json_close(&json, '}');
		cli_json_end(&json);
	}
	return cli_close_stdout(status);
}
