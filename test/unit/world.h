/* SPDX-License-Identifier: MIT */
/* world.h - objects of the test's own: the functions below stand before the C library's. */
#ifndef SV_WORLD_H
#define SV_WORLD_H

#define _GNU_SOURCE
#include <stdarg.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

#include "channel/facts.h"
#include "pair.h"

#define KEY 0x53000001u
#define SEGMENT 4
#define SET 5
#define MADE 100

static struct {
	bool segment, set; /* is there one? */
	bool closed;       /* the set may not be opened */
	uid_t segment_user, set_user;
	bool given_away;    /* the set belongs to the stranger by now */
	int64_t used, made; /* when the set was used and made */
	int64_t segment_made;
	bool keyless;     /* no key leads to them, as after a removal */
	bool other_count; /* the set has not two semaphores */
	uint32_t key;     /* another key that the set has; 0: none */
	bool unreadable;  /* the segment may not be mapped */
	bool secret;      /* the values of the set may not be read */
	bool hidden;      /* only the tables of the system tell who has made them */
} world;
static struct sv_header header;
static uid_t me, friend, stranger;

int shmget(key_t key, size_t size, int flags)
{
	must((uint32_t)key == KEY && size == 0 && flags == 0);
	errno = ENOENT;
	return world.segment && !world.keyless ? SEGMENT : -1;
}

int semget(key_t key, int count, int flags)
{
	must((uint32_t)key == KEY && count == 0 && flags == 0);
	errno = world.closed ? EACCES : ENOENT;
	return world.set && !world.keyless ? SET : -1;
}

int shmctl(int id, int command, struct shmid_ds *ds)
{
	errno = EINVAL;
	if (command != IPC_STAT || id != SEGMENT || !world.segment)
		return -1;
	errno = EACCES;
	if (world.hidden)
		return -1;
	memset(ds, 0, sizeof *ds);
	ds->shm_perm.uid = ds->shm_perm.cuid = world.segment_user;
	ds->shm_perm.mode = 0600;
	ds->shm_perm.__key = (key_t)KEY;
	ds->shm_ctime = (time_t)world.segment_made;
	ds->shm_segsz = sv_segment_header_size() + (size_t)sv_segment_round(1);
	return 0;
}

int semctl(int id, int number, int command, ...)
{
	struct semid_ds *ds;
	va_list args;

	(void)number;
	errno = EINVAL;
	if (id != SET || !world.set)
		return -1;
	errno = EACCES;
	if (world.hidden)
		return -1;
	if (command != IPC_STAT)
		return world.secret ? -1 : 0;
	va_start(args, command);
	ds = va_arg(args, struct semid_ds *);
	va_end(args);
	memset(ds, 0, sizeof *ds);
	ds->sem_perm.cuid = world.set_user;
	ds->sem_perm.uid = world.given_away ? stranger : world.set_user;
	ds->sem_perm.mode = 0600;
	ds->sem_perm.__key = (key_t)(world.key != 0 ? world.key : KEY);
	ds->sem_nsems = SV_SEM_COUNT + world.other_count;
	ds->sem_otime = (time_t)world.used;
	ds->sem_ctime = (time_t)world.made;
	return 0;
}

FILE *fopen(const char *restrict path, const char *restrict mode)
{
	static char text[100];

	(void)mode;
	if (strcmp(path, "/proc/sysvipc/shm") == 0)
		snprintf(text, sizeof text, "%u %d 600 1 1 1 0 0 0 %u 0\n", KEY, SEGMENT,
		         (unsigned)world.segment_user);
	else
		snprintf(text, sizeof text, "%u %d 600 2 0 0 %u 0\n", KEY, SET, (unsigned)world.set_user);
	return strstr(path, "sysvipc") != NULL ? fmemopen(text, strlen(text), "r") : NULL;
}

void *shmat(int id, const void *address, int flags)
{
	must(id == SEGMENT && address == NULL && flags == SHM_RDONLY);
	errno = EACCES;
	if (world.unreadable)
		return (void *)-1;
	return &header;
}

int shmdt(const void *address)
{
	return address == &header ? 0 : -1;
}

/* A path whose file belongs to the friend, and no record. */
static inline struct sv_target target_of_path(void)
{
	struct sv_target target = { .owner = friend, .consent = 0600 };

	target.record.key = KEY;
	target.record.project = SV_PROJECT_DEFAULT;
	return target;
}

static inline struct sv_target target_of_record(int shmid, int semid)
{
	struct sv_target target = target_of_path();

	target.named = target.recorded = true;
	target.owner = me;
	target.record.generation = 1;
	target.record.shmid = shmid;
	target.record.semid = semid;
	target.record.made_s = MADE;
	return target;
}

/* A complete header, as the record describes it. */
static inline void fill_header(const struct sv_target *target)
{
	memset(&header, 0, sizeof header);
	header.magic = SV_MAGIC;
	header.format = SV_FORMAT;
	header.header_size = sv_segment_header_size();
	header.capacity = sv_segment_round(1);
	header.generation = target->record.generation;
	header.key = KEY;
	header.project = (uint32_t)target->record.project;
	header.semid = SET;
	atomic_store(&header.ready, SV_READY);
}

static void name_users(void)
{
	me = geteuid();
	friend = me + 1;
	stranger = me + 2;
}

#endif
