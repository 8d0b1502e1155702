/* SPDX-License-Identifier: MIT */
/*
 * rendezvous.h - the file that two processes agree on: its path gives the key, its lock guards every
 * step in a channel's life, and a record tells which objects were made for it.
 *
 * The record is the rendezvous file itself for a named channel, and DIR/.at.KEY for one with a path or a
 * project id of its own.  It is written before the objects are made (ids -1) and again with their ids, so
 * that after a crash ours and foreign can be told apart without looking into memory.
 */
#ifndef SV_OS_RENDEZVOUS_H
#define SV_OS_RENDEZVOUS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "error.h"

#define SV_NAME_MAX 64

/* Which objects a rendezvous led to, as recorded in this user's directory. */
struct sv_record {
	bool valid; /* a record of ours was there */
	int project;
	int shmid; /* -1: about to be created, or none */
	int semid;
	char path[PATH_MAX];
};

struct sv_rendezvous {
	int fd; /* open while the handle lives; flock(2) is on it */
	bool named;
	bool apart; /* the record is in a file of its own */
	int project;
	key_t key;
	uint64_t device;
	uint64_t inode;
	char name[SV_NAME_MAX + 1];
	char path[PATH_MAX];   /* absolute */
	char record[PATH_MAX]; /* of the record */
};

/* This user's directory into dir (PATH_MAX).  Created if missing and create; refused unless a directory of
 * ours, 0700. */
int sv_rendezvous_directory(char *dir, bool create, struct sv_fault *fault);

/* SV_OK if name may name a channel, else SV_EINVAL. */
int sv_rendezvous_check_name(const char *name, struct sv_fault *fault);

/*
 * Open and lock.  name or path, not both; create makes a missing named file.  SV_OK; SV_EINVAL, SV_EAGAIN and
 * SV_ETIMEDOUT (somebody holds the lock), SV_ESYSTEM (ENOENT when not create).  Sets the fault's label.
 */
int sv_rendezvous_open(struct sv_rendezvous *rv, const char *name, const char *path, int project, bool create,
                       int timeout_ms, struct sv_fault *fault);

/* As before, for a handle that is open.  Not recursive. */
int sv_rendezvous_lock(struct sv_rendezvous *rv, int timeout_ms, struct sv_fault *fault);
void sv_rendezvous_unlock(struct sv_rendezvous *rv);
void sv_rendezvous_close(struct sv_rendezvous *rv);

/* Read the record of this rendezvous; write it; forget it (a named file or a record apart is unlinked). Under
 * the lock. */
void sv_record_read(const struct sv_rendezvous *rv, struct sv_record *record);
int sv_record_write(const struct sv_rendezvous *rv, int shmid, int semid, struct sv_fault *fault);
void sv_record_forget(const struct sv_rendezvous *rv);

/* Read any file of the directory as a record. */
void sv_record_load(const char *file, struct sv_record *record);

#endif
