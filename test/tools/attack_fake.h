/* SPDX-License-Identifier: MIT */
/* attack_fake.h - the objects that attack forges: a segment with a header, and a set of semaphores. */
#ifndef SV_TEST_ATTACK_FAKE_H
#define SV_TEST_ATTACK_FAKE_H

#include <errno.h>
#include <fcntl.h>
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

#define CAPACITY 65536

union semun {
	int val;
	struct semid_ds *buf;
	unsigned short *array;
};

static const char *const states[] = { "waiting-writer", "waiting-reader", "running", "detached",
	                              "resumable",      "stale",          "owed",    "unready",
	                              "version",        "zero",           "segment", "set" };
enum state {
	WAITING_WRITER,
	WAITING_READER,
	RUNNING,
	DETACHED,
	RESUMABLE,
	STALE,
	OWED,
	UNREADY,
	VERSION,
	ZERO,
	SEGMENT,
	SET,
	STATES
};

struct order {
	enum state state;
	key_t key;
	dev_t device;
	ino_t inode;
	int project, mode, set, give;
	const char *path;
	char data[4096];
	size_t length;
};

struct fake {
	unsigned char *base; /* NULL: no segment */
	int semid;
};

static void die(const char *what)
{
	fprintf(stderr, "attack: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void usage(void)
{
	fprintf(stderr, "usage: see the top of attack.c\n");
	exit(2);
}

static void set_side(struct sv_header *header, enum sv_role role, uint32_t slot, uint32_t status,
                     uint64_t position)
{
	struct sv_side_line *side = &header->side[role];

	atomic_store(&side->position, position);
	atomic_store(&side->status, status);
	atomic_store(&side->slot, slot);
	atomic_store(&side->uid, (uint32_t)geteuid());
	atomic_store(&side->pid, (int64_t)getpid());
}

static void set_sides(const struct order *order, struct sv_header *header)
{
	uint64_t sent = order->length;

	switch (order->state) {
	case WAITING_WRITER: set_side(header, SV_WRITER, SV_SLOT_ATTACHED, SV_DONE, sent); break;
	case WAITING_READER: set_side(header, SV_READER, SV_SLOT_ATTACHED, SV_RUNNING, 0); break;
	case RUNNING:
		set_side(header, SV_WRITER, SV_SLOT_ATTACHED, SV_RUNNING, sent);
		set_side(header, SV_READER, SV_SLOT_ATTACHED, SV_RUNNING, 0);
		break;
	case DETACHED: set_side(header, SV_WRITER, SV_SLOT_LEFT, SV_DONE, sent); break;
	case RESUMABLE: set_side(header, SV_WRITER, SV_SLOT_LEFT, SV_DONE, sent); break;
	case OWED:
		set_side(header, SV_WRITER, SV_SLOT_ATTACHED, SV_DONE, sent);
		set_side(header, SV_READER, SV_SLOT_LEFT, SV_DONE, sent);
		break;
	default:
		set_side(header, SV_WRITER, SV_SLOT_LEFT, SV_DONE, sent);
		set_side(header, SV_READER, SV_SLOT_LEFT, SV_DONE, sent);
	}
}

static void fill(const struct order *order, struct sv_header *header, int semid)
{
	const char *base = strrchr(order->path, '/');

	if (order->state == ZERO)
		return;
	header->magic = SV_MAGIC;
	header->format = SV_FORMAT + (order->state == VERSION ? 1u << 24 : 0);
	header->header_size = sv_segment_header_size();
	header->capacity = CAPACITY;
	header->generation = 1;
	header->device = (uint64_t)order->device;
	header->inode = (uint64_t)order->inode;
	header->project = (uint32_t)order->project;
	header->key = (uint32_t)order->key;
	header->semid = semid;
	header->flags = order->state == DETACHED                            ? SV_DETACH
	                : order->state == RESUMABLE || order->state == OWED ? SV_RESUME
	                                                                    : 0;
	header->created_s = (int64_t)time(NULL);
	header->creator_pid = getpid();
	atomic_store(&header->total, SV_UNKNOWN);
	snprintf(header->name, sizeof header->name, "%.64s", base != NULL ? base + 1 : order->path);
	snprintf(header->path, sizeof header->path, "%s", order->path);
	set_sides(order, header);
	if (order->state != UNREADY)
		atomic_store(&header->ready, SV_READY);
}

/* Give a dead side its weight; a live side has none. */
static void weigh(const struct order *order, int semid)
{
	bool writer_gone = order->state >= DETACHED, reader_gone = order->state >= STALE;
	unsigned short values[2] = { writer_gone ? SV_WEIGHT : 0, reader_gone ? SV_WEIGHT : 0 };
	union semun arg = { .array = values };

	if (semctl(semid, 0, SETALL, arg) == -1)
		die("SETALL");
}

static void give(int shmid, int semid, int uid)
{
	struct shmid_ds shm;
	struct semid_ds sem;
	union semun arg = { .buf = &sem };

	if (shmid != -1 && (shmctl(shmid, IPC_STAT, &shm) == -1 ||
	                    (shm.shm_perm.uid = (uid_t)uid, shmctl(shmid, IPC_SET, &shm)) == -1))
		die("give the segment");
	if (semid != -1 && (semctl(semid, 0, IPC_STAT, arg) == -1 ||
	                    (sem.sem_perm.uid = (uid_t)uid, semctl(semid, 0, IPC_SET, arg)) == -1))
		die("give the set");
}

/* Make the two objects.  False: the key is taken. */
static bool forge(const struct order *order, bool stay, struct fake *fake)
{
	int flags = IPC_CREAT | IPC_EXCL | order->mode, shmid = -1, semid = order->set;
	void *at = NULL;

	if (order->state != SET) {
		shmid = shmget(order->key, sv_segment_header_size() + CAPACITY, flags);
		if (shmid == -1 && errno == EEXIST)
			return false;
		if (shmid == -1 || (at = shmat(shmid, NULL, 0)) == (void *)-1)
			die("segment");
	}
	if (order->state != SEGMENT && order->set == -1) {
		semid = semget(order->key, 2, flags);
		if (semid == -1 && errno != EEXIST)
			die("set");
		if (semid != -1)
			weigh(order, semid);
	}
	if (at != NULL) {
		memcpy((unsigned char *)at + sv_segment_header_size(), order->data, order->length);
		fill(order, at, semid);
	}
	printf("shm %d sem %d\n", shmid, semid);
	if (order->give != -1)
		give(shmid, order->set == -1 ? semid : -1, order->give);
	if (at != NULL && !stay) {
		shmdt(at);
		at = NULL;
	}
	*fake = (struct fake){ .base = at, .semid = semid };
	return true;
}

#endif
