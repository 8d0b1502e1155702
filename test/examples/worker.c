/* SPDX-License-Identifier: MIT */
/*
 * A worker that forks: `worker NAME` takes jobs, one in each message, and runs each as a shell command in its
 * own process, at most two at a time.
 *
 * The handle belongs to the parent.  A child inherits neither the segment nor the right to use the handle, so
 * what it needs of a message is copied before fork(2); it leaves by execve(2) or _exit(2) and does not call
 * the library.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <svipc.h>

#define CHILDREN 2

static int running, failed;

static int reap(void)
{
	int status;

	while (wait(&status) == -1)
		if (errno != EINTR)
			return -1;
	running--;
	failed |= status != 0;
	return 0;
}

static int start(const char *job)
{
	pid_t child;

	if (running == CHILDREN && reap() == -1)
		return -1;
	fflush(stdout);
	child = fork();
	if (child == -1)
		return -1;
	if (child == 0) {
		/* The channel's descriptors are closed on exec. */
		execl("/bin/sh", "sh", "-c", job, (char *)NULL);
		_exit(127);
	}
	running++;
	return 0;
}

int main(int argc, char **argv)
{
	struct sv_options options = SV_OPTIONS_INIT;
	struct sv_error error = SV_ERROR_INIT;
	sv_channel *ch;
	char job[4096];
	size_t length;
	int code;

	if (argc != 2) {
		fprintf(stderr, "usage: worker NAME\n");
		return 2;
	}
	options.name = argv[1];
	options.flags = SV_MESSAGES;
	if (sv_open(&ch, SV_READER, &options, -1, &error) != SV_OK) {
		fprintf(stderr, "worker: %s\n", error.text);
		return 1;
	}
	/* sv_recv() copies the message out of the segment, and returns its space. */
	while ((code = sv_recv(ch, job, sizeof job - 1, &length, -1)) == SV_OK) {
		job[length] = '\0';
		if (start(job) == -1) {
			fprintf(stderr, "worker: cannot start a process: %s\n", strerror(errno));
			sv_abort(ch, errno);
			break;
		}
	}
	while (running > 0 && reap() == 0)
		;
	/* Only now is the work done: the writer's sv_finish() waits for this. */
	if (code == SV_END && failed)
		sv_abort(ch, ECHILD);
	else if (code == SV_END)
		code = sv_finish(ch, -1) == SV_OK ? SV_OK : code;
	if (code != SV_OK)
		fprintf(stderr, "worker: %s\n", failed ? "a job failed" : sv_last_error(ch)->text);
	return sv_close(ch) == SV_OK && code == SV_OK ? 0 : 1;
}
