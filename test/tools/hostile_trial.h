/* SPDX-License-Identifier: MIT */
/*
 * hostile_trial.h - one trial of hostile: what it overwrites, the programs on both sides, and what must hold
 * of them.
 */
#ifndef SV_TEST_HOSTILE_TRIAL_H
#define SV_TEST_HOSTILE_TRIAL_H

#include <stdatomic.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include "ring/layout.h"
#include "process.h"
#include "records.h"

#define PATIENCE_US INT64_C(30000000)
#define INPUT_SIZE ((size_t)100000)
#define MOST_FAILURES 10

enum kind {
	WRITER_WAITS,
	READER_WAITS,
	WRITER_DIED,
	READER_DIED,
	DETACHED,
	HALFWAY,
	PAUSED,
	RUNNING,
	SEMAPHORES,
	NONSENSE,
	KINDS
};

static const char *const kind_names[KINDS] = { "writer-waits", "reader-waits", "writer-died", "reader-died",
	                                       "detached",     "halfway",      "paused",      "running",
	                                       "semaphores",   "nonsense" };

/* What is overwritten in one trial. */
struct trial {
	enum kind kind;
	size_t offset;
	int value; /* 0..255; -1: the complement */
	uint64_t seed;
};

union semun {
	int val;
	struct semid_ds *buf;
	unsigned short *array;
};

static char directory[64], record_file[96], input_file[96], output_file[96];
static char programs[3][512]; /* svwrite, svread, svclean */
static unsigned char input_bytes[INPUT_SIZE];
static bool own_namespace, verbose;
static unsigned failures;
static unsigned long trials, outcomes[KINDS][256][256];

enum { SVWRITE, SVREAD, SVCLEAN };

static void complain(const struct trial *t, const char *what, const char *detail)
{
	failures++;
	printf("FAILED: %s%s%s\n  repeat: hostile --only %s --offset %zu --value %d --seed %llu\n", what,
	       *detail ? ": " : "", detail, kind_names[t->kind], t->offset, t->value,
	       (unsigned long long)t->seed);
	if (failures >= MOST_FAILURES) {
		printf("giving up after %u failures\n", failures);
		exit(1);
	}
}

/* Find the channel's objects by its record, which is a file of this user, so the segment cannot change it. */
static bool find(struct sv_record *record)
{
	return load_record(record_file, record) && record->shmid != -1;
}

static struct sv_header *attach(void)
{
	struct sv_record record;
	void *at;

	if (!find(&record))
		return NULL;
	at = shmat(record.shmid, NULL, 0);
	return at == (void *)-1 ? NULL : at;
}

/* Wait until a side has attached, or until the ring is full up to this position. */
static bool wait_attached(enum sv_role role, uint64_t position)
{
	int64_t deadline = now_us() + PATIENCE_US;

	for (;; pause_us(200)) {
		struct sv_header *header = attach();
		bool there = header != NULL && atomic_load(&header->ready) == SV_READY &&
		             atomic_load(&header->side[role].slot) == SV_SLOT_ATTACHED &&
		             atomic_load(&header->side[role].position) >= position;

		if (header != NULL)
			shmdt(header);
		if (there || now_us() > deadline)
			return there;
	}
}

static void set_semaphores(uint64_t *seed)
{
	static const unsigned short insane[] = { 0, 1, 2, 8191, 8192, 16383, 16384, 16385, 32766, 32767 };
	unsigned short values[2];
	union semun arg = { .array = values };
	struct sv_record record;

	values[0] = insane[random_below(seed, sizeof insane / sizeof *insane)];
	values[1] = insane[random_below(seed, sizeof insane / sizeof *insane)];
	if (find(&record))
		semctl(record.semid, 0, SETALL, arg);
}

static void overwrite(const struct trial *t, uint64_t *seed)
{
	struct sv_header *header;
	unsigned char *bytes;
	size_t i;

	if (t->kind == SEMAPHORES) {
		set_semaphores(seed);
		return;
	}
	header = attach();
	if (header == NULL)
		return;
	bytes = (unsigned char *)header;
	if (t->kind == NONSENSE) {
		/* Keep the identity and make everything else random: once with the geometry, once without. */
		struct sv_header was = *header;

		for (i = 0; i < sizeof *header; i++)
			bytes[i] = (unsigned char)random_next(seed);
		header->magic = was.magic;
		header->ready = was.ready;
		header->format = was.format;
		if (random_below(seed, 2) != 0)
			memcpy(bytes, &was, offsetof(struct sv_header, flags));
		if (random_below(seed, 2) != 0)
			memcpy(bytes, &was, offsetof(struct sv_header, side));
	} else if (t->value == -1) {
		bytes[t->offset] ^= 0xff;
	} else {
		bytes[t->offset] = (unsigned char)t->value;
	}
	shmdt(header);
}

static void start(struct process *p, int program, const char *const *options, int in, int out)
{
	static const char *const names[] = { "svwrite", "svread", "svclean" };
	const char *argv[16] = { names[program] };
	size_t i;

	for (i = 0; options[i] != NULL && i < 14; i++)
		argv[i + 1] = options[i];
	process_start(p, programs[program], argv, in, out);
}

