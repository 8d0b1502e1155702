/* SPDX-License-Identifier: MIT */
/* messages.h - what the programs share: options, numbers, messages, signals, exit statuses. */
#ifndef SV_COMMON_MESSAGES_H
#define SV_COMMON_MESSAGES_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/numbers.h"
#include "svipc.h"

/* Exit statuses; 128+n for a program ended by signal n. */
enum cli_exit {
	CLI_OK = 0,      /* complete */
	CLI_FAILED = 1,  /* an error here */
	CLI_USAGE = 2,   /* wrong usage */
	CLI_PEER = 3,    /* the other side failed or died */
	CLI_TIMEOUT = 4, /* --timeout */
	CLI_BUSY = 5     /* channel busy, foreign or corrupt */
};

/* What a reader tells the writer when its command failed: this plus the exit status.  Above all errno values.
 */
#define CLI_REASON_EXIT 4096

/* Messages: one line on standard error, after the program's name. */
extern const char *cli_program;
extern volatile sig_atomic_t
	cli_line_shown; /* an unfinished line is on the terminal: messages clear it first */
#define CLI_CLEAR_LINE "\r\033[K"
void cli_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void cli_fail(int sys_errno, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Wrong usage: the message, where help is, and exit. */
_Noreturn void cli_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Wrong usage that getopt_long(3) has told: where help is, and exit. */
_Noreturn void cli_usage_told(void);

/* Flush and close standard output: a failed write is an error.  The status to exit with. */
int cli_close_stdout(int status);

/* Exit status of a library code. */
int cli_status(int code);

/*
 * Signals.  Handlers only store into these and end the wait that the program is in; it looks at cli_signal
 * and cli_attention between two blocks, and whenever a call was interrupted.
 */
extern volatile sig_atomic_t cli_signal;    /* INT, TERM or HUP that came, else 0 */
extern volatile sig_atomic_t cli_attention; /* a tick, or one of the next two, came */
extern volatile sig_atomic_t cli_report;    /* SIGUSR1 came: say how far the transfer is */
extern volatile sig_atomic_t cli_child;     /* a child has ended */
void cli_catch_signals(void);
void cli_catch_child(void);
void cli_tick(int every_ms);    /* cli_attention so often, and when a stopped program goes on; 0: no more */
void cli_guard(sv_channel *ch); /* the channel that signals concern; NULL: none */
_Noreturn void cli_die_by(int signal);

#endif
