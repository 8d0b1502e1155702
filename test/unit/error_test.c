/* SPDX-License-Identifier: MIT */
/* error_test - how the library reports a failure, and structs that are shorter or longer than its own. */
#include "error.h"
#include "growth.h"
#include "printed.h"

static void sentences(void)
{
	struct sv_fault fault = { .label = "" };

	is(sv_fault_set(&fault, SV_EBUSY, 0, "busy: pid %d", 7), SV_EBUSY, "the code is returned");
	is(fault.error.code, SV_EBUSY, "and kept");
	same("the sentence", fault.error.text, "busy: pid 7");
	strcpy(fault.label, "channel 'x'");
	is(sv_fault_set(&fault, SV_ESYSTEM, ENOENT, "cannot open"), SV_ESYSTEM, "a failed system call");
	is(fault.error.sys_errno, ENOENT, "its errno is kept");
	same("the sentence", fault.error.text, "channel 'x': cannot open: No such file or directory");
	sv_fault_hint(&fault, "see %s", "there");
	same("the sentence", fault.error.text,
	     "channel 'x': cannot open: No such file or directory (see there)");
	sv_fault_set(&fault, SV_EINVAL, 0, "a\tb\nc\x7f\x1f d\xc3\xa9");
	same("the sentence", fault.error.text, "channel 'x': a?b?c?? d\xc3\xa9");
}

/* Nothing of a failure is left in the next one. */
static void reset(void)
{
	struct sv_fault fault = { .label = "" };

	sv_fault_set(&fault, SV_EDIED, ECHILD, "died");
	fault.error.signal = 9;
	fault.error.peer_pid = 4711;
	sv_fault_advise(&fault, SV_ADVICE_CLEAN);
	is(fault.error.advice, SV_ADVICE_CLEAN, "an advice is kept");
	sv_fault_set(&fault, SV_EAGAIN, 0, "would have to wait");
	is(fault.error.sys_errno, 0, "no errno of an earlier failure");
	is(fault.error.signal, 0, "nor its signal");
	is(fault.error.peer_pid, 0, "nor its process");
	is(fault.error.advice, SV_ADVICE_NONE, "nor its advice");
	is(fault.error.struct_size, sizeof fault.error, "the struct says its size");
}

static void plain(void)
{
	struct sv_fault fault = { .label = "channel 'x'" };

	is(sv_fault_plain(&fault, SV_EAGAIN, "would have to wait"), SV_EAGAIN,
	   "a frequent failure has a code");
	fault.error.peer_pid = 4711;
	sv_fault_complete(&fault);
	same("the sentence", fault.error.text, "channel 'x': would have to wait");
	is(fault.error.code, SV_EAGAIN, "its code is the same when its sentence is made");
	is(fault.error.peer_pid, 0, "and it names no process");
	strcpy(fault.error.text, "mine");
	sv_fault_complete(&fault);
	same("the sentence", fault.error.text, "mine");
}

/* A sentence that is too long is cut, and what follows is left out. */
static void longest(void)
{
	struct sv_fault fault = { .label = "" };
	char text[2 * sizeof fault.error.text];

	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = '\0';
	sv_fault_set(&fault, SV_ESYSTEM, ENOENT, "%s", text);
	is(strlen(fault.error.text), sizeof fault.error.text - 1,
	   "a sentence fills its place and ends there");
	sv_fault_hint(&fault, "more");
	is(strspn(fault.error.text, "x"), sizeof fault.error.text - 1, "nothing is added to it");
	text[sizeof fault.error.text - 2] = '\0';
	sv_fault_set(&fault, SV_EINVAL, 0, "%s", text);
	sv_fault_hint(&fault, "more");
	is(fault.error.text[sizeof fault.error.text - 2], ' ', "the last byte before the end is used");
}

/* A caller's struct of size bytes, with what lies behind it. */
struct theirs {
	size_t size;
	unsigned char bytes[48];
};

struct own {
	size_t size;
	unsigned char bytes[16];
};

static void taking(void)
{
	struct theirs theirs;
	struct own own;
	size_t size;

	for (size = sizeof own - 4; size <= sizeof own + 4; size += 4) {
		memset(&own, 'd', sizeof own);
		memset(&theirs, 't', sizeof theirs);
		theirs.size = size;
		if (size > sizeof own)
			memset((char *)&theirs + sizeof own, 0, size - sizeof own);
		ok(sv_struct_take(&own, sizeof own, &theirs, 12), "a struct of %zu bytes is taken", size);
		is(own.size, sizeof own, "our own keeps its size");
		is(own.bytes[sizeof own - sizeof own.size - 5], 't', "a member that both have is theirs");
		is(own.bytes[15], size < sizeof own ? 'd' : 't', "one that they do not have is the default");
	}
	memset(&theirs, 0, sizeof theirs);
	theirs.size = sizeof own + 1;
	theirs.bytes[16] = 1;
	ok(!sv_struct_take(&own, sizeof own, &theirs, 12), "one byte that we do not know, not zero: refused");
	theirs.size = sizeof own;
	ok(sv_struct_take(&own, sizeof own, &theirs, 12), "behind the struct there may be anything");
	theirs.size = 11;
	ok(!sv_struct_take(&own, sizeof own, &theirs, 12), "one byte too short: refused");
	theirs.size = 12;
	ok(sv_struct_take(&own, sizeof own, &theirs, 12), "as short as it may be");
	ok(sv_size_is_possible(65536, 12), "as long as any struct may be");
	ok(!sv_size_is_possible(65537, 12), "longer than any struct");
}

static void giving(void)
{
	struct own own = { .size = sizeof own };
	struct theirs theirs;
	size_t size, filled;

	memset(own.bytes, 'o', sizeof own.bytes);
	for (size = sizeof own - 4; size <= sizeof own + 4; size += 4) {
		memset(&theirs, 't', sizeof theirs);
		theirs.size = size;
		filled = size < sizeof own ? size : sizeof own;
		sv_struct_give(&theirs, &own, sizeof own);
		is(theirs.size, filled, "of a struct of %zu bytes %zu are filled", size, filled);
		is(((unsigned char *)&theirs)[filled - 1], 'o', "the last of these is ours");
		if (size > filled)
			is(((unsigned char *)&theirs)[size - 1], 0, "what we do not know is zero");
		is(((unsigned char *)&theirs)[size], 't', "nothing is written behind the struct");
	}
}

static void giving_errors(void)
{
	struct sv_fault fault = { .label = "" };
	struct sv_error error = SV_ERROR_INIT;

	sv_fault_set(&fault, SV_EBUSY, 0, "busy");
	sv_fault_give(&fault, NULL);
	sv_fault_give(&fault, &error);
	is(error.code, SV_EBUSY, "the caller gets the code");
	ok(strcmp(error.text, "busy") == 0, "and the sentence");
	ok(sv_error_is_possible(NULL), "a caller may want no error");
	ok(sv_error_is_possible(&error), "or one that was initialised");
	error.struct_size = 0;
	ok(!sv_error_is_possible(&error), "but none that was not");
}

int main(void)
{
	sentences();
	reset();
	plain();
	longest();
	taking();
	giving();
	giving_errors();
	return tap_done();
}
