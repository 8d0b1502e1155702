/* SPDX-License-Identifier: MIT */
/* svbench - measure this toolkit against its rivals and print one TSV.  See README.md. */
#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

#define MOST_POINTS 64
#define MOST_WAYS 8
#define MOST_SAMPLES 99
#define SWEEPS 2 /* samples for each setting in the sweep, of which the best counts */

double trial_seconds = 0.05, deadline_seconds = 30;
uint64_t file_size = 256 * MIB;
int cpus[2];
char program_dir[3000], work_dir[3000], disk_dir[3000];

/* What is known of one way at one point. */
struct state {
	const char *setting;
	uint64_t n;
	bool out; /* not installed, or it has failed */
};

static struct point points[MOST_POINTS];
static struct state states[MOST_POINTS][MOST_WAYS];
static size_t point_count;
static int repeats = 3, rounds = 5;
static bool failed;

static const struct {
	const char *name, *help;
	void (*add)(void);
} groups[] = {
	{ "messages", "each published alone, 8 B to 4 MiB", add_messages },
	{ "batches", "small messages, many published at once", add_batches },
	{ "roundtrip", "a question and its answer, both sides awake or both asleep", add_roundtrip },
	{ "paced", "a reader that is fed at a fixed pace: its CPU time and its delay", add_paced },
	{ "onecpu", "both sides on one CPU", add_onecpu },
	{ "small", "programs from start to end, small files", add_small },
	{ "files", "programs from start to end, a large file", add_files },
};
#define GROUPS (sizeof groups / sizeof *groups)

struct point *point_add(const char *group, const char *name)
{
	struct point *point = &points[point_count++];

	if (point_count > MOST_POINTS)
		abort();
	point->group = group;
	snprintf(point->name, sizeof point->name, "%s", name);
	memcpy(point->cpu, cpus, sizeof cpus);
	point->times = 1;
	return point;
}

static bool sample(struct point *point, size_t way, const char *setting, uint64_t *n, double values[2])
{
	struct state *state = &states[point - points][way];
	char why[WHY_SIZE] = "";

	check_interrupt();
	if (point->measure(point, point->ways[way], setting, n, values, why))
		return true;
	fprintf(stderr, "svbench: %s, %s: %s %s: FAILED: %s\n", point->group, point->name,
	        point->ways[way]->name, setting, why);
	/* If any way fails, the comparison has failed. */
	failed = state->out = true;
	return false;
}

