/* SPDX-License-Identifier: MIT */
/*
 * ipctool - make, change and remove System V objects by path and project id, as other software or an attacker
 * would.
 *
 *	ipctool key PATH ID                      the key, as svipc prints it
 *	ipctool shm PATH ID BYTES [MODE]         make a segment, print its id
 *	ipctool sem PATH ID COUNT [MODE]         make a set, print its id
 *	ipctool find shm|sem PATH ID             print the id of what is there; status 1: nothing
 *	ipctool get SHMID FIELD                  a field of the channel's header
 *	ipctool set SHMID FIELD VALUE            overwrite it
 *	ipctool record FILE ID SHMID SEMID       make a file that is a record of these, as svipc writes it
 *	ipctool value SEMID N [VALUE]            a semaphore's value; set it
 *	ipctool hold SHMID                       keep it attached until standard input ends; prints "attached"
 * first
 *
 * FIELD is a member of struct sv_header, or writer.MEMBER or reader.MEMBER of its side.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

#include "os/record.h"
#include "ring/layout.h"

union semun {
	int val;
	struct semid_ds *buf;
	unsigned short *array;
};

static const struct field {
	const char *name;
	size_t offset, size;
} fields[] = {
#define HEADER(member) \
	{ \
#member, offsetof(struct sv_header, member), sizeof((struct sv_header *)0)->member \
	}
#define SIDE(member) \
	{ \
#member, offsetof(struct sv_side_line, member), sizeof((struct sv_side_line *)0)->member \
	}
	HEADER(magic),  HEADER(format), HEADER(ready),     HEADER(header_size), HEADER(capacity),
	HEADER(device), HEADER(inode),  HEADER(project),   HEADER(key),         HEADER(semid),
	HEADER(flags),  HEADER(total),  HEADER(created_s), HEADER(file),        SIDE(position),
	SIDE(cpu),      SIDE(wake),     SIDE(status),      SIDE(slot),          SIDE(light),
	SIDE(uid),      SIDE(pid),
};

static void die(const char *what)
{
	fprintf(stderr, "ipctool: %s: %s\n", what, strerror(errno));
	exit(1);
}

static key_t key_of(char **argv)
{
	key_t key = ftok(argv[0], (int)strtol(argv[1], NULL, 0));

	if (key == (key_t)-1)
		die(argv[0]);
	return key;
}

static int print_id(int id)
{
	if (id == -1)
		return 1;
	printf("%d\n", id);
	return 0;
}

static unsigned char *place(int id, const char *name, size_t *size)
{
	unsigned char *base = shmat(id, NULL, 0);
	const char *dot = strchr(name, '.');
	size_t i, offset = 0;

	if (base == (void *)-1)
		die("shmat");
	if (dot != NULL) {
		offset = offsetof(struct sv_header, side) +
		         (strncmp(name, "reader.", 7) == 0) * sizeof(struct sv_side_line);
		name = dot + 1;
	}
	for (i = 0; i < sizeof fields / sizeof *fields; i++)
		if (strcmp(fields[i].name, name) == 0) {
			*size = fields[i].size;
			return base + offset + fields[i].offset;
		}
	errno = EINVAL;
	die(name);
	return NULL;
}

static int get(int id, const char *name)
{
	size_t size;
	uint64_t value = 0;
	const unsigned char *at = place(id, name, &size);

	/* On a big-endian machine only fields of 64 bits are right. */
	memcpy(&value, at, size);
	printf("%" PRIu64 "\n", value);
	return 0;
}

static int set(int id, const char *name, const char *text)
{
	size_t size;
	uint64_t value = strtoull(text, NULL, 0);
	unsigned char *at = place(id, name, &size);

	memcpy(at, &value, size);
	return 0;
}

static int semaphore(int id, int number, const char *text)
{
	union semun arg = { .val = text != NULL ? atoi(text) : 0 };
	int value = semctl(id, number, text != NULL ? SETVAL : GETVAL, arg);

	if (value == -1)
		die("semctl");
	if (text == NULL)
		printf("%d\n", value);
	return 0;
}

static int record(char **path_and_id, int shmid, int semid)
{
	int fd = open(path_and_id[0], O_RDWR | O_CREAT | O_CLOEXEC, 0600), code;
	struct sv_record record = { .generation = 1, .shmid = shmid, .semid = semid };

	if (fd == -1)
		die(path_and_id[0]);
	record.key = (uint32_t)key_of(path_and_id);
	record.project = atoi(path_and_id[1]);
	code = sv_record_write(fd, &record);
	close(fd);
	if (code != 0)
		errno = code, die("record");
	return 0;
}

static int hold(int id)
{
	if (shmat(id, NULL, SHM_RDONLY) == (void *)-1)
		die("shmat");
	puts("attached");
	fflush(stdout);
	while (getchar() != EOF)
		continue;
	return 0;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	int mode = IPC_CREAT | IPC_EXCL | (argc > 5 ? (int)strtol(argv[5], NULL, 8) : 0600);

	if (strcmp(verb, "key") == 0 && argc == 4)
		return printf("0x%08x\n", (unsigned)key_of(argv + 2)) < 0;
	if (strcmp(verb, "shm") == 0 && argc >= 5)
		return print_id(shmget(key_of(argv + 2), strtoul(argv[4], NULL, 0), mode));
	if (strcmp(verb, "sem") == 0 && argc >= 5)
		return print_id(semget(key_of(argv + 2), atoi(argv[4]), mode));
	if (strcmp(verb, "find") == 0 && argc == 5)
		return print_id(strcmp(argv[2], "shm") == 0 ? shmget(key_of(argv + 3), 0, 0)
		                                            : semget(key_of(argv + 3), 0, 0));
	if (strcmp(verb, "get") == 0 && argc == 4)
		return get(atoi(argv[2]), argv[3]);
	if (strcmp(verb, "set") == 0 && argc == 5)
		return set(atoi(argv[2]), argv[3], argv[4]);
	if (strcmp(verb, "record") == 0 && argc == 6)
		return record(argv + 2, atoi(argv[4]), atoi(argv[5]));
	if (strcmp(verb, "value") == 0 && argc >= 4)
		return semaphore(atoi(argv[2]), atoi(argv[3]), argc > 4 ? argv[4] : NULL);
	if (strcmp(verb, "hold") == 0 && argc == 3)
		return hold(atoi(argv[2]));
	fprintf(stderr, "usage: see the top of ipctool.c\n");
	return 2;
}
