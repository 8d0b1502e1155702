/* SPDX-License-Identifier: MIT */
/* One wait, step by step: how long it spins and sleeps, by a clock and a kernel of the test's own. */
#define _GNU_SOURCE
#include <sys/sem.h>

#include "channel/channel.h"
#include "pair.h"

#define MS 1000000

/* The clock goes on by 1 us when it is asked, and while this process sleeps. */
static int64_t now;
static int looks_at_clock, publish_at; /* the writer publishes at this look; 0: not */
static struct pair pair;

int clock_gettime(clockid_t id, struct timespec *time)
{
	(void)id;
	now += 1000;
	*time = (struct timespec){ now / 1000000000, now % 1000000000 };
	if (++looks_at_clock == publish_at)
		sv_ring_publish(&pair.writer->ring, 1);
	return 0;
}

static int sleeps, reason; /* errno of each sleep */
static int64_t longest;

int semtimedop(int id, struct sembuf *operations, size_t count, const struct timespec *limit)
{
	int64_t ns = (int64_t)limit->tv_sec * 1000000000 + limit->tv_nsec;

	must(id != -1 && count == 1 && operations->sem_op == -1);
	sleeps++;
	longest = ns > longest ? ns : longest;
	now += reason == EAGAIN ? ns : 0;
	errno = reason;
	return -1;
}

static int peek(int timeout_ms)
{
	const void *data;
	size_t got;

	looks_at_clock = sleeps = 0;
	longest = 0;
	return sv_peek(pair.reader, 1, &data, &got, timeout_ms);
}

static void spins(void)
{
	int before;

	pair.reader->spin.allowed = true;
	pair.reader->spin.pinned = false;
	atomic_store(&pair.reader->ring.peer->cpu, 0);
	for (before = 2; before <= 10; before += 4) {
		publish_at = before;
		is(peek(10), SV_OK, "a byte comes while the reader spins, at look %d at the clock", before);
		ok(looks_at_clock <= before + 1, "it goes on at once, after look %d", looks_at_clock);
		is(sleeps, 0, "without sleep");
		must(sv_release(pair.reader, 1) == SV_OK);
	}
	publish_at = 0;
}

static void sleep_for(int timeout_ms)
{
	int64_t begun = now;

	reason = EAGAIN;
	is(peek(timeout_ms), SV_ETIMEDOUT, "nothing comes in %d ms", timeout_ms);
	ok(now - begun >= timeout_ms * (int64_t)MS && now - begun < timeout_ms * (int64_t)MS + MS,
	   "it took %lld ns", (long long)(now - begun));
	is(sv_last_error(pair.reader)->sys_errno, 0, "no system call has failed");
	ok(strstr(sv_last_error(pair.reader)->text, "timed out waiting for the writer") != NULL,
	   "it says so: %s", sv_last_error(pair.reader)->text);
}

/* Now and then a side that waits for its peer looks whether one can still come. */
static void alone(void)
{
	struct sv_options options = options_of(0, 4096);
	struct sv_header *header, whole;
	int64_t begun = now;
	sv_channel *ch;
	int i;

	options.name = "alone";
	ch = open_side(SV_READER, &options);
	reason = EAGAIN;
	sleeps = 0;
	longest = 0;
	is(sv_wait_peer(ch, 3500), SV_ETIMEDOUT, "no writer comes in 3.5 s");
	is(sv_last_error(ch)->sys_errno, 0, "no system call has failed");
	ok(now - begun >= 3500 * (int64_t)MS && now - begun < 3600 * (int64_t)MS, "it took %lld ns",
	   (long long)(now - begun));
	ok(sleeps == 4 && longest <= 1000 * MS, "in %d sleeps of at most a second", sleeps);
	header = ch->header;
	whole = *header;
	for (i = 0; i < 6; i++) {
		header->magic += i == 0;
		header->format += i == 1;
		atomic_store(&header->ready, SV_READY + (i == 2));
		header->generation += i == 3;
		header->semid += i == 4;
		header->capacity += i == 5;
		is(sv_wait_peer(ch, 3500), SV_ECORRUPT, "no writer can come if the header is overwritten, %d",
		   i);
		is(sv_last_error(ch)->sys_errno, 0, "no system call has failed");
		*header = whole;
	}
	must(unlink(ch->rv.path) == 0);
	is(sv_wait_peer(ch, 3500), SV_EREMOVED, "or if its file is removed");
	is(sv_last_error(ch)->sys_errno, 0, "no system call has failed");
	must(sv_sem_remove(ch->semid) == 0);
	is(sv_wait_peer(ch, 3500), SV_EREMOVED, "or if its set is");
	ok(strstr(sv_last_error(ch)->text, "ipcrm") != NULL, "it says so: %s", sv_last_error(ch)->text);
	must(sv_close(ch) == SV_OK);
}

int main(void)
{
	int i;

	own_directory();
	pair = open_pair(0, 4096);
	spins();
	for (i = 0; i < 2; i++) {
		pair.reader->spin.allowed = i > 0;
		pair.reader->ring.reachable = true;
		atomic_store(&pair.reader->ring.peer->fences, 1);
		sleep_for(20);
		is(sleeps, 1, "in one sleep");
		ok(pair.reader->ring.lightable, "and has seen that the writer can run membarriers");
		pair.reader->ring.lightable = false;
		sleep_for(3000);
		is(sleeps, 1, "in one sleep");
	}
	/* A writer that cannot ring. */
	atomic_store(&pair.writer->ring.own->light, SV_LIGHT_MUTE);
	sleep_for(95);
	ok(sleeps >= 10 && longest == 10 * MS, "in %d sleeps of at most %lld ns", sleeps, (long long)longest);
	sleep_for(5);
	ok(sleeps == 1 && longest < 5 * MS, "in one sleep, if that is as short");
	atomic_store(&pair.writer->ring.own->light, 0);
	reason = EIDRM;
	is(peek(20), SV_EREMOVED, "a set that was removed ends a sleep");
	reason = EACCES;
	is(peek(20), SV_ESYSTEM, "so does a kernel that refuses");
	is(sv_last_error(pair.reader)->sys_errno, EACCES, "the reason is told");
	reason = EINTR;
	publish_at = 60;
	is(peek(20), SV_OK, "a signal does not");
	ok(sleeps > 1, "however many come: %d", sleeps);
	close_pair(&pair);
	alone();
	ok(directory_is_empty(), "nothing is left");
	return tap_done();
}
