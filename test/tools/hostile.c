/* SPDX-License-Identifier: MIT */
/*
 * hostile - overwrite the shared header and both sides' lines under real programs, byte by byte.
 *
 *	hostile [--seed N] [--sample N] [--only CASE] [--offset N --value N] [--programs DIR] [--verbose]
 *	hostile --list
 *
 * A case brings a channel into one state, overwrites a byte of it (every one of the 2048, with 0, 0xff, its
 * complement and a random value; --sample N: only N of these, chosen by the seed), starts or continues the
 * other side, and checks:
 *
 *	- nobody dies of a signal that was not sent, and no sanitizer speaks
 *	- everybody ends: by itself, by -t, or by SIGINT; with an exit status that is defined
 *	- a writer that ends with 0 has a reader that did too, and the output is the input
 *	- svclean -a removes whatever is left, and the next transfer on the channel works
 *
 * Prints what happened how often.  Status 1: something was wrong; the line says how to repeat it.
 */
#define _GNU_SOURCE
#include <getopt.h>
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

/* The channel's objects by its record, which is a file of this user and so out of reach of the segment. */
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

/* Wait until a side has attached, or its ring is as full as that. */
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
		/* Identity right, all else random: once with geometry, once without. */
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

/* Both sides to their end: by themselves or -t, or by SIGINT after a moment. */
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

/* A channel on which one side waits alone or has died, then the byte, then the other side or both. */
static void one_came(const struct trial *t, uint64_t *seed, enum sv_role first, bool dies)
{
	struct process writer = { 0 }, reader = { 0 }, *p = first == SV_WRITER ? &writer : &reader;
	bool limited = random_below(seed, 4) != 0;
	const char *const in[] = { "-q", "-s", "8K", input_file, limited ? "-t" : NULL, wait_short, NULL };
	const char *const out_options[] = { "-q", limited ? "-t" : NULL, wait_short, NULL };
	int out = memfd_create("output", MFD_CLOEXEC);
	bool there;

	if (first == SV_WRITER)
		start(&writer, SVWRITE, dies ? (const char *[]){ "-q", input_file, NULL } : in, -1, -1);
	else
		start(&reader, SVREAD, dies ? (const char *[]){ "-q", NULL } : out_options, -1, out);
	there = wait_attached(first, 0);
	if (dies) {
		process_signal(p, SIGKILL);
		process_wait(p, PATIENCE_US);
		close(p->err);
	}
	/* A slow machine may have spent all of -t before we looked. */
	if (there)
		overwrite(t, seed);
	if (dies && (random_next(seed) & 1) != 0) {
		start(&reader, SVREAD, out_options, -1, out);
		start(&writer, SVWRITE, in, -1, -1);
	} else {
		if (dies || first == SV_READER)
			start(&writer, SVWRITE, in, -1, -1);
		if (dies || first == SV_WRITER)
			start(&reader, SVREAD, out_options, -1, out);
	}
	finish(t, &writer, &reader, limited, false, out);
	close(out);
}

static void detached(const struct trial *t, uint64_t *seed)
{
	struct process writer, reader;
	int out = memfd_create("output", MFD_CLOEXEC);

	start(&writer, SVWRITE, (const char *[]){ "-q", "-d", input_file, NULL }, -1, -1);
	if (!process_wait(&writer, PATIENCE_US) || writer.status != 0)
		complain(t, "svwrite -d failed", "");
	overwrite(t, seed);
	start(&reader, SVREAD, (const char *[]){ "-q", "-t", wait_short, NULL }, -1, out);
	finish(t, &writer, &reader, true, false, out);
	close(out);
}

