/* SPDX-License-Identifier: MIT */
/* Snapshots of svstat: their order, a channel seen twice, a state of a moment, and rates. */
#include <stdlib.h>
#include <string.h>

#include "leaks.h"
#include "pair.h"
#include "status/detail.h"
#include "status/snapshot.h"

/* What the library sees, one look after the other: these two stand before the library's functions. */
static const struct look {
	size_t count;
	struct sv_info info[6];
} * looks;
static size_t looked;

int sv_list(int all, sv_visit visit, void *arg, struct sv_error *error)
{
	const struct look *look = &looks[looked++];
	size_t i;

	(void)all;
	(void)error;
	for (i = 0; i < look->count; i++)
		visit(&look->info[i], arg);
	return SV_OK;
}

int sv_find(const char *name, const char *path, int project, struct sv_info *info, struct sv_error *error)
{
	const struct look *look = &looks[looked++];

	(void)name;
	(void)path;
	(void)project;
	if (look->count == 0)
		snprintf(error->text, sizeof error->text, "not found");
	else
		*info = look->info[0];
	return look->count == 0 ? SV_ESYSTEM : SV_OK;
}

static struct sv_info one(const char *name, int project, int shmid, enum sv_state state)
{
	struct sv_info info = SV_INFO_INIT;

	snprintf(info.name, sizeof info.name, "%s", name);
	snprintf(info.path, sizeof info.path, "/run/%s", name);
	info.project = project;
	info.shmid = shmid;
	info.state = state;
	return info;
}

static struct cli_snapshot taken(const struct look *script)
{
	const struct cli_choice all = { .all = false };
	struct cli_snapshot snapshot = { 0 };

	looks = script;
	looked = 0;
	must(cli_snapshot_take(&snapshot, &all) == CLI_OK);
	return snapshot;
}

static void order(void)
{
	const struct look script[] = {
		{ 6,
		  { one("m10", SV_PROJECT_DEFAULT, 1, SV_STATE_RUNNING),
		    one("m2", SV_PROJECT_DEFAULT, 2, SV_STATE_RUNNING), one("m2", 7, 3, SV_STATE_RUNNING),
		    one("m2", 9, -1, SV_STATE_RUNNING), one("m2", 9, 5, SV_STATE_RUNNING),
		    one("a", 7, 4, SV_STATE_RUNNING) } }
	};
	static const int expected[] = { 4, 2, 3, 5, 1 };
	struct cli_snapshot snapshot = taken(script);
	size_t i;

	is(looked, 1, "one look is enough if nothing is in doubt");
	is(snapshot.count, 5, "a channel that was seen with and without its segment is one");
	for (i = 0; i < snapshot.count; i++)
		is(snapshot.channel[i].info.shmid, expected[i], "channels are in the order of names and ids");
	cli_snapshot_free(&snapshot);
}

static void doubt(enum sv_state state, const char *what)
{
	const struct sv_info bad = one("a", 7, 1, state), good = one("a", 7, 1, SV_STATE_RUNNING),
			     late = one("b", 7, 2, state);
	const struct look passing[] = { { 1, { bad } }, { 1, { good } } },
			  lasting[] = { { 2, { good, late } }, { 2, { good, late } } },
			  endless[] = { { 1, { bad } }, { 1, { one("a", 7, 2, state) } },
		                        { 1, { bad } }, { 1, { one("a", 7, 2, state) } },
		                        { 1, { bad } }, { 1, { one("a", 7, 2, state) } },
		                        { 1, { good } } },
			  other[] = { { 1, { bad } }, { 1, { one("a", 7, 2, state) } }, { 1, { good } } };
	struct cli_snapshot snapshot = taken(passing);

	ok(looked == 2 && snapshot.channel[0].info.state == SV_STATE_RUNNING,
	   "%s for a moment does not count", what);
	cli_snapshot_free(&snapshot);
	snapshot = taken(lasting);
	ok(looked == 2 && snapshot.channel[1].info.state == state, "%s twice counts", what);
	cli_snapshot_free(&snapshot);
	snapshot = taken(other);
	is(looked, 3, "%s of two segments is not twice the same", what);
	cli_snapshot_free(&snapshot);
	snapshot = taken(endless);
	is(looked, 5, "%s always differently counts after five looks", what);
	cli_snapshot_free(&snapshot);
}

