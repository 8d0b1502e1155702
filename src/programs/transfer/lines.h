/* SPDX-License-Identifier: MIT */
/*
 * lines.h - one message for each line, or other record, of a text.  A message is the line with its newline,
 * so the last line is sent unchanged, with or without one.
 */
#ifndef SV_TRANSFER_LINES_H
#define SV_TRANSFER_LINES_H

#include "transfer/input.h"

/*
 * For a writer: what was read and is not yet a whole line.  For a reader: what was received and is not yet
 * written.
 */
struct cli_lines {
	char *text;
	size_t size;
	size_t used;
	bool open; /* reader: the last message did not end with the separator */
};

/* Each returns CLI_OK, or a status to exit with; that is reported, and t->reason is set. */

/* Writer: all lines of an input; a last one without a newline is kept, to be joined with the next input. */
int cli_lines_copy_in(struct cli_transfer *t, struct cli_lines *lines, const struct cli_input *input);

/* Writer: send what was kept as the last message. */
int cli_lines_end(struct cli_transfer *t, struct cli_lines *lines);

/* Reader: all messages to an output. */
int cli_lines_copy_out(struct cli_transfer *t, struct cli_lines *lines, int fd);

#endif
