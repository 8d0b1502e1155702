/* SPDX-License-Identifier: MIT */
/* options.c - the options of sv_open(), checked before anything is done. */
#include <errno.h>

#include "channel/channel.h"
#include "growth.h"

int sv_options_check(const struct sv_options *options, enum sv_role role, int timeout_ms, uint64_t *capacity,
                     struct sv_fault *fault)
{
	if ((role != SV_WRITER && role != SV_READER) || timeout_ms < -1)
		return sv_fault_set(fault, SV_EINVAL, 0, "sv_open: bad role or timeout_ms");
	if (options->name != NULL && options->path != NULL)
		return sv_fault_set(fault, SV_EINVAL, 0, "give a channel name or a path, not both");
	if (options->project < 0 || options->project > 255)
		return sv_fault_set(fault, SV_EINVAL, 0, "invalid project id %d: use 1 to 255",
		                    options->project);
	if ((options->mode & ~0666u) != 0 || (options->mode != 0 && (options->mode & 0600) != 0600))
		return sv_fault_set(fault, SV_EINVAL, 0,
		                    "invalid mode %04o: use 0600 plus read and write for group or others",
		                    options->mode);
	if ((options->flags & ~(unsigned)(SV_HEADER_FLAGS | SV_OPEN_FLAGS)) != 0 ||
	    (options->flags & SV_KEPT) == SV_KEPT || (options->flags & SV_CARRIES) == SV_RECORDS_NUL ||
	    (unsigned)options->wait > SV_WAIT_SLEEP)
		return sv_fault_set(
			fault, SV_EINVAL, 0,
			"invalid flags or waiting policy; a channel cannot be both resumable and detached");
	if ((options->flags & SV_CREATE_ONLY) != 0 && (options->flags & SV_JOIN_ONLY) != 0)
		return sv_fault_set(fault, SV_EINVAL, 0,
		                    "SV_CREATE_ONLY and SV_JOIN_ONLY exclude each other");
	if ((options->flags & SV_KEPT) != 0 && sv_segment_removal_is_forced()) {
		sv_fault_set(
			fault, SV_ESYSTEM, 0,
			"a resumable or detached channel cannot outlive its processes, because the kernel "
			"removes a segment that nobody is attached to; run: sysctl kernel.shm_rmid_forced=0");
		fault->error.sys_errno = EOPNOTSUPP;
		return SV_ESYSTEM;
	}
	if ((options->flags & SV_DETACH) != 0 && role == SV_READER)
		return sv_fault_set(fault, SV_EINVAL, 0, "only a writer can leave its data and go");
	*capacity = options->capacity != 0 ? sv_segment_round(options->capacity) : sv_segment_default();
	if (*capacity == 0)
		return sv_fault_set(fault, SV_ETOOBIG, 0, "a capacity of %llu bytes cannot be mapped",
		                    (unsigned long long)options->capacity);
	return SV_OK;
}

/* Copy the caller's options, which may be shorter or longer than this library's. */
int sv_options_take(struct sv_options *own, const struct sv_options *theirs, struct sv_fault *fault)
{
	if (theirs == NULL ||
	    !sv_struct_take(own, sizeof *own, theirs, SV_SIZE_THROUGH(struct sv_options, capacity)))
		return sv_fault_set(fault, SV_EINVAL, 0,
		                    "sv_open: the options do not start from SV_OPTIONS_INIT, or need a later "
		                    "version of the library");
	return SV_OK;
}
