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
 *	- no side dies of a signal that was not sent, and no sanitizer reports anything
 *	- each side ends by itself, by -t, or by SIGINT, with a defined exit status
 *	- a writer that ends with 0 has a reader that did too, and the output is the input
 *	- svclean -a removes whatever is left, and the next transfer on the channel works
 *
 * Prints how often each outcome came.  Status 1: something was wrong; the line says how to repeat it.
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
#include "hostile_trial.h"

/* One side waits alone or has died; then the byte is overwritten; then the other side or both start. */
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

/* A full ring and a reader that takes nothing; with resume, both sides then die and start again. */
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
		/* The input has no end, so a side that noticed nothing never times out. */
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

		/*
		 * In a sample, the 1100 bytes of path and name get no more than their share of one in eight.
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
