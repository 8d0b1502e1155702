/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* O_PATH */
#include "common/messages.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/shell.h"
#include "common/text.h"

/* A message may contain a complete command with a path, and must not be cut off. */
#define LINE_MOST (2048 + 2 * CLI_COMMAND_SIZE)

const char *cli_program = "svipc";
const char *cli_clear_line = "\r\033[K";
volatile sig_atomic_t cli_line_shown;
static char last_failure[1024];

/*
 * Write each line with one write(2), so that the lines of two programs on one terminal do not mix.  Names and
 * paths in the text are escaped, so they cannot control the terminal.
 */
static void line(bool failure, int sys_errno, const char *format, va_list args)
{
	char text[LINE_MOST], safe[LINE_MOST];
	size_t used;

	vsnprintf(text, sizeof text, format, args);
	used = strlen(text);
	if (sys_errno != 0)
		snprintf(text + used, sizeof text - used, ": %s", strerror(sys_errno));
	if (failure)
		snprintf(last_failure, sizeof last_failure, "%.*s", (int)sizeof last_failure - 1, text);
	cli_escape_message(safe, sizeof safe, text);
	used = (size_t)snprintf(text, sizeof text, "%s%s: ", cli_line_shown ? cli_clear_line : "",
	                        cli_program);
	snprintf(text + used, sizeof text - used - 1, "%s", safe);
	strcat(text, "\n");
	cli_line_shown = 0;
	fputs(text, stderr);
}

void cli_say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	line(true, 0, format, args);
	va_end(args);
}

void cli_fail(int sys_errno, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	line(true, sys_errno, format, args);
	va_end(args);
}

void cli_note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	line(false, 0, format, args);
	va_end(args);
}

const char *cli_last_failure(void)
{
	return last_failure;
}

void cli_forget_failure(void)
{
	last_failure[0] = '\0';
}

_Noreturn void cli_usage(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	line(true, 0, format, args);
	va_end(args);
	cli_usage_told();
}

_Noreturn void cli_usage_told(void)
{
	fprintf(stderr, "Try '%s --help'.\n", cli_program);
	exit(CLI_USAGE);
}

void cli_keep_standard_streams(void)
{
	/* Open each in the direction in which the stream is not used. */
	static const int useless[] = { O_WRONLY, O_RDONLY, O_WRONLY };
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", useless[fd]) == -1 &&
		    open("/", O_PATH) == -1)
			_exit(CLI_FAILED);
}

bool cli_flush_stdout(void)
{
	return fflush(stdout) == 0 && !ferror(stdout);
}

int cli_close_stdout(int status)
{
	bool failed = ferror(stdout) != 0;

	/* If an earlier write failed and this one does not, the reason is not known any more. */
	errno = 0;
	if (fclose(stdout) == 0 && !failed)
		return status;
	cli_fail(errno, "cannot write standard output");
	return status == CLI_OK ? CLI_FAILED : status;
}

int cli_answer(const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vprintf(format, ap);
	va_end(ap);
	if (n >= 0)
		return cli_close_stdout(CLI_OK);
	cli_fail(errno, "cannot write standard output");
	return CLI_FAILED;
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
