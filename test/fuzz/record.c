/* SPDX-License-Identifier: MIT */
/* record.c - the parser of record files, and the check of channel names, on arbitrary bytes. */
#include <fcntl.h>
#include <unistd.h>

#include "fuzz.h"
#include "os/rendezvous.h"

static char file[64];
static int fd = -1;

static void clean(void)
{
	unlink(file);
}

static void open_file(void)
{
	snprintf(file, sizeof file, "/dev/shm/svipc-fuzz-XXXXXX");
	fd = mkstemp(file);
	if (fd == -1) {
		snprintf(file, sizeof file, "/tmp/svipc-fuzz-XXXXXX");
		fd = mkstemp(file);
	}
	REQUIRE(fd != -1);
	atexit(clean);
}

static void check_name(const uint8_t *data, size_t size)
{
	struct sv_fault fault = { .label = "" };
	char *name = malloc(size + 1);

	REQUIRE(name != NULL);
	if (size > 0)
		memcpy(name, data, size);
	name[size] = '\0';
	if (sv_name_check(name, &fault) == SV_OK) {
		REQUIRE(strchr(name, '/') == NULL && name[0] != '.' && name[0] != '-');
		REQUIRE(name[0] != '\0' && strlen(name) <= SV_NAME_MAX);
	} else {
		REQUIRE(fault.error.code == SV_EINVAL);
	}
	free(name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	struct sv_record *record = malloc(sizeof *record);
	char text[8192];
	int length = 0;

	if (fd == -1)
		open_file();
	REQUIRE(record != NULL);
	/* Half of the inputs are the tail of a record that begins well. */
	if ((fuzz_8(&input) & 1) != 0)
		length = snprintf(
			text, sizeof text,
			"svipc 2\ngeneration %016x\nkey %08x\nproject %d\nsegment %11d\nset %11d\nmade "
			"%20d\nfile 0 0 0\npath ",
			(unsigned)fuzz_32(&input), (unsigned)fuzz_32(&input), (int)fuzz_8(&input),
			(int)fuzz_32(&input), (int)fuzz_32(&input), (int)fuzz_32(&input));
	REQUIRE(pwrite(fd, text, (size_t)length, 0) == length);
	REQUIRE(pwrite(fd, input.data, input.left, length) == (ssize_t)input.left);
	REQUIRE(ftruncate(fd, length + (off_t)input.left) == 0);
	if (sv_record_read(fd, record)) {
		REQUIRE(record->path[0] == '/' || record->path[0] == '\0');
		REQUIRE(record->project >= 1 && record->project <= 255 && record->generation != 0);
		REQUIRE(record->shmid >= -1 && record->semid >= -1);
		REQUIRE(memchr(record->path, 0, sizeof record->path) != NULL);
		REQUIRE(strchr(record->path, '\n') == NULL);
	}
	free(record);
	check_name(data, size);
	return 0;
}
