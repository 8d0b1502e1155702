/* SPDX-License-Identifier: MIT */
/*
 * output.c - the results for people (a table) and for programs (TSV, JSON), and the progress line.
 */
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

static bool progress_shown;

void progress(const char *format, ...)
{
	va_list args;

	if (!isatty(2))
		return;
	fputs("\r\033[K", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fflush(stderr);
	progress_shown = true;
}

void progress_end(void)
{
	if (progress_shown)
		fputs("\r\033[K", stderr);
	progress_shown = false;
}

/* Four digits that count. */
static const char *number(double value, char text[24])
{
	snprintf(text, 24, "%.*f", value < 10 ? 3 : value < 100 ? 2 : value < 1000 ? 1 : 0, value);
	return text;
}

/* value / reference, or "-". */
static const char *ratio(const struct row *row, const struct row *reference, char text[24])
{
	if (!row_ok(row) || !reference || reference == row || row_median(reference) <= 0)
		return "-";
	return number(row_median(row) / row_median(reference), text);
}

static const char *kind_name(enum kind kind)
{
	static const char *const names[] = { "limit", "svipc", "peer", "other" };

	return names[kind];
}

static const char *status_name(const struct row *row)
{
	return row->failed ? "failed" : row->absent ? "absent" : "ok";
}

static void print_row(FILE *out, const struct row *row)
{
	struct summary value = summarise(row->value, row->rounds), cpu = summarise(row->cpu, row->rounds);
	const struct row *best = row_best_peer(row);
	char text[6][24];

	fprintf(out, "%c %-36s", row->kind == KIND_OURS ? '>' : row == best ? '*' : ' ', row->name);
	if (row->absent || row->failed) {
		fprintf(out, "  %s: %s\n", row->failed ? "FAILED" : "n/a", row->text);
		return;
	}
	fprintf(out, "%9s %9s %9s %-8s", number(value.median, text[0]), number(value.min, text[1]),
	        number(value.max, text[2]), row->unit);
	if (row->cpu_unit)
		fprintf(out, " %8s %-5s", number(cpu.median, text[3]), row->cpu_unit);
	else
		fprintf(out, " %8s %-5s", "-", "");
	fprintf(out, " %7s %7s\n", ratio(row, row_limit(row), text[4]), ratio(row, best, text[5]));
}

/* The command as it was typed; its own path does not matter. */
static void command_line(FILE *out, int argc, char **argv, void (*word)(FILE *, const char *))
{
	word(out, "svbench");
	for (int i = 1; i < argc; i++) {
		fputc(' ', out);
		word(out, argv[i]);
	}
}

static void plain_word(FILE *out, const char *word)
{
	for (; *word; word++)
		fputc((unsigned char)*word < ' ' ? ' ' : *word, out);
}

void print_table(FILE *out, int argc, char **argv)
{
	const struct row *last = NULL;
	const struct fact *fact;
	size_t n;

	fprintf(out, "%-16s ", "command");
	command_line(out, argc, argv, plain_word);
	fputc('\n', out);
	fact = facts(&n);
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%-16s %s\n", fact[i].name, fact[i].value);
	for (size_t i = 0; i < row_count(); i++) {
		const struct row *row = row_at(i);
		char heading[64];

		if (row->left_out)
			continue;
		if (!last || strcmp(last->group, row->group) != 0 || strcmp(last->point, row->point) != 0) {
			snprintf(heading, sizeof(heading), "%s: %s", row->group, row->point);
			fprintf(out, "\n%-38s%9s %9s %9s %-8s", heading, "median", "min", "max", "");
			fprintf(out, " %14s %7s %7s\n", "CPU", "x limit", "x peer");
		}
		print_row(out, row);
		last = row;
	}
	fputs("\n> this toolkit   * best peer (batches are compared with batches)\n"
	      "x limit, x peer: median divided by that of the point's first limit and of its best peer\n"
	      "CPU: user and system time of all processes\n",
	      out);
}

void write_tsv(FILE *out, int argc, char **argv)
{
	const struct fact *fact;
	size_t n;

	fputs("# command\t", out);
	command_line(out, argc, argv, plain_word);
	fputc('\n', out);
	fact = facts(&n);
	for (size_t i = 0; i < n; i++)
		fprintf(out, "# %s\t%s\n", fact[i].name, fact[i].value);
	fputs("group\tpoint\tname\tkind\tbatch\tunit\tbetter\tbytes\t"
	      "median\tmin\tmax\trounds\tcpu_unit\tcpu\tcpu_min\tcpu_max\t"
	      "of_limit\tof_best_peer\tstatus\treason\n",
	      out);
	for (size_t i = 0; i < row_count(); i++) {
		const struct row *row = row_at(i);
		struct summary value = summarise(row->value, row->rounds);
		struct summary cpu = summarise(row->cpu, row->rounds);
		char text[2][24];

		if (row->left_out)
			continue;
		fprintf(out, "%s\t%s\t%s\t%s\t%d\t%s\t%s\t%llu\t", row->group, row->point, row->name,
		        kind_name(row->kind), row->batch, row->unit, row->lower ? "lower" : "higher",
		        (unsigned long long)row->bytes);
		if (row_ok(row))
			fprintf(out, "%.6g\t%.6g\t%.6g\t%d\t", value.median, value.min, value.max,
			        row->rounds);
		else
			fprintf(out, "-\t-\t-\t%d\t", row->rounds);
		if (row_ok(row) && row->cpu_unit)
			fprintf(out, "%s\t%.6g\t%.6g\t%.6g\t", row->cpu_unit, cpu.median, cpu.min, cpu.max);
		else
			fputs("-\t-\t-\t-\t", out);
		fprintf(out, "%s\t%s\t%s\t%s\n", ratio(row, row_limit(row), text[0]),
		        ratio(row, row_best_peer(row), text[1]), status_name(row),
		        row->text[0] ? row->text : "-");
	}
}

static void json_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < ' ' || c >= 0x7f)
			fprintf(out, "\\u%04x", c);
		else
			fputc(c, out);
	}
}

