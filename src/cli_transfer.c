/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "cli_transfer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* How long to wait for the other side before telling a person whom to start. */
#define HINT_MS 1000

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static const char *other_role(const struct cli_transfer *t)
{
	return t->role == SV_WRITER ? "reader" : "writer";
}

void cli_transfer_init(struct cli_transfer *t, enum sv_role role)
{
	static const struct sv_options defaults = SV_OPTIONS_INIT;

	memset(t, 0, sizeof *t);
	t->role = role;
	t->options = defaults;
	t->timeout_ms = -1;
}

bool cli_transfer_option(struct cli_transfer *t, int option, const char *value)
{
	struct sv_options *o = &t->options;

	switch (option) {
	case 'c':
		o->name = value;
		return true;
	case 'i':
		if (!cli_parse_number(value, 1, 255, &o->project))
			cli_usage("invalid --id '%s': use a number from 1 to 255", value);
		return true;
	case 'k':
		o->path = value;
		return true;
	case 'm':
		if (!cli_parse_mode(value, &o->mode))
			cli_usage("invalid --mode '%s': use 0600, 0660 or 0666", value);
		return true;
	case 'q':
		t->quiet = true;
		return true;
	case 'r':
		o->flags |= SV_RESUME;
		return true;
	case 's':
		if (!cli_parse_size(value, &o->capacity) || o->capacity == 0)
			cli_usage("invalid --size '%s': use a number above 0 with K, M or G, such as 64K or 1.5G", value);
		return true;
	case 't':
		if (!cli_parse_seconds(value, &t->timeout_ms))
			cli_usage("invalid --timeout '%s': use seconds, such as 10 or 0.5", value);
		return true;
	case 'v':
		t->verbose = true;
		return true;
	case CLI_OPT_WAIT:
		if (strcmp(value, "auto") == 0)
			o->wait = SV_WAIT_AUTO;
		else if (strcmp(value, "spin") == 0)
			o->wait = SV_WAIT_SPIN;
		else if (strcmp(value, "sleep") == 0)
			o->wait = SV_WAIT_SLEEP;
		else
			cli_usage("invalid --wait '%s': use auto, spin or sleep", value);
		return true;
	default:
		return false;
	}
}

void cli_transfer_check(struct cli_transfer *t)
{
	const struct sv_options *o = &t->options;
	char id[24] = "", where[300];

	if (o->name != NULL && o->path != NULL)
		cli_usage("--channel and --path exclude each other");
	if (o->project != 0)
		snprintf(id, sizeof id, " -i %d", o->project);
	if (o->path != NULL) {
		snprintf(t->label, sizeof t->label, "channel at %.150s", o->path);
		snprintf(where, sizeof where, " -k %.200s%s", o->path, id);
	} else {
		snprintf(t->label, sizeof t->label, "channel '%.100s'", o->name != NULL ? o->name : "default");
		if (o->name != NULL)
			snprintf(where, sizeof where, " -c %.100s%s", o->name, id);
		else
			snprintf(where, sizeof where, "%s", id);
	}
	snprintf(t->command, sizeof t->command, "%s%s%s", t->role == SV_WRITER ? "svread" : "svwrite", where,
	         (o->flags & SV_RESUME) == 0 ? "" : t->role == SV_WRITER ? " -r -o FILE" : " -r FILE");
}

int cli_transfer_failed(struct cli_transfer *t, int code)
{
	if (code != SV_EINTR)
		cli_say("%s", sv_last_error(t->ch)->text);
	return cli_status(code);
}

int cli_transfer_open(struct cli_transfer *t)
{
	struct sv_error error;
	int code = sv_open(&t->ch, t->role, &t->options, t->timeout_ms, &error);

	if (code == SV_OK) {
		cli_guard(t->ch);
		t->block = (size_t)sv_capacity(t->ch) / 4 < CLI_BLOCK ? (size_t)sv_capacity(t->ch) / 4 : CLI_BLOCK;
		t->resumed = sv_position(t->ch);
		return CLI_OK;
	}
	if (code == SV_EINTR && cli_signal != 0)
		cli_die_by(cli_signal);
	cli_say("%s", error.text);
	return cli_status(code);
}

