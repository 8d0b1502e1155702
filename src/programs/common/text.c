/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* wcwidth */
#include "common/text.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <wchar.h>
#include <wctype.h>

/* What steers a terminal or changes the order in which text appears: C0, C1, line and direction marks. */
static bool is_control(uint32_t point)
{
	return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x61c ||
	       (point >= 0x200e && point <= 0x200f) || (point >= 0x2028 && point <= 0x202e) ||
	       (point >= 0x2066 && point <= 0x2069) || point == 0xfeff;
}

size_t cli_utf8(const char *text, uint32_t *point, bool *control)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *byte = (const unsigned char *)text;
	size_t n = byte[0] < 0x80       ? 1
	           : byte[0] >> 5 == 6  ? 2
	           : byte[0] >> 4 == 14 ? 3
	           : byte[0] >> 3 == 30 ? 4
	                                : 0;
	size_t i;

	if (n == 0)
		return 0;
	*point = n == 1 ? byte[0] : byte[0] & (0x7fu >> n);
	for (i = 1; i < n; i++) {
		if (byte[i] >> 6 != 2)
			return 0;
		*point = *point << 6 | (byte[i] & 0x3f);
	}
	*control = is_control(*point);
	return *point < least[n] || *point > 0x10ffff || (*point >= 0xd800 && *point <= 0xdfff) ? 0 : n;
}

size_t cli_printable(const char *text, size_t *width)
{
	static bool locale_is_set;
	mbstate_t state;
	wchar_t wide;
	size_t n;
	int columns;

	/*
	 * Nearly all text is ASCII and needs no locale; loading the locale takes a tenth of a small transfer.
	 */
	if (text[0] >= ' ' && text[0] <= '~') {
		if (width != NULL)
			*width = 1;
		return 1;
	}
	if (!locale_is_set)
		setlocale(LC_CTYPE, "");
	locale_is_set = true;
	memset(&state, 0, sizeof state);
	n = mbrtowc(&wide, text, strlen(text), &state);
	if (n == 0 || n == (size_t)-1 || n == (size_t)-2 || is_control((uint32_t)wide) ||
	    !iswprint((wint_t)wide) || (columns = wcwidth(wide)) < 0)
		return 0;
	if (width != NULL)
		*width = (size_t)columns;
	return n;
}

static char *escape(char *out, size_t size, const char *text, bool backslashes)
{
	char part[24];
	size_t used = 0, length, n;

	for (; *text != '\0'; text += n) {
		n = cli_printable(text, NULL);
		if (n == 0)
			snprintf(part, sizeof part, "\\x%02x", (unsigned)(unsigned char)*text);
		else if (backslashes && *text == '\\')
			strcpy(part, "\\\\");
		else
			snprintf(part, sizeof part, "%.*s", (int)n, text);
		n = n == 0 ? 1 : n;
		length = strlen(part);
		if (used + length >= size)
			break;
		memcpy(out + used, part, length);
		used += length;
	}
	out[used] = '\0';
	return out;
}

char *cli_escape(char *out, size_t size, const char *text)
{
	return escape(out, size, text, true);
}

char *cli_escape_message(char *out, size_t size, const char *text)
{
	return escape(out, size, text, false);
}

size_t cli_text_width(const char *text)
{
	size_t columns = 0, width, n;

	for (; *text != '\0'; text += n) {
		n = cli_printable(text, &width);
		if (n == 0)
			n = 1, width = 1;
		columns += width;
	}
	return columns;
}

char *cli_short_bytes(char *out, size_t size, double bytes)
{
	static const char units[] = " KMGTPE";
	size_t i = 0;

	/* 1023.5 and more would be rounded to 1024, which has four digits. */
	while (bytes >= 1023.5 && units[i + 1] != '\0') {
		bytes /= 1024;
		i++;
	}
	if (i == 0)
		snprintf(out, size, "%.0f", bytes);
	else if (bytes == (double)(int)bytes || bytes >= 99.95)
		snprintf(out, size, "%.0f%c", bytes, units[i]);
	else
		snprintf(out, size, bytes >= 9.995 ? "%.1f%c" : "%.2f%c", bytes, units[i]);
	return out;
}

char *cli_short_age(char *out, size_t size, int64_t seconds)
{
	if (seconds < 0)
		snprintf(out, size, "?");
	else if (seconds < 120)
		snprintf(out, size, "%llds", (long long)seconds);
	else if (seconds < 7200)
		snprintf(out, size, "%lldm", (long long)seconds / 60);
	else if (seconds < 172800)
		snprintf(out, size, "%lldh", (long long)seconds / 3600);
	else
		snprintf(out, size, "%lldd", (long long)seconds / 86400);
	return out;
}

int64_t cli_seconds_since(int64_t when)
{
	int64_t seconds = (int64_t)time(NULL) - when;

	/* Another program's C library may take the time from a clock that is some milliseconds ahead. */
	if (seconds == -1)
		seconds = 0;
	return when <= 0 || seconds < 0 ? -1 : seconds;
}

char *cli_time(char *out, size_t size, int64_t when)
{
	time_t t = (time_t)when;
	struct tm tm;

	if (when <= 0 || localtime_r(&t, &tm) == NULL || strftime(out, size, "%Y-%m-%d %H:%M:%S", &tm) == 0)
		snprintf(out, size, "-");
	return out;
}

unsigned cli_percent(uint64_t part, uint64_t whole)
{
	double value = whole == 0 ? 0 : 100.0 * (double)part / (double)whole;

	return value > 100 ? 100 : (unsigned)value;
}

char *cli_bar(char *out, size_t size, unsigned percentage, size_t width)
{
	static const char full[] = "##################################################";
	size_t cells =
		width < CLI_BAR_LEAST ? CLI_BAR_LEAST - 7 : (width > CLI_BAR_MOST ? CLI_BAR_MOST : width) - 7;
	/* Only 0 % is drawn as empty, and only 100 % as full. */
	size_t filled = (cells * percentage + 50) / 100;

	if (filled == 0 && percentage > 0)
		filled = 1;
	if (filled == cells && percentage < 100)
		filled--;
	snprintf(out, size, "[%.*s%*s] %3u%%", (int)filled, full, (int)(cells - filled), "", percentage);
	return out;
}
