/* SPDX-License-Identifier: MIT */
/*
 * bench.h - what the parts of svbench share.
 *
 * A point is one question ("messages of 64 B"), a way is one answer to it (this toolkit, a pipe, a ring that
 * only spins).  main.c finds each way's best setting in a short sweep, then measures all ways of a point in
 * rotation.
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
#define MOST_SETTINGS 12
#define WHY_SIZE 200

enum kind {
	OURS,
	RIVAL, /* what a user could take instead */
	LIMIT  /* what the machine can do at best when nobody ever sleeps, dies or fails */
};

struct way {
	const char *name;
	enum kind kind;
	const char *needs; /* a program; if it is not installed, the way is left out */
	const char
		*settings[MOST_SETTINGS]; /* all are tried in the sweep; none: there is nothing to choose */
	const void *how;                  /* for the group's measure() */
};

struct point {
	const char *group;
	char name[24];
	const char *unit, *second_unit;
	bool lower;          /* a lower value is better */
	const char *touched; /* which bytes the two sides touch */
	uint64_t size;       /* bytes of a message or a file */
	int cpu[2];          /* where the two sides run */
	int times;           /* samples for each one of another point: more for short and noisy ones */
	const struct way *const *ways;
	/* Take one sample.  n: the group stores here how much to do, 0 at first.  False: why says why. */
	bool (*measure)(const struct point *point, const struct way *way, const char *setting, uint64_t *n,
	                double sample[2], char *why);
	int detail; /* for the group */
};

struct point *point_add(const char *group, const char *name);

/* Command line. */
extern double trial_seconds; /* how long a sample of messages should last */
extern double deadline_seconds;
extern uint64_t file_size;
extern int cpus[2]; /* where producer and consumer run; equal when only one CPU is usable */
extern char program_dir[3000], work_dir[3000], disk_dir[3000];

void add_messages(void);
void add_batches(void);
void add_roundtrip(void);
void add_paced(void);
void add_onecpu(void);
void add_small(void);
void add_files(void);

/* harness.c: processes with a deadline. */
struct usage {
	double wall, cpu; /* seconds; cpu is user and system time of the process */
};

struct shared { /* written by the two sides, read by the parent afterwards */
	struct usage start[2], end[2];
	double note[4];
	char failure[2][WHY_SIZE];
	_Alignas(64) _Atomic int ready;
};
extern struct shared *shared;

struct crew {
	pid_t pid[4];
	const char *name[4];
	int n;
	pid_t group;
	const int *cpu; /* cpu[i] for the i-th process; NULL: anywhere */
	double cpu_seconds, started;
	bool broken; /* a program could not be started */
};

double now(void); /* seconds, monotonic */
struct usage usage_now(void);
void harness_start(void);
void crew_start(struct crew *crew, const int *cpu);
/* in and out become 0 and 1 of the program. */
void crew_program(struct crew *crew, const char *const *argv, int in, int out);
void crew_function(struct crew *crew, void (*function)(void *arg, int side), void *arg);
/* Wait for all.  False: one failed or ran into the deadline, and all are gone. */
bool crew_wait(struct crew *crew, double *wall, char *why);
void check_interrupt(void);

/* For use inside a side. */
void side_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn, cold));
/* Wait until all sides together have made this many calls. */
void side_barrier(int calls);

/* files.c: working directories, input files, and what killed processes leave. */
void files_start(const char *dir, const char *disk);
void files_remove(void);
void leftovers_remove(void);
const char *
input_file(uint64_t size); /* in memory and in the page cache; ends the program when there is no room */
bool have_program(const char *name);

#endif
