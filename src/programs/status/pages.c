/* SPDX-License-Identifier: MIT */
#include "status/pages.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static uint64_t huge_page_size(void)
{
	FILE *file = fopen("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", "re");
	uint64_t bytes = 0;

	if (file != NULL) {
		if (fscanf(file, "%" SCNu64, &bytes) != 1)
			bytes = 0;
		fclose(file);
	}
	return bytes;
}

/* A System V segment is a mapping of /SYSVxxxxxxxx whose inode is the segment's id. */
static bool begins_mapping(const char *line, int shmid, bool *ours)
{
	unsigned long long inode;
	int used = 0;

	if (sscanf(line, "%*x-%*x %*4s %*x %*x:%*x %llu %n", &inode, &used) != 1 || used == 0)
		return false;
	*ours = inode == (unsigned long long)shmid && strncmp(line + used, "/SYSV", 5) == 0;
	return true;
}

uint64_t cli_page_size(const struct sv_info *info)
{
	uint64_t largest = info->page_size, kib;
	char path[64], line[512];
	bool ours = false;
	FILE *file;
	int role;

	for (role = SV_WRITER; role <= SV_READER; role++) {
		if (!info->side[role].attached || info->side[role].pid <= 0)
			continue;
		snprintf(path, sizeof path, "/proc/%ld/smaps", info->side[role].pid);
		file = fopen(path, "re");
		while (file != NULL && fgets(line, sizeof line, file) != NULL) {
			if (begins_mapping(line, info->shmid, &ours) || !ours)
				continue;
			if (sscanf(line, "KernelPageSize: %" SCNu64, &kib) == 1 && kib * 1024 > largest)
				largest = kib * 1024;
			else if (sscanf(line, "ShmemPmdMapped: %" SCNu64, &kib) == 1 && kib > 0 &&
			         huge_page_size() > largest)
				largest = huge_page_size();
		}
		if (file != NULL)
			fclose(file);
	}
	return largest;
}
