/* SPDX-License-Identifier: MIT */
/*
 * rows.c - the results: rows of values, their medians, and what each is compared with.
 */
#include <stdlib.h>
#include <string.h>

#include "bench.h"

/* Rows are handed out by address, so the table is one of pointers. */
static struct row **rows;
static size_t count, space;

struct row *row_add(const char *group, const char *point, const char *name, enum kind kind, const char *unit,
                    bool lower, const char *cpu_unit)
{
	struct row *row = calloc(1, sizeof(*row));

	if (count == space) {
		space = space ? 2 * space : 64;
		rows = realloc(rows, space * sizeof(struct row *));
	}
	if (!row || !rows) {
		fputs("svbench: out of memory\n", stderr);
		exit(1);
	}
	row->group = group;
	snprintf(row->point, sizeof(row->point), "%s", point);
	snprintf(row->name, sizeof(row->name), "%s", name);
	row->kind = kind;
	row->unit = unit;
	row->lower = lower;
	row->cpu_unit = cpu_unit;
	row->left_out = settings.match && kind != KIND_LIMIT && !strstr(name, settings.match);
	rows[count++] = row;
	return row;
}

size_t row_count(void)
{
	return count;
}

struct row *row_at(size_t i)
{
	return rows[i];
}

void row_value(struct row *row, double value, double cpu)
{
	if (row->rounds < MAX_ROUNDS) {
		row->value[row->rounds] = value;
		row->cpu[row->rounds] = cpu;
		row->rounds++;
	}
}

void row_absent(struct row *row, const char *why)
{
	row->absent = true;
	snprintf(row->text, sizeof(row->text), "%s", why);
}

/* One line, and none of the characters that would upset a table. */
void row_failed(struct row *row, const char *why)
{
	row->failed = true;
	snprintf(row->text, sizeof(row->text), "%s", why);
	for (char *p = row->text; *p; p++) {
		if (*p == '\n' && !p[1])
			*p = '\0';
		else if ((unsigned char)*p < ' ')
			*p = ' ';
	}
}

bool row_ok(const struct row *row)
{
	return row && row->rounds > 0 && !row->failed && !row->absent && !row->left_out;
}

struct row *row_find(const char *group, const char *point, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(rows[i]->group, group) && !strcmp(rows[i]->point, point) &&
		    !strcmp(rows[i]->name, name))
			return rows[i];
	return NULL;
}

static bool same_point(const struct row *a, const struct row *b)
{
	return !strcmp(a->group, b->group) && !strcmp(a->point, b->point) && !strcmp(a->unit, b->unit);
}

const struct row *row_limit(const struct row *of)
{
	if (of->kind == KIND_LIMIT)
		return NULL;
	for (size_t i = 0; i < count; i++)
		if (rows[i]->kind == KIND_LIMIT && same_point(rows[i], of))
			return row_ok(rows[i]) ? rows[i] : NULL;
	return NULL;
}

const struct row *row_best_peer(const struct row *of)
{
	const struct row *best = NULL;

	for (size_t i = 0; i < count; i++) {
		const struct row *row = rows[i];

		if (row->kind != KIND_PEER || !row_ok(row) || !same_point(row, of) || row->batch != of->batch)
			continue;
		if (!best ||
		    (row->lower ? row_median(row) < row_median(best) : row_median(row) > row_median(best)))
			best = row;
	}
	return best;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

struct summary summarise(const double *values, int n)
{
	double sorted[MAX_ROUNDS];

	if (n < 1)
		return (struct summary){ 0, 0, 0 };
	memcpy(sorted, values, (size_t)n * sizeof(double));
	qsort(sorted, (size_t)n, sizeof(double), ascending);
	return (struct summary){ (sorted[(n - 1) / 2] + sorted[n / 2]) / 2, sorted[0], sorted[n - 1] };
}

double row_median(const struct row *row)
{
	return summarise(row->value, row->rounds).median;
}

double row_cpu(const struct row *row)
{
	return summarise(row->cpu, row->rounds).median;
}

bool rows_ours_failed(void)
{
	for (size_t i = 0; i < count; i++)
		if (rows[i]->kind == KIND_OURS && rows[i]->failed)
			return true;
	return false;
}

/* Every round begins with another row, so that a disturbance does not always hit the same one. */
void measure_rounds(size_t from, int rounds, void (*measure)(struct row *row, size_t index, void *arg),
                    void *arg)
{
	size_t n = count - from;

	for (int round = 0; round < rounds; round++) {
		for (size_t i = 0; i < n; i++) {
			size_t index = (i + (size_t)round) % n;
			struct row *row = rows[from + index];

			if (row->failed || row->absent || row->left_out)
				continue;
			progress("%s %s: round %d of %d: %s", row->group, row->point, round + 1, rounds,
			         row->name);
			check_interrupt();
			measure(row, index, arg);
		}
	}
}

const char *size_name(uint64_t bytes, char text[24])
{
	static const struct {
		uint64_t unit;
		const char *name;
	} units[] = { { GIB, "GiB" }, { MIB, "MiB" }, { KIB, "KiB" } };

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (bytes >= units[i].unit && bytes % units[i].unit == 0) {
			snprintf(text, 24, "%llu %s", (unsigned long long)(bytes / units[i].unit),
			         units[i].name);
			return text;
		}
	}
	snprintf(text, 24, "%llu B", (unsigned long long)bytes);
	return text;
}
