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
