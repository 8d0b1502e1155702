/* SPDX-License-Identifier: MIT */
/* Which options sv_open() takes, and the command that svread and svwrite suggest for the other side. */
#include <string.h>

#include "channel/channel.h"
#include "pair.h"
#include "transfer/peer.h"

static int checked(struct sv_options options, enum sv_role role, int timeout_ms)
{
	struct sv_fault fault = { .label = "" };
	uint64_t capacity = 0;
	int code = sv_options_check(&options, role, timeout_ms, &capacity, &fault);

	if (code != SV_OK)
		is(fault.error.sys_errno, 0, "no system call has failed");
	return code;
}

/* What a writer is told that gives these options. */
#define WITH(...) \
	checked((struct sv_options){ .struct_size = sizeof(struct sv_options), __VA_ARGS__ }, SV_WRITER, 0)

static void checks(void)
{
	const struct sv_options none = SV_OPTIONS_INIT, detached = options_of(SV_DETACH, 0);

	is(checked(none, SV_WRITER, -1), SV_OK, "a writer may wait for ever");
	is(checked(none, SV_READER, 0), SV_OK, "a reader may not wait at all");
	is(checked(none, SV_READER, -2), SV_EINVAL, "no time-out is below -1");
	is(checked(none, (enum sv_role)2, 0), SV_EINVAL, "there are two roles");
	is(checked(detached, SV_WRITER, 0), SV_OK, "a writer may leave its data");
	is(checked(detached, SV_READER, 0), SV_EINVAL, "a reader may not");
	is(WITH(.name = "a"), SV_OK, "a name");
	is(WITH(.path = "/a"), SV_OK, "a path");
	is(WITH(.name = "a", .path = "/a"), SV_EINVAL, "a name and a path");
	is(WITH(.project = 255), SV_OK, "the last project id");
	is(WITH(.project = 256), SV_EINVAL, "a project id above");
	is(WITH(.project = -1), SV_EINVAL, "a negative project id");
	is(WITH(.mode = 0666), SV_OK, "a mode for all");
	is(WITH(.mode = 0640), SV_OK, "a mode for the group");
	is(WITH(.mode = 0700), SV_EINVAL, "a mode to execute");
	is(WITH(.mode = 0060), SV_EINVAL, "a mode without the owner");
	is(WITH(.mode = 0400), SV_EINVAL, "a mode with half of the owner");
	is(WITH(.mode = 01600), SV_EINVAL, "more than a mode");
	is(WITH(.flags = SV_MESSAGES), SV_OK, "messages");
	is(WITH(.flags = SV_MESSAGES | SV_RECORDS_NUL), SV_OK, "records that end with NUL");
	is(WITH(.flags = SV_RECORDS_NUL), SV_EINVAL, "records that are no messages");
	is(WITH(.flags = SV_RESUME | SV_DETACH), SV_EINVAL, "both ways to outlive the processes");
	is(WITH(.flags = SV_CREATE_ONLY), SV_OK, "a channel to make");
	is(WITH(.flags = SV_JOIN_ONLY), SV_OK, "a channel to join");
	is(WITH(.flags = SV_CREATE_ONLY | SV_JOIN_ONLY), SV_EINVAL, "to make and to join");
	is(WITH(.flags = 1u << 31), SV_EINVAL, "an unknown flag");
	is(WITH(.wait = SV_WAIT_SLEEP), SV_OK, "the last waiting policy");
	is(WITH(.wait = SV_WAIT_SLEEP + 1), SV_EINVAL, "a policy above");
	is(WITH(.wait = (enum sv_wait) - 1), SV_EINVAL, "a negative policy");
}

static void capacities(void)
{
	struct sv_options options = SV_OPTIONS_INIT;
	struct sv_fault fault = { .label = "" };
	uint64_t capacity;

	must(sv_options_check(&options, SV_READER, 0, &capacity, &fault) == SV_OK);
	is(capacity, sv_segment_default(), "without a choice the capacity is the default");
	options.capacity = sv_segment_round(1) + 1;
	must(sv_options_check(&options, SV_READER, 0, &capacity, &fault) == SV_OK);
	is(capacity, 2 * sv_segment_round(1), "a capacity is rounded up");
	options.capacity = UINT64_MAX;
	is(sv_options_check(&options, SV_READER, 0, &capacity, &fault), SV_ETOOBIG,
	   "a capacity may be too large");
	is(fault.error.sys_errno, 0, "no system call has failed");
}

static void suggests(enum sv_role role, unsigned flags, char separator, const char *expected)
{
	struct cli_transfer t = { .role = role, .separator = separator, .options = options_of(flags, 0) };
	char command[1000];

	cli_peer_command(command, sizeof command, &t);
	ok(strcmp(command, expected) == 0, "the other side is '%s'", command);
}

int main(void)
{
	unsetenv("SVIPC_DIR");
	checks();
	capacities();
	suggests(SV_WRITER, 0, '\n', "svread -c unit");
	suggests(SV_READER, 0, '\n', "svwrite -c unit");
	suggests(SV_WRITER, SV_RESUME, '\n', "svread -r -o FILE -c unit");
	suggests(SV_READER, SV_RESUME, '\n', "svwrite -r FILE -c unit");
	suggests(SV_WRITER, SV_MESSAGES, '\n', "svread --lines -c unit");
	suggests(SV_READER, SV_MESSAGES, '\0', "svwrite -0 -c unit");
	return tap_done();
}
