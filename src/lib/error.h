/* SPDX-License-Identifier: MIT */
/* error.h - the library's one way to say that something failed. */
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
 * The same for a failure so frequent that its sentence is only put together when somebody asks for it, by
 * sv_fault_complete().  text must be static.
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

/* Say what would help: an enum sv_advice for the program to put into words. */
void sv_fault_advise(struct sv_fault *fault, enum sv_advice advice);

/* Tell the caller, who may have NULL for it. */
void sv_fault_give(const struct sv_fault *fault, struct sv_error *theirs);

/* Is this where a caller's error can be put?  Checked first of all: if not, nothing can be told. */
bool sv_error_is_possible(const struct sv_error *theirs);

#endif
