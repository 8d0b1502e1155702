/* SPDX-License-Identifier: MIT */
/* transfer.h - one side of one transfer: its options, how far it has got, and why it ends. */
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
	int timeout_ms; /* of each wait for the other side, or for the command */
	bool quiet;
	bool verbose;
	char separator; /* of messages: newline or NUL */
	sv_channel *ch;
	size_t block;      /* bytes of one read or write */
	int64_t begin_ns;  /* when this transfer was begun */
	int64_t flow_ns;   /* when the first byte could flow; until then begin_ns */
	bool met;          /* the other side has come */
	uint64_t resumed;  /* position at which this process began */
	uint64_t moved;    /* bytes of messages, without what frames them */
	uint64_t messages; /* moved */
	uint64_t total;    /* bytes that there will be, or SV_UNKNOWN */
	uint64_t number;   /* of the transfer, when there are several: from 1 */
	int stop;          /* the status to exit with, set when cli_must_stop() has returned true */
	int reason;  /* to tell the other side: an errno value or a CLI_REASON; 0: the status says enough */
	int refused; /* the code with which the channel could not be opened, to report it once */
	struct cli_progress progress;
	struct cli_process *command; /* of --exec, while it runs; else NULL */
	int consumer;                /* reader: the pipe or socket that the output goes to, else -1 */
	int alarm;                   /* of consumer.c: a descriptor, or -1 */
	bool consumer_gone;          /* nobody takes the output any more */
	const char *output;          /* reader: its name, for messages */
	int watch;                   /* of input.c: a descriptor of the reader's process, or -1 */
	bool watching;               /* watch has been set */
	char label[200];             /* "channel 'default'" */
};

void cli_transfer_init(struct cli_transfer *t, enum sv_role role);

/* CLOCK_MONOTONIC in nanoseconds. */
int64_t cli_now_ns(void);

/* What is left of the time-out of a wait that began at start_ns, in milliseconds; -1 for ever. */
int cli_time_left(const struct cli_transfer *t, int64_t start_ns);

/* "reader" for a writer. */
const char *cli_other_role(const struct cli_transfer *t);

/* The figures now; waiting is what is being waited for, or NULL. */
struct cli_sight cli_transfer_sight(const struct cli_transfer *t, const char *waiting);

/* cli_attention was set: print, draw.  What is being waited for, or NULL. */
void cli_attend(struct cli_transfer *t, const char *waiting);

/* Must this side end although the channel is well: by a signal, because the command failed, or because
 * something else was found and t->stop set? */
bool cli_must_stop(struct cli_transfer *t);

/* Report the last failure of the channel.  The status to exit with. */
int cli_transfer_failed(struct cli_transfer *t, int code);

/* The code of a call that must not wait, after reporting what failed unless it is SV_OK or SV_EAGAIN. */
int cli_unwaited(struct cli_transfer *t, int code);

/* With --verbose or a progress line: how much in what time. */
void cli_transfer_summary(const struct cli_transfer *t);

#endif
