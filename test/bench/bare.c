/* SPDX-License-Identifier: MIT */
/*
 * bare.c - the two round trips that nothing can beat: of a cache line between waking processes, of a
 * semaphore between sleeping ones.  They look like transports, so that they are measured like them.
 */
#include <stdatomic.h>
#include <sys/mman.h>

#include "transport.h"
#include "sysv.h"

struct bare {
	_Alignas(128) _Atomic uint64_t there;
	_Alignas(128) _Atomic uint64_t back;
	int set;
};

static const char *bare_open_lines(struct link *link)
{
	static struct bare *bare;

	/* One pair of lines for both links of a run. */
	if (link->number == 0) {
		bare = shared_memory(sizeof(*bare));
		if (bare)
			bare->set = -1;
	}
	link->state = bare;
	return bare ? NULL : "no memory";
}

static const char *bare_open_semaphores(struct link *link)
{
	const char *error = bare_open_lines(link);
	struct bare *bare = link->state;

	if (!error && link->number == 0 && (bare->set = sysv_semaphores(2)) < 0)
		error = "semget";
	return error;
}

static void bare_close(struct link *link)
{
	struct bare *bare = link->state;

	if (link->number > 0)
		return;
	if (bare->set >= 0)
		sysv_remove(bare->set);
	munmap(bare, sizeof(*bare));
}

static void bare_attach(struct link *link, enum end end)
{
	(void)link, (void)end;
}

/* No pause: it would only add to what is to be a lower bound. */
static void lines_ping(struct link *there, struct link *back, uint64_t n)
{
	struct bare *bare = there->state;
	uint64_t first = bare->there;

	(void)back;
	for (uint64_t k = first + 1; k <= first + n; k++) {
		atomic_store_explicit(&bare->there, k, memory_order_release);
		while (atomic_load_explicit(&bare->back, memory_order_acquire) != k)
			;
	}
}

static void lines_pong(struct link *there, struct link *back, uint64_t n)
{
	struct bare *bare = there->state;
	uint64_t first = bare->back;

	(void)back;
	for (uint64_t k = first + 1; k <= first + n; k++) {
		while (atomic_load_explicit(&bare->there, memory_order_acquire) != k)
			;
		atomic_store_explicit(&bare->back, k, memory_order_release);
	}
}

static void semop_ping(struct link *there, struct link *back, uint64_t n)
{
	struct bare *bare = there->state;

	(void)back;
	for (uint64_t k = 0; k < n; k++) {
		sysv_semop(bare->set, 0, 1, false);
		sysv_semop(bare->set, 1, -1, false);
	}
}

static void semop_pong(struct link *there, struct link *back, uint64_t n)
{
	struct bare *bare = there->state;

	(void)back;
	for (uint64_t k = 0; k < n; k++) {
		sysv_semop(bare->set, 0, -1, false);
		sysv_semop(bare->set, 1, 1, false);
	}
}

const struct transport bare_lines = {
	.name = "cache line, there and back",
	.kind = KIND_LIMIT,
	.spins = true,
	.open = bare_open_lines,
	.attach = bare_attach,
	.ping = lines_ping,
	.pong = lines_pong,
	.detach = bare_attach,
	.close = bare_close,
};

const struct transport bare_semop = {
	.name = "bare semop ping-pong",
	.kind = KIND_LIMIT,
	.open = bare_open_semaphores,
	.attach = bare_attach,
	.ping = semop_ping,
	.pong = semop_pong,
	.detach = bare_attach,
	.close = bare_close,
};
