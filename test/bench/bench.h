/* SPDX-License-Identifier: MIT */
/*
 * bench.h - what the parts of svbench share.
 *
 * A measurement is a row; rows that answer one question are a point ("64 B", "null"), measured in rotation
 * inside every round, and points form a group ("messages"), one source file each.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define KIB (UINT64_C(1) << 10)
#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)
#define MAX_ROUNDS 99
#define BLOCK (256 * KIB) /* what the one-process limits and the pairs of the bench's own move at a time */

/* svbench.c: what the command line asked for. */
struct settings {
	bool quick;
	int rounds;
	uint64_t size;     /* bytes of the input file of the programs group */
	uint64_t capacity; /* bytes of every svipc ring, 0: the library's, larger for large messages */
	const char *match; /* measure only rows with this in their name, and limits; NULL: all */
	double trial;      /* seconds that one in-place measurement should last */
	double deadline;   /* seconds after which the processes of one measurement are killed */
	bool no_pin;       /* leave it to the scheduler where two sides run, unless it is to be one CPU */
	int cpu[2];        /* where producer and consumer run; equal when only one CPU is usable */
};
extern struct settings settings;

/* rows.c: results. */
enum kind {
	KIND_LIMIT, /* what the machine can do: the first of a point is what the others are compared with */
	KIND_OURS,
	KIND_PEER,
	KIND_BLIND /* a peer that moves bytes which no program sees: shown, never called the best peer */
};

struct row {
	const char *group;
	char point[32];
	char name[48];
	enum kind kind;
	bool batch;           /* publishes many messages at once: compared with its like only */
	const char *unit;     /* of value */
	bool lower;           /* lower is better */
	uint64_t bytes;       /* of one message, 0: does not apply */
	const char *cpu_unit; /* of cpu, NULL: not measured */
	int rounds;           /* values taken */
	double value[MAX_ROUNDS];
	double cpu[MAX_ROUNDS]; /* user and system time of all processes of the row */
	bool left_out;          /* not asked for: not even shown */
	bool absent;            /* not on this machine, or not for this point: text says why */
	bool failed;            /* text says why */
	char text[160];
};

struct summary {
	double median, min, max;
};

struct row *row_add(const char *group, const char *point, const char *name, enum kind kind, const char *unit,
                    bool lower, const char *cpu_unit);
void row_value(struct row *row, double value, double cpu);
void row_absent(struct row *row, const char *why);
void row_failed(struct row *row, const char *why);
bool row_ok(const struct row *row);
size_t row_count(void);
struct row *row_at(size_t i);
struct row *row_find(const char *group, const char *point, const char *name);
/* The first limit of the row's point, and its best peer of the same sort; or NULL. */
const struct row *row_limit(const struct row *of);
const struct row *row_best_peer(const struct row *of);
struct summary summarise(const double *values, int n);
double row_median(const struct row *row); /* 0 for a row without values */
double row_cpu(const struct row *row);
bool rows_ours_failed(void);

/* Measure the rows [from, row_count()) in rotation; each call of measure gives one row one value, or a
 * reason. */
void measure_rounds(size_t from, int rounds, void (*measure)(struct row *row, size_t index, void *arg),
                    void *arg);

/* output.c */
void progress(const char *format, ...) __attribute__((format(printf, 1, 2)));
void progress_end(void);
void print_table(FILE *out, int argc, char **argv);
void write_tsv(FILE *out, int argc, char **argv);
void write_json(FILE *out, int argc, char **argv);

/* aims.c */
void print_aims(FILE *out);
void json_aims(FILE *out);

/* facts.c: the machine, as pairs of name and value. */
struct fact {
	char name[24];
	char value[160];
};
const struct fact *facts(size_t *n);
uint64_t memory_available(void);
const char *file_system_of(const char *dir);

/* harness.c: processes with a deadline. */
struct usage {
	double wall, cpu; /* seconds; cpu is user and system time of the process */
};

/* Written by the two sides of a measurement, read by the parent afterwards. */
struct shared {
	struct usage start[2], end[2];
	double note[8];
	char failure[2][160];
	_Alignas(64) _Atomic int ready;
};
extern struct shared *shared;

typedef void (*side_function)(void *arg, int side);

void harness_start(void);
/* Run side(arg, 0 .. n-1) in n processes on cpu[0 .. n-1] (NULL: anywhere).  False: why says why. */
bool run_sides(int n, side_function side, void *arg, const int *cpu, char *why, size_t why_size);

/* For use inside a side. */
void side_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
/* Wait until it was called so often in this run, by all sides together: two sides meet with 2, then with 4,
 * ... */
void side_barrier(int calls);
struct usage usage_now(void);
double now(void); /* seconds, monotonic */

/* Groups of real programs. */
struct crew {
	pid_t pid[8];
	const char *name[8];
	int n;
	pid_t group;
	const int *cpu; /* cpu[i] for the i-th process, NULL: anywhere */
	double cpu_seconds;
	double started;
	bool broken; /* a program could not be started */
};
void crew_start(struct crew *crew, const int *cpu);
/* in and out: descriptors to become 0 and 1; output of the other programs is not inherited. */
void crew_program(struct crew *crew, const char *const *argv, int in, int out);
void crew_function(struct crew *crew, const char *name, void (*function)(void *arg, int in, int out),
                   void *arg, int in, int out);
/* Wait for all; cpu_seconds is set.  False: one failed or ran into the deadline; all are gone. */
bool crew_wait(struct crew *crew, double *wall, char *why, size_t why_size);
void crew_kill(struct crew *crew);
void check_interrupt(void); /* cleans up and ends the program when a signal asked for it */
/* A child outside of any crew, killed with this process; its owner waits for it.  on_interrupt, if set, is
   called when a signal ends the program. */
pid_t fork_helper(void);
extern void (*on_interrupt)(void);

/* files.c: the working directories, removed at the end. */
extern char work_dir[3000];    /* on the memory file system */
extern char disk_dir[3000];    /* empty: no other file system */
extern char program_dir[3000]; /* where svwrite and svread are */
void files_start(const char *dir, const char *disk);
void files_remove(void);
void leftovers_remove(void); /* channels of killed processes */
/* A file of that size in the page cache: path in work_dir; kept for the next caller.  NULL: no room. */
const char *input_file(uint64_t size);
uint64_t largest_input(void);
bool have_program(const char *name);
const char *own_program(const char *name); /* path of svwrite or svread */

/* The groups. */
void group_limits(void);
void group_messages(void);
void group_roundtrip(void);
void group_samecpu(void);
void group_programs(void);
void group_startup(void);
void group_idle(void);
void group_scaling(void);
void group_many(void);

/* programs.c, for samecpu.c: transfers of a whole file to /dev/null by the pipeline of that name. */
void programs_point(const char *group, const char *point, const char *const *names, const int *cpu);
/* startup.c, for many.c: seconds from start to end of a greeting through svwrite and svread. */
bool greeting(double *seconds, double *cpu, char *why, size_t why_size);

const char *size_name(uint64_t bytes, char text[24]);

#endif
