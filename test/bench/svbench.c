/* SPDX-License-Identifier: MIT */
/*
 * svbench.c - measures this toolkit against the machine and against what else moves data between processes.
 */
#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "svipc.h"
#include "bench.h"

struct settings settings = { .rounds = 0, .trial = 0.2, .deadline = 60 };

static const struct group {
	const char *name, *what;
	void (*run)(void);
} groups[] = {
	{ "limits", "memcpy, read and write, cache line, semop, wake-up", group_limits },
	{ "messages", "produced and consumed in place, 8 B to 4 MiB", group_messages },
	{ "roundtrip", "64 B there and back, awake and asleep", group_roundtrip },
	{ "samecpu", "both sides on one CPU", group_samecpu },
	{ "programs", "a file through whole programs", group_programs },
	{ "startup", "a greeting, from start to end", group_startup },
	{ "idle", "context switches while waiting, memory", group_idle },
	{ "scaling", "the same transfer, 1 MiB to 8 GiB", group_scaling },
	{ "many", "leftovers cleaned, many live channels", group_many },
};
#define GROUPS (sizeof(groups) / sizeof(groups[0]))

static bool chosen[GROUPS];

static void usage(FILE *out)
{
	fputs("usage: svbench [OPTION...]\n"
	      "\n"
	      "Measures and compares; a table goes to standard output, a progress line to a terminal.\n"
	      "\n"
	      "  --quick            few rounds, short measurements, a smaller file\n"
	      "  --rounds N         rounds of every measurement, 1 to 99 (7; quick: 3)\n"
	      "  --only GROUP,...   only these groups\n"
	      "  --match TEXT       only rows with TEXT in their name, and the limits\n"
	      "  --size SIZE        bytes of the file for programs (up to 2G as memory allows; quick: 256M)\n"
	      "  --capacity SIZE    bytes of every svipc ring (the library's choice)\n"
	      "  --no-pin           the two sides of messages and round trips where the scheduler likes\n"
	      "  --dir DIR          working directory on the memory file system (/dev/shm)\n"
	      "  --disk DIR         working directory on a disk file system (/var/tmp)\n"
	      "  --programs DIR     where svwrite and svread are (beside svbench)\n"
	      "  --deadline SECONDS after which a measurement has failed (60)\n"
	      "  --tsv FILE         results for programs, one row a line\n"
	      "  --json FILE        results for programs, with the value of every round\n"
	      "  --aims             what was to be reached, and whether it was\n"
	      "  --help, --version\n"
	      "\n"
	      "Groups:\n",
	      out);
	for (size_t i = 0; i < GROUPS; i++)
		fprintf(out, "  %-10s %s\n", groups[i].name, groups[i].what);
	fputs("\n"
	      "Exit status: 0 measured; 1 a measurement of this toolkit failed, or an output could not be\n"
	      "written; 2 wrong usage.\n",
	      out);
}

static void __attribute__((noreturn)) wrong(const char *what, const char *argument)
{
	fprintf(stderr, "svbench: %s '%s'", what, argument);
	fputs("\nTry 'svbench --help'.\n", stderr);
	exit(2);
}

/* "64K", "256M", "2G", or plain bytes. */
static uint64_t parse_size(const char *option, const char *text)
{
	uint64_t value = 0, unit = 1;
	const char *p = text;

	for (; *p >= '0' && *p <= '9'; p++) {
		value = value * 10 + (uint64_t)(*p - '0');
		if (value > (UINT64_C(1) << 40))
			break;
	}
	if (*p == 'K' || *p == 'k')
		unit = KIB, p++;
	else if (*p == 'M' || *p == 'm')
		unit = MIB, p++;
	else if (*p == 'G' || *p == 'g')
		unit = GIB, p++;
	if (p == text || *p || text[0] < '0' || text[0] > '9' || value == 0 ||
	    value > (UINT64_C(1) << 40) / unit) {
		fprintf(stderr, "svbench: %s: '%s' is not a size such as 256M\n", option, text);
		exit(2);
	}
	return value * unit;
}

static int parse_count(const char *option, const char *text, int most)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (errno || *end || text[0] < '0' || text[0] > '9' || value < 1 || value > most) {
		fprintf(stderr, "svbench: %s: '%s' is not a number from 1 to %d\n", option, text, most);
		exit(2);
	}
	return (int)value;
}

static void parse_groups(const char *text)
{
	do {
		size_t length = strcspn(text, ","), i;
		char name[32];

		for (i = 0; i < GROUPS; i++)
			if (strlen(groups[i].name) == length && !strncmp(groups[i].name, text, length))
				break;
		if (i == GROUPS) {
			snprintf(name, sizeof(name), "%.*s", (int)(length < 31 ? length : 31), text);
			wrong("--only: no such group:", name);
		}
		chosen[i] = true;
		text += length;
	} while (*text++ == ',');
}

/* Two CPUs that this process may use, and that are not two threads of one core if there is a choice. */
static void choose_cpus(void)
{
	cpu_set_t usable;
	int found = 0;
	long sibling = -1;

	settings.cpu[0] = settings.cpu[1] = 0;
	if (sched_getaffinity(0, sizeof(usable), &usable))
		return;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		char path[96];
		FILE *in;
		long first = cpu;

		if (!CPU_ISSET(cpu, &usable))
			continue;
		/* The list of the threads of a core begins with its first one. */
		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list",
		         cpu);
		in = fopen(path, "re");
		if (in) {
			if (fscanf(in, "%ld", &first) != 1)
				first = cpu;
			fclose(in);
		}
		if (found == 0) {
			settings.cpu[0] = settings.cpu[1] = cpu;
			sibling = first;
			found = 1;
		} else if (found == 1) {
			settings.cpu[1] = cpu;
			found = 2;
			if (first != sibling)
				return;
		} else if (first != sibling) {
			settings.cpu[1] = cpu;
			return;
		}
	}
}