/* A full ring and a reader that takes nothing; resumable: then both die and come again. */
static void full_ring(const struct trial *t, uint64_t *seed, bool resume)
{
	struct process writer, reader;
	int out = open(output_file, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	const char *const in[] = {
		"-q", "-s", "8K", "-t", resume ? wait_short : "0.4", input_file, resume ? "-r" : NULL, NULL
	};
	const char *const to[] = {
		"-q", "-s", "8K", "-t", resume ? wait_short : "0.4", "-o", output_file, resume ? "-r" : NULL,
		NULL
	};
	const char *const endless[] = { "-q", "-s", "8K", input_file, resume ? "-r" : NULL, NULL };
	const char *const endless_out[] = { "-q", "-s", "8K", "-o", output_file, resume ? "-r" : NULL, NULL };

	start(&reader, SVREAD, resume ? endless_out : to, -1, -1);
	if (wait_attached(SV_READER, 0)) {
		process_signal(&reader, SIGSTOP);
		start(&writer, SVWRITE, resume ? endless : in, -1, -1);
		wait_attached(SV_WRITER, 8192);
	} else {
		start(&writer, SVWRITE, in, -1, -1);
	}
	if (resume) {
		stop_both(&writer, &reader, SIGKILL);
		process_wait(&writer, PATIENCE_US);
		process_wait(&reader, PATIENCE_US);
		close(writer.err);
		close(reader.err);
	}
	overwrite(t, seed);
	if (resume) {
		start(&reader, SVREAD, to, -1, -1);
		start(&writer, SVWRITE, in, -1, -1);
	} else {
		process_signal(&reader, SIGCONT);
	}
	finish(t, &writer, &reader, true, false, out);
	close(out);
}

/* Data flows without end while many bytes are overwritten. */
static void running(const struct trial *t, uint64_t *seed)
{
	struct process writer, reader;
	struct trial again = *t;
	bool limited = random_below(seed, 2) != 0;
	int count = 1 + (int)random_below(seed, 30);
	int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);

	start(&writer, SVWRITE,
	      (const char *[]){ "-q", "-s", "16K", limited ? "-t" : NULL, wait_short, NULL }, zero, -1);
	start(&reader, SVREAD, (const char *[]){ "-q", limited ? "-t" : NULL, wait_short, NULL }, -1, -1);
	wait_attached(SV_READER, 1);
	for (overwrite(t, seed); count > 0 && process_running(&writer); count--) {
		pause_us(random_below(seed, 300));
		again.offset = random_below(seed, 4) != 0
		                       ? offsetof(struct sv_header, side) + random_below(seed, 512)
		                       : random_below(seed, sizeof(struct sv_header));
		again.value = (int)random_below(seed, 256);
		overwrite(&again, seed);
	}
	pause_us(3000);
	if (limited) {
		/* Nothing may be wrong enough for -t: the input has no end. */
		process_wait(&writer, 20000);
		stop_both(&writer, &reader, SIGINT);
	}
	finish(t, &writer, &reader, false, limited, -1);
	close(zero);
}

static void try(const struct trial *t)
{
	uint64_t seed = t->seed ^ (t->offset << 20) ^ ((uint64_t)(unsigned)t->value << 40);

	trials++;
	switch (t->kind) {
	case WRITER_WAITS:
	case READER_WAITS: one_came(t, &seed, t->kind == WRITER_WAITS ? SV_WRITER : SV_READER, false); break;
	case WRITER_DIED:
	case READER_DIED: one_came(t, &seed, t->kind == WRITER_DIED ? SV_WRITER : SV_READER, true); break;
	case SEMAPHORES:
	case NONSENSE:
		one_came(t, &seed, (random_next(&seed) & 1) != 0 ? SV_WRITER : SV_READER,
		         (random_next(&seed) & 1) != 0);
		break;
	case DETACHED: detached(t, &seed); break;
	case HALFWAY:
	case PAUSED: full_ring(t, &seed, t->kind == HALFWAY); break;
	default: running(t, &seed); break;
	}
	clean_and_go_on(t);
}

/* All bytes with four values, or a sample of that. */
static void sweep(enum kind kind, uint64_t seed, unsigned long sample)
{
	uint64_t choice = seed + (uint64_t)kind;
	unsigned long i, all = 4 * sizeof(struct sv_header);

	if (sample == 0 || sample > all)
		sample = all;
	for (i = 0; i < sample; i++) {
		unsigned long n = sample == all ? i : random_below(&choice, all);
		struct trial t = { .kind = kind, .offset = n / 4, .seed = seed };

		/* In a sample, the 1100 bytes of path and name get no more than their share of one in eight.
		 */
		if (sample != all && random_below(&choice, 8) != 0) {
			n = random_below(&choice, 4 * (120 + 512));
			t.offset = n / 4 < 120 ? n / 4 : offsetof(struct sv_header, side) + n / 4 - 120;
		}
		t.value = n % 4 == 0   ? 0
		          : n % 4 == 1 ? 0xff
		          : n % 4 == 2 ? -1
		                       : (int)random_below(&choice, 256);
		if (kind == RUNNING || kind == SEMAPHORES || kind == NONSENSE)
			t.seed = random_next(&choice);
		try(&t);
	}
}

