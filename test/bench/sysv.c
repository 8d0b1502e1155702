/* SPDX-License-Identifier: MIT */
/*
 * sysv.c - keeps note of the System V objects that have been made and not yet removed.
 */
#include <sys/msg.h>

#include "sysv.h"

static struct {
	bool used, queue;
	int id;
} objects[8];

static int note(int id, bool queue)
{
	if (id < 0)
		return -1;
	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
		if (!objects[i].used) {
			objects[i].used = true;
			objects[i].queue = queue;
			objects[i].id = id;
			break;
		}
	}
	return id;
}

int sysv_semaphores(int n)
{
	return note(semget(IPC_PRIVATE, n, IPC_CREAT | 0600), false);
}

int sysv_queue_new(void)
{
	return note(msgget(IPC_PRIVATE, IPC_CREAT | 0600), true);
}

static void remove_object(size_t i)
{
	if (objects[i].queue)
		msgctl(objects[i].id, IPC_RMID, NULL);
	else
		semctl(objects[i].id, 0, IPC_RMID);
	objects[i].used = false;
}

void sysv_remove(int id)
{
	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
		if (objects[i].used && objects[i].id == id) {
			remove_object(i);
			return;
		}
	}
}

void sysv_remove_all(void)
{
	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++)
		if (objects[i].used)
			remove_object(i);
}
