/* SPDX-License-Identifier: MIT */
/* On a resumable channel: a side that replaces one that died or failed after everything was said. */
#include "pair.h"
#include "ring/layout.h"

/* Of one transfer.  The two ends are different files, so the reader's has another inode. */
static int open_as(sv_channel **ch, enum sv_role role, const struct sv_options *options)
{
	struct sv_options own = *options;

	if (role == SV_READER && own.source.inode != 0)
		own.source.inode += 100;
	return sv_open(ch, role, &own, 0, NULL);
}

static sv_channel *joined(enum sv_role role, const struct sv_options *options)
{
	sv_channel *ch;

	must(open_as(&ch, role, options) == SV_OK);
	return ch;
}

/* Three bytes, and that this was all. */
static void send_all(sv_channel *writer)
{
	void *space;
	size_t got;

	must(sv_reserve(writer, 3, &space, &got, 0) == SV_OK);
	memcpy(space, "all", 3);
	must(sv_commit(writer, 3) == SV_OK && sv_finish(writer, 0) == SV_EAGAIN);
}

static void take_all(sv_channel *reader)
{
	const void *data;
	size_t got;

	must(sv_peek(reader, 3, &data, &got, 0) == SV_OK && got == 3 && memcmp(data, "all", 3) == 0);
	must(sv_release(reader, 3) == SV_OK && sv_peek(reader, 1, &data, &got, 0) == SV_END);
}

/* A side that is killed after everything was said; the output of a reader is complete then. */
static void dies_at_the_end(enum sv_role role, const struct sv_options *options)
{
	pid_t child = fork();
	sv_channel *ch;

	must(child != -1);
	if (child == 0) {
		ch = joined(role, options);
		if (role == SV_WRITER) {
			send_all(ch);
		} else {
			take_all(ch);
			must(sv_finish(ch, 0) == SV_OK);
		}
		raise(SIGKILL);
	}
	must(WIFSIGNALED(status_of(child)));
}

static void leave_by_death_as(enum sv_role role, const struct sv_options *options)
{
	pid_t child = fork();

	must(child != -1);
	if (child == 0) {
		joined(role, options);
		raise(SIGKILL);
	}
	must(WIFSIGNALED(status_of(child)));
}

/* A reader that has taken all from a writer that is dead. */
static sv_channel *reader_of_the_dead(const struct sv_options *options)
{
	sv_channel *reader = joined(SV_READER, options);

	dies_at_the_end(SV_WRITER, options);
	take_all(reader);
	return reader;
}

/* Both are dead or gone, all is done, and this side does not know. */
static void leave_to(enum sv_role role, const struct sv_options *options)
{
	sv_channel *other;

	if (role == SV_WRITER) {
		other = reader_of_the_dead(options);
	} else {
		other = joined(SV_WRITER, options);
		send_all(other);
		dies_at_the_end(SV_READER, options);
	}
	must(sv_finish(other, 0) == SV_OK && sv_close(other) == SV_OK);
}

static int note_removal(const struct sv_info *info, int removed, void *arg)
{
	(void)arg;
	return removed == 1 && info->side[SV_READER].attached == 0 ? SV_OK : SV_EINVAL;
}

static int drop_all(void)
{
	struct sv_clean_options clean = SV_CLEAN_INIT;

	clean.all = 1;
	return sv_clean(&clean, note_removal, NULL, NULL);
}

/* A reader that was told of a death, and does not call sv_wait_peer(). */
static void told_and_replaced(void)
{
	struct sv_options options = options_of(SV_RESUME, 4096);
	sv_channel *reader = joined(SV_READER, &options), *writer;
	const void *data;
	size_t got;

	leave_by_death_as(SV_WRITER, &options);
	is(sv_check(reader), SV_EDIED, "a reader is told that its writer died");
	is(sv_peek(reader, 1, &data, &got, 0), SV_EDIED, "and told again");
	writer = joined(SV_WRITER, &options);
	is(sv_peek(reader, 1, &data, &got, 0), SV_EAGAIN, "until another one has come");
	must(sv_close(writer) == SV_OK && sv_close(reader) == SV_OK && drop_all() == SV_OK);
}

