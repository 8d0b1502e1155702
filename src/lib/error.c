/* SPDX-License-Identifier: MIT */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "growth.h"

static void append(char *text, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void vappend(char *text, size_t size, const char *format, va_list args)
{
	size_t used = strlen(text);

	if (used + 1 >= size)
		return;
	vsnprintf(text + used, size - used, format, args);
	/* Keep the sentence on one line and free of control characters, whatever a path contains. */
	for (; text[used] != '\0'; used++)
		if ((unsigned char)text[used] < ' ' || text[used] == 0x7f)
			text[used] = '?';
}

static void append(char *text, size_t size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vappend(text, size, format, args);
	va_end(args);
}

int sv_fault_set(struct sv_fault *fault, int code, int sys_errno, const char *format, ...)
{
	struct sv_error *error = &fault->error;
	va_list args;

	fault->plain = NULL;
	error->struct_size = sizeof *error;
	error->code = code;
	error->sys_errno = sys_errno;
	error->signal = 0;
	error->peer_pid = 0;
	error->advice = SV_ADVICE_NONE;
	error->text[0] = '\0';
	if (fault->label[0] != '\0')
		append(error->text, sizeof error->text, "%s: ", fault->label);
	va_start(args, format);
	vappend(error->text, sizeof error->text, format, args);
	va_end(args);
	if (sys_errno != 0)
		append(error->text, sizeof error->text, ": %s", strerror(sys_errno));
	return code;
}

void sv_fault_complete(struct sv_fault *fault)
{
	if (fault->plain != NULL)
		sv_fault_set(fault, fault->error.code, 0, "%s", fault->plain);
}

void sv_fault_hint(struct sv_fault *fault, const char *format, ...)
{
	struct sv_error *error = &fault->error;
	va_list args;

	append(error->text, sizeof error->text, " (");
	va_start(args, format);
	vappend(error->text, sizeof error->text, format, args);
	va_end(args);
	append(error->text, sizeof error->text, ")");
}

void sv_fault_advise(struct sv_fault *fault, enum sv_advice advice)
{
	fault->error.advice = advice;
}

bool sv_error_is_possible(const struct sv_error *theirs)
{
	return theirs == NULL ||
	       sv_size_is_possible(theirs->struct_size, SV_SIZE_THROUGH(struct sv_error, text));
}

void sv_fault_give(const struct sv_fault *fault, struct sv_error *theirs)
{
	if (theirs != NULL)
		sv_struct_give(theirs, &fault->error, sizeof fault->error);
}

const char *sv_strerror(int code)
{
	switch (code) {
	case SV_OK: return "success";
	case SV_ESYSTEM: return "a system call failed";
	case SV_EINVAL: return "invalid argument or order of calls";
	case SV_EAGAIN: return "would have to wait";
	case SV_ETIMEDOUT: return "timed out";
	case SV_EINTR: return "interrupted";
	case SV_END: return "end of the stream";
	case SV_EDIED: return "the other side died";
	case SV_EPEER: return "the other side gave up";
	case SV_EREMOVED: return "the channel was removed by another process";
	case SV_EBUSY: return "the channel is busy";
	case SV_EFOREIGN: return "the key belongs to other software";
	case SV_ECORRUPT: return "the channel is corrupt";
	case SV_EMODE: return "the channel is of another kind";
	case SV_ESOURCE: return "the input or output file is not the one the channel was begun with";
	case SV_ETOOBIG: return "larger than the channel can hold";
	default: return "unknown code";
	}
}

const char *sv_strstate(enum sv_state state)
{
	switch (state) {
	case SV_STATE_WAITING_READER: return "waiting for a reader";
	case SV_STATE_WAITING_WRITER: return "waiting for a writer";
	case SV_STATE_RUNNING: return "running";
	case SV_STATE_FINISHING: return "finishing";
	case SV_STATE_DETACHED: return "detached";
	case SV_STATE_RESUMABLE: return "resumable";
	case SV_STATE_STALE: return "stale";
	case SV_STATE_FOREIGN: return "foreign";
	case SV_STATE_CORRUPT: return "corrupt";
	case SV_STATE_OPENING: return "opening";
	case SV_STATE_CLOSING: return "closing";
	}
	return "unknown";
}

const char *sv_version(void)
{
	return SV_VERSION;
}