static void report(uint64_t seed)
{
	int kind, writer, reader;

	printf("hostile: seed %llu, %lu trials, %u failures\n", (unsigned long long)seed, trials, failures);
	for (kind = 0; kind < KINDS; kind++)
		for (writer = 0; writer < 256; writer++)
			for (reader = 0; reader < 256; reader++)
				if (outcomes[kind][writer][reader] > 0)
					printf("  %-13s writer %3d reader %3d: %lu\n", kind_names[kind],
					       writer, reader, outcomes[kind][writer][reader]);
}

static void remove_directory(void)
{
	unlink(record_file);
	unlink(input_file);
	unlink(output_file);
	*strrchr(record_file, '/') = '\0';
	rmdir(record_file);
	rmdir(directory);
}

static void prepare(const char *where, uint64_t seed)
{
	const char *base = getenv("SVIPC_TEST_RENDEZVOUS");
	char files[80];
	int fd;
	size_t i;

	own_namespace = own_ipc_namespace();
	snprintf(directory, sizeof directory, "%.40s/hostile.XXXXXX", base != NULL ? base : "/dev/shm");
	if (mkdtemp(directory) == NULL)
		die("cannot make %s: %s", directory, strerror(errno));
	snprintf(files, sizeof files, "%s.input", directory);
	snprintf(input_file, sizeof input_file, "%s", files);
	snprintf(output_file, sizeof output_file, "%s.output", directory);
	rendezvous_file(record_file, sizeof record_file, directory, "default");
	atexit(remove_directory);
	setenv("SVIPC_DIR", directory, 1);
	setenv("ASAN_OPTIONS", "exitcode=99:detect_leaks=0", 1);
	for (i = 0; i < INPUT_SIZE; i++)
		input_bytes[i] = (unsigned char)random_next(&seed);
	fd = open(input_file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1 || write(fd, input_bytes, INPUT_SIZE) != (ssize_t)INPUT_SIZE)
		die("cannot write %s: %s", input_file, strerror(errno));
	close(fd);
	for (i = 0; i < 3; i++) {
		static const char *const names[] = { "svwrite", "svread", "svclean" };

		snprintf(programs[i], sizeof programs[i], "%s%s%s", where, *where ? "/" : "", names[i]);
	}
}

static uint64_t number(const char *text)
{
	char *end;
	unsigned long long value = strtoull(text, &end, 0);

	if (*text == '\0' || *end != '\0')
		die("hostile: not a number: %s", text);
	return value;
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "list", no_argument, NULL, 'l' },
		                                 { "offset", required_argument, NULL, 'o' },
		                                 { "only", required_argument, NULL, 'c' },
		                                 { "programs", required_argument, NULL, 'p' },
		                                 { "sample", required_argument, NULL, 'n' },
		                                 { "seed", required_argument, NULL, 's' },
		                                 { "value", required_argument, NULL, 'v' },
		                                 { "verbose", no_argument, NULL, 'V' },
		                                 { 0, 0, 0, 0 } };
	uint64_t seed = 1;
	unsigned long sample = 0;
	int option, kind, only = -1;
	long offset = -1, value = 0;
	const char *where = "";

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'l':
			for (kind = 0; kind < KINDS; kind++)
				puts(kind_names[kind]);
			return 0;
		case 'o': offset = (long)number(optarg); break;
		case 'c':
			for (only = 0; only < KINDS && strcmp(optarg, kind_names[only]) != 0; only++)
				;
			if (only == KINDS)
				die("hostile: no such case: %s", optarg);
			break;
		case 'p': where = optarg; break;
		case 'n': sample = number(optarg); break;
		case 's': seed = number(optarg); break;
		case 'v': value = strtol(optarg, NULL, 0); break;
		case 'V': verbose = true; break;
		default: return 2;
		}
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	prepare(where, seed);
	if (offset >= 0 && only != -1 && (size_t)offset < sizeof(struct sv_header)) {
		struct trial t = { (enum kind)only, (size_t)offset, (int)value, seed };

		try(&t);
	} else {
		for (kind = 0; kind < KINDS; kind++)
			if (only == -1 || kind == only)
				sweep((enum kind)kind, seed, sample);
	}
	report(seed);
	return failures > 0;
}
