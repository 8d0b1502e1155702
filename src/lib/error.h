/* SPDX-License-Identifier: MIT */
/* error.h - how all of the library reports a failure. */
#ifndef SV_ERROR_H
#define SV_ERROR_H

#include <stdbool.h>

#include "svipc.h"

/* The last failure and the words that name the object it concerns. */
struct sv_fault {
	struct sv_error error;
	const char *plain; /* the sentence, not yet in error.text; NULL: it is there */
	char label[640];   /* "channel 'default' (key 0x5301abcd)"; empty while nothing is known */
};

/* Record a failure; the sentence is "LABEL: FORMAT[: strerror(sys_errno)]".  Returns code. */
int sv_fault_set(struct sv_fault *fault, int code, int sys_errno, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * The same for a frequent failure: sv_fault_complete() builds its sentence only when the caller asks for it.
 * text must be static.
 */
static inline int sv_fault_plain(struct sv_fault *fault, int code, const char *text)
{
	fault->error.code = code;
	fault->plain = text;
	return code;
}

void sv_fault_complete(struct sv_fault *fault);

/* Add a hint, in parentheses, to the sentence. */
void sv_fault_hint(struct sv_fault *fault, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Add an advice code, which the program puts into words. */
void sv_fault_advise(struct sv_fault *fault, enum sv_advice advice);

/* Copy the failure to the caller's struct, which may be NULL. */
void sv_fault_give(const struct sv_fault *fault, struct sv_error *theirs);

/*
 * Is this a struct that a failure can be copied to? Check this first: without it no failure can be reported.
 */
bool sv_error_is_possible(const struct sv_error *theirs);

#endif
