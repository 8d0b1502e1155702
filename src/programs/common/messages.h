/* SPDX-License-Identifier: MIT */
/* messages.h - the messages of the programs, and their exit statuses. */
#ifndef SV_COMMON_MESSAGES_H
#define SV_COMMON_MESSAGES_H

#include <signal.h>
#include <stdbool.h>

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

/*
 * Messages: one line on standard error, after the program's name.  cli_say() and cli_fail() report a failure,
 * cli_note() anything else.
 */
extern const char *cli_program;
void cli_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void cli_fail(int sys_errno, const char *format, ...) __attribute__((format(printf, 2, 3)));
void cli_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The last failure that was reported, without the program's name; "" if there was none. */
const char *cli_last_failure(void);
void cli_forget_failure(void);

/* A progress line without a newline is on the terminal: a message first writes this text to clear it. */
extern volatile sig_atomic_t cli_line_shown;
extern const char *cli_clear_line;

/* Wrong usage: print the message, say where help is, and exit. */
_Noreturn void cli_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same after getopt_long(3) has printed the message. */
_Noreturn void cli_usage_told(void);

/*
 * Make sure that descriptors 0, 1 and 2 are open; call it first.  Otherwise a file that is opened later could
 * become standard error, and messages would be written into it.  A stream that was closed cannot be used:
 * reading and writing fail with EBADF.
 */
void cli_keep_standard_streams(void);

/* Flush and close standard output; a failed write is an error.  Returns the status to exit with. */
int cli_close_stdout(int status);

/* Write what is still in memory.  False: this write or an earlier one has failed. */
bool cli_flush_stdout(void);

/* Print all that there is to print, and close standard output.  Returns the status to exit with. */
int cli_answer(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Exit status of a library code. */
int cli_status(int code);

#endif
