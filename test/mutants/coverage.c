// SPDX-License-Identifier: MIT
//
// Which basic blocks did a test run?  Programs that gcc builds with -fsanitize-coverage=trace-pc call the
// function below at the start of each block.  It sets a bit for that place in a file that all processes of
// one test and one program share, so the bits of a process that is killed are there too.
//
// SV_COVERAGE is the directory of these files; each is named TEST@PROGRAM, where TEST is SV_COVERAGE_TEST, or
// the bats suite and the number of the test in it.  Bit N stands for the N-th byte of the program's image.

#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define IMAGE_MAX (4u << 20)

__attribute__((visibility("hidden"))) void __sanitizer_cov_trace_pc(void);

extern const char __ehdr_start[] __attribute__((visibility("hidden")));
static unsigned char *bits;

static const char *after_slash(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

__attribute__((constructor)) static void start(void)
{
	const char *directory = getenv("SV_COVERAGE"), *test = getenv("SV_COVERAGE_TEST");
	const char *suite = getenv("BATS_TEST_FILENAME"), *number = getenv("BATS_TEST_NUMBER");
	char program[4096], path[8192];
	ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);

	if (!directory || length < 0)
		return;
	program[length] = 0;
	if (test)
		snprintf(path, sizeof path, "%s/%s@%s", directory, test, after_slash(program));
	else if (suite && number)
		snprintf(path, sizeof path, "%s/%s:%s@%s", directory, after_slash(suite), number,
		         after_slash(program));
	else
		return;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (fd < 0)
		return;
	fchmod(fd, 0666);
	/* If a test has limited the size of files, nothing is reported. */
	void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
	if (ftruncate(fd, IMAGE_MAX / 8) == 0) {
		void *map = mmap(NULL, IMAGE_MAX / 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (map != MAP_FAILED)
			bits = map;
	}
	signal(SIGXFSZ, before);
	close(fd);
}

void __sanitizer_cov_trace_pc(void)
{
	size_t at = (size_t)((const char *)__builtin_return_address(0) - __ehdr_start);

	if (!bits || at >= IMAGE_MAX)
		return;
	unsigned char bit = (unsigned char)(1u << at % 8);
	if (!(__atomic_load_n(&bits[at / 8], __ATOMIC_RELAXED) & bit))
		__atomic_fetch_or(&bits[at / 8], bit, __ATOMIC_RELAXED);
}
