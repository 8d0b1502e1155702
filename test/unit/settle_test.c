/* SPDX-License-Identifier: MIT */
/* A peer that says again and again that it is attaching makes no endless loop of the other side. */
#include <pthread.h>
#include <stdatomic.h>

#include "channel/channel.h"
#include "pair.h"

static _Atomic int stop;

static void *keep_attaching(void *arg)
{
	struct sv_side_line *peer = arg;

	while (!atomic_load(&stop))
		atomic_store(&peer->slot, SV_SLOT_ATTACHING);
	return NULL;
}

int main(void)
{
	static const enum sv_role roles[] = { SV_WRITER, SV_READER };
	struct sv_options options = options_of(0, 4096);
	pthread_t thread;
	sv_channel *ch;
	int i;

	own_directory();
	for (i = 0; i < 2; i++) {
		atomic_store(&stop, 0);
		must(sv_open(&ch, roles[i], &options, 0, NULL) == SV_OK);
		must(pthread_create(&thread, NULL, keep_attaching, ch->ring.peer) == 0);
		is(sv_wait_peer(ch, 600000), SV_ECORRUPT, "the %s calls it corrupt", sv_role_name(roles[i]));
		atomic_store(&stop, 1);
		must(pthread_join(thread, NULL) == 0);
		atomic_store(&ch->ring.peer->slot, SV_SLOT_EMPTY);
		must(sv_close(ch) == SV_OK);
	}
	ok(directory_is_empty(), "nothing is left");
	return tap_done();
}
