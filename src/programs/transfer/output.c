/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* O_TMPFILE */
#include "transfer/output.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/messages.h"
#include "common/reasons.h"
#include "common/signals.h"
#include "transfer/files.h"
#include "transfer/pipe.h"
#include "clock.h"

static bool failed(struct cli_transfer *t, int code, const char *what)
{
	t->reason = code;
	if (cli_signal == 0)
		cli_fail(code, "%s: cannot %s %s", t->label, what, t->output);
	return false;
}

/* The directory of a file; to be freed. */
static char *directory_of(const char *file)
{
	char *copy = strdup(file), *directory = copy != NULL ? strdup(dirname(copy)) : NULL;

	free(copy);
	return directory;
}

static mode_t usual_mode(void)
{
	mode_t mask = umask(0);

	umask(mask);
	return 0666 & ~mask;
}

/* The temporary name is not our file's, so nobody must remove a file of that name. */
static void forget_name(struct cli_output *output)
{
	int code = errno;

	free(output->temporary);
	output->temporary = NULL;
	errno = code;
}

/*
 * Open a temporary file in the directory of the target, with the target's mode.  The new file belongs to this
 * user, perhaps unlike the old one, so it is never setuid or setgid, as after write(2).  It has no name until
 * it is complete, so nothing is left even after SIGKILL.  If the file system cannot do that, it has the
 * target's name and a suffix.
 */