static void stop_both(struct process *a, struct process *b, int number)
{
	process_signal(a, number);
	process_signal(b, number);
}

static bool sane_words(const char *text)
{
	return strstr(text, "Sanitizer") == NULL && strstr(text, "runtime error") == NULL &&
	       strstr(text, "violation") == NULL;
}

static bool defined_status(int status, bool interrupted)
{
	return status == 0 || status == 1 || (status >= 3 && status <= 5) ||
	       (interrupted && status == 128 + SIGINT);
}

static bool same_output(int out)
{
	static unsigned char bytes[INPUT_SIZE + 1];

	return pread(out, bytes, sizeof bytes, 0) == (ssize_t)INPUT_SIZE &&
	       memcmp(bytes, input_bytes, INPUT_SIZE) == 0;
}

/* Wait for both sides to end: by themselves, by -t, or by SIGINT after a moment. */
static void finish(const struct trial *t, struct process *writer, struct process *reader, bool limited,
                   bool interrupted, int out)
{
	struct process *each[2] = { writer, reader };
	char said[2][2048];
	int i;

	if (!limited) {
		int64_t deadline = now_us() + 30000;

		process_wait(writer, 30000);
		process_wait(reader, deadline > now_us() ? deadline - now_us() : 0);
		interrupted = interrupted || process_running(writer) || process_running(reader);
		stop_both(writer, reader, SIGINT);
	}
	for (i = 0; i < 2; i++) {
		if (process_wait(each[i], PATIENCE_US))
			continue;
		complain(t, limited ? "-t does not end it" : "SIGINT does not end it",
		         i == 0 ? "the writer" : "the reader");
		process_signal(each[i], SIGKILL);
		process_wait(each[i], PATIENCE_US);
	}
	for (i = 0; i < 2; i++) {
		process_said(each[i], said[i], sizeof said[i]);
		if (!defined_status(each[i]->status, interrupted)) {
			char what[96];

			snprintf(what, sizeof what, "the %s ended with status %d",
			         i == 0 ? "writer" : "reader", each[i]->status);
			complain(t, what, said[i]);
		} else if (!sane_words(said[i])) {
			complain(t, i == 0 ? "the writer said" : "the reader said", said[i]);
		}
	}
	if (t->kind != RUNNING && t->kind != DETACHED && writer->status == 0) {
		if (reader->status != 0)
			complain(t, "the writer ended with 0, the reader not", said[1]);
		else if (!same_output(out))
			complain(t, "both ended with 0, the output is not the input", "");
	}
	outcomes[t->kind][writer->status & 255][reader->status & 255]++;
	if (verbose)
		printf("%s offset %zu value %d: writer %d reader %d\n%s%s", kind_names[t->kind], t->offset,
		       t->value, writer->status, reader->status, said[0], said[1]);
}

/* A clean transfer on the same channel. */
static void transfer(const struct trial *t)
{
	struct process writer, reader;
	int out = memfd_create("output", MFD_CLOEXEC);
	char said[2048];

	start(&reader, SVREAD, (const char *[]){ "-q", "-t", "30", NULL }, -1, out);
	start(&writer, SVWRITE, (const char *[]){ "-q", "-t", "30", input_file, NULL }, -1, -1);
	if (!process_wait(&writer, 2 * PATIENCE_US) || !process_wait(&reader, 2 * PATIENCE_US)) {
		complain(t, "the next transfer does not end", "");
		stop_both(&writer, &reader, SIGKILL);
		process_wait(&writer, PATIENCE_US);
		process_wait(&reader, PATIENCE_US);
	}
	process_said(&writer, said, sizeof said);
	if (writer.status != 0)
		complain(t, "the next transfer failed", said);
	process_said(&reader, said, sizeof said);
	if (reader.status != 0)
		complain(t, "the next transfer failed", said);
	else if (!same_output(out))
		complain(t, "the next transfer brought something else", "");
	close(out);
}

static void clean_and_go_on(const struct trial *t)
{
	struct process clean;
	char said[2048], out_text[2048];
	int out = memfd_create("svclean", MFD_CLOEXEC);
	ssize_t n;

	start(&clean, SVCLEAN, (const char *[]){ "-a", NULL }, -1, out);
	if (!process_wait(&clean, PATIENCE_US)) {
		complain(t, "svclean does not end", "");
		process_signal(&clean, SIGKILL);
		process_wait(&clean, PATIENCE_US);
	}
	process_said(&clean, said, sizeof said);
	if (clean.status != 0 || !sane_words(said))
		complain(t, "svclean -a failed", said);
	n = pread(out, out_text, sizeof out_text - 1, 0);
	out_text[n > 0 ? n : 0] = '\0';
	close(out);
	if ((own_namespace && count_objects() != 0) || count_files(directory) != 0) {
		complain(t, "svclean -a left something", out_text);
		/* Later trials start from nothing again. */
		if (own_namespace)
			(void)!system("ipcrm -a");
		unlink(record_file);
	}
	transfer(t);
}

static const char *const wait_short = "0.2";

#endif
