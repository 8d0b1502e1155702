/* SPDX-License-Identifier: MIT */
/*
 * aims.c - what the toolkit wants to reach, and whether this run reached it.  Ratios between rows of one
 * run only: absolute numbers belong to the machine.
 */
#include <string.h>

#include "bench.h"

struct aim {
	char text[96];
	bool measured, at_most;
	double value, limit;
};

static struct aim aims[96];
static size_t count;

static void aim(const char *text, bool measured, double value, bool at_most, double limit)
{
	struct aim *a = &aims[count];

	if (count == sizeof(aims) / sizeof(aims[0]))
		return;
	count++;
	snprintf(a->text, sizeof(a->text), "%s", text);
	a->measured = measured;
	a->value = value;
	a->at_most = at_most;
	a->limit = limit;
}

static bool aim_met(const struct aim *a)
{
	return a->measured && (a->at_most ? a->value <= a->limit : a->value >= a->limit);
}

/* The value of one row as a multiple of another's. */
static void aim_ratio(const char *text, const struct row *row, const struct row *reference, bool at_most,
                      double limit)
{
	bool measured = row_ok(row) && row_ok(reference) && row_median(reference) > 0;

	aim(text, measured, measured ? row_median(row) / row_median(reference) : 0, at_most, limit);
}

/* The best of the rows of a point whose name begins so. */
static const struct row *best_named(const char *group, const char *point, const char *prefix)
{
	const struct row *best = NULL;

	for (size_t i = 0; i < row_count(); i++) {
		const struct row *row = row_at(i);

		if (!strcmp(row->group, group) && !strcmp(row->point, point) && row_ok(row) &&
		    !strncmp(row->name, prefix, strlen(prefix)) &&
		    (!best || (row_median(row) > row_median(best)) != row->lower))
			best = row;
	}
	return best;
}

static void programs_aims(void)
{
	const struct row *ours = row_find("programs", "null", "svwrite | svread");
	const struct row *limit = row_find("programs", "null", "read+write, one process");
	const struct row *thrifty = NULL;
	char text[96];

	aim_ratio("file to /dev/null: rate, of the one-process limit", ours, limit, false, 0.95);
	aim_ratio("file to /dev/null: rate, of the best buffer", ours,
	          best_named("programs", "null", "buffer"), false, 1.15);
	aim_ratio("file to /dev/null: rate, of cat | cat", ours, row_find("programs", "null", "cat | cat"),
	          false, 5);
	for (size_t i = 0; i < row_count(); i++) {
		const struct row *row = row_at(i);

		if (!strcmp(row->group, "programs") && !strcmp(row->point, "null") &&
		    row->kind == KIND_PEER && row_ok(row) && (!thrifty || row_cpu(row) < row_cpu(thrifty)))
			thrifty = row;
	}
	if (row_ok(ours) && row_ok(limit))
		aim("file to /dev/null: CPU per GiB, of the one-process limit", true,
		    row_cpu(ours) / row_cpu(limit), true, 1.5);
	else
		aim("file to /dev/null: CPU per GiB, of the one-process limit", false, 0, true, 1.5);
	if (row_ok(ours) && thrifty)
		aim("file to /dev/null: CPU per GiB, of the thriftiest peer", true,
		    row_cpu(ours) / row_cpu(thrifty), true, 1);
	else
		aim("file to /dev/null: CPU per GiB, of the thriftiest peer", false, 0, true, 1);

	for (int i = 0; i < 2; i++) {
		const char *point = i ? "disk" : "tmpfs";

		ours = row_find("programs", point, "svwrite | svread");
		snprintf(text, sizeof(text), "file overwritten on %s: rate, of one process", point);
		aim_ratio(text, ours, row_find("programs", point, "read+write, one process"), false, 1.2);
		snprintf(text, sizeof(text), "file overwritten on %s: rate, of write alone", point);
		aim_ratio(text, ours, row_find("programs", point, "write alone"), false, 0.85);
		snprintf(text, sizeof(text), "file overwritten on %s: rate, of the best buffer", point);
		aim_ratio(text, ours, best_named("programs", point, "buffer"), false, 1.2);
	}
	aim_ratio("file into wc -c: rate, of the best buffer", row_find("programs", "wc", "svwrite | svread"),
	          best_named("programs", "wc", "buffer"), false, 1.3);
}

static void messages_aims(void)
{
	static const uint64_t sizes[] = { 8, 64, KIB, 16 * KIB, 256 * KIB, 4 * MIB };
	char text[96], name[24];

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const char *point = size_name(sizes[i], name);
		const struct row *ours = row_find("messages", point, "svipc messages");

		snprintf(text, sizeof(text), "messages of %s: rate, of the best peer", point);
		aim_ratio(text, ours, ours ? row_best_peer(ours) : NULL, false, 1);
		snprintf(text, sizeof(text), "messages of %s: rate, of the yardstick", point);
		aim_ratio(text, ours, ours ? row_limit(ours) : NULL, false, sizes[i] < KIB ? 0.7 : 0.9);
	}
}