static void hint(const struct cli_transfer *t)
{
	char space[64] = "";
	ssize_t n = readlink("/proc/self/ns/ipc", space, sizeof space - 1);

	if (t->quiet || (!t->verbose && !isatty(STDERR_FILENO)))
		return;
	space[n > 0 ? n : 0] = '\0';
	cli_say("waiting for a %s on %s%s%s%s; in another terminal type: %s", other_role(t), t->label,
	        n > 0 ? " (namespace " : "", space, n > 0 ? ")" : "", t->command);
}

/* Wait in two steps, so that a person learns what the program waits for. */
static int wait_peer(struct cli_transfer *t)
{
	int first = t->timeout_ms >= 0 && t->timeout_ms < HINT_MS ? t->timeout_ms : HINT_MS;
	int code;

	do
		code = sv_wait_peer(t->ch, first);
	while (code == SV_EINTR && cli_signal == 0);
	if (code != SV_ETIMEDOUT || first == t->timeout_ms)
		return code;
	hint(t);
	do
		code = sv_wait_peer(t->ch, t->timeout_ms < 0 ? -1 : t->timeout_ms - first);
	while (code == SV_EINTR && cli_signal == 0);
	return code;
}

int cli_transfer_meet(struct cli_transfer *t)
{
	int code = wait_peer(t);

	t->start_ns = now_ns();
	return code == SV_OK ? CLI_OK : cli_transfer_failed(t, code);
}

/* On a resumable channel a peer that died or was ended by a signal may come back; one that failed may not. */
static bool comes_back(const struct cli_transfer *t, int code)
{
	return (t->options.flags & SV_RESUME) != 0 &&
	       (code == SV_EDIED || (code == SV_EPEER && sv_last_error(t->ch)->signal != 0));
}

enum operation { RESERVE, PEEK, FINISH };

static int persist(struct cli_transfer *t, enum operation operation, size_t want, void **space, const void **data,
                   size_t *got)
{
	int code;

	for (;;) {
		if (cli_signal != 0)
			return SV_EINTR;
		switch (operation) {
		case RESERVE:
			code = sv_reserve(t->ch, want, space, got, t->timeout_ms);
			break;
		case PEEK:
			code = sv_peek(t->ch, want, data, got, t->timeout_ms);
			break;
		default:
			code = sv_finish(t->ch, t->timeout_ms);
			break;
		}
		if (comes_back(t, code)) {
			if (!t->quiet)
				cli_say("%s; waiting for the next one: %s", sv_last_error(t->ch)->text, t->command);
			code = wait_peer(t);
			if (code == SV_OK)
				continue;
		}
		if (code == SV_EINTR && cli_signal == 0)
			continue;
		if (code != SV_OK && code != SV_END)
			cli_transfer_failed(t, code);
		return code;
	}
}

int cli_reserve(struct cli_transfer *t, size_t want, void **data, size_t *got)
{
	return persist(t, RESERVE, want, data, NULL, got);
}

int cli_peek(struct cli_transfer *t, const void **data, size_t *got)
{
	return persist(t, PEEK, 1, NULL, data, got);
}

int cli_finish(struct cli_transfer *t)
{
	return persist(t, FINISH, 0, NULL, NULL, NULL);
}

int cli_transfer_close(struct cli_transfer *t, int status, int reason)
{
	int code;

	if (t->ch == NULL)
		return status;
	if (cli_signal != 0)
		reason = -cli_signal;
	else if (reason == 0 && status == CLI_TIMEOUT)
		reason = ETIMEDOUT;
	else if (reason == 0 && status != CLI_OK)
		reason = ECANCELED;
	if (reason != 0)
		sv_abort(t->ch, reason);
	cli_guard(NULL);
	code = sv_close(t->ch);
	t->ch = NULL;
	if (cli_signal != 0 && status != CLI_OK)
		cli_die_by(cli_signal);
	if (code != SV_OK)
		cli_say("%s: its objects could not be removed: see svclean", t->label);
	return status;
}

void cli_transfer_summary(const struct cli_transfer *t)
{
	double seconds = (double)(now_ns() - t->start_ns) / 1e9;
	double bytes = (double)(sv_position(t->ch) - t->resumed);
	char amount[32], rate[32];

	if (!t->verbose || t->quiet)
		return;
	cli_say("%s: %llu bytes (%s) in %.3f s, %s/s", t->label, (unsigned long long)(sv_position(t->ch) - t->resumed),
	        cli_bytes(amount, sizeof amount, bytes), seconds,
	        cli_bytes(rate, sizeof rate, seconds > 0 ? bytes / seconds : 0));
}
