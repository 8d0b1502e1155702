/* SPDX-License-Identifier: MIT */
#include "os/owner.h"

#include <stdio.h>

bool sv_owner_of(bool set, int id, uid_t *creator)
{
	FILE *list = fopen(set ? "/proc/sysvipc/sem" : "/proc/sysvipc/shm", "re");
	char line[512];
	unsigned cuid;
	bool found = false;
	int each;

	if (list == NULL)
		return false;
	while (!found && fgets(line, sizeof line, list) != NULL) {
		/*
		 * key id perms nsems uid gid cuid ..., or key id perms size cpid lpid nattch uid gid cuid ...
		 */
		int fields = set ? sscanf(line, "%*d %d %*o %*u %*u %*u %u", &each, &cuid)
		                 : sscanf(line, "%*d %d %*o %*u %*d %*d %*u %*u %*u %u", &each, &cuid);

		found = fields == 2 && each == id;
	}
	fclose(list);
	if (found)
		*creator = cuid;
	return found;
}

#define OVERFLOW_ID 65534u /* if the kernel does not report another value */
#define ALL_IDS 4294967295u

/* Does this id stand for all users whom the namespace of this process does not map? */
static bool is_of_many(unsigned id, const char *overflow, const char *map)
{
	unsigned shared = OVERFLOW_ID, first, count;
	FILE *file = fopen(map, "re");
	bool all = false;

	/* An empty map maps no user, and one that cannot be read may be empty. */
	if (file != NULL) {
		all = fscanf(file, "%u %*u %u", &first, &count) == 2 && first == 0 && count == ALL_IDS;
		fclose(file);
	}
	if (all)
		return false;
	file = fopen(overflow, "re");
	if (file != NULL) {
		if (fscanf(file, "%u", &shared) != 1)
			shared = OVERFLOW_ID;
		fclose(file);
	}
	return id == shared;
}

uid_t sv_certain_user(uid_t user, unsigned mode)
{
	bool many = (mode & 077) != 0 && user != 0 &&
	            is_of_many((unsigned)user, "/proc/sys/kernel/overflowuid", "/proc/self/uid_map");

	return many ? (uid_t)-1 : user;
}

gid_t sv_certain_group(gid_t group, unsigned mode)
{
	bool many = (mode & 077) != 0 && group != 0 &&
	            is_of_many((unsigned)group, "/proc/sys/kernel/overflowgid", "/proc/self/gid_map");

	return many ? (gid_t)-1 : group;
}
