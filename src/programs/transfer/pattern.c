/* SPDX-License-Identifier: MIT */
#include "transfer/pattern.h"

#include <stdio.h>

#include "common/memory.h"

bool cli_pattern_valid(const char *pattern)
{
	bool numbered = false;

	for (; *pattern != '\0'; pattern++) {
		if (*pattern != '%')
			continue;
		pattern++;
		if (*pattern == 'n')
			numbered = true;
		else if (*pattern != '%')
			return false;
	}
	return numbered;
}

char *cli_pattern_expand(const char *pattern, uint64_t number)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	cli_must(out);
	for (; *pattern != '\0'; pattern++) {
		if (*pattern != '%')
			fputc(*pattern, out);
		else if (*++pattern == 'n')
			fprintf(out, "%llu", (unsigned long long)number);
		else
			fputc('%', out);
	}
	return cli_must(fclose(out) == 0 ? text : NULL);
}
