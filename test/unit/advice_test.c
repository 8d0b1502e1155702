/* SPDX-License-Identifier: MIT */
/* An advice code becomes a complete command that concerns one channel and no other. */
#include <stdio.h>

#include "common/advice.h"
#include "common/elsewhere.h"
#include "printed.h"

static void advice(enum sv_advice code, const char *name, const char *path, int project, const char *expected)
{
	struct sv_error error = { .advice = code };
	char out[CLI_ADVICE_SIZE];

	same(expected, cli_advise(out, sizeof out, &error, name, path, project), expected);
}

int main(void)
{
	struct sv_info info = SV_INFO_INIT;
	char elsewhere[160] = "?";
	int code;

	same("a name that is nowhere else", cli_elsewhere(elsewhere, sizeof elsewhere, &info), "");
	info.elsewhere = 1;
	info.other_namespace = 7;
	same("one that is in another", cli_elsewhere(elsewhere, sizeof elsewhere, &info),
	     "; the name exists in another IPC namespace (ipc-7)");
	info.elsewhere = 2;
	same("one that is in two others", cli_elsewhere(elsewhere, sizeof elsewhere, &info),
	     "; the name exists in 2 other IPC namespaces (ipc-7 is one)");
	unsetenv("SVIPC_DIR");
	advice(SV_ADVICE_NONE, "backup", NULL, 0, "");
	advice(SV_ADVICE_CLEAN, "backup", NULL, 0, "; run: svclean -c backup");
	advice(SV_ADVICE_CLEAN, NULL, NULL, 0, "; run: svclean -c default");
	advice(SV_ADVICE_CLEAN_ALL, NULL, "/srv/a b", 7,
	       "; this drops it, with any data that it holds: svclean -a -k '/srv/a b' -i 7");
	advice(SV_ADVICE_TAKE, "x", NULL, 0, "; take it with: svread -c x; or drop it with: svclean -a -c x");
	setenv("SVIPC_DIR", "/no/such/dir's", 1);
	advice(SV_ADVICE_RESUME, "x", NULL, 0,
	       "; give --resume, or drop it with: SVIPC_DIR='/no/such/dir'\\''s' svclean -a -c x");
	/* svclean -a without a channel drops the data of all: no advice may ever say that. */
	for (code = 0; code < 32; code++) {
		struct sv_error error = { .advice = code };
		char out[CLI_ADVICE_SIZE];
		const char *all = strstr(cli_advise(out, sizeof out, &error, NULL, NULL, 0), "svclean -a");

		ok(all == NULL || strncmp(all, "svclean -a -c default", 21) == 0, "advice %d: '%s'", code,
		   out);
	}
	return tap_done();
}
