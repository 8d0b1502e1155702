/* SPDX-License-Identifier: MIT */
/* On a resumable channel: a writer that replaces one that died or failed after everything was said. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "pair.h"

/* A writer that commits three bytes, says that this was all, and is killed while it waits for the answer. */
/* sv_open(): the two ends are different files, so the reader's has another inode. */
static int open_as(sv_channel **ch, enum sv_role role, const struct sv_options *options, int timeout_ms,
                   struct sv_error *err)
{
	struct sv_options own = *options;

	if (role == SV_READER && own.source.inode != 0)
		own.source.inode += 100;
	return sv_open(ch, role, &own, timeout_ms, err);
}

static void a_writer_dies_at_the_end(const struct sv_options *options)
{
	sv_channel *writer;
	void *space;
	size_t got;
	int status;
	pid_t child = fork();

	must(child != -1);
	if (child == 0) {
		if (open_as(&writer, SV_WRITER, options, -1, NULL) != SV_OK ||
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
	must(open_as(&pair->reader, SV_READER, options, 0, NULL) == SV_OK);
	a_writer_dies_at_the_end(options);
	take_all(pair->reader);
}

/* The reader may also die after everything was said: its output is complete. */
static void a_reader_dies_at_the_end(const struct sv_options *options)
{
	sv_channel *reader;
	int status;
	pid_t child = fork();

	must(child != -1);
	if (child == 0) {
		if (open_as(&reader, SV_READER, options, -1, NULL) != SV_OK)
			_exit(1);
		take_all(reader);
		if (sv_finish(reader, 0) != SV_OK)
			_exit(1);
		raise(SIGKILL);
	}
	must(waitpid(child, &status, 0) == child && WIFSIGNALED(status));
}

/* Both dead or gone, all done, and the writer does not know: its file is the first of these. */
static void leave_to_the_writer(const struct sv_options *options)
{
	sv_channel *reader;

	must(open_as(&reader, SV_READER, options, 0, NULL) == SV_OK);
	a_writer_dies_at_the_end(options);
	take_all(reader);
	must(sv_finish(reader, 0) == SV_OK && sv_close(reader) == SV_OK);
}

static void leave_to_the_reader(const struct sv_options *options)
{
	sv_channel *writer;
	void *space;
	size_t got;

	must(open_as(&writer, SV_WRITER, options, 0, NULL) == SV_OK);
	must(sv_reserve(writer, 3, &space, &got, 0) == SV_OK);
	memcpy(space, "all", 3);
	must(sv_commit(writer, 3) == SV_OK && sv_finish(writer, 0) == SV_EAGAIN);
	a_reader_dies_at_the_end(options);
	must(sv_finish(writer, 0) == SV_OK && sv_close(writer) == SV_OK);
}

static bool begins_anew(enum sv_role role, const struct sv_options *options)
{
	sv_channel *ch;
	bool anew;

	must(open_as(&ch, role, options, 0, NULL) == SV_OK);
	anew = sv_position(ch) == 0 && sv_wait_peer(ch, 0) == SV_EAGAIN;
	sv_close(ch);
	return anew;
}

static int last_state;

static int note_state(const struct sv_info *info, void *arg)
{
	(void)arg;
	last_state = (int)info->state;
	return SV_OK;
}

static int note_removal(const struct sv_info *info, int removed, void *arg)
{
	(void)arg;
	return removed == 1 && info->side[SV_READER].attached == 0 ? SV_OK : SV_EINVAL;
}

/* Who resumes does not end because of a reader that failed before. */
static void after_a_failure(void)
{
	struct sv_options options = options_of(SV_RESUME, 4096);
	struct pair pair = open_pair(SV_RESUME, 4096);
	struct sv_clean_options clean = SV_CLEAN_INIT;
	sv_channel *ch;
	void *place;
	size_t got;

	send_byte(pair.writer);
	must(sv_abort(pair.reader, EIO) == SV_OK && sv_check(pair.writer) == SV_EPEER);
	close_pair(&pair);
	must(sv_open(&ch, SV_WRITER, &options, 0, NULL) == SV_OK);
	is(sv_position(ch), 1, "the next writer goes on");
	is(sv_reserve(ch, 1, &place, &got, 0), SV_OK, "and need not know how the last reader ended");
	must(sv_close(ch) == SV_OK);
	clean.name = "unit";
	clean.all = 1;
	must(sv_clean(&clean, note_removal, NULL, NULL) == SV_OK);
}

static void the_channel_waits_for_whom_success_is_owed(void)
{
	struct sv_options options = options_of(SV_RESUME, 4096), other;
	struct sv_clean_options clean = SV_CLEAN_INIT;
	sv_channel *ch;
	const void *data;
	size_t got;

	own_directory();
	options.source = (struct sv_source){ 1, 2, 3, 4 };

	leave_to_the_writer(&options);
	must(sv_list(0, note_state, NULL, NULL) == SV_OK);
	is(last_state, SV_STATE_RESUMABLE, "complete, and the writer dead: kept for its successor");
	is(open_as(&ch, SV_WRITER, &options, 0, NULL), SV_OK, "the successor finds it");
	is(sv_position(ch), 3, "goes on at the end");
	is(sv_wait_peer(ch, 0), SV_OK, "need not wait for a reader");
	is(sv_finish(ch, 0), SV_OK, "and has finished");
	sv_close(ch);
	ok(directory_is_empty(), "then it is gone");

	own_directory();
	leave_to_the_writer(&options);
	other = options;
	other.source.inode = 5;
	ok(begins_anew(SV_WRITER, &other), "a writer of another file begins anew");
	leave_to_the_writer(&options);
	other = options;
	other.source.size = 5;
	ok(begins_anew(SV_WRITER, &other), "so does one of a changed file");
	leave_to_the_writer(&options);
	ok(begins_anew(SV_READER, &options), "so does a reader, to which nothing is owed");
	leave_to_the_writer(&options);
	other = options_of(0, 4096);
	ok(begins_anew(SV_WRITER, &other), "so does a transfer that is not resumable");
	leave_to_the_writer(&options);
	other = options_of(SV_RESUME | SV_MESSAGES, 4096);
	other.source = options.source;
	ok(begins_anew(SV_WRITER, &other), "so does one of messages");

	leave_to_the_reader(&options);
	other = options;
	other.source.size = 5;
	is(open_as(&ch, SV_READER, &other, 0, NULL), SV_OK,
	   "complete, and the reader dead: its successor finds it");
	is(sv_position(ch), 3, "goes on at the end");
	is(sv_peek(ch, 1, &data, &got, 0), SV_END, "finds the end");
	is(sv_finish(ch, 0), SV_OK, "and has finished");
	sv_close(ch);
	ok(directory_is_empty(), "then it is gone");

	own_directory();
	leave_to_the_reader(&options);
	other.source.inode = 5;
	ok(begins_anew(SV_READER, &other), "a reader into another file begins anew");
	leave_to_the_reader(&options);
	ok(begins_anew(SV_WRITER, &options), "so does a writer");

	must(open_as(&ch, SV_READER, &options, 0, NULL) == SV_OK);
	a_writer_dies_at_the_end(&options);
	must(sv_peek(ch, 1, &data, &got, 0) == SV_OK && sv_release(ch, 1) == SV_OK);
	sv_close(ch);
	is(open_as(&ch, SV_READER, &other, 0, NULL), SV_ESOURCE, "amid a transfer another output is refused");
	must(open_as(&ch, SV_READER, &options, 0, NULL) == SV_OK);
	is(sv_position(ch), 1, "and the transfer can go on");
	sv_close(ch);
	clean.all = 1;
	ok(sv_clean(&clean, note_removal, NULL, NULL) == SV_OK && directory_is_empty(),
	   "and svclean --all drops it");
}

int main(void)
{
	struct sv_options options = options_of(SV_RESUME, 4096);
	struct pair pair;
	void *space;
	size_t got;

	own_directory();

	open_both(&pair, &options);
	must(open_as(&pair.writer, SV_WRITER, &options, 0, NULL) == SV_OK);
	must(sv_finish(pair.reader, 0) == SV_OK);
	is(sv_position(pair.writer), 3, "the successor goes on at the end");
	is(sv_reserve(pair.writer, 1, &space, &got, 0), SV_OK,
	   "although the reader is done, it may look for more input");
	ok(sv_commit(pair.writer, 0) == SV_OK && sv_finish(pair.writer, 0) == SV_OK,
	   "and without more it has finished, too");
	close_pair(&pair);

	open_both(&pair, &options);
	must(sv_finish(pair.reader, 0) == SV_OK);
	must(open_as(&pair.writer, SV_WRITER, &options, 0, NULL) == SV_OK);
	is(sv_reserve(pair.writer, 1, &space, &got, 0), SV_OK,
	   "the same when the reader was done before it came");
	is(sv_finish(pair.writer, 0), SV_OK, "it finishes without a word");
	close_pair(&pair);

	open_both(&pair, &options);
	must(sv_finish(pair.reader, 0) == SV_OK);
	must(open_as(&pair.writer, SV_WRITER, &options, 0, NULL) == SV_OK);
	must(sv_reserve(pair.writer, 1, &space, &got, 0) == SV_OK && sv_commit(pair.writer, 1) == SV_OK);
	is(sv_reserve(pair.writer, 1, &space, &got, 0), SV_ECORRUPT,
	   "more than the reader has taken cannot follow");
	is(sv_finish(pair.writer, 0), SV_ECORRUPT, "and is not said to have arrived");
	close_pair(&pair);

	pair = open_pair(SV_RESUME, 4096);
	must(sv_reserve(pair.writer, 3, &space, &got, 0) == SV_OK);
	memcpy(space, "all", 3);
	must(sv_commit(pair.writer, 3) == SV_OK && sv_finish(pair.writer, 0) == SV_EAGAIN);
	take_all(pair.reader);
	must(sv_finish(pair.reader, 0) == SV_OK && sv_abort(pair.writer, ENOMEM) == SV_OK);
	close_pair(&pair);
	must(open_as(&pair.writer, SV_WRITER, &options, 0, NULL) == SV_OK);
	is(sv_finish(pair.writer, 0), SV_OK,
	   "a writer that fails after the reader was done is followed by one that has finished");
	sv_close(pair.writer);

	pair = open_pair(SV_RESUME, 4096);
	must(sv_reserve(pair.writer, 3, &space, &got, 0) == SV_OK);
	memcpy(space, "all", 3);
	must(sv_commit(pair.writer, 3) == SV_OK && sv_finish(pair.writer, 0) == SV_EAGAIN);
	must(sv_close(pair.writer) == SV_OK);
	take_all(pair.reader);
	must(sv_finish(pair.reader, 0) == SV_OK && sv_close(pair.reader) == SV_OK);
	must(open_as(&pair.writer, SV_WRITER, &options, 0, NULL) == SV_OK);
	is(sv_finish(pair.writer, 0), SV_OK, "so is one that is closed before the reader was done");
	sv_close(pair.writer);
	ok(directory_is_empty(), "and nothing is left");
	the_channel_waits_for_whom_success_is_owed();
	own_directory();
	after_a_failure();
	ok(directory_is_empty(), "and nothing is left");
	return tap_done();
}
