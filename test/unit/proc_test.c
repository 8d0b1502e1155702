/* SPDX-License-Identifier: MIT */
/* Where proc(5) cannot be read, here for want of descriptors, the answer is the one that harms nobody. */
#include <errno.h>
#include <sys/ipc.h>
#include <sys/resource.h>
#include <sys/shm.h>

#include "os/identity.h"
#include "os/owner.h"
#include "os/segment.h"
#include "tap.h"

#define OVERFLOW_ID 65534u

static void cannot_be_read(int segment)
{
	uid_t creator;

	ok(sv_certain_user(OVERFLOW_ID, 0660) == (uid_t)-1,
	   "a user who may stand for many is nobody if the map of users cannot be read");
	ok(sv_certain_group(OVERFLOW_ID, 0660) == (gid_t)-1, "so is such a group");
	is(sv_certain_user(OVERFLOW_ID, 0600), OVERFLOW_ID,
	   "an object that others cannot use is that user's");
	is(sv_certain_user(1000, 0660), 1000, "another user is certain");
	is(sv_certain_group(1000, 0660), 1000, "another group is certain");
	ok(!sv_owner_of(false, segment, &creator), "the creator of a segment is not known");
	ok(sv_segment_glance(segment, 0) == NULL && errno == EBUSY,
	   "a segment that its last detach may remove is not looked at");
	ok(sv_segment_removal_is_forced(), "whether that is so counts as true");
}

int main(void)
{
	struct rlimit usual, none;
	int segment = shmget(IPC_PRIVATE, 1, 0600);
	uid_t creator;

	if (segment == -1 || getrlimit(RLIMIT_NOFILE, &usual) == -1)
		return 1;
	ok(sv_owner_of(false, segment, &creator) && sv_ipc_namespace() != 0, "proc(5) can be read");
	none = (struct rlimit){ 0, usual.rlim_max };
	if (ok(setrlimit(RLIMIT_NOFILE, &none) == 0, "no more descriptors"))
		cannot_be_read(segment);
	/* Sanitizers read proc(5) at the end. */
	if (setrlimit(RLIMIT_NOFILE, &usual) == -1)
		return 1;
	shmctl(segment, IPC_RMID, NULL);
	return tap_done();
}
