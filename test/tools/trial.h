/* SPDX-License-Identifier: MIT */
/*
 * trial.h - one transfer in which something happens to one side (the victim), and the judgement of the
 * result.  For sweep.c; a header because each tool has one .c file.
 *
 * The rules of the judgement:
 * - nobody hangs: every wait has a deadline that only a hang reaches;
 * - a survivor ends with 0 only if the output is complete, else with 3; until then the output is a prefix of
 *   the input;
 * - a survivor that has not ended waits for a next victim, and gets one: then both end with 0, and the output
 *   is complete;
 * - afterwards a new transfer on the same channel works, svclean ends with 0, and neither objects nor files
 *   are left.
 */
#ifndef TRIAL_H
#define TRIAL_H

#include "trial_world.h"

/* --- The course of a trial --- */

static enum subject peer_of(const struct scene *s)
{
	return s->subject == READER ? WRITER : READER;
}

static pid_t start_peer(const struct scene *s)
{
	const char *words[WORDS_MAX];

	transfer_words(s, peer_of(s), words);
	return start(words, "peer.err", false);
}

static bool wait_asleep(pid_t pid, struct outcome *o)
{
	double until = seconds() + DEADLINE_S;

	while (!asleep(pid)) {
		if (ended(pid) || seconds() > until)
			return wrong(o, "the peer did not fall asleep while it waited alone");
		nap();
	}
	return true;
}

/*
 * Does the peer wait for a process that may still come?  The victim is dead, and its weight was added before
 * it could be reaped.  So a peer that sleeps after that waits for the next victim, unless it still waits for
 * the dead one.
 */
static bool waits_for_next(const struct scene *s, pid_t peer, bool removed)
{
	enum sv_role role = s->subject == READER ? SV_READER : SV_WRITER;
	int slot;

	if (!asleep(peer))
		return false;
	if (s->resume || removed)
		return true;
	slot = slot_of(s, role);
	return slot == SV_SLOT_EMPTY || slot == SV_SLOT_ATTACHING;
}

static bool may_end_with(const struct scene *s, const struct outcome *o)
{
	if (o->survivor == 0)
		return true;
	if (s->may_fail && (o->removed || !o->restarted) && (o->survivor == 1 || o->survivor == 5))
		return true;
	return o->survivor == 3 && (o->removed || !o->restarted);
}

static enum subject next_of(const struct scene *s)
{
	return s->subject == READER || s->subject == LEAVER ? s->subject : WRITER;
}

static void judge_survivor(const struct scene *s, struct outcome *o)
{
	const char *despite = o->restarted ? " although the next one has come" : "";

	if (o->survivor == -1)
		wrong(o, "the survivor hangs%s", despite);
	else if (!may_end_with(s, o))
		wrong(o, "the survivor ended with %d%s", o->survivor, despite);
	if (!is_prefix(s, "out", o->survivor == 0))
		wrong(o, o->survivor == 0 ? "status 0, but the output is not complete"
		                          : "the output is not a prefix of the input");
}

/*
 * The survivor has succeeded and ended.  What it left, if anything, is for a next victim, which learns so at
 * once.
 */
static void tell_the_next(const struct scene *s, struct outcome *o)
{
	const char *words[WORDS_MAX];
	int status;

	if (o->wrong || !s->resume || o->restarted || o->removed || o->survivor != 0 || s->after_fresh ||
	    slot_of(s, SV_WRITER) == -1 ||
	    slot_of(s, s->subject == READER ? SV_READER : SV_WRITER) == SV_SLOT_LEFT)
		return;
	transfer_words(s, next_of(s), words);
	status = run(words, "next.err");
	if (status != 0 || slot_of(s, SV_WRITER) != -1)
		wrong(o, "all was done, but the next victim ended with %d%s", status,
		      status == -1 ? " (hangs)" : "");
	else if (!is_prefix(s, "out", true))
		wrong(o, "the next victim spoiled the output");
}

/* Bring the peer to its end, with the help of a next victim if it waits for one. */
static void settle(const struct scene *s, pid_t peer, struct outcome *o)
{
	double until = seconds() + DEADLINE_S;
	const char *words[WORDS_MAX];
	int status, n;

	while (!ended(peer) && !waits_for_next(s, peer, o->removed)) {
		if (seconds() > until) {
			kill(peer, SIGKILL);
			end_of(peer);
			wrong(o, "the survivor hangs");
			return;
		}
		nap();
	}
	if (!ended(peer)) {
		if (!is_prefix(s, "out", false))
			wrong(o, "the output is not a prefix of the input");
		o->restarted = true;
		n = transfer_words(s, next_of(s), words);
		/*
		 * A peer whose channel was removed notices it only when another process comes, which may then
		 * be too early.
		 */
		if (o->removed) {
			words[n] = "-t5";
			words[n + 1] = NULL;
		}
		status = run(words, "next.err");
		if (status == -1 || (status != 0 && !o->removed))
			wrong(o, "the next victim ended with %d%s", status, status == -1 ? " (hangs)" : "");
	}
	o->survivor = end_of(peer);
	judge_survivor(s, o);
	tell_the_next(s, o);
}

/*
 * The same, but the next victim does not wait to see what the survivor does.  If the survivor had everything
 * that it needed, the next victim may be too late: then it waits alone on a new channel and is ended.
 */
