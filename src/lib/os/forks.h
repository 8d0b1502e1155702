/* SPDX-License-Identifier: MIT */
/*
 * forks.h - keeps fork(2) out of the moments in which a segment is mapped but a child would inherit it.  A
 * child that keeps the mapping of a channel makes the channel look as if somebody were still attached.
 */
#ifndef SV_OS_FORKS_H
#define SV_OS_FORKS_H

/* Between the two, another thread that calls fork(2) waits.  Not recursive; only a few system calls long. */
void sv_forks_hold(void);
void sv_forks_release(void);

#endif
