/* SPDX-License-Identifier: MIT */
#include "transfer/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/messages.h"
#include "transfer/calls.h"
#include "transfer/files.h"

/* One system call can read or write many lines with it. */
#define BUFFER ((size_t)64 << 10)

static int no_memory(struct cli_transfer *t, size_t size)
{
	t->reason = ENOMEM;
	cli_fail(ENOMEM, "%s: cannot keep a line of %zu bytes", t->label, size);
	return CLI_FAILED;
}

/* The lines before this one are valid and are delivered. */
static int too_long(struct cli_transfer *t)
{
	t->reason = EMSGSIZE;
	sv_msg_flush(t->ch);
	cli_say("%s: %s %llu is longer than the %zu bytes that the channel takes; give a larger --size",
	        t->label, t->separator == '\n' ? "line" : "record", (unsigned long long)t->messages + 1,
	        sv_msg_max(t->ch));
	return CLI_FAILED;
}

/* All detached messages must fit into the ring, because perhaps nobody comes to make room. */
static int reserve(struct cli_transfer *t, size_t size, void **place)
{
	int code;

	if ((t->options.flags & SV_DETACH) == 0)
		return cli_msg_reserve(t, size, place);
	code = sv_msg_reserve(t->ch, size, place, 0);
	/* A reader was there already, so this is an ordinary transfer. */
	if (code == SV_EAGAIN)
		return cli_msg_reserve(t, size, place);
	if (code != SV_ETOOBIG)
		return cli_unwaited(t, code);
	cli_say("%s: the input is larger than the channel's %llu bytes; give --size", t->label,
	        (unsigned long long)sv_capacity(t->ch));
	return SV_ETOOBIG;
}

static int send_line(struct cli_transfer *t, const char *text, size_t size)
{
	void *place;
	int code;

	if (size > sv_msg_max(t->ch))
		return too_long(t);
	code = reserve(t, size, &place);
	if (code == SV_ETOOBIG)
		t->reason = EFBIG;
	if (code != SV_OK)
		return cli_call_status(t, code);
	memcpy(place, text, size);
	/* flush() publishes it before the next read, so many lines are published at once and none is late. */
	code = sv_msg_stage(t->ch, size);
	if (code != SV_OK)
		return cli_transfer_failed(t, code);
	t->messages++;
	t->moved += size;
	return CLI_OK;
}

static int flush(struct cli_transfer *t)
{
	int code = sv_msg_flush(t->ch);

	return code == SV_OK ? CLI_OK : cli_transfer_failed(t, code);
}

/* Make room for more of a line. */
static int grow(struct cli_transfer *t, struct cli_lines *lines)
{
	size_t most = sv_msg_max(t->ch) + 1, size = lines->size == 0 ? BUFFER : lines->size * 2;
	char *text;

	if (lines->used >= most)
		return too_long(t);
	if (lines->used < lines->size)
		return CLI_OK;
	if (size > most && most > BUFFER)
		size = most;
	text = realloc(lines->text, size);
	if (text == NULL)
		return no_memory(t, size);
	lines->text = text;
	lines->size = size;
	return CLI_OK;
}

int cli_lines_copy_in(struct cli_transfer *t, struct cli_lines *lines, const struct cli_input *input)
{
	char *line, *new, *end;
	size_t n;
	int status;

	for (;;) {
		status = grow(t, lines);
		if (status != CLI_OK)
			return status;
		new = lines->text + lines->used;
		status = cli_input_read(t, input, new, lines->size - lines->used, &n);
		if (status != CLI_OK)
			return status;
		if (n == 0)
			return CLI_OK;
		lines->used += n;
		for (line = lines->text;
		     (end = memchr(new, t->separator, (size_t)(lines->text + lines->used - new))) != NULL;
		     line = new = end + 1) {
			status = send_line(t, line, (size_t)(end + 1 - line));
			if (status != CLI_OK)
				return status;
		}
		status = flush(t);
		if (status != CLI_OK)
			return status;
		lines->used -= (size_t)(line - lines->text);
		memmove(lines->text, line, lines->used);
	}
}

int cli_lines_end(struct cli_transfer *t, struct cli_lines *lines)
{
	int status = CLI_OK;

	if (lines->used > 0)
		status = send_line(t, lines->text, lines->used);
	lines->used = 0;
	return status == CLI_OK ? flush(t) : status;
}

static int write_all(struct cli_transfer *t, int fd, const char *text, size_t size)
{
	ssize_t n;

	while (size > 0) {
		n = cli_write(t, fd, text, size);
		if (n == -1)
			return cli_write_failed(t);
		if (t->stop != CLI_OK)
			return t->stop;
		text += n;
		size -= (size_t)n;
	}
	return CLI_OK;
}

static int write_kept(struct cli_transfer *t, struct cli_lines *lines, int fd)
{
	size_t size = lines->used;

	lines->used = 0;
	return write_all(t, fd, lines->text, size);
}

/* Append a message to what is kept for the output; write that if it is full. */
static int take(struct cli_transfer *t, struct cli_lines *lines, int fd, const char *text, size_t size)
{
	int status = CLI_OK;

	/* Other programs may send messages without a separator: put one between them. */
	size_t apart = lines->open ? 1 : 0;

	if (lines->used + apart + size > lines->size)
		status = write_kept(t, lines, fd);
	if (status == CLI_OK && apart != 0)
		lines->text[lines->used++] = t->separator;
	if (status == CLI_OK && lines->used + size > lines->size) {
		status = write_kept(t, lines, fd);
		if (status == CLI_OK)
			status = write_all(t, fd, text, size);
	} else if (status == CLI_OK) {
		memcpy(lines->text + lines->used, text, size);
		lines->used += size;
	}
	lines->open = size == 0 || text[size - 1] != t->separator;
	t->messages++;
	t->moved += size;
	return status;
}

int cli_lines_copy_out(struct cli_transfer *t, struct cli_lines *lines, int fd)
{
	const void *text;
	size_t size;
	int code, status;

	if (lines->text == NULL) {
		lines->text = malloc(BUFFER);
		lines->size = BUFFER;
		if (lines->text == NULL)
			return no_memory(t, BUFFER);
	}
	lines->used = 0;
	lines->open = false;
	for (;;) {
		/*
		 * All messages that are available are written together; nothing is kept while no message is
		 * available.
		 */
		code = lines->used > 0 ? sv_msg_peek(t->ch, &text, &size, 0) : SV_EAGAIN;
		if (code != SV_OK) {
			status = write_kept(t, lines, fd);
			if (status != CLI_OK)
				return status;
			code = cli_msg_peek(t, &text, &size);
			if (code != SV_OK)
				return cli_call_status(t, code);
		}
		status = take(t, lines, fd, text, size);
		if (status != CLI_OK)
			return status;
		code = sv_msg_release(t->ch);
		if (code != SV_OK)
			return cli_transfer_failed(t, code);
	}
}
