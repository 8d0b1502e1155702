/* SPDX-License-Identifier: MIT */
#include "common/advice.h"

#include <stdio.h>

#include "common/messages.h"

/* Advice that needs no command for this channel. */
static const char *plain(int advice)
{
	switch (advice) {
	case SV_ADVICE_WAIT:
		return "wait for its end, for example with --queue, or choose another channel with -c";
	case SV_ADVICE_OTHER_CHANNEL: return "choose another channel with -c, or another --id";
	case SV_ADVICE_NO_RESUME: return "omit --resume, or wait for its end";
	case SV_ADVICE_MESSAGES: return "give --lines, or --null for records that end with NUL";
	case SV_ADVICE_BYTES: return "omit --lines and --null";
	case SV_ADVICE_MODE: return "its creator must allow access with --mode=0660 or --mode=0666";
	case SV_ADVICE_CAPACITY: return "choose a smaller --size";
	case SV_ADVICE_DIRECTORY: return "set SVIPC_DIR to a directory of your own with mode 0700";
	case SV_ADVICE_PATH: return "--path takes a file or directory that exists";
	case SV_ADVICE_LIMIT: return "remove leftovers with: svclean; or raise the limit";
	default: return NULL;
	}
}

char *cli_advise(char *out, size_t size, const struct sv_error *error, const char *name, const char *path,
                 int project)
{
	char first[CLI_COMMAND_SIZE], second[CLI_COMMAND_SIZE];
	const char *words = plain(error->advice);

	out[0] = '\0';
	if (words != NULL) {
		snprintf(out, size, "; %s", words);
		return out;
	}
	cli_shell_command(second, sizeof second, "svclean -a", NULL, name, path, project);
	switch (error->advice) {
	case SV_ADVICE_CLEAN:
		snprintf(out, size, "; run: %s",
		         cli_shell_command(first, sizeof first, "svclean", NULL, name, path, project));
		break;
	case SV_ADVICE_CLEAN_ALL:
		snprintf(out, size, "; this drops it, with any data that it holds: %s", second);
		break;
	case SV_ADVICE_TAKE:
		snprintf(out, size, "; take it with: %s; or drop it with: %s",
		         cli_shell_command(first, sizeof first, "svread", NULL, name, path, project), second);
		break;
	case SV_ADVICE_RESUME: snprintf(out, size, "; give --resume, or drop it with: %s", second); break;
	}
	return out;
}

void cli_report_error(const struct sv_error *error, const char *name, const char *path, int project)
{
	char advice[CLI_ADVICE_SIZE];

	cli_say("%s%s", error->text, cli_advise(advice, sizeof advice, error, name, path, project));
}
