/* SPDX-License-Identifier: MIT */
/*
 * peer_shm.c - shared memory the ways textbooks do it: POSIX with two counting semaphores over slots, and
 * System V with a double buffer in lock-step by semop.
 */
#include <fcntl.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

#include "transport.h"
#include "sysv.h"

struct semaphores {
	_Alignas(128) sem_t full;
	_Alignas(128) sem_t empty;
};

struct slots {
	char *data;
	size_t bytes, n, next;
	bool spin;
	struct semaphores *semaphores;
	int set; /* System V: semaphore 0 counts full buffers, 1 empty ones */
};

static void slots_attach(struct link *link, enum end end)
{
	(void)link, (void)end;
}

static inline void slots_next(struct slots *slots)
{
	if (++slots->next == slots->n)
		slots->next = 0;
}

/* POSIX. */
static const char *counted_open(struct link *link)
{
	struct slots *slots = calloc(1, sizeof(*slots));
	char name[64];
	int fd;

	if (!slots)
		return "no memory";
	slots->n = slot_count(link->size);
	slots->bytes = sizeof(struct semaphores) + slots->n * link->size;
	slots->spin = link->wait == WAIT_SPIN;
	link->state = slots;
	snprintf(name, sizeof(name), "/svbench-%ld-%d", (long)getpid(), link->number);
	fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (fd < 0)
		goto fail;
	shm_unlink(name);
	if (ftruncate(fd, (off_t)slots->bytes))
		goto fail;
	slots->semaphores = mmap(NULL, slots->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (slots->semaphores == MAP_FAILED)
		goto fail;
	close(fd);
	slots->data = (char *)(slots->semaphores + 1);
	sem_init(&slots->semaphores->full, 1, 0);
	sem_init(&slots->semaphores->empty, 1, (unsigned)slots->n);
	return NULL;
fail:
	if (fd >= 0)
		close(fd);
	free(slots);
	return "POSIX shared memory";
}

static void counted_close(struct link *link)
{
	struct slots *slots = link->state;

	munmap(slots->semaphores, slots->bytes);
	free(slots);
}

static inline void counted_wait(sem_t *semaphore, bool spin)
{
	while (spin ? sem_trywait(semaphore) : sem_wait(semaphore))
		if (errno != EAGAIN && errno != EINTR)
			side_fail("sem_wait: %s", strerror(errno));
}

static inline void *counted_reserve(struct link *link, size_t size)
{
	struct slots *slots = link->state;

	counted_wait(&slots->semaphores->empty, slots->spin);
	return slots->data + slots->next * size;
}

static inline void counted_commit(struct link *link, size_t size)
{
	struct slots *slots = link->state;

	(void)size;
	sem_post(&slots->semaphores->full);
	slots_next(slots);
}

static inline const void *counted_peek(struct link *link, size_t size)
{
	struct slots *slots = link->state;

	counted_wait(&slots->semaphores->full, slots->spin);
	return slots->data + slots->next * size;
}

static inline void counted_release(struct link *link, size_t size)
{
	struct slots *slots = link->state;

	(void)size;
	sem_post(&slots->semaphores->empty);
	slots_next(slots);
}

TRANSPORT_LOOPS(counted, counted_reserve, counted_commit, counted_peek, counted_release, NULL)

const struct transport posix_semaphores = {
	.name = "POSIX shm, shared semaphores",
	.kind = KIND_PEER,
	.ring = true,
	.open = counted_open,
	.attach = slots_attach,
	LOOPS_OF(counted),
	.detach = slots_attach,
	.close = counted_close,
};

/* System V. */
static const char *lockstep_open(struct link *link)
{
	struct slots *slots = calloc(1, sizeof(*slots));
	int id = shmget(IPC_PRIVATE, 2 * link->size, IPC_CREAT | 0600);
	void *data = (void *)-1;

	if (id >= 0) {
		/* Children inherit the mapping, so the segment needs no name any more. */
		data = shmat(id, NULL, 0);
		shmctl(id, IPC_RMID, NULL);
	}
	if (!slots || data == (void *)-1)
		goto fail;
	slots->data = data;
	slots->n = 2;
	slots->spin = link->wait == WAIT_SPIN;
	slots->set = sysv_semaphores(2);
	if (slots->set < 0)
		goto fail;
	sysv_semop(slots->set, 1, 2, false);
	link->state = slots;
	return NULL;
fail:
	if (data != (void *)-1)
		shmdt(data);
	free(slots);
	return "System V shared memory";
}

static void lockstep_close(struct link *link)
{
	struct slots *slots = link->state;

	shmdt(slots->data);
	sysv_remove(slots->set);
	free(slots);
}

static inline void *lockstep_reserve(struct link *link, size_t size)
{
	struct slots *slots = link->state;

	sysv_semop(slots->set, 1, -1, slots->spin);
	return slots->data + slots->next * size;
}

static inline void lockstep_commit(struct link *link, size_t size)
{
	struct slots *slots = link->state;

	(void)size;
	sysv_semop(slots->set, 0, 1, false);
	slots_next(slots);
}

static inline const void *lockstep_peek(struct link *link, size_t size)
{
	struct slots *slots = link->state;

	sysv_semop(slots->set, 0, -1, slots->spin);
	return slots->data + slots->next * size;
}

static inline void lockstep_release(struct link *link, size_t size)
{
	struct slots *slots = link->state;

	(void)size;
	sysv_semop(slots->set, 1, 1, false);
	slots_next(slots);
}

TRANSPORT_LOOPS(lockstep, lockstep_reserve, lockstep_commit, lockstep_peek, lockstep_release, NULL)

const struct transport sysv_lockstep = {
	.name = "SysV shm, semop lock-step",
	.kind = KIND_PEER,
	.open = lockstep_open,
	.attach = slots_attach,
	LOOPS_OF(lockstep),
	.detach = slots_attach,
	.close = lockstep_close,
};
