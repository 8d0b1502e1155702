/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* pipe2 */
#include "transfer/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/* Set its standard streams. */
static int direct(posix_spawn_file_actions_t *actions, enum sv_role role, int end)
{
	int code;

	if (role == SV_READER)
		return posix_spawn_file_actions_adddup2(actions, end, STDIN_FILENO);
	code = posix_spawn_file_actions_adddup2(actions, end, STDOUT_FILENO);
	if (code == 0 && isatty(STDIN_FILENO))
		code = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	return code;
}

/* Give it its own process group, and the default actions of the signals that we ignore. */
static int attribute(posix_spawnattr_t *attributes)
{
	sigset_t defaults;

	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	sigaddset(&defaults, SIGXFSZ);
	posix_spawnattr_setsigdefault(attributes, &defaults);
	posix_spawnattr_setpgroup(attributes, 0);
	return posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
}

/*
 * posix_spawn(3) shares the memory until the exec, so the child never maps the segment and has no SEM_UNDO.
 */
static int spawn(pid_t *pid, const char *text, enum sv_role role, int end)
{
	char *const argv[] = { (char[]){ "sh" }, (char[]){ "-c" }, (char *)text, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int code = posix_spawn_file_actions_init(&actions);

	if (code != 0)
		return code;
	code = posix_spawnattr_init(&attributes);
	if (code == 0) {
		code = attribute(&attributes);
		if (code == 0)
			code = direct(&actions, role, end);
		if (code == 0)
			code = posix_spawn(pid, "/bin/sh", &actions, &attributes, argv, environ);
		posix_spawnattr_destroy(&attributes);
	}
	posix_spawn_file_actions_destroy(&actions);
	return code;
}

int cli_process_start(struct cli_process *process, const char *text, enum sv_role role, uint64_t number,
                      int *fd)
{
	int ends[2], ours = role == SV_READER ? 1 : 0, code;
	char digits[24];

	memset(process, 0, sizeof *process);
	snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
	if (setenv("SVIPC_TRANSFER", digits, 1) == -1 || pipe2(ends, O_CLOEXEC) == -1)
		return errno;
	code = spawn(&process->pid, text, role, ends[1 - ours]);
	close(ends[1 - ours]);
	if (code != 0) {
		close(ends[ours]);
		process->pid = 0;
		return code;
	}
	*fd = ends[ours];
	return 0;
}

bool cli_process_ended(struct cli_process *process)
{
	siginfo_t info = { .si_pid = 0 };

	if (process->ended)
		return true;
	if (waitid(P_PID, (id_t)process->pid, &info, WEXITED | WNOHANG | WNOWAIT) == -1 || info.si_pid == 0)
		return false;
	process->ended = true;
	process->status = info.si_code == CLD_EXITED ? info.si_status : 0;
	process->signal = info.si_code == CLD_EXITED ? 0 : info.si_status;
	return true;
}

bool cli_process_failed(struct cli_process *process)
{
	return cli_process_ended(process) && (process->status != 0 || process->signal != 0);
}

void cli_process_sleep(struct cli_process *process, int timeout_ms)
{
	struct timespec limit = { timeout_ms / 1000, (long)(timeout_ms % 1000) * 1000000 };
	sigset_t child, before;

	/* Block SIGCHLD, so that a child that ends between the look and the sleep ends the sleep. */
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, &before);
	if (!cli_process_ended(process))
		ppoll(NULL, 0, timeout_ms < 0 ? NULL : &limit, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

void cli_process_terminate(const struct cli_process *process)
{
	if (process->pid != 0)
		kill(-process->pid, SIGTERM);
}

void cli_process_forget(struct cli_process *process)
{
	if (process->pid != 0)
		waitpid(process->pid, NULL, WNOHANG);
	process->pid = 0;
}
