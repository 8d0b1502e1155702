/* SPDX-License-Identifier: MIT */
#include "os/name.h"

#include <stdio.h>
#include <string.h>

int sv_name_check(const char *name, struct sv_fault *fault)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	size_t length = strlen(name);

	if (length == 0 || length > SV_NAME_MAX || name[0] == '.' || name[0] == '-' ||
	    name[strspn(name, allowed)] != '\0')
		return sv_fault_set(
			fault, SV_EINVAL, 0,
			"invalid channel name '%.80s': use 1 to %d of A-Z a-z 0-9 . _ - and do not start "
			"with . or -",
			name, SV_NAME_MAX);
	return SV_OK;
}

void sv_name_file(char *file, size_t size, const char *name, int project)
{
	if (project == 0 || project == SV_PROJECT_DEFAULT)
		snprintf(file, size, "%s", name);
	else
		snprintf(file, size, "%s:%d", name, project);
}
