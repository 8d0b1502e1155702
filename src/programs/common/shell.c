/* SPDX-License-Identifier: MIT */
#include "common/shell.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "svipc.h"

static const char harmless[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:@%+,-";

static bool is_printable(const char *text)
{
	size_t n;

	for (; *text != '\0'; text += n)
		if ((n = cli_printable(text, NULL)) == 0)
			return false;
	return true;
}

/* Quote one character of a word, in at most five bytes; *used is how many bytes of the text it had. */
static const char *quoted(char *out, const char *text, bool escaped, size_t *used)
{
	size_t n = cli_printable(text, NULL);

	*used = n == 0 ? 1 : n;
	if (escaped && n == 0)
		sprintf(out, "\\x%02x", (unsigned)(unsigned char)*text);
	else if (escaped && (*text == '\\' || *text == '\''))
		sprintf(out, "\\%c", *text);
	else if (*text == '\'')
		strcpy(out, "'\\''");
	else
		sprintf(out, "%.*s", (int)n, text);
	return out;
}

char *cli_shell_word(char *out, size_t size, const char *text)
{
	bool escaped = !is_printable(text), bare = *text != '\0' && text[strspn(text, harmless)] == '\0';
	const char *end = bare ? "" : "'";
	size_t length, used, n;
	char part[16];

	used = (size_t)snprintf(out, size, "%s", bare ? "" : escaped ? "$'" : "'");
	for (; *text != '\0'; text += n) {
		length = strlen(quoted(part, text, escaped, &n));
		if (used + length + strlen(end) + 1 > size) {
			out[0] = '\0';
			return out;
		}
		memcpy(out + used, part, length + 1);
		used += length;
	}
	strcat(out, end);
	return out;
}

static void append(char *out, size_t size, const char *before, const char *text)
{
	size_t used = strlen(out);

	snprintf(out + used, size - used, "%s", before);
	used = strlen(out);
	cli_shell_word(out + used, size - used, text);
}

char *cli_shell_command(char *out, size_t size, const char *program, const char *dir, const char *name,
                        const char *path, int project)
{
	const char *set = getenv("SVIPC_DIR");
	char absolute[PATH_MAX], number[16];
	size_t used;

	out[0] = '\0';
	if (dir == NULL && set != NULL && set[0] != '\0')
		dir = realpath(set, absolute) != NULL ? absolute : set;
	if (dir != NULL)
		append(out, size, "SVIPC_DIR=", dir);
	used = strlen(out);
	snprintf(out + used, size - used, "%s%s", used > 0 ? " " : "", program);
	if (path != NULL && path[0] != '\0')
		append(out, size, " -k ", path);
	else
		append(out, size, " -c ", name != NULL && name[0] != '\0' ? name : "default");
	if (project != 0 && project != SV_PROJECT_DEFAULT) {
		snprintf(number, sizeof number, "%d", project);
		append(out, size, " -i ", number);
	}
	return out;
}
