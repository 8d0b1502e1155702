/* SPDX-License-Identifier: MIT */
/* cli_transfer.h - what svwrite and svread have in common: one side of one transfer. */
#ifndef SV_CLI_TRANSFER_H
#define SV_CLI_TRANSFER_H

#include <getopt.h>

#include "cli.h"

/* Blocks read or written at once: enough to make a system call cheap, small enough to overlap with the peer. */
#define CLI_BLOCK ((size_t)256 << 10)

struct cli_transfer {
	enum sv_role role;
	struct sv_options options;
	int timeout_ms; /* of each wait for the other side */
	bool quiet;
	bool verbose;
	sv_channel *ch;
	size_t block;      /* bytes of one read or write */
	int64_t start_ns;  /* when the first byte could flow */
	uint64_t resumed;  /* position at which this process began */
	char label[200];   /* "channel 'default'" */
	char command[400]; /* what to type on the other side */
};

/* Options that both programs know; their own are letters of their own. */
#define CLI_TRANSFER_SHORT "c:i:k:m:qrs:t:vhV"
#define CLI_TRANSFER_LONG                                                                                             \
	{ "channel", required_argument, NULL, 'c' }, { "help", no_argument, NULL, 'h' },                              \
	{ "id", required_argument, NULL, 'i' }, { "mode", required_argument, NULL, 'm' },                             \
	{ "path", required_argument, NULL, 'k' }, { "quiet", no_argument, NULL, 'q' },                                \
	{ "resume", no_argument, NULL, 'r' }, { "size", required_argument, NULL, 's' },                               \
	{ "timeout", required_argument, NULL, 't' }, { "verbose", no_argument, NULL, 'v' },                           \
	{ "version", no_argument, NULL, 'V' }, { "wait", required_argument, NULL, CLI_OPT_WAIT }
enum { CLI_OPT_WAIT = 256, CLI_OPT_OWN };

void cli_transfer_init(struct cli_transfer *t, enum sv_role role);

/* Take an option; false if it is not one of the common ones.  Exits on a bad value. */
bool cli_transfer_option(struct cli_transfer *t, int option, const char *value);

/* Checks of options together; exits on a contradiction. */
void cli_transfer_check(struct cli_transfer *t);

/* Open the channel and wait for the peer, saying so when it takes long.  CLI_OK or the status to exit with. */
int cli_transfer_open(struct cli_transfer *t);
int cli_transfer_meet(struct cli_transfer *t);

/*
 * sv_reserve(), sv_peek() and sv_finish() with this program's time-out; on a resumable channel they wait for the next
 * peer when one dies.  A library code; the failure has been reported unless it is SV_OK, SV_END, or SV_EINTR.
 */
int cli_reserve(struct cli_transfer *t, size_t want, void **data, size_t *got);
int cli_peek(struct cli_transfer *t, const void **data, size_t *got);
int cli_finish(struct cli_transfer *t);

/* Report the last failure of the channel.  The status to exit with. */
int cli_transfer_failed(struct cli_transfer *t, int code);

/* Tell the peer of a failure here; then sv_close.  Returns status, or does not return if a signal ended it. */
int cli_transfer_close(struct cli_transfer *t, int status, int reason);

/* With --verbose: how much in what time. */
void cli_transfer_summary(const struct cli_transfer *t);

#endif