static void json_values(FILE *out, const char *name, const double *values, int n)
{
	struct summary s = summarise(values, n);

	fprintf(out, ", \"%s\": {\"median\": %.6g, \"min\": %.6g, \"max\": %.6g, \"rounds\": [", name,
	        s.median, s.min, s.max);
	for (int i = 0; i < n; i++)
		fprintf(out, "%s%.6g", i ? ", " : "", values[i]);
	fputs("]}", out);
}

static void json_ratio(FILE *out, const char *name, const struct row *row, const struct row *reference)
{
	if (!row_ok(row) || !reference || reference == row || row_median(reference) <= 0)
		return;
	fprintf(out, ", \"%s\": %.4g", name, row_median(row) / row_median(reference));
}

static void json_row(FILE *out, const struct row *row)
{
	fprintf(out, "\n    {\"group\": \"%s\", \"point\": \"", row->group);
	json_text(out, row->point);
	fputs("\", \"name\": \"", out);
	json_text(out, row->name);
	fprintf(out, "\", \"kind\": \"%s\", \"batch\": %s, \"unit\": \"%s\", \"better\": \"%s\"",
	        kind_name(row->kind), row->batch ? "true" : "false", row->unit,
	        row->lower ? "lower" : "higher");
	if (row->bytes)
		fprintf(out, ", \"bytes\": %llu", (unsigned long long)row->bytes);
	fprintf(out, ", \"status\": \"%s\"", status_name(row));
	if (row->text[0]) {
		fputs(", \"reason\": \"", out);
		json_text(out, row->text);
		fputc('"', out);
	}
	if (row_ok(row)) {
		json_values(out, "value", row->value, row->rounds);
		if (row->cpu_unit) {
			fprintf(out, ", \"cpu_unit\": \"%s\"", row->cpu_unit);
			json_values(out, "cpu", row->cpu, row->rounds);
		}
		json_ratio(out, "of_limit", row, row_limit(row));
		json_ratio(out, "of_best_peer", row, row_best_peer(row));
	}
	fputc('}', out);
}

void write_json(FILE *out, int argc, char **argv)
{
	const struct fact *fact;
	bool first = true;
	size_t n;

	fputs("{\n  \"command\": \"", out);
	command_line(out, argc, argv, json_text);
	fputs("\",\n  \"facts\": {", out);
	fact = facts(&n);
	for (size_t i = 0; i < n; i++) {
		fprintf(out, "%s\n    \"%s\": \"", i ? "," : "", fact[i].name);
		json_text(out, fact[i].value);
		fputc('"', out);
	}
	fputs("\n  },\n  \"rows\": [", out);
	for (size_t i = 0; i < row_count(); i++) {
		if (row_at(i)->left_out)
			continue;
		if (!first)
			fputc(',', out);
		json_row(out, row_at(i));
		first = false;
	}
	fputs("\n  ],\n  \"aims\": [", out);
	json_aims(out);
	fputs("\n  ]\n}\n", out);
}
