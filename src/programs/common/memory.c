/* SPDX-License-Identifier: MIT */
#include "common/memory.h"

#include <stdlib.h>

#include "common/messages.h"

void *cli_must(void *memory)
{
	if (memory == NULL) {
		cli_say("out of memory");
		exit(CLI_FAILED);
	}
	return memory;
}
