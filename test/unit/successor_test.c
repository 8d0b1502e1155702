/* SPDX-License-Identifier: MIT */
/* On a resumable channel, a writer that comes in place of one that died, or failed, when all was said already. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "pair.h"

/* A writer that commits three bytes, says that this was all, and is killed while it waits for the answer. */
static void a_writer_dies_at_the_end(const struct sv_options *options)
{
	sv_channel *writer;
	void *space;
	size_t got;
	int status;
	pid_t child = fork();

	must(child != -1);
	if (child == 0) {
		if (sv_open(&writer, SV_WRITER, options, -1, NULL) != SV_OK ||
		    sv_reserve(writer, 3, &space, &got, 0) != SV_OK)
			_exit(1);
		memcpy(space, "all", 3);
		if (sv_commit(writer, 3) != SV_OK || sv_finish(writer, 0) != SV_EAGAIN)
			_exit(1);
		raise(SIGKILL);
	}
	must(waitpid(child, &status, 0) == child && WIFSIGNALED(status));
}

static void take_all(sv_channel *reader)
{
	const void *data;
	size_t got;

	must(sv_peek(reader, 3, &data, &got, 0) == SV_OK && got == 3 && memcmp(data, "all", 3) == 0);
	must(sv_release(reader, 3) == SV_OK && sv_peek(reader, 1, &data, &got, 0) == SV_END);
}

static void open_both(struct pair *pair, const struct sv_options *options)
{
	must(sv_open(&pair->reader, SV_READER, options, 0, NULL) == SV_OK);
	a_writer_dies_at_the_end(options);
	take_all(pair->reader);
}

int main(void)
{
	struct sv_options options = options_of(SV_RESUME, 4096);
	struct pair pair;
	void *space;
	size_t got;

	own_directory();

	open_both(&pair, &options);
	must(sv_open(&pair.writer, SV_WRITER, &options, 0, NULL) == SV_OK);
	must(sv_finish(pair.reader, 0) == SV_OK);
	is(sv_position(pair.writer), 3, "the successor goes on at the end");
	is(sv_reserve(pair.writer, 1, &space, &got, 0), SV_OK, "although the reader is done, it may look for more input");
	ok(sv_commit(pair.writer, 0) == SV_OK && sv_finish(pair.writer, 0) == SV_OK, "and without more it has finished, too");
	close_pair(&pair);

	open_both(&pair, &options);
	must(sv_finish(pair.reader, 0) == SV_OK);
	must(sv_open(&pair.writer, SV_WRITER, &options, 0, NULL) == SV_OK);
	is(sv_reserve(pair.writer, 1, &space, &got, 0), SV_OK, "the same when the reader was done before it came");
	is(sv_finish(pair.writer, 0), SV_OK, "it finishes without a word");
	close_pair(&pair);

	open_both(&pair, &options);
	must(sv_finish(pair.reader, 0) == SV_OK);
	must(sv_open(&pair.writer, SV_WRITER, &options, 0, NULL) == SV_OK);
	must(sv_reserve(pair.writer, 1, &space, &got, 0) == SV_OK && sv_commit(pair.writer, 1) == SV_OK);
	is(sv_reserve(pair.writer, 1, &space, &got, 0), SV_ECORRUPT, "more than the reader has taken cannot follow");
	is(sv_finish(pair.writer, 0), SV_ECORRUPT, "and is not said to have arrived");
	close_pair(&pair);

	pair = open_pair(SV_RESUME, 4096);
	must(sv_reserve(pair.writer, 3, &space, &got, 0) == SV_OK);
	memcpy(space, "all", 3);
	must(sv_commit(pair.writer, 3) == SV_OK && sv_finish(pair.writer, 0) == SV_EAGAIN);
	take_all(pair.reader);
	must(sv_finish(pair.reader, 0) == SV_OK && sv_abort(pair.writer, ENOMEM) == SV_OK);
	close_pair(&pair);
	ok(directory_is_empty(), "a writer that fails after the reader was done leaves nothing to be resumed");
	return tap_done();
}
