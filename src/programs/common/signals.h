/* SPDX-License-Identifier: MIT */
/*
 * signals.h - how signals reach svwrite and svread.  Handlers only store into these variables and end the
 * current wait.  The program reads cli_signal and cli_attention between two blocks, and whenever a call was
 * interrupted.
 */
#ifndef SV_COMMON_SIGNALS_H
#define SV_COMMON_SIGNALS_H

#include <signal.h>

#include "svipc.h"

extern volatile sig_atomic_t cli_signal;    /* the INT, TERM or HUP that came, else 0 */
extern volatile sig_atomic_t cli_attention; /* a tick, or one of the next two, came */
extern volatile sig_atomic_t cli_report;    /* SIGUSR1 came: report how far the transfer has got */
extern volatile sig_atomic_t cli_child;     /* a child has ended */

void cli_catch_signals(void);
void cli_catch_child(void);
void cli_tick(
	int every_ms); /* set cli_attention at this interval, and when a stopped program continues; 0: stop */
void cli_guard(sv_channel *ch); /* the channel that signals concern; NULL: none */
_Noreturn void cli_die_by(int signal);

#endif
