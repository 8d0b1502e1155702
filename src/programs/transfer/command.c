/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* pipe2 */
#include "transfer/command.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/reasons.h"
#include "common/signals.h"
#include "transfer/transfer.h"

extern char **environ;

bool cli_pattern_valid(const char *pattern)
{
	bool numbered = false;

	for (; *pattern != '\0'; pattern++) {
		if (*pattern != '%')
			continue;
		pattern++;
		if (*pattern == 'n')
			numbered = true;
		else if (*pattern != '%')
			return false;
	}
	return numbered;
}

char *cli_pattern_expand(const char *pattern, uint64_t number)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (out == NULL)
		return NULL;
	for (; *pattern != '\0'; pattern++) {
		if (*pattern != '%')
			fputc(*pattern, out);
		else if (*++pattern == 'n')
			fprintf(out, "%llu", (unsigned long long)number);
		else
			fputc('%', out);
	}
	return fclose(out) == 0 ? text : NULL;
}

/* posix_spawn(3) shares the memory until the exec: the child never has the segment mapped, and no undo of its
 * own. */
static int spawn(pid_t *pid, const char *text, int input)
{
	char *const argv[] = { (char[]){ "sh" }, (char[]){ "-c" }, (char *)text, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t defaults;
	int code;

	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	code = posix_spawn_file_actions_init(&actions);
	if (code != 0)
		return code;
	code = posix_spawnattr_init(&attributes);
	if (code == 0) {
		posix_spawnattr_setsigdefault(&attributes, &defaults);
		posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
		code = posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
		if (code == 0)
			code = posix_spawn(pid, "/bin/sh", &actions, &attributes, argv, environ);
		posix_spawnattr_destroy(&attributes);
	}
	posix_spawn_file_actions_destroy(&actions);
	return code;
}

int cli_command_start(struct cli_command *command, const char *text, uint64_t number, int *fd)
{
	char digits[24];
	int ends[2], code;

	memset(command, 0, sizeof *command);
	snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
	if (setenv("SVIPC_TRANSFER", digits, 1) == -1 || pipe2(ends, O_CLOEXEC) == -1)
		return errno;
	code = spawn(&command->pid, text, ends[0]);
	close(ends[0]);
	if (code != 0) {
		close(ends[1]);
		command->pid = 0;
		return code;
	}
	*fd = ends[1];
	return 0;
}

static bool reap(struct cli_command *command, int flags)
{
	int status;

	if (command->pid == 0 || command->ended)
		return true;
	if (waitpid(command->pid, &status, flags) != command->pid)
		return false;
	command->ended = true;
	command->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return true;
}

bool cli_command_failed(struct cli_command *command)
{
	cli_child = 0;
	return reap(command, WNOHANG) && command->ended && command->status != 0;
}

int cli_command_end(struct cli_transfer *t, int fd, int status, int *reason)
{
	struct cli_command *command = t->command_run;
	bool told = false, broken = status != CLI_OK && *reason == EPIPE;

	/* One that stopped reading has its own reasons: they are in its status. */
	if (status != CLI_OK && !broken && !command->ended) {
		kill(command->pid, SIGTERM);
		told = true;
	}
	close(fd);
	while (!reap(command, 0)) {
		if (errno != EINTR) {
			*reason = errno;
			cli_fail(errno, "%s: cannot wait for the command", t->label);
			return CLI_FAILED;
		}
		if (cli_signal != 0) {
			/* It may take its time to end; a person who pressed Ctrl-C does not want to. */
			kill(command->pid, SIGTERM);
			return CLI_FAILED;
		}
		if (cli_attention)
			cli_attend(t, "waiting for the command");
	}
	if (told)
		return status;
	if (command->status != 0) {
		*reason = CLI_REASON_EXIT + command->status;
		cli_say("%s: the command exited with status %d", t->label, command->status);
		return CLI_FAILED;
	}
	if (broken)
		cli_say("%s: the command ended before it had read everything", t->label);
	return status;
}
