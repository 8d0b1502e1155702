/* SPDX-License-Identifier: MIT */
#include "common/elsewhere.h"

#include <stdio.h>

char *cli_elsewhere(char *out, size_t size, const struct sv_info *info)
{
	unsigned long long one = info->other_namespace;

	out[0] = '\0';
	if (info->elsewhere == 1)
		snprintf(out, size, "; the name exists in another IPC namespace (ipc-%llu)", one);
	else if (info->elsewhere > 1)
		snprintf(out, size, "; the name exists in %u other IPC namespaces (ipc-%llu is one)",
		         info->elsewhere, one);
	return out;
}
