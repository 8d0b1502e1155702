/* SPDX-License-Identifier: MIT */
/*
 * pipeline.h - the ways to move a file from one program to another.
 */
#ifndef PIPELINE_H
#define PIPELINE_H

#include "bench.h"

struct transfer {
	const char *input;
	uint64_t size;
	const int *cpu; /* per process, NULL: anywhere */
};

enum shape {
	PIPED,    /* first | second */
	BESIDE,   /* first and second meet by themselves */
	ALONE,    /* first, with the input as its standard input */
	FUNCTIONS /* of this program, in processes of their own */
};

struct pipeline {
	const char *name;
	enum kind kind;
	enum shape shape;
	const char *program; /* that must be installed; NULL: none */
	/* "@" at the end of a word becomes the input's path, "%" that of a socket. */
	const char *first[12], *second[12];
	void (*source)(void *transfer, int in, int out);
	void (*drain)(void *transfer, int in, int out);
	bool writes_anything; /* a limit of the output: does not even look at the input */
};

const struct pipeline *pipelines(size_t *n);
void pipeline_start(struct crew *crew, const struct pipeline *pipeline, struct transfer *transfer, int out);

#endif