/* A writer that closes before it has learned of the success. */
static void closed_too_early(void)
{
	struct sv_options options = options_of(SV_RESUME, 4096);
	sv_channel *writer = joined(SV_WRITER, &options), *reader = joined(SV_READER, &options);

	send_all(writer);
	take_all(reader);
	must(sv_finish(reader, 0) == SV_OK && sv_close(reader) == SV_OK && sv_close(writer) == SV_OK);
	writer = joined(SV_WRITER, &options);
	is(sv_position(writer), 3, "after a writer that closed too early the next one has nothing to send");
	is(sv_finish(writer, 0), SV_OK, "and is told of the success");
	must(sv_close(writer) == SV_OK);
}

/* Who resumes does not end because of a reader that failed before. */
static void after_a_failure(void)
{
	struct sv_options options = options_of(SV_RESUME, 4096);
	struct pair pair = open_pair(SV_RESUME, 4096);
	sv_channel *ch;
	void *place;
	size_t got;

	send_byte(pair.writer);
	must(sv_abort(pair.reader, EIO) == SV_OK && sv_check(pair.writer) == SV_EPEER);
	close_pair(&pair);
	ch = joined(SV_WRITER, &options);
	is(sv_position(ch), 1, "the next writer goes on");
	is(sv_reserve(ch, 1, &place, &got, 0), SV_OK, "and need not know how the last reader ended");
	must(sv_close(ch) == SV_OK && drop_all() == SV_OK);
}

/* The successor of a writer that died, and its reader, which is done before or after the successor comes. */
static struct pair succeeded(const struct sv_options *options, bool reader_is_done)
{
	struct pair pair;

	pair.reader = reader_of_the_dead(options);
	must(!reader_is_done || sv_finish(pair.reader, 0) == SV_OK);
	pair.writer = joined(SV_WRITER, options);
	must(reader_is_done || sv_finish(pair.reader, 0) == SV_OK);
	is(sv_position(pair.writer), 3, "the successor goes on at the end");
	return pair;
}

static void the_reader_is_done(void)
{
	struct sv_options options = options_of(SV_RESUME, 4096);
	struct pair pair = succeeded(&options, false);
	void *space;
	size_t got;

	is(sv_reserve(pair.writer, 1, &space, &got, 0), SV_OK,
	   "although the reader is done, it may look for more input");
	ok(sv_commit(pair.writer, 0) == SV_OK && sv_finish(pair.writer, 0) == SV_OK,
	   "and without more it has finished, too");
	close_pair(&pair);
	pair = succeeded(&options, true);
	is(sv_reserve(pair.writer, 1, &space, &got, 0), SV_OK,
	   "the same when the reader was done before it came");
	is(sv_finish(pair.writer, 0), SV_OK, "it finishes without a word");
	close_pair(&pair);
	pair = succeeded(&options, true);
	must(sv_reserve(pair.writer, 1, &space, &got, 0) == SV_OK && sv_commit(pair.writer, 1) == SV_OK);
	is(sv_reserve(pair.writer, 1, &space, &got, 0), SV_ECORRUPT,
	   "more than the reader has taken cannot follow");
	is(sv_finish(pair.writer, 0), SV_ECORRUPT, "and is not said to have arrived");
	is(sv_last_error(pair.writer)->sys_errno, 0, "no system call has failed");
	close_pair(&pair);
}

/* The successor of a writer that fails after the reader was done, or that is closed before. */
static void the_writer_ends(void)
{
	struct sv_options options = options_of(SV_RESUME, 4096);
	struct pair pair;
	int fails;

	for (fails = 0; fails < 2; fails++) {
		pair = open_pair(SV_RESUME, 4096);
		send_all(pair.writer);
		must(fails || sv_close(pair.writer) == SV_OK);
		take_all(pair.reader);
		must(sv_finish(pair.reader, 0) == SV_OK);
		must(!fails || (sv_abort(pair.writer, ENOMEM) == SV_OK && sv_close(pair.writer) == SV_OK));
		must(sv_close(pair.reader) == SV_OK);
		pair.writer = joined(SV_WRITER, &options);
		is(sv_finish(pair.writer, 0), SV_OK, "a writer that %s is followed by one that has finished",
		   fails ? "fails after the reader was done" : "is closed before the reader was done");
		sv_close(pair.writer);
	}
}

