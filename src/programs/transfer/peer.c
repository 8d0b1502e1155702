/* SPDX-License-Identifier: MIT */
#include "transfer/peer.h"

#include <stdio.h>
#include <unistd.h>

#include "common/elsewhere.h"
#include "common/messages.h"
#include "common/shell.h"
#include "common/signals.h"
#include "transfer/consumer.h"
#include "clock.h"

/* After how long to report what the program waits for: to a person, and to a log. */
#define HINT_MS 1000
#define HINT_LOG_MS 10000

char *cli_peer_command(char *out, size_t size, const struct cli_transfer *t)
{
	const struct sv_options *o = &t->options;
	char program[80];

	snprintf(program, sizeof program, "%s%s%s", t->role == SV_WRITER ? "svread" : "svwrite",
	         (o->flags & SV_RESUME) == 0 ? ""
	         : t->role == SV_WRITER      ? " -r -o FILE"
	                                     : " -r FILE",
	         (o->flags & SV_MESSAGES) == 0 ? ""
	         : t->separator == '\n'        ? " --lines"
	                                       : " -0");
	return cli_shell_command(out, size, program, NULL, o->name, o->path, o->project);
}

static void hint(const struct cli_transfer *t)
{
	char space[64] = "", other[160], command[CLI_COMMAND_SIZE];
	struct sv_info info = SV_INFO_INIT;
	ssize_t n = readlink("/proc/self/ns/ipc", space, sizeof space - 1);

	if (t->options.path != NULL || sv_stat(t->ch, &info) != SV_OK)
		info.path[0] = '\0';
	cli_note("waiting for a %s on %s (namespace %s%s%s)%s; in another terminal type: %s",
	         cli_other_role(t), t->label, n > 0 ? space : "not known",
	         info.path[0] != '\0' ? ", file " : "", info.path, cli_elsewhere(other, sizeof other, &info),
	         cli_peer_command(command, sizeof command, t));
}

/* The shorter of two times in milliseconds, where -1 is for ever. */
static int shorter(int a, int b)
{
	return a < 0 || (b >= 0 && b < a) ? b : a;
}

int cli_wait_peer(struct cli_transfer *t, bool next)
{
	int64_t start = sv_now();
	int hint_ms = t->verbose || isatty(STDERR_FILENO) ? HINT_MS : HINT_LOG_MS;
	/* With --follow the hint was given once. */
	bool hinted = t->quiet || next || t->number > 1;
	char waiting[40];
	int code, left, slice, passed;

	snprintf(waiting, sizeof waiting, "waiting for %s %s", next ? "the next" : "a", cli_other_role(t));
	for (;;) {
		left = cli_time_left(t, start);
		slice = cli_consumer_patience(t);
		passed = (int)((sv_now() - start) / 1000000);
		if (!hinted)
			slice = shorter(slice, passed < hint_ms ? hint_ms - passed : 1);
		code = sv_wait_peer(t->ch, shorter(left, slice));
		if (code != SV_EINTR && (code != SV_ETIMEDOUT || shorter(left, slice) == left))
			return code;
		if (cli_must_stop(t))
			return SV_EINTR;
		if (cli_attention)
			cli_attend(t, waiting);
		if (!hinted && passed >= hint_ms) {
			hinted = true;
			hint(t);
		}
		if ((code == SV_ETIMEDOUT || t->alarm != -1) && cli_consumer_gone(t))
			return SV_EINTR;
	}
}
