/* SPDX-License-Identifier: MIT */
/* transfer.h - one side of one transfer: its options, its progress, and why it ends. */
#ifndef SV_TRANSFER_TRANSFER_H
#define SV_TRANSFER_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "transfer/process.h"
#include "transfer/progress.h"

struct cli_transfer {
	enum sv_role role;
	struct sv_options options;
	int timeout_ms; /* limit of each wait for the other side, or for the command */
	bool quiet;
	bool verbose;
	char separator; /* end of each message: newline or NUL */
	sv_channel *ch;
	size_t block;      /* bytes of one read or write */
	int64_t begin_ns;  /* when this transfer was begun */
	int64_t flow_ns;   /* when the first byte could move; until then begin_ns */
	bool met;          /* the other side has come */
	uint64_t resumed;  /* position at which this process began */
	uint64_t moved;    /* bytes that were moved; of messages without their framing */
	uint64_t messages; /* messages that were moved */
	uint64_t total;    /* bytes in all, or SV_UNKNOWN */
	uint64_t number;   /* number of the transfer, from 1, if there are several */
	int stop;          /* the status to exit with, set when cli_must_stop() has returned true */
	int reason;  /* reason to tell the other side: an errno value or a CLI_REASON; 0: the status is enough
	              */
	int refused; /* the code with which the channel could not be opened, to report it once */
	struct cli_progress progress;
	struct cli_process *command; /* the command of --exec while it runs; else NULL */
	int consumer;                /* reader: the pipe or socket that the output goes to, else -1 */
	int alarm;                   /* used by consumer.c: a descriptor, or -1 */
	bool consumer_gone;          /* nobody reads the output any more */
	const char *output;          /* reader: name of the output, for messages */
	int watch;                   /* used by input.c: a descriptor of the reader's process, or -1 */
	bool watching;               /* watch has been set */
	char label[200];             /* "channel 'default'" */
};

void cli_transfer_init(struct cli_transfer *t, enum sv_role role);

/* How many milliseconds are left of the time-out of a wait that began at start_ns; -1: for ever. */
int cli_time_left(const struct cli_transfer *t, int64_t start_ns);

/* "reader" for a writer. */
const char *cli_other_role(const struct cli_transfer *t);

/* The figures now; waiting says what the program waits for, or is NULL. */
struct cli_figures cli_transfer_figures(const struct cli_transfer *t, const char *waiting);

/* cli_attention was set: print or draw what is due.  waiting says what the program waits for, or is NULL. */
void cli_attend(struct cli_transfer *t, const char *waiting);

/*
 * Must this side end although the channel works: because of a signal, because the command failed, or because
 * another failure was found and stored in t->stop?
 */
bool cli_must_stop(struct cli_transfer *t);

/* Report the last failure of the channel.  Returns the status to exit with. */
int cli_transfer_failed(struct cli_transfer *t, int code);

/* Pass on the code of a call that must not wait; report the failure unless it is SV_OK or SV_EAGAIN. */
int cli_unwaited(struct cli_transfer *t, int code);

/* With --verbose or a progress line: print how much moved in what time. */
void cli_transfer_summary(const struct cli_transfer *t);

#endif
