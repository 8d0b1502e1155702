/* SPDX-License-Identifier: MIT */
#include "common/messages.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"

const char *cli_program = "svipc";
volatile sig_atomic_t cli_line_shown;

/* One write for a line, so that the lines of two programs on one terminal do not mix.  Whatever names and
 * paths the text holds, nothing in it steers the terminal. */
static void line(int sys_errno, const char *format, va_list args)
{
	char text[2048], safe[2048];
	int used;

	vsnprintf(text, sizeof text, format, args);
	cli_escape_message(safe, sizeof safe, text);
	used = snprintf(text, sizeof text, "%s%s: ", cli_line_shown ? CLI_CLEAR_LINE : "", cli_program);
	snprintf(text + used, sizeof text - (size_t)used - 1, "%s%s%s", safe, sys_errno != 0 ? ": " : "",
	         sys_errno != 0 ? strerror(sys_errno) : "");
	strcat(text, "\n");
	cli_line_shown = 0;
	fputs(text, stderr);
}

void cli_say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	line(0, format, args);
	va_end(args);
}

void cli_fail(int sys_errno, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	line(sys_errno, format, args);
	va_end(args);
}

_Noreturn void cli_usage(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	line(0, format, args);
	va_end(args);
	cli_usage_told();
}

_Noreturn void cli_usage_told(void)
{
	fprintf(stderr, "Try '%s --help'.\n", cli_program);
	exit(CLI_USAGE);
}

int cli_close_stdout(int status)
{
	bool failed = ferror(stdout) != 0;

	if (fclose(stdout) == 0 && !failed)
		return status;
	cli_fail(errno, "cannot write standard output");
	return status == CLI_OK ? CLI_FAILED : status;
}

int cli_status(int code)
{
	switch (code) {
	case SV_OK:
	case SV_END: return CLI_OK;
	case SV_EINVAL: return CLI_USAGE;
	case SV_EDIED:
	case SV_EPEER: return CLI_PEER;
	case SV_EAGAIN:
	case SV_ETIMEDOUT: return CLI_TIMEOUT;
	case SV_EBUSY:
	case SV_EFOREIGN:
	case SV_ECORRUPT:
	case SV_EMODE: return CLI_BUSY;
	default: return CLI_FAILED;
	}
}
