/* SPDX-License-Identifier: MIT */
/* chaos_hands.h - interference in a walk: with files, directories and objects. */
#ifndef CHAOS_HANDS_H
#define CHAOS_HANDS_H

#include "chaos.h"

/* Before a file is removed, note the channel of which it is the record. */
static void note_loss(const char *path, int user)
{
	char text[512], link[64], ours[64];
	int fd = open(path, O_RDONLY | O_CLOEXEC), ns;
	ssize_t n = fd != -1 ? read(fd, text, sizeof text - 1) : -1;
	const char *key;

	if (fd != -1)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	key = strstr(text, "\nkey ");
	for (ns = 0; ns < 2 && key != NULL && losses < (int)(sizeof lost / sizeof *lost); ns++) {
		struct stat st;

		snprintf(link, sizeof link, "/proc/self/fd/%d", ns_fd[ns]);
		if (stat(link, &st) == -1)
			continue;
		snprintf(ours, sizeof ours, "/ipc-%lu/", (unsigned long)st.st_ino);
		if (strstr(path, ours) != NULL)
			lost[losses++] = (struct lost){ ns, user, (unsigned)strtoul(key + 5, NULL, 16) };
	}
}

static int some_file_left;
static char some_file[256];

static int pick_file(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st, (void)where;
	if (type == FTW_F && random_below(&seed, (uint64_t)++some_file_left) == 0)
		snprintf(some_file, sizeof some_file, "%s", path);
	return 0;
}

static int losing_user;

static int lose_file(const char *path, const struct stat *st, int type, struct FTW *where)
{
	if (type == FTW_F)
		note_loss(path, losing_user);
	return remove_entry(path, st, type, where);
}

/* Remove, replace or rename what is there. */
static void meddle(void)
{
	char directory[96], meet[96], other[96];
	int user = (int)random_below(&seed, 2), ns = (int)random_below(&seed, 2), did = 0;
	uint64_t choice = random_next(&seed);

	snprintf(directory, sizeof directory, "%s/%s", base, letter[user]);
	snprintf(meet, sizeof meet, "%s/meet", base);
	snprintf(other, sizeof other, "%s/other", base);
	meddled++;
	switch (random_below(&seed, 6)) {
	case 0:
		unlink(meet);
		make_meet();
		note("  meet is made anew\n");
		break;
	case 1:
		rename(meet, other);
		make_meet();
		note("  meet is renamed, and made anew\n");
		break;
	case 2:
		some_file_left = 0;
		some_file[0] = '\0';
		nftw(directory, pick_file, 8, FTW_PHYS);
		note_loss(some_file, user);
		unlink(some_file);
		note("  removed %s\n", some_file);
		break;
	case 3:
		losing_user = user;
		nftw(directory, lose_file, 8, FTW_PHYS | FTW_DEPTH);
		mkdir(directory, 0700);
		if (chown(directory, uid_of[user], uid_of[user]) == -1)
			die("chown");
		note("  removed %s\n", directory);
		break;
	default:
		in_namespace(ns, remove_one, &choice, &did);
		note("  removed an object in namespace %d: %d\n", ns, did);
	}
}

#endif