static void settle_at_once(const struct scene *s, pid_t peer, struct outcome *o)
{
	enum sv_role role = peer_of(s) == READER ? SV_READER : SV_WRITER;
	double until = seconds() + DEADLINE_S;
	const char *words[WORDS_MAX];
	pid_t next;
	int status;

	transfer_words(s, next_of(s), words);
	next = start(words, "next.err", false);
	while (!ended(peer) && seconds() < until)
		nap();
	o->restarted = true;
	o->survivor = end_of(peer);
	judge_survivor(s, o);
	while (!ended(next) && !(asleep(next) && slot_of(s, role) == SV_SLOT_EMPTY) && seconds() < until)
		nap();
	if (!ended(next) && seconds() < until) {
		kill(next, SIGTERM);
		status = end_of(next) == 128 + SIGTERM ? 0 : 1;
	} else {
		status = end_of(next);
	}
	if (status != 0)
		wrong(o, "the next victim, started at once, ended with %d%s", status,
		      status == -1 ? " (hangs)" : "");
}

/* Run svclean, if there is anything for it to do. */
static void clean(const struct scene *s, struct outcome *o, bool all)
{
	char path[PATH_MAX], left[256];
	const char *words[] = { path, "-q", all ? "-a" : NULL, NULL };
	int status;

	list_left(s, left, sizeof left);
	if (left[0] == '\0')
		return;
	snprintf(path, sizeof path, "%s/svclean", s->programs);
	status = run(words, "clean.err");
	if (status != 0)
		wrong(o, "svclean ended with %d", status);
	list_left(s, left, sizeof left);
	if (left[0] != '\0')
		wrong(o, "left behind after svclean: %s", left);
}

/* Both sides of a transfer in this process.  Nothing is killed here, so one process can hold both weights. */
static int both_sides(const struct scene *s)
{
	struct sv_options options = SV_OPTIONS_INIT;
	sv_channel *writer = NULL, *reader = NULL;
	struct sv_error error = SV_ERROR_INIT;
	size_t sent = 0, taken = 0, got;
	const void *data;
	void *space;
	int code;

	options.name = "sweep";
	options.capacity = 4096;
	options.flags = s->resume ? SV_RESUME : 0;
	code = sv_open(&writer, SV_WRITER, &options, DEADLINE_S * 1000, &error);
	if (code == SV_OK)
		code = sv_open(&reader, SV_READER, &options, DEADLINE_S * 1000, &error);
	while (code == SV_OK && sent < s->bytes && (code = sv_reserve(writer, 1, &space, &got, 0)) == SV_OK) {
		got = got < s->bytes - sent ? got : s->bytes - sent;
		memcpy(space, s->data + sent, got);
		sent += got;
		code = sv_commit(writer, got);
		if (code == SV_OK && sent == s->bytes && (code = sv_finish(writer, 0)) == SV_EAGAIN)
			code = SV_OK;
		while (code == SV_OK && (code = sv_peek(reader, 1, &data, &got, 0)) == SV_OK) {
			if (got > s->bytes - taken || memcmp(data, s->data + taken, got) != 0)
				code = SV_ECORRUPT;
			else
				code = sv_release(reader, got);
			taken += got;
		}
		if (code == SV_EAGAIN)
			code = SV_OK;
	}
	if (code == SV_END && (code = sv_finish(reader, 0)) == SV_OK)
		code = sv_finish(writer, 0);
	if (code == SV_OK && taken != s->bytes)
		code = SV_ECORRUPT;
	sv_close(reader);
	sv_close(writer);
	return code;
}

/* Continue an earlier transfer, or make a new one; with the programs if it has an input and an output file.
 */
static void fresh_transfer(const struct scene *s, struct outcome *o)
{
	const char *writer_words[WORDS_MAX], *reader_words[WORDS_MAX];
	pid_t writer, reader;
	int first, second;

	if (!s->resume || slot_of(s, SV_WRITER) == -1 || (o->survivor == 0 && !o->restarted)) {
		first = s->bytes == 0 ? 0 : both_sides(s);
		if (first != SV_OK)
			wrong(o, "a fresh transfer: %s", sv_strerror(first));
		return;
	}
	transfer_words(s, WRITER, writer_words);
	transfer_words(s, READER, reader_words);
	writer = start(writer_words, "writer.err", false);
	reader = start(reader_words, "reader.err", false);
	first = end_of(writer);
	second = end_of(reader);
	if (first != 0 || second != 0)
		wrong(o, "going on: writer %d, reader %d", first, second);
	else if (!is_prefix(s, "out", true))
		wrong(o, "going on: wrong output");
}

static void follow_up(const struct scene *s, struct outcome *o)
{
	if (o->wrong)
		return;
	if (!s->after_fresh)
		clean(s, o,
		      s->resume || s->subject == LEAVER || s->subject == TAKER || s->subject >= CLEANER);
	if (!o->wrong)
		fresh_transfer(s, o);
	if (!o->wrong)
		clean(s, o, s->resume || s->subject >= LEAVER);
}

/* For svclean and svstat: leave something of a killed and something of a detached transfer. */
static bool leave_leftovers(const struct scene *s, struct outcome *o)
{
	const char *words[] = { s->path[0], "-q", "-s4K", "-cdead", "in", NULL };
	const char *detached[] = { s->path[0], "-q", "-s16K", "-ckept", "-d", "in", NULL };
	pid_t pid = start(words, "dead.err", false);

	if (!wait_asleep(pid, o))
		return false;
	kill(pid, SIGKILL);
	end_of(pid);
	return run(detached, "kept.err") == 0 || wrong(o, "cannot prepare a detached channel");
}

#endif