static int open_temporary(struct cli_output *output)
{
	char *directory;
	int fd;

	output->target = realpath(output->file, NULL);
	if (output->target == NULL && errno == ENOENT)
		output->target = strdup(output->file);
	directory = output->target != NULL ? directory_of(output->target) : NULL;
	if (directory == NULL)
		return -1;
	fd = open(directory, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	free(directory);
	if (fd == -1 && asprintf(&output->temporary, "%s.XXXXXX", output->target) == -1)
		output->temporary = NULL;
	if (fd == -1 && output->temporary != NULL) {
		fd = mkostemp(output->temporary, O_CLOEXEC);
		if (fd == -1)
			forget_name(output);
	}
	if (fd != -1 && fchmod(fd, stat(output->target, &output->st) == 0 ? output->st.st_mode & 0777
	                                                                  : usual_mode()) == -1)
		return -1;
	return fd;
}

/*
 * Give a name to a temporary file that has none.  A process with the same id may have been killed before it
 * used its own, and others can make files of names that they guess; nobody guesses the time.
 */
static bool give_name(struct cli_output *output)
{
	char path[40], time[24] = "";
	int tries;

	if (output->target == NULL || output->temporary != NULL)
		return true;
	snprintf(path, sizeof path, "/proc/self/fd/%d", output->fd);
	for (tries = 0; tries < 100; tries++) {
		if (asprintf(&output->temporary, "%s.%ld%s", output->target, (long)getpid(), time) == -1) {
			output->temporary = NULL;
			return false;
		}
		if (linkat(AT_FDCWD, path, AT_FDCWD, output->temporary, AT_SYMLINK_FOLLOW) == 0)
			return true;
		forget_name(output);
		if (errno != EEXIST)
			return false;
		snprintf(time, sizeof time, ".%llx", (unsigned long long)sv_now());
	}
	return false;
}

static int open_for_writing(struct cli_transfer *t, struct cli_output *output)
{
	int fd;

	if (output->file == NULL)
		return STDOUT_FILENO;
	if (output->atomic) {
		struct stat st;

		if (stat(output->file, &st) == -1 || S_ISREG(st.st_mode))
			return open_temporary(output);
		errno = EINVAL;
		return -1;
	}
	fd = cli_open_file(t, output->file, O_WRONLY);
	if (fd != -1 || errno != ENOENT)
		return fd;
	fd = cli_open_file(t, output->file, O_WRONLY | O_CREAT | O_EXCL);
	if (fd != -1)
		output->created = true;
	else if (errno == EEXIST)
		fd = cli_open_file(t, output->file, O_WRONLY | O_CREAT);
	return fd;
}

bool cli_output_open(struct cli_transfer *t, struct cli_output *output)
{
	t->output = output->file != NULL ? output->file : "standard output";
	output->fd = open_for_writing(t, output);
	/* A closed stream has been replaced: see cli_keep_standard_streams(). */
	if (output->file == NULL && (fcntl(output->fd, F_GETFL) & O_ACCMODE) == O_RDONLY)
		return failed(t, EBADF, "write");
	if (output->fd == -1 || fstat(output->fd, &output->st) == -1)
		return failed(t, errno, "open");
	output->regular = S_ISREG(output->st.st_mode);
	output->pipe = cli_widen_pipe(t, output->fd);
	t->consumer = S_ISFIFO(output->st.st_mode) || S_ISSOCK(output->st.st_mode) ? output->fd : -1;
	return true;
}

void cli_output_pipe(struct cli_transfer *t, struct cli_output *output, int fd)
{
	t->output = "the command";
	output->fd = t->consumer = fd;
	output->pipe = cli_widen_pipe(t, fd);
}

/* The file must be at least as long as the position at which its content continues. */
static bool long_enough(struct cli_transfer *t, const struct cli_output *output)
{
	struct stat st;

	if (fstat(output->fd, &st) == -1)
		return failed(t, errno, "look at");
	if ((uint64_t)st.st_size >= t->resumed)
		return true;
	t->reason = CLI_REASON_OUTPUT;
	cli_say("%s: %s has %llu bytes but %llu were already taken from the channel: use the file that the "
	        "transfer was begun with",
	        t->label, t->output, (unsigned long long)st.st_size, (unsigned long long)t->resumed);
	return false;
}

bool cli_output_accept(struct cli_transfer *t, const struct cli_output *output)
{
	return output->file == NULL || !output->regular || t->resumed == 0 || long_enough(t, output);
}

bool cli_output_begin(struct cli_transfer *t, struct cli_output *output)
{
	if (output->file == NULL || !output->regular)
		return true;
	if (ftruncate(output->fd, (off_t)t->resumed) == -1 ||
	    lseek(output->fd, (off_t)t->resumed, SEEK_SET) == -1)
		return failed(t, errno, "truncate");
	output->begun = true;
	return true;
}

static bool sync_directory(const char *file)
{
	char *name = directory_of(file);
	int fd = name != NULL ? open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	/* EINVAL: some file systems cannot do this, and do not need it. */
	bool good = fd != -1 && (fsync(fd) == 0 || errno == EINVAL);
	int code = errno;

	free(name);
	if (fd != -1)
		close(fd);
	errno = code;
	return good;
}

/* Standard output is still needed, so close a duplicate: that finds the same errors. */
static bool close_output(struct cli_output *output)
{
	int fd = output->file == NULL ? dup(output->fd) : output->fd;

	output->fd = -1;
	return fd != -1 && close(fd) == 0;
}

/* Has the file lost its last name, so that nobody will ever read what was written?  A temporary one has none.
 */
static bool is_lost(const struct cli_output *output)
{
	struct stat st;

	return output->file != NULL && output->regular && !output->atomic && fstat(output->fd, &st) == 0 &&
	       st.st_nlink == 0;
}

static bool complete(struct cli_transfer *t, struct cli_output *output)
{
	if (output->sync && fsync(output->fd) == -1)
		return failed(t, errno, "write to the disk");
	if (is_lost(output)) {
		t->reason = ENOENT;
		cli_say("%s: %s was removed while it was written", t->label, t->output);
		return false;
	}
	if (!give_name(output))
		return failed(t, errno, "write");
	if (!close_output(output))
		return failed(t, errno, "close");
	if (output->temporary != NULL && rename(output->temporary, output->target) == -1)
		return failed(t, errno, "replace");
	free(output->temporary);
	output->temporary = NULL;
	if (output->sync && output->file != NULL &&
	    !sync_directory(output->target != NULL ? output->target : output->file))
		return failed(t, errno, "write to the disk the directory of");
	return true;
}

/* Does the name still belong to the file that we wrote? */
static bool is_ours(const struct cli_output *output, struct stat *st)
{
	return stat(output->file, st) == 0 && st->st_dev == output->st.st_dev &&
	       st->st_ino == output->st.st_ino;
}

/* Tell the user that the file is incomplete, so that nobody takes it for the whole. */
static void tell_partial(struct cli_transfer *t, const struct cli_output *output)
{
	char *name = NULL;
	struct stat st;

	if (!is_ours(output, &st))
		return;
	if (t->number == 0 || asprintf(&name, "%s.partial", output->file) == -1) {
		cli_note("%s: %s is incomplete: it has %lld bytes", t->label, output->file,
		         (long long)st.st_size);
		return;
	}
	if (rename(output->file, name) == 0)
		cli_note("%s: the incomplete file is now %s: it has %lld bytes", t->label, name,
		         (long long)st.st_size);
	else
		cli_fail(errno, "%s: %s is incomplete, and cannot be renamed to %s", t->label, output->file,
		         name);
	free(name);
}

static void leave(struct cli_transfer *t, struct cli_output *output)
{
	struct stat st;

	if (output->fd != -1)
		close_output(output);
	if (output->temporary != NULL)
		unlink(output->temporary);
	/* Another reader may have opened the file since, and written to it. */
	else if (output->created && !output->begun && is_ours(output, &st) && st.st_size == 0)
		unlink(output->file);
	/* A resumed transfer will complete the file. */
	else if (output->begun && (t->options.flags & SV_RESUME) == 0)
		tell_partial(t, output);
}

int cli_output_end(struct cli_transfer *t, struct cli_output *output, int status)
{
	t->consumer = -1;
	if (status == CLI_OK && !complete(t, output))
		status = CLI_FAILED;
	if (status != CLI_OK)
		leave(t, output);
	free(output->temporary);
	free(output->target);
	output->temporary = output->target = NULL;
	return status;
}
