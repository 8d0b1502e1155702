/* SPDX-License-Identifier: MIT */
/* screen.h - a screen that is drawn repeatedly, and restored at the end. */
#ifndef SV_STATUS_SCREEN_H
#define SV_STATUS_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

enum cli_screen_event {
	CLI_SCREEN_TIME,   /* the time is up */
	CLI_SCREEN_REDRAW, /* resized, or continued after a stop */
	CLI_SCREEN_NOW,    /* a key that asks for the next snapshot now */
	CLI_SCREEN_QUIT,   /* q */
	CLI_SCREEN_SIGNAL  /* INT, TERM, HUP or QUIT came: cli_signal */
};

/*
 * Columns and lines of the terminal at fd, or what $COLUMNS and $LINES say instead; 0: not known.  Either may
 * be NULL.
 */
void cli_terminal_size(int fd, size_t *columns, size_t *lines);

/* Can standard output be such a screen? */
bool cli_screen_possible(void);

/*
 * Take over the screen, and restore it.  Signals that would end or stop the program wait for
 * cli_screen_wait().
 */
void cli_screen_begin(void);
void cli_screen_end(void);

/* Show the first lines of a text and clear the rest of the screen.  false: writing failed. */
bool cli_screen_draw(const char *text, size_t lines);

/* Wait until a moment of CLOCK_MONOTONIC, in nanoseconds, or until something happens. */
enum cli_screen_event cli_screen_wait(long long until_ns);

#endif
