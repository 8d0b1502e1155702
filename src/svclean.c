/* SPDX-License-Identifier: MIT */
/* svclean - remove what crashed transfers left, and never anything in use. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli.h"

static const char usage_text[] =
	"Usage: svclean [-anqhV] [-c NAME | -k PATH] [-i ID] [--older-than=AGE]\n"
	"Remove channels that are stale: ours, with nobody attached, and of no more use.\n"
	"\n"
	"  -a, --all              detached and resumable channels too, if nobody is attached\n"
	"  -c, --channel=NAME     only this channel\n"
	"  -i, --id=ID            project id of the key, 1 to 255\n"
	"  -k, --path=PATH        only the channel of this rendezvous file\n"
	"  -n, --dry-run          only show what would be removed\n"
	"      --older-than=AGE   only what was made at least AGE ago: 30s, 15m, 2h, 7d\n"
	"  -q, --quiet            say nothing but errors\n"
	"  -h, --help             this help\n"
	"  -V, --version          version\n"
	"\n"
	"Exit status: 0 done or nothing to do, 1 something could not be removed, 2 usage.\n"
	"Files of channels are in $SVIPC_DIR.  See also svstat(1), svwrite(1), svipc(7).\n";

struct cleaning {
	bool dry_run;
	bool quiet;
	bool named; /* the user asked for one channel: say also why it stays */
	int failures;
};

static void age(char *text, size_t size, int64_t created)
{
	int64_t seconds = (int64_t)time(NULL) - created;

	if (created <= 0 || seconds < 0)
		snprintf(text, size, "unknown age");
	else if (seconds < 120)
		snprintf(text, size, "%lld s old", (long long)seconds);
	else if (seconds < 7200)
		snprintf(text, size, "%lld min old", (long long)seconds / 60);
	else if (seconds < 172800)
		snprintf(text, size, "%lld h old", (long long)seconds / 3600);
	else
		snprintf(text, size, "%lld d old", (long long)seconds / 86400);
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

static int show(const struct sv_info *info, int removed, void *arg)
{
	struct cleaning *cleaning = arg;
	const char *verb = removed > 0 ? (cleaning->dry_run ? "would remove" : "removed") : "left";
	const char *hint = "";
	char what[96], old[32];

	if (removed < 0) {
		cleaning->failures++;
		cli_say("channel %s: %s", info->name[0] != '\0' ? info->name : info->path, info->reason);
		return 0;
	}
	if (removed == 0 && (info->state == SV_STATE_DETACHED || info->state == SV_STATE_RESUMABLE) && info->maps == 0)
		hint = "; --all removes it";
	if (cleaning->quiet || (removed == 0 && !cleaning->named && hint[0] == '\0'))
		return 0;
	objects(what, sizeof what, info);
	age(old, sizeof old, info->created);
	printf("%s %s (%s, %s): %s, %s%s\n", verb, info->name[0] != '\0' ? info->name : info->path, what, old,
	       sv_strstate(info->state), info->reason, hint);
	return 0;
}

int main(int argc, char **argv)
{
	enum { OPT_OLDER = 256 };
	static const struct option options[] = { { "all", no_argument, NULL, 'a' },
		                                 { "channel", required_argument, NULL, 'c' },
		                                 { "dry-run", no_argument, NULL, 'n' },
		                                 { "help", no_argument, NULL, 'h' },
		                                 { "id", required_argument, NULL, 'i' },
		                                 { "older-than", required_argument, NULL, OPT_OLDER },
		                                 { "path", required_argument, NULL, 'k' },
		                                 { "quiet", no_argument, NULL, 'q' },
		                                 { "version", no_argument, NULL, 'V' },
		                                 { 0, 0, 0, 0 } };
	struct sv_clean_options clean = SV_CLEAN_INIT;
	struct cleaning cleaning = { 0 };
	struct sv_error error;
	int option, code;

	cli_program = "svclean";
	while ((option = getopt_long(argc, argv, "ac:hi:k:nqV", options, NULL)) != -1) {
		switch (option) {
		case 'a':
			clean.all = 1;
			break;
		case 'c':
			clean.name = optarg;
			break;
		case 'h':
			fputs(usage_text, stdout);
			return cli_close_stdout(CLI_OK);
		case 'i':
			if (!cli_parse_number(optarg, 1, 255, &clean.project))
				cli_usage("invalid --id '%s': use a number from 1 to 255", optarg);
			break;
		case 'k':
			clean.path = optarg;
			break;
		case 'n':
			clean.dry_run = 1;
			break;
		case 'q':
			cleaning.quiet = true;
			break;
		case 'V':
			printf("svclean %s\n", sv_version());
			return cli_close_stdout(CLI_OK);
		case OPT_OLDER:
			if (!cli_parse_duration(optarg, &clean.older_than_s))
				cli_usage("invalid --older-than '%s': use a number with s, m, h or d, such as 2h", optarg);
			break;
		default:
			fprintf(stderr, "Try 'svclean --help'.\n");
			return CLI_USAGE;
		}
	}
	if (optind < argc)
		cli_usage("unexpected argument '%s': to name a channel use -c", argv[optind]);
	if (clean.name != NULL && clean.path != NULL)
		cli_usage("--channel and --path exclude each other");
	if (clean.project != 0 && clean.name == NULL && clean.path == NULL)
		cli_usage("--id goes with --channel or --path");
	cleaning.dry_run = clean.dry_run != 0;
	cleaning.named = clean.name != NULL || clean.path != NULL;
	code = sv_clean(&clean, show, &cleaning, &error);
	if (code != SV_OK) {
		cli_say("%s", error.text);
		return cli_close_stdout(cli_status(code));
	}
	return cli_close_stdout(cleaning.failures > 0 ? CLI_FAILED : CLI_OK);
}
