/* SPDX-License-Identifier: MIT */
/* Whoever forgets a record forgets its own: the file of the same name may be the next channel's by now. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/rendezvous.h"
#include "tap.h"

static char directory[] = "/tmp/svipc-keep-test.XXXXXX", meet[128];

static bool open_one(struct sv_rendezvous *rv, const char *name, const char *path)
{
	struct sv_whereabouts where = { .name = name, .path = path, .project = 83, .create = true };
	struct sv_fault fault = { .label = "" };

	where.patience = sv_patience(10000, NULL);
	return ok(sv_rendezvous_open(rv, &where, &fault) == SV_OK, "%s is open",
	          name != NULL ? name : "a path");
}

static bool write_one(struct sv_rendezvous *rv, uint64_t generation)
{
	struct sv_record record = { .generation = generation,
		                    .key = (uint32_t)rv->key,
		                    .project = rv->project,
		                    .shmid = 7,
		                    .semid = 8 };
	struct sv_fault fault = { .label = "" };

	return sv_rendezvous_write(rv, &record, &fault) == SV_OK;
}

static bool has(const struct sv_rendezvous *rv, uint64_t generation)
{
	struct sv_record record;

	return sv_rendezvous_read(rv, &record) && record.generation == generation;
}

static void of_a_path(void)
{
	struct sv_rendezvous rv;

	if (!open_one(&rv, NULL, meet))
		return;
	ok(write_one(&rv, 1) && has(&rv, 1), "the record of a path is read as it was written");
	ok(write_one(&rv, 2) && has(&rv, 2), "the next channel of that path writes its own in its place");
	sv_rendezvous_forget(&rv, 1);
	ok(has(&rv, 2), "who forgets the first channel leaves the record of the second");
	sv_rendezvous_forget(&rv, 2);
	ok(!has(&rv, 2), "who forgets the second removes it");
	sv_rendezvous_close(&rv);
}

static void of_a_name(void)
{
	struct sv_rendezvous old, next;

	if (!open_one(&old, "name", NULL))
		return;
	/* As a hand may do; then somebody makes the name anew. */
	ok(unlinkat(old.directory.fd, old.file, 0) == 0, "the file of a name is removed by hand");
	if (open_one(&next, "name", NULL)) {
		sv_rendezvous_forget(&old, 0);
		ok(sv_rendezvous_is_there(&next), "who forgets the old file leaves the new one of that name");
		sv_rendezvous_forget(&next, 0);
		ok(!sv_rendezvous_is_there(&next), "who forgets the new one removes it");
		sv_rendezvous_close(&next);
	}
	sv_rendezvous_close(&old);
}

/* A channel of another directory is known from its segment only, which has the path of its file. */
static void of_a_name_elsewhere(void)
{
	struct sv_rendezvous rv, found;

	if (!open_one(&rv, "name", NULL))
		return;
	found = rv;
	found.directory.fd = -1;
	found.identity.inode++;
	sv_rendezvous_forget(&found, 0);
	ok(sv_rendezvous_is_there(&rv), "who has found another file at the path of a name leaves it");
	found.identity = rv.identity;
	sv_rendezvous_forget(&found, 0);
	ok(!sv_rendezvous_is_there(&rv), "who has found the file by its path removes it");
	sv_rendezvous_close(&rv);
}

int main(void)
{
	char command[256];
	FILE *file;

	if (mkdtemp(directory) == NULL)
		return 1;
	setenv("SVIPC_DIR", directory, 1);
	snprintf(meet, sizeof meet, "%s/meet", directory);
	file = fopen(meet, "we");
	if (file == NULL || fclose(file) != 0)
		return 1;
	of_a_path();
	of_a_name();
	of_a_name_elsewhere();
	snprintf(command, sizeof command, "rm -rf %s", directory);
	return system(command) != 0 || tap_done();
}
