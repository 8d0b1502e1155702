/* SPDX-License-Identifier: MIT */
/*
 * A stream of bytes with every error handled: `bytes w NAME` sends standard input, `bytes r NAME` prints it.
 *
 * The bytes are read(2) straight into the segment and written straight out of it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <svipc.h>

/* One sentence that names the object, the reason and what to do; then tell the peer and leave. */
static int fail(sv_channel *ch, int reason)
{
	fprintf(stderr, "bytes: %s\n", reason > 0 ? strerror(reason) : sv_last_error(ch)->text);
	sv_abort(ch, reason > 0 ? reason : ECANCELED);
	sv_close(ch);
	return 1;
}

static int send_all(sv_channel *ch)
{
	void *place;
	size_t room;
	ssize_t n;

	do {
		if (sv_reserve(ch, 4096, &place, &room, -1) != SV_OK)
			return fail(ch, 0);
		n = read(STDIN_FILENO, place, room);
		if (n == -1)
			return fail(ch, errno);
		if (sv_commit(ch, (size_t)n) != SV_OK)
			return fail(ch, 0);
	} while (n > 0);
	/* Success is known only when the reader says so. */
	if (sv_finish(ch, -1) != SV_OK)
		return fail(ch, 0);
	return sv_close(ch) == SV_OK ? 0 : 1;
}

static int receive_all(sv_channel *ch)
{
	const void *place;
	size_t there;
	ssize_t n;
	int code;

	while ((code = sv_peek(ch, 1, &place, &there, -1)) == SV_OK) {
		n = write(STDOUT_FILENO, place, there);
		if (n == -1)
			return fail(ch, errno);
		if (sv_release(ch, (size_t)n) != SV_OK)
			return fail(ch, 0);
	}
	/* Anything but SV_END means that bytes are missing. */
	if (code != SV_END)
		return fail(ch, 0);
	if (close(STDOUT_FILENO) == -1)
		return fail(ch, errno);
	if (sv_finish(ch, -1) != SV_OK)
		return fail(ch, 0);
	return sv_close(ch) == SV_OK ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct sv_options options = SV_OPTIONS_INIT;
	struct sv_error error = SV_ERROR_INIT;
	sv_channel *ch;
	int writes;

	if (argc != 3 || (strcmp(argv[1], "w") != 0 && strcmp(argv[1], "r") != 0)) {
		fprintf(stderr, "usage: bytes w|r NAME\n");
		return 2;
	}
	writes = argv[1][0] == 'w';
	options.name = argv[2];
	if (sv_open(&ch, writes ? SV_WRITER : SV_READER, &options, -1, &error) != SV_OK) {
		fprintf(stderr, "bytes: %s\n", error.text);
		return 1;
	}
	return writes ? send_all(ch) : receive_all(ch);
}