static void rates(void)
{
	struct look script[] = { { 2,
		                   { one("a", 7, 1, SV_STATE_RUNNING), one("b", 7, 2, SV_STATE_RUNNING) } },
		                 { 3,
		                   { one("a", 7, 1, SV_STATE_RUNNING), one("b", 7, 2, SV_STATE_RUNNING),
		                     one("c", 7, 3, SV_STATE_RUNNING) } } };
	struct cli_snapshot before, now;

	script[0].info[0].side[SV_READER].position = 100;
	script[1].info[0].side[SV_READER].position = 1100;
	script[1].info[1].side[SV_READER].position = 4000;
	before = taken(script);
	now = taken(script + 1);
	ok(before.at_ns != 0 && now.at_ns >= before.at_ns, "a snapshot has a time");
	now.at_ns = before.at_ns;
	cli_snapshot_rates(&now, &before);
	ok(now.channel[0].rate < 0, "no time has passed: no rate");
	now.at_ns = before.at_ns + 2000000000;
	cli_snapshot_rates(&now, &before);
	is(now.channel[0].rate, 500, "bytes a second");
	is(now.channel[1].rate, 2000, "of another channel");
	ok(now.channel[2].rate < 0, "a new channel has no rate");
	cli_snapshot_sort_by_rate(&now);
	ok(now.channel[0].info.shmid == 2 && now.channel[1].info.shmid == 1 && now.channel[2].info.shmid == 3,
	   "the busiest is first");
	now.channel[0].rate = now.channel[2].rate = 0;
	now.channel[1].rate = -1;
	cli_snapshot_sort_by_rate(&now);
	ok(now.channel[0].info.shmid == 1 && now.channel[1].info.shmid == 2 && now.channel[2].info.shmid == 3,
	   "those that move nothing are in the order of their names, whether that is known or not");
	now.channel[0].info.side[SV_READER].position = 0;
	now.channel[0].rate = -1;
	cli_snapshot_rates(&now, &before);
	ok(now.channel[0].rate < 0, "a position that went back has no rate");
	cli_snapshot_free(&before);
	cli_snapshot_free(&now);
	is(now.count, 0, "a snapshot that was freed is empty");
}

static void choice(void)
{
	const struct look script[] = { { 1, { one("b", 7, 2, SV_STATE_RUNNING) } },
		                       { 0, { one("", 0, 0, SV_STATE_RUNNING) } },
		                       { 1, { one("a", 7, 1, SV_STATE_RUNNING) } } };
	static char b[] = "b", none[] = "none", a[] = "a";
	char *names[] = { b, none, a };
	const struct cli_choice three = { .names = names, .name_count = 3 }, path = { .path = "/x" },
				all = { 0 };
	struct cli_snapshot snapshot = { 0 };

	ok(cli_choice_is_named(&three) && cli_choice_is_named(&path) && !cli_choice_is_named(&all),
	   "channels are named, or not");
	looks = script;
	looked = 0;
	must(cli_snapshot_take(&snapshot, &three) == CLI_OK);
	ok(snapshot.count == 2 && snapshot.channel[0].info.shmid == 2 && snapshot.channel[1].info.shmid == 1,
	   "named channels are in the order of the names");
	ok(snapshot.missing == 1 && strncmp(snapshot.why[0], "not found", 9) == 0, "one is missing, and why");
	looked = 0;
	must(cli_snapshot_take(&snapshot, &path) == CLI_OK);
	ok(snapshot.count == 1 && snapshot.missing == 0 && *snapshot.failure == '\0',
	   "the next one has nothing of it");
	cli_snapshot_free(&snapshot);
}

static void take_and_free(void)
{
	const struct look script[] = { { 1, { one("b", 7, 2, SV_STATE_RUNNING) } },
		                       { 0, { one("", 0, 0, SV_STATE_RUNNING) } } };
	static char b[] = "b", none[] = "none";
	char *names[] = { b, none };
	const struct cli_choice two = { .names = names, .name_count = 2 };
	struct cli_snapshot snapshot = { 0 };

	looks = script;
	looked = 0;
	must(cli_snapshot_take(&snapshot, &two) == CLI_OK);
	cli_snapshot_free(&snapshot);
}

/* The last line of the details of a channel: how to remove it, if that is possible. */
static void remedy(enum sv_state state, unsigned long maps, const char *expected)
{
	struct cli_channel channel = { .rate = -1, .info = one("a", SV_PROJECT_DEFAULT, 1, state) };
	char *text = NULL, *last;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	must(out != NULL);
	channel.info.maps = maps;
	cli_detail_print(out, &channel, 0);
	must(fclose(out) == 0);
	last = strstr(text, "svclean");
	ok(expected == NULL ? last == NULL : last != NULL && strcmp(last, expected) == 0,
	   "state %d, %lu mappings: %s", state, maps, last != NULL ? last : "no remedy\n");
	free(text);
}

int main(void)
{
	order();
	doubt(SV_STATE_STALE, "stale");
	doubt(SV_STATE_FOREIGN, "foreign");
	doubt(SV_STATE_CORRUPT, "corrupt");
	rates();
	choice();
	ok(frees_all(take_and_free), "a snapshot is freed");
	remedy(SV_STATE_STALE, 0, "svclean -c a\n");
	remedy(SV_STATE_CORRUPT, 0, "svclean -c a\n");
	remedy(SV_STATE_DETACHED, 0, "svclean -a -c a\n");
	remedy(SV_STATE_RESUMABLE, 0, "svclean -a -c a\n");
	remedy(SV_STATE_STALE, 1, NULL);
	remedy(SV_STATE_DETACHED, 1, NULL);
	remedy(SV_STATE_RUNNING, 0, NULL);
	return tap_done();
}