static FILE *open_output(const char *path)
{
	FILE *out;

	if (!path)
		return NULL;
	out = fopen(path, "we");
	if (!out) {
		fprintf(stderr, "svbench: cannot write '%s': %s\n", path, strerror(errno));
		exit(1);
	}
	return out;
}

static bool close_output(FILE *out, const char *path)
{
	bool bad;

	if (!out)
		return true;
	bad = ferror(out);
	if (fclose(out) || bad) {
		fprintf(stderr, "svbench: cannot write '%s': %s\n", path, strerror(errno));
		return false;
	}
	return true;
}

/* The command line, apart from what goes to settings, chosen and program_dir. */
struct request {
	const char *dir, *disk, *tsv, *json;
	bool aims;
};

/* Long options only; their values begin above all characters. */
enum option_value {
	QUICK = 256,
	ROUNDS,
	ONLY,
	MATCH,
	SIZE,
	CAPACITY,
	NO_PIN,
	DIR,
	DISK,
	PROGRAMS,
	DEADLINE,
	TSV,
	JSON,
	AIMS,
	HELP,
	VERSION
};

static const struct option options[] = {
	{ "quick", no_argument, NULL, QUICK },
	{ "rounds", required_argument, NULL, ROUNDS },
	{ "only", required_argument, NULL, ONLY },
	{ "match", required_argument, NULL, MATCH },
	{ "size", required_argument, NULL, SIZE },
	{ "capacity", required_argument, NULL, CAPACITY },
	{ "no-pin", no_argument, NULL, NO_PIN },
	{ "dir", required_argument, NULL, DIR },
	{ "disk", required_argument, NULL, DISK },
	{ "programs", required_argument, NULL, PROGRAMS },
	{ "deadline", required_argument, NULL, DEADLINE },
	{ "tsv", required_argument, NULL, TSV },
	{ "json", required_argument, NULL, JSON },
	{ "aims", no_argument, NULL, AIMS },
	{ "help", no_argument, NULL, HELP },
	{ "version", no_argument, NULL, VERSION },
	{ NULL, 0, NULL, 0 },
};

static void parse_option(int option, const char *value, struct request *request)
{
	switch (option) {
	case QUICK: settings.quick = true; break;
	case ROUNDS: settings.rounds = parse_count("--rounds", value, MAX_ROUNDS); break;
	case ONLY: parse_groups(value); break;
	case MATCH: settings.match = value; break;
	case SIZE:
		settings.size = parse_size("--size", value);
		if (settings.size % MIB)
			wrong("--size: not a whole number of MiB:", value);
		break;
	case CAPACITY:
		settings.capacity = parse_size("--capacity", value);
		if (settings.capacity & (settings.capacity - 1))
			wrong("--capacity: not a power of two:", value);
		break;
	case NO_PIN: settings.no_pin = true; break;
	case DIR: request->dir = value; break;
	case DISK: request->disk = value; break;
	case PROGRAMS: snprintf(program_dir, sizeof(program_dir), "%s", value); break;
	case DEADLINE: settings.deadline = parse_count("--deadline", value, 3600); break;
	case TSV: request->tsv = value; break;
	case JSON: request->json = value; break;
	case AIMS: request->aims = true; break;
	case HELP: usage(stdout); exit(fflush(stdout) ? 1 : 0);
	case VERSION: printf("svbench %s\n", SV_VERSION); exit(fflush(stdout) ? 1 : 0);
	default: fputs("Try 'svbench --help'.\n", stderr); exit(2);
	}
}

static void measure(void)
{
	bool all = true;

	for (size_t i = 0; i < GROUPS; i++)
		if (chosen[i])
			all = false;
	for (size_t i = 0; i < GROUPS; i++)
		if (all || chosen[i])
			groups[i].run();
	progress_end();
}

int main(int argc, char **argv)
{
	struct request request = { "/dev/shm", "/var/tmp", NULL, NULL, false };
	FILE *tsv, *json;
	bool ok;
	size_t n;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		parse_option(c, optarg, &request);
	if (optind < argc)
		wrong("unexpected argument", argv[optind]);
	tsv = open_output(request.tsv);
	json = open_output(request.json);
	if (!settings.rounds)
		settings.rounds = settings.quick ? 3 : 7;
	if (settings.quick)
		settings.trial = 0.05;
	choose_cpus();
	files_start(request.dir, request.disk);
	harness_start();
	if (!settings.size) {
		settings.size = largest_input();
		if (settings.quick && settings.size > 256 * MIB)
			settings.size = 256 * MIB;
	}
	/* Now, while the directories that they describe exist. */
	facts(&n);
	measure();
	files_remove();
	print_table(stdout, argc, argv);
	if (request.aims)
		print_aims(stdout);
	if (tsv)
		write_tsv(tsv, argc, argv);
	if (json)
		write_json(json, argc, argv);
	ok = close_output(tsv, request.tsv);
	ok = close_output(json, request.json) && ok;
	if (ferror(stdout) || fflush(stdout)) {
		fprintf(stderr, "svbench: cannot write the table: %s\n", strerror(errno));
		ok = false;
	}
	return ok && !rows_ours_failed() ? 0 : 1;
}