static void begins_anew(enum sv_role left_to, enum sv_role role, const struct sv_options *left,
                        const struct sv_options *options, const char *what)
{
	sv_channel *ch;

	leave_to(left_to, left);
	ch = joined(role, options);
	ok(sv_position(ch) == 0 && sv_wait_peer(ch, 0) == SV_EAGAIN, "%s begins anew", what);
	sv_close(ch);
}

static void the_channel_waits_for_whom_success_is_owed(void)
{
	struct sv_options options = options_of(SV_RESUME, 4096), changed, another, messages, usual;
	struct sv_info info = SV_INFO_INIT;
	sv_channel *ch;
	const void *data;
	size_t got;

	options.source = (struct sv_source){ 1, 2, 3, 4 };
	changed = another = options;
	changed.source.size = 5;
	another.source.inode = 5;
	usual = options_of(0, 4096);
	messages = options_of(SV_RESUME | SV_MESSAGES, 4096);
	messages.source = options.source;

	leave_to(SV_WRITER, &options);
	must(sv_find("unit", NULL, 0, &info, NULL) == SV_OK);
	is(info.state, SV_STATE_RESUMABLE, "complete, and the writer dead: kept for its successor");
	is(open_as(&ch, SV_WRITER, &options), SV_OK, "the successor finds it");
	is(sv_position(ch), 3, "goes on at the end");
	is(sv_wait_peer(ch, 0), SV_OK, "need not wait for a reader");
	is(sv_finish(ch, 0), SV_OK, "and has finished");
	sv_close(ch);
	ok(directory_is_empty(), "then it is gone");

	own_directory();
	leave_to(SV_READER, &options);
	is(open_as(&ch, SV_READER, &changed), SV_OK, "complete, and the reader dead: its successor finds it");
	is(sv_position(ch), 3, "goes on at the end");
	is(sv_peek(ch, 1, &data, &got, 0), SV_END, "finds the end");
	is(sv_finish(ch, 0), SV_OK, "and has finished");
	sv_close(ch);
	ok(directory_is_empty(), "then it is gone");

	own_directory();
	begins_anew(SV_WRITER, SV_WRITER, &options, &another, "a writer of another file");
	begins_anew(SV_WRITER, SV_WRITER, &options, &changed, "a writer of a changed file");
	begins_anew(SV_WRITER, SV_READER, &options, &options, "a reader, to which nothing is owed,");
	begins_anew(SV_WRITER, SV_WRITER, &options, &usual, "a transfer that is not resumable");
	begins_anew(SV_WRITER, SV_WRITER, &options, &messages, "a transfer of messages");
	begins_anew(SV_READER, SV_READER, &options, &another, "a reader into another file");
	begins_anew(SV_READER, SV_WRITER, &options, &options, "a writer, to which nothing is owed,");

	ch = joined(SV_READER, &options);
	dies_at_the_end(SV_WRITER, &options);
	take_bytes(ch, 1);
	sv_close(ch);
	is(open_as(&ch, SV_READER, &another), SV_ESOURCE, "amid a transfer another output is refused");
	ch = joined(SV_READER, &options);
	is(sv_position(ch), 1, "and the transfer can go on");
	sv_close(ch);
	ok(drop_all() == SV_OK && directory_is_empty(), "and svclean --all drops it");
}

int main(void)
{
	own_directory();
	the_reader_is_done();
	the_writer_ends();
	told_and_replaced();
	closed_too_early();
	after_a_failure();
	the_channel_waits_for_whom_success_is_owed();
	return tap_done();
}
