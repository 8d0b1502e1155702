/* SPDX-License-Identifier: MIT */
#include "transfer/calls.h"

#include "common/messages.h"
#include "common/shell.h"
#include "common/signals.h"
#include "transfer/consumer.h"
#include "transfer/peer.h"
#include "clock.h"

enum operation { RESERVE, PEEK, FINISH, MSG_RESERVE, MSG_PEEK };

struct call {
	enum operation operation;
	size_t want;
	void **space;
	const void **data;
	size_t *got;
};

static int make(struct cli_transfer *t, const struct call *call, int timeout_ms)
{
	switch (call->operation) {
	case RESERVE: return sv_reserve(t->ch, call->want, call->space, call->got, timeout_ms);
	case PEEK: return sv_peek(t->ch, call->want, call->data, call->got, timeout_ms);
	case MSG_RESERVE: return sv_msg_reserve(t->ch, call->want, call->space, timeout_ms);
	case MSG_PEEK: return sv_msg_peek(t->ch, call->data, call->got, timeout_ms);
	default: return sv_finish(t->ch, timeout_ms);
	}
}

static const char *waiting_in(const struct cli_transfer *t, enum operation operation)
{
	if (operation == FINISH)
		return "waiting for the reader to finish";
	return t->role == SV_WRITER ? "waiting for the reader" : "waiting for the writer";
}

/*
 * On a resumable channel a peer that died or was ended by a signal may come back; a peer that failed may not.
 */
static bool comes_back(const struct cli_transfer *t, int code)
{
	return (t->options.flags & SV_RESUME) != 0 &&
	       (code == SV_EDIED || (code == SV_EPEER && sv_last_error(t->ch)->signal != 0));
}

static int wait_for_next(struct cli_transfer *t)
{
	char command[CLI_COMMAND_SIZE];

	if (!t->quiet)
		cli_note("%s; waiting for the next one: %s", sv_last_error(t->ch)->text,
		         cli_peer_command(command, sizeof command, t));
	return cli_wait_peer(t, true);
}

static int persist(struct cli_transfer *t, const struct call *call)
{
	int64_t start = t->timeout_ms > 0 ? sv_now() : 0;
	int code, left, slice;

	for (;;) {
		if (cli_must_stop(t))
			return SV_EINTR;
		if (cli_attention)
			cli_attend(t, NULL);
		left = cli_time_left(t, start);
		slice = cli_consumer_patience(t);
		if (slice == -1 || (left >= 0 && left <= slice))
			slice = left;
		code = make(t, call, slice);
		if (code == SV_OK)
			return code;
		if (comes_back(t, code)) {
			code = wait_for_next(t);
			start = sv_now();
			if (code == SV_OK)
				continue;
		}
		if (code == SV_EINTR || (code == SV_ETIMEDOUT && slice != left)) {
			if (cli_attention)
				cli_attend(t, waiting_in(t, call->operation));
			if ((code == SV_ETIMEDOUT || t->alarm != -1) && cli_consumer_gone(t))
				return SV_EINTR;
			continue;
		}
		if (code != SV_END)
			cli_transfer_failed(t, code);
		return code;
	}
}

int cli_reserve(struct cli_transfer *t, size_t want, void **data, size_t *got)
{
	const struct call call = { .operation = RESERVE, .want = want, .space = data, .got = got };

	return persist(t, &call);
}

int cli_peek(struct cli_transfer *t, const void **data, size_t *got)
{
	const struct call call = { .operation = PEEK, .want = 1, .data = data, .got = got };
	int code = persist(t, &call);

	cli_consumer_relax(t);
	return code;
}

int cli_finish(struct cli_transfer *t)
{
	const struct call call = { .operation = FINISH };

	return persist(t, &call);
}

int cli_msg_reserve(struct cli_transfer *t, size_t size, void **data)
{
	const struct call call = { .operation = MSG_RESERVE, .want = size, .space = data };

	return persist(t, &call);
}

int cli_msg_peek(struct cli_transfer *t, const void **data, size_t *size)
{
	const struct call call = { .operation = MSG_PEEK, .data = data, .got = size };
	int code = persist(t, &call);

	cli_consumer_relax(t);
	return code;
}

int cli_call_status(const struct cli_transfer *t, int code)
{
	return code == SV_EINTR && t->stop != CLI_OK ? t->stop : cli_status(code);
}
