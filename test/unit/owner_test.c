/* SPDX-License-Identifier: MIT */
/* Who has made an object, and which ids stand for many users, as the files of proc(5) tell. */
#define _GNU_SOURCE /* fmemopen */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "os/owner.h"
#include "tap.h"

#define MANY ((unsigned)-1)

/* What is in each of these files; NULL: it cannot be read. */
static const char *map, *overflow, *segments, *sets;

/* The function stands before the C library's. */
FILE *fopen(const char *restrict path, const char *restrict mode)
{
	const char *text = strstr(path, "_map") != NULL             ? map
	                   : strstr(path, "overflow") != NULL       ? overflow
	                   : strcmp(path, "/proc/sysvipc/shm") == 0 ? segments
	                                                            : sets;

	(void)mode;
	errno = EACCES;
	/* There are C libraries that open no empty text. */
	if (text != NULL && text[0] == '\0')
		text = "\n";
	return text == NULL ? NULL : fmemopen((void *)(uintptr_t)text, strlen(text), "r");
}

static void id_is(unsigned id, unsigned mode, unsigned expected, const char *why)
{
	is(sv_certain_user(id, mode), expected, "user %u, mode %04o, %s", id, mode, why);
	is(sv_certain_group(id, mode), expected, "group %u, mode %04o, %s", id, mode, why);
}

static void ids(void)
{
	map = "         0          0 4294967295\n";
	overflow = "65534\n";
	id_is(65534, 0666, 65534, "all are mapped");
	map = "0 1000 65536\n";
	id_is(65534, 0666, MANY, "some are mapped");
	id_is(65534, 0640, MANY, "and the group may use it");
	id_is(65534, 0601, MANY, "or somebody else");
	id_is(65534, 0600, 65534, "but nobody else may use it");
	id_is(65533, 0666, 65533, "another id");
	id_is(0, 0666, 0, "root");
	map = "1 1 4294967295\n";
	id_is(65534, 0666, MANY, "all but root are mapped");
	map = "0 0";
	id_is(65534, 0666, MANY, "half a map");
	map = "";
	id_is(65534, 0666, MANY, "an empty map");
	map = NULL;
	id_is(65534, 0666, MANY, "no map");
	overflow = "99\n";
	id_is(99, 0666, MANY, "another id stands for many");
	id_is(65534, 0666, 65534, "so this one does not");
	overflow = "none\n";
	id_is(65534, 0666, MANY, "the kernel does not say which");
	overflow = NULL;
	id_is(65534, 0666, MANY, "the kernel says nothing");
}

static void made_by(bool set, int id, int expected)
{
	uid_t creator = 77;

	is(sv_owner_of(set, id, &creator), expected != -1, "%s %d is %sin the table", set ? "set" : "segment",
	   id, expected != -1 ? "" : "not ");
	is(creator, expected != -1 ? expected : 77, "and so is its creator");
}

static void creators(void)
{
	segments = "key shmid perms size cpid lpid nattch uid gid cuid cgid rest\n"
		   "1 4 600 10 11 12 13 14 15 16 17 18\n"
		   "2 5 600 20 21 22 23 24 25 26 27 28\n"
		   "3 6 600\n";
	sets = "key semid perms nsems uid gid cuid cgid otime ctime\n"
	       "1 4 600 2 30 31 32 33 34 35\n"
	       "2 5 600 2 40 41 42 43 44 45\n";
	made_by(false, 4, 16);
	made_by(false, 5, 26);
	made_by(false, 6, -1);
	made_by(false, 1, -1);
	made_by(true, 4, 32);
	made_by(true, 5, 42);
	made_by(true, 6, -1);
	segments = sets = NULL;
	made_by(false, 4, -1);
	made_by(true, 4, -1);
}

int main(void)
{
	ids();
	creators();
	return tap_done();
}