static void waiting_aims(void)
{
	const struct row *ours = row_find("roundtrip", "awake", "svipc messages");
	double switches = 0;
	bool measured = false;

	aim_ratio("round trip, both awake: in cache-line round trips", ours, ours ? row_limit(ours) : NULL,
	          true, 2.2);
	ours = row_find("roundtrip", "asleep", "svipc messages");
	aim_ratio("round trip, asleep: in bare semop ping-pongs", ours, ours ? row_limit(ours) : NULL, true,
	          1.1);
	for (size_t i = 0; i < row_count(); i++) {
		const struct row *row = row_at(i);

		if (strcmp(row->group, "idle") != 0 || strcmp(row->unit, "switches") != 0 ||
		    row->kind != KIND_OURS || !row_ok(row))
			continue;
		measured = true;
		switches += row_median(row);
	}
	aim("idle: context switches of all waiting sides", measured, switches, true, 0);
	ours = row_find("startup", "greeting", "svwrite | svread");
	aim_ratio("greeting, start to end: of sh -c 'echo | cat'", ours,
	          row_find("startup", "greeting", "sh -c 'echo | cat'"), true, 2);
}

static void growth_aims(void)
{
	const struct row *memory = row_find("idle", "memory", "svwrite and svread, ring full");
	const struct row *capacity = row_find("idle", "memory", "capacity");
	const struct row *alone = row_find("many", "live", "greeting, no other channel");
	const struct row *live = NULL, *clean = NULL;
	double slow = 0, fast = 0;
	bool measured = row_ok(memory) && row_ok(capacity);

	aim("memory of both programs above the capacity, MiB", measured,
	    measured ? row_median(memory) - row_median(capacity) : 0, true, 2);
	for (size_t i = 0; i < row_count(); i++) {
		const struct row *row = row_at(i);

		if (!strcmp(row->group, "many") && row->kind == KIND_OURS && row_ok(row)) {
			live = !strcmp(row->point, "live") ? row : live;
			clean = !strcmp(row->point, "leftovers") ? row : clean;
		}
		if (strcmp(row->group, "scaling") != 0 || strcmp(row->name, "attached") != 0 || !row_ok(row))
			continue;
		slow = slow == 0 || row_median(row) < slow ? row_median(row) : slow;
		fast = row_median(row) > fast ? row_median(row) : fast;
	}
	aim("rate of the slowest size, of that of the fastest", fast > 0, fast > 0 ? slow / fast : 0, false,
	    0.8);
	aim("1,000 leftovers cleaned, seconds", row_ok(clean),
	    row_ok(clean) ? row_median(clean) / 1e3 * 1000 / (double)clean->bytes : 0, true, 1);
	aim_ratio("greeting beside 500 live channels, of one alone", live, alone, true, 1.2);
}

static void samecpu_aims(void)
{
	static const char *const points[] = { "64 B", "16 KiB" };
	char text[96];

	for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		snprintf(text, sizeof(text), "both on one CPU, messages of %s: rate, of pipe", points[i]);
		aim_ratio(text, row_find("samecpu", points[i], "svipc messages"),
		          row_find("samecpu", points[i], "pipe"), false, 1);
	}
	aim_ratio("both on one CPU, round trip: of pipe", row_find("samecpu", "round trip", "svipc messages"),
	          row_find("samecpu", "round trip", "pipe"), true, 1);
	aim_ratio("both on one CPU, file to /dev/null: rate, of cat | cat",
	          row_find("samecpu", "file", "svwrite | svread"), row_find("samecpu", "file", "cat | cat"),
	          false, 1);
}

static void work_out(void)
{
	if (count)
		return;
	programs_aims();
	messages_aims();
	waiting_aims();
	growth_aims();
	samecpu_aims();
}

void print_aims(FILE *out)
{
	size_t met = 0, measured = 0;

	work_out();
	fprintf(out, "\n%-62s %9s %12s\n", "aims", "reached", "aim");
	for (size_t i = 0; i < count; i++) {
		const struct aim *a = &aims[i];

		if (!a->measured) {
			fprintf(out, "  %-60s %9s %s %9.3g  not measured\n", a->text, "-",
			        a->at_most ? "<=" : ">=", a->limit);
			continue;
		}
		measured++;
		met += aim_met(a);
		fprintf(out, "  %-60s %9.3f %s %9.3g  %s\n", a->text, a->value,
		        a->at_most ? "<=" : ">=", a->limit, aim_met(a) ? "met" : "NOT MET");
	}
	fprintf(out, "%zu of %zu measured aims met\n", met, measured);
}

void json_aims(FILE *out)
{
	bool first = true;

	work_out();
	for (size_t i = 0; i < count; i++) {
		const struct aim *a = &aims[i];

		if (!a->measured)
			continue;
		fprintf(out, "%s\n    {\"aim\": \"%s\", \"reached\": %.4g, \"%s\": %g, \"met\": %s}",
		        first ? "" : ",", a->text, a->value, a->at_most ? "at_most" : "at_least", a->limit,
		        aim_met(a) ? "true" : "false");
		first = false;
	}
}