/* The best setting of a way: the one with the best of a few samples. */
static void sweep(struct point *point, size_t i)
{
	const struct way *way = point->ways[i];
	struct state *state = &states[point - points][i];
	double best = 0, value[2];
	uint64_t n = 0; /* as many for each setting */
	int j, k;

	state->setting = way->settings[0] != NULL ? way->settings[0] : "";
	if (way->needs != NULL && !have_program(way->needs)) {
		fprintf(stderr, "svbench: %s is not installed\n", way->needs);
		state->out = true;
		return;
	}
	if (way->settings[0] == NULL || way->settings[1] == NULL)
		return;
	for (j = 0; j < MOST_SETTINGS && way->settings[j] != NULL; j++)
		for (k = 0; k < SWEEPS; k++) {
			if (!sample(point, i, way->settings[j], &n, value))
				return;
			if (best == 0 || (point->lower ? value[0] < best : value[0] > best)) {
				best = value[0];
				state->setting = way->settings[j];
				state->n = n;
			}
		}
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print_row(const struct point *point, size_t way, int repeat, double *value, double *second, int n)
{
	static const char *const kinds[] = { "ours", "rival", "limit" };

	qsort(value, (size_t)n, sizeof *value, compare);
	qsort(second, (size_t)n, sizeof *second, compare);
	printf("%s\t%s\t%llu\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t%d\t%.5g\t%.5g\t%.5g\t%.5g\t%s\n", point->group,
	       point->name, (unsigned long long)point->size, point->ways[way]->name,
	       kinds[point->ways[way]->kind], states[point - points][way].setting, point->touched,
	       point->unit, point->lower ? "lower" : "higher", repeat, n, value[n / 2], value[0],
	       value[n - 1], second[n / 2], point->second_unit);
}

static void measure(struct point *point, int repeat)
{
	static double value[MOST_WAYS][MOST_SAMPLES], second[MOST_WAYS][MOST_SAMPLES];
	int n = rounds * point->times < MOST_SAMPLES ? rounds * point->times : MOST_SAMPLES;
	double got[2] = { 0, 0 };
	size_t i;
	int round;

	if (isatty(STDERR_FILENO))
		fprintf(stderr, "svbench: %d of %d: %s, %s\033[K\r", repeat, repeats, point->group,
		        point->name);
	for (round = 0; round < n; round++)
		for (i = 0; point->ways[i] != NULL; i++) {
			struct state *state = &states[point - points][i];

			if (!state->out && sample(point, i, state->setting, &state->n, got)) {
				value[i][round] = got[0];
				second[i][round] = got[1];
			}
		}
	for (i = 0; point->ways[i] != NULL; i++)
		if (!states[point - points][i].out)
			print_row(point, i, repeat, value[i], second[i], n);
}

static void choose_cpus(void)
{
	cpu_set_t usable;
	int cpu, found = 0;

	if (sched_getaffinity(0, sizeof usable, &usable) == -1)
		return;
	for (cpu = 0; cpu < CPU_SETSIZE && found < 2; cpu++)
		if (CPU_ISSET(cpu, &usable))
			cpus[found++] = cpu;
	if (found == 1)
		cpus[1] = cpus[0];
}

static __attribute__((noreturn)) void wrong(const char *what, const char *argument)
{
	fprintf(stderr, "svbench: %s '%s'\nTry 'svbench --help'.\n", what, argument);
	exit(2);
}

static int count_of(const char *option, const char *text, int most)
{
	char *end;
	long value = strtol(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end != '\0' || value < 1 || value > most)
		wrong(option, text);
	return (int)value;
}

static void choose(bool *chosen, const char *text)
{
	size_t length, i;

	do {
		length = strcspn(text, ",");
		for (i = 0; i < GROUPS; i++)
			if (strlen(groups[i].name) == length && strncmp(groups[i].name, text, length) == 0)
				break;
		if (i == GROUPS)
			wrong("--only: no such group:", text);
		chosen[i] = true;
		text += length;
	} while (*text++ == ',');
}

static void usage(void)
{
	size_t i;

	puts("Usage: svbench [OPTION ...]\n"
	     "Measure this toolkit against its rivals, each at its best setting; print a TSV.\n\n"
	     "  --only GROUP[,...]   only these groups (default: all)\n"
	     "  --repeats N          times that everything is measured (default 3)\n"
	     "  --rounds N           samples of each way in a repeat (default 5)\n"
	     "  --trial MS           length of a sample of messages (default 50)\n"
	     "  --file MIB           size of the large file (default 256)\n"
	     "  --dir DIR            working directory in memory (default /dev/shm)\n"
	     "  --disk DIR           working directory on a disk (default /var/tmp)\n"
	     "  --programs DIR       where svwrite and svread are (default: beside svbench)\n"
	     "  --deadline S         a sample that takes longer has failed (default 30)\n"
	     "  --help               this help\n\nGroups:");
	for (i = 0; i < GROUPS; i++)
		printf("  %-20s %s\n", groups[i].name, groups[i].help);
	puts("\nExit status: 0 all was measured, 1 something failed, 2 wrong usage.");
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "only", 1, NULL, 'o' },  { "repeats", 1, NULL, 'r' },  { "rounds", 1, NULL, 'n' },
		{ "trial", 1, NULL, 't' }, { "file", 1, NULL, 'f' },     { "dir", 1, NULL, 'd' },
		{ "disk", 1, NULL, 'k' },  { "programs", 1, NULL, 'p' }, { "deadline", 1, NULL, 'e' },
		{ "help", 0, NULL, 'h' },  { NULL, 0, NULL, 0 },
	};
	const char *dir = "/dev/shm", *disk = "/var/tmp";
	bool chosen[GROUPS] = { false }, all = true;
	size_t i, way;
	int c, repeat;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'o':
			choose(chosen, optarg);
			all = false;
			break;
		case 'r': repeats = count_of("--repeats", optarg, 99); break;
		case 'n': rounds = count_of("--rounds", optarg, MOST_SAMPLES); break;
		case 't': trial_seconds = count_of("--trial", optarg, 10000) / 1e3; break;
		case 'f': file_size = (uint64_t)count_of("--file", optarg, 1 << 20) * MIB; break;
		case 'd': dir = optarg; break;
		case 'k': disk = optarg; break;
		case 'p': snprintf(program_dir, sizeof program_dir, "%s", optarg); break;
		case 'e': deadline_seconds = count_of("--deadline", optarg, 3600); break;
		case 'h': usage(); return fflush(stdout) != 0;
		default: fputs("Try 'svbench --help'.\n", stderr); return 2;
		}
	}
	if (optind < argc)
		wrong("unexpected argument", argv[optind]);
	choose_cpus();
	files_start(dir, disk);
	harness_start();
	for (i = 0; i < GROUPS; i++)
		if (all || chosen[i])
			groups[i].add();
	puts("group\tpoint\tsize\tway\tkind\tsetting\ttouched\tunit\tbetter\trepeat\trounds\tmedian\tmin\tmax"
	     "\tsecond\t"
	     "second_unit");
	for (i = 0; i < point_count; i++)
		for (way = 0; points[i].ways[way] != NULL; way++)
			sweep(&points[i], way);
	for (repeat = 1; repeat <= repeats; repeat++)
		for (i = 0; i < point_count; i++)
			measure(&points[i], repeat);
	files_remove();
	if (ferror(stdout) || fflush(stdout) != 0) {
		fprintf(stderr, "svbench: cannot write the results: %s\n", strerror(errno));
		failed = true;
	}
	return failed ? 1 : 0;
}
