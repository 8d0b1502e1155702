/* SPDX-License-Identifier: MIT */
#include "status/await.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "common/advice.h"
#include "common/states.h"

#define PAUSE_NS INT64_C(50000000)

struct wanted {
	enum { THERE, WRITER, READER, GONE, STATE } what;
	enum sv_state state;
};

static bool parse(struct wanted *wanted, const char *word)
{
	static const char *const words[] = {
		[THERE] = "there", [WRITER] = "writer", [READER] = "reader", [GONE] = "gone"
	};
	size_t i;

	for (i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(word, words[i]) == 0) {
			wanted->what = i;
			return true;
		}
	wanted->what = STATE;
	return cli_state_parse(word, &wanted->state);
}

/* info is NULL when there is no such channel. */
static bool is_so(const struct wanted *wanted, const struct sv_info *info)
{
	switch (wanted->what) {
	case THERE:
		return info != NULL && info->state != SV_STATE_STALE && info->state != SV_STATE_FOREIGN &&
		       info->state != SV_STATE_CORRUPT;
	case WRITER: return info != NULL && info->side[SV_WRITER].attached;
	case READER: return info != NULL && info->side[SV_READER].attached;
	case GONE: return info == NULL || info->state == SV_STATE_STALE;
	default: return info != NULL && info->state == wanted->state;
	}
}

/*
 * Wait until the channel is in the wanted state.  *found: the channel existed in the end, and *info describes
 * it.
 */
static int watch(const char *name, const struct cli_choice *choice, const struct wanted *wanted,
                 int64_t deadline, struct sv_info *info, bool *found)
{
	struct sv_error error = SV_ERROR_INIT;
	struct timespec left;
	bool told = false;
	int64_t next;
	int code;

	for (;;) {
		code = sv_find(name, choice->path, choice->project, info, &error);
		*found = code == SV_OK;
		if (code != SV_OK && error.sys_errno != ENOENT) {
			cli_report_error(&error, name, choice->path, choice->project);
			return code == SV_EINVAL ? CLI_USAGE : CLI_FAILED;
		}
		if (is_so(wanted, *found ? info : NULL))
			return CLI_OK;
		/* The channel may exist in another IPC namespace, where it cannot be seen. */
		if (!told && !*found && info->elsewhere > 0)
			cli_note("%s", error.text);
		told = true;
		next = sv_now();
		if (next >= deadline)
			return CLI_TIMEOUT;
		next = deadline - next < PAUSE_NS ? deadline : next + PAUSE_NS;
		nanosleep(sv_time_left(next, &left), NULL);
	}
}

int cli_await(const char *what, const struct cli_choice *choice, int timeout_ms)
{
	const char *equals = strchr(what, '='), *name = choice->path == NULL ? "default" : NULL;
	size_t length = equals != NULL ? (size_t)(equals - what) : strlen(what);
	struct wanted wanted = { .what = THERE };
	char given[128], label[1200];
	struct sv_info info = SV_INFO_INIT;
	bool found;
	int status;

	if (equals != NULL && !parse(&wanted, equals + 1))
		cli_usage(
			"invalid state '%s' of --wait: use there, writer, reader, gone, or a state as --json "
			"has it",
			equals + 1);
	if (length > 0 && (choice->path != NULL || choice->name_count > 0))
		cli_usage("--wait has a channel already: give it there, or as '--wait =STATE' with -c or -k");
	if (choice->name_count == 1)
		name = choice->names[0];
	if (length > 0) {
		snprintf(given, sizeof given, "%.*s", (int)length, what);
		name = given;
	}
	status = watch(name, choice, &wanted, sv_deadline(timeout_ms), &info, &found);
	if (status == CLI_TIMEOUT)
		cli_say("channel %s: timed out: it is %s",
		        found          ? cli_channel_label(label, sizeof label, &info)
		        : name != NULL ? name
		                       : choice->path,
		        found ? sv_strstate(info.state) : "not there");
	return status;
}
