/* SPDX-License-Identifier: MIT */
/* transfer.h - what svwrite and svread have in common: one side of one transfer. */
#ifndef SV_TRANSFER_TRANSFER_H
#define SV_TRANSFER_TRANSFER_H

#include <getopt.h>

#include <sys/types.h>

#include "transfer/command.h"
#include "transfer/progress.h"

struct cli_transfer {
	enum sv_role role;
	struct sv_options options;
	int timeout_ms; /* of each wait for the other side */
	bool quiet;
	bool verbose;
	char separator; /* of messages: newline or NUL */
	sv_channel *ch;
	size_t block;      /* bytes of one read or write */
	int64_t start_ns;  /* when the first byte could flow; before that, when the channel was opened */
	uint64_t resumed;  /* position at which this process began */
	uint64_t moved;    /* bytes of messages, without what frames them */
	uint64_t messages; /* moved */
	uint64_t total;    /* bytes that there will be, or SV_UNKNOWN */
	uint64_t number;   /* of the transfer, when there are several: from 1 */
	struct cli_progress progress;
	int refused; /* the code with which the channel could not be opened, to say so once */
	struct cli_command *command_run; /* reader: where the data goes, or NULL */
	bool watching; /* watch is valid: a file descriptor of the reader's process, or -1 */
	int watch;
	char label[200];   /* "channel 'default'" */
	char command[400]; /* what to type on the other side */
};

/* Options that both programs know; their own are letters of their own. */
#define CLI_TRANSFER_SHORT "0c:i:k:m:pqrs:t:vhV"
/* clang-format off */
#define CLI_TRANSFER_LONG \
	{ "channel", required_argument, NULL, 'c' }, \
	{ "help", no_argument, NULL, 'h' }, \
	{ "id", required_argument, NULL, 'i' }, \
	{ "lines", no_argument, NULL, CLI_OPT_LINES }, \
	{ "mode", required_argument, NULL, 'm' }, \
	{ "null", no_argument, NULL, '0' }, \
	{ "path", required_argument, NULL, 'k' }, \
	{ "progress", optional_argument, NULL, CLI_OPT_PROGRESS }, \
	{ "quiet", no_argument, NULL, 'q' }, \
	{ "resume", no_argument, NULL, 'r' }, \
	{ "size", required_argument, NULL, 's' }, \
	{ "timeout", required_argument, NULL, 't' }, \
	{ "verbose", no_argument, NULL, 'v' }, \
	{ "version", no_argument, NULL, 'V' }, \
	{ "wait", required_argument, NULL, CLI_OPT_WAIT }
/* clang-format on */
enum { CLI_OPT_WAIT = 256, CLI_OPT_LINES, CLI_OPT_PROGRESS, CLI_OPT_OWN };

void cli_transfer_init(struct cli_transfer *t, enum sv_role role);

/* Take an option; false if it is not one of the common ones.  Exits on a bad value. */
bool cli_transfer_option(struct cli_transfer *t, int option, const char *value);

/* Checks of options together; exits on a contradiction. */
void cli_transfer_check(struct cli_transfer *t);

/* Open the channel and wait for the peer, saying so when it takes long.  CLI_OK or the status to exit with.
 */
int cli_transfer_open(struct cli_transfer *t);
int cli_transfer_meet(struct cli_transfer *t);

/*
 * sv_reserve(), sv_peek() and sv_finish(), and their like for messages, with this program's time-out; on a
 * resumable channel they wait for the next peer when one dies.  A library code; the failure has been reported
 * unless it is SV_OK, SV_END, or SV_EINTR.
 */
int cli_reserve(struct cli_transfer *t, size_t want, void **data, size_t *got);
int cli_peek(struct cli_transfer *t, const void **data, size_t *got);
int cli_finish(struct cli_transfer *t);
int cli_msg_reserve(struct cli_transfer *t, size_t size, void **data);
int cli_msg_peek(struct cli_transfer *t, const void **data, size_t *size);

/* read(2) and write(2) until something was moved, whatever interrupts; 0 when the program is to end by
 * cli_signal. */
ssize_t cli_read(struct cli_transfer *t, int fd, void *data, size_t size);
ssize_t cli_write(struct cli_transfer *t, int fd, const void *data, size_t size);

/* After cli_write() returned -1: report it, and the reason to tell the writer.  The status to exit with. */
int cli_write_failed(struct cli_transfer *t, const char *name, int *reason);

/* cli_attention was set: print, draw.  What is being waited for, or NULL. */
void cli_attend(struct cli_transfer *t, const char *waiting);

/* Report the last failure of the channel.  The status to exit with. */
int cli_transfer_failed(struct cli_transfer *t, int code);

/* The code of a call that must not wait, after saying what failed unless it is SV_OK or SV_EAGAIN. */
int cli_unwaited(struct cli_transfer *t, int code);

/* Tell the peer of a failure here; then sv_close.  Returns status, or does not return if a signal ended it.
 */
int cli_transfer_close(struct cli_transfer *t, int status, int reason);

/* With --verbose or a progress line: how much in what time. */
void cli_transfer_summary(const struct cli_transfer *t);

#endif
