/* SPDX-License-Identifier: MIT */
/*
 * channel.c - a handle whose peer and whose kernel are the fuzzer's: byte and message calls, both roles.
 *
 * The channel is made by hand on private memory, mapped twice between two guard pages.  semctl, semop and
 * semtimedop are replaced: a sleep is where the peer acts (stores any position, status, wake word, slot,
 * bytes), and it may end in every way that the manual allows.  Each input comes to an end, because without
 * bytes left the set is removed. After each call: what was granted lies inside the ring and inside what was
 * published, and the code is a known one.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/sem.h>
#include <time.h>
#include <unistd.h>

#include "channel/channel.h"
#include "fuzz.h"

#define CAPACITY ((size_t)4096)

static struct fuzz_input input;
static struct sv_channel ch;
static struct sv_side_line side[2];
static unsigned char *ring, *shadow; /* the ring as the handle sees it, and as the peer sees it */
static volatile unsigned char sink;

static void map_ring(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	int fd = memfd_create("ring", MFD_CLOEXEC);
	unsigned char *base =
		mmap(NULL, 2 * CAPACITY + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	REQUIRE(fd != -1 && base != MAP_FAILED && ftruncate(fd, (off_t)CAPACITY) == 0);
	ring = base + page;
	REQUIRE(mmap(ring, CAPACITY, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) == ring);
	REQUIRE(mmap(ring + CAPACITY, CAPACITY, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) ==
	        ring + CAPACITY);
	shadow = mmap(NULL, CAPACITY, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	REQUIRE(shadow != MAP_FAILED);
}

static uint32_t any_status(uint8_t how)
{
	switch (how & 7) {
	case 0: return SV_RUNNING;
	case 1: return SV_DONE;
	case 2: return SV_FAILED | how;
	case 3: return SV_SIGNALLED | how;
	default: return fuzz_32(&input);
	}
}

/* One action of the peer, honest or not. */
static void meddle(void)
{
	struct sv_side_line *peer = ch.ring.peer, *own = ch.ring.own;
	uint8_t op = fuzz_8(&input);
	uint64_t value;
	size_t at;

	switch (op & 15) {
	case 0:
	case 1:
	case 2: /* as much as an honest peer may */
		value = ch.role == SV_WRITER ? ch.ring.position - peer->position
		                             : CAPACITY - (peer->position - ch.ring.position);
		if (value <= CAPACITY)
			peer->position += value * (op >> 4) / 15;
		break;
	case 3: peer->position += fuzz_16(&input); break;
	case 4: peer->position = fuzz_64(&input); break;
	case 5: peer->status = any_status(op >> 4); break;
	case 6: peer->wake = (op & 128) != 0 ? fuzz_64(&input) : ch.ring.position << 1 | 1; break;
	case 7: peer->slot = (op >> 4) & 3; break;
	case 8: peer->slot = fuzz_32(&input); break;
	case 9:
		peer->cpu = fuzz_32(&input);
		peer->light = op >> 7;
		break;
	case 10: /* lines that belong to the other side */
		fuzz_bytes(&input, own, 16);
		own->wake = fuzz_64(&input);
		own->status = fuzz_32(&input);
		own->slot = fuzz_32(&input);
		break;
	case 11: /* bytes, such as the length of the next message */
	case 12:
		value = (op & 128) != 0 ? fuzz_64(&input) : fuzz_16(&input);
		at = (size_t)((peer->position + (op & 64 ? 0 : fuzz_16(&input))) & (CAPACITY - 1));
		memcpy(shadow + (at < CAPACITY - 8 ? at : at - 8), &value, sizeof value);
		break;
	case 13: /* a whole message, as svwrite stores it */
		value = op >> 4;
		at = (size_t)(peer->position & (CAPACITY - 8));
		memcpy(shadow + at, &value, sizeof value);
		peer->position += 8 + ((value + 7) & ~UINT64_C(7));
		break;
	default: break;
	}
}

/* The kernel. */
static int fail_with(int code)
{
	errno = code;
	return -1;
}

int semctl(int id, int number, int command, ...)
{
	uint8_t op;

	(void)id;
	(void)number;
	if (input.left == 0)
		return fail_with(EIDRM);
	if (command != GETVAL)
		return 0;
	op = fuzz_8(&input);
	return op < 192 ? op & 3 : op < 250 ? SV_WEIGHT + (op & 3) : op < 254 ? 32767 : fail_with(EIDRM);
}

int semtimedop(int id, struct sembuf *ops, size_t count, const struct timespec *limit)
{
	static const int ends[] = { 0, 0, 0, 0, 0, EINTR, EAGAIN, EIDRM };
	int code;

	(void)id;
	REQUIRE(limit == NULL || (limit->tv_sec >= 0 && limit->tv_nsec >= 0 && limit->tv_nsec < 1000000000));
	if (input.left == 0)
		return fail_with(EIDRM);
	if (count == 1 && ops[0].sem_op < 0 && (ops[0].sem_flg & IPC_NOWAIT) == 0)
		meddle();
	code = ends[fuzz_8(&input) & 7];
	return code == 0 || (code == EAGAIN && limit == NULL) ? 0 : fail_with(code);
}

int semop(int id, struct sembuf *ops, size_t count)
{
	return semtimedop(id, ops, count, NULL);
}

int flock(int fd, int operation)
{
	(void)fd;
	(void)operation;
	return 0;
}

static void check(int code)
{
	REQUIRE(code <= SV_OK && code >= SV_ETOOBIG);
	if (code != SV_OK && code != SV_END) {
		REQUIRE(sv_last_error(&ch)->code == code);
		REQUIRE(memchr(sv_last_error(&ch)->text, 0, sizeof sv_last_error(&ch)->text) != NULL);
	}
	REQUIRE(sv_ring_room(&ch.ring) <= CAPACITY);
}

static void check_grant(const void *data, size_t got)
{
	const unsigned char *at = data;

	REQUIRE(at >= ring && got <= CAPACITY && at + got <= ring + 2 * CAPACITY);
}

/* What may happen between a grant and its use. */
static void pass_time(void)
{
	uint8_t op = fuzz_8(&input);

	if ((op & 1) != 0)
		meddle();
	if ((op & 2) != 0)
		check(sv_check(&ch));
}

static int some_timeout(void)
{
	static const int choice[] = { -1, -1, 0, 1 };

	return choice[fuzz_8(&input) & 3];
}

static void write_bytes(void)
{
	size_t got = 0, want = 1 + fuzz_16(&input) % (CAPACITY + 1);
	void *data;
	int code = sv_reserve(&ch, want, &data, &got, some_timeout());

	check(code);
	if (code != SV_OK)
		return;
	REQUIRE(got >= want);
	check_grant(data, got);
	memset(data, 1, got);
	pass_time();
	check(sv_commit(&ch, fuzz_16(&input) % (got + 2)));
}

static void read_bytes(void)
{
	size_t got = 0, want = 1 + fuzz_16(&input) % (CAPACITY + 1);
	const void *data;
	int code = sv_peek(&ch, want, &data, &got, some_timeout());

	check(code);
	if (code != SV_OK)
		return;
	REQUIRE(got > 0 && got <= ch.ring.seen - ch.ring.position);
	check_grant(data, got);
	sink = *(const unsigned char *)data;
	sink = ((const unsigned char *)data)[got - 1];
	pass_time();
	check(sv_release(&ch, fuzz_16(&input) % (got + 2)));
}

static void write_message(void)
{
	static const unsigned char bytes[CAPACITY];
	size_t len = fuzz_16(&input) % (CAPACITY + 1);
	uint8_t how = fuzz_8(&input);
	void *data;
	int code;

	if ((how & 1) != 0) {
		check(sv_send(&ch, bytes, len, some_timeout()));
		return;
	}
	code = sv_msg_reserve(&ch, len, &data, some_timeout());
	check(code);
	if (code != SV_OK)
		return;
	REQUIRE(((uintptr_t)data & 7) == 0);
	check_grant(data, len);
	memset(data, 2, len);
	pass_time();
	len = len > 0 && (how & 2) != 0 ? len - fuzz_8(&input) % len : len;
	check((how & 4) != 0 ? sv_msg_stage(&ch, len) : sv_msg_commit(&ch, len));
	if ((how & 8) != 0)
		check(sv_msg_flush(&ch));
}

static void read_message(void)
{
	static unsigned char copy[64];
	size_t len = 0;
	const void *data;
	int code;

	if ((fuzz_8(&input) & 1) != 0) {
		code = sv_recv(&ch, copy, sizeof copy, &len, some_timeout());
		check(code);
		REQUIRE(code != SV_OK || len <= sizeof copy);
		return;
	}
	code = sv_msg_peek(&ch, &data, &len, some_timeout());
	check(code);
	if (code != SV_OK)
		return;
	check_grant(data, len);
	REQUIRE(len <= sv_msg_max(&ch) && len + 8 <= ch.ring.seen - ch.ring.position);
	if (len > 0) {
		sink = *(const unsigned char *)data;
		sink = ((const unsigned char *)data)[len - 1];
	}
	pass_time();
	check(sv_msg_release(&ch));
}

static struct sv_header header;

static void make_channel(void)
{
	uint8_t how = fuzz_8(&input);
	uint64_t start = (how & 16) == 0 ? 0 : -(uint64_t)8 * (fuzz_8(&input) + 1u);

	if (ring == NULL)
		map_ring();
	memset(&ch, 0, sizeof ch);
	memset(side, 0, sizeof side);
	memset(shadow, 0, CAPACITY);
	ch.role = (how & 1) != 0 ? SV_READER : SV_WRITER;
	ch.process = getpid();
	ch.flags = ((how & 2) != 0 ? SV_MESSAGES : 0u) | ((how & 4) != 0 ? SV_RESUME : 0u);
	ch.kind = (ch.role == SV_READER ? SV_KIND_READER : 0u) | ((how & 2) != 0 ? SV_KIND_MESSAGES : 0u);
	memset(&header, 0, sizeof header);
	ch.header = &header;
	ch.segment.id = ch.semid = ch.rv.fd = ch.rv.directory.fd = ch.rv.directory.top = -1;
	ch.segment.capacity = CAPACITY;
	side[SV_WRITER].position = side[SV_READER].position = start;
	side[ch.role].slot = SV_SLOT_ATTACHED;
	side[sv_other(ch.role)].slot = SV_SLOT_ATTACHED;
	sv_ring_init(&ch.ring, ch.role, side, ring, CAPACITY);
	ch.ring.light = (how & 8) != 0;
	sv_number_resume(&ch);
	sv_spin_init(&ch.spin, SV_WAIT_SLEEP);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	input = (struct fuzz_input){ data, size };
	make_channel();
	while (input.left > 0) {
		uint8_t op = fuzz_8(&input);

		if ((op & 15) < 8 && (ch.flags & SV_MESSAGES) != 0)
			ch.role == SV_WRITER ? write_message() : read_message();
		else if ((op & 15) < 8)
			ch.role == SV_WRITER ? write_bytes() : read_bytes();
		else if ((op & 15) < 12)
			meddle();
		else if ((op & 15) == 12)
			check(sv_wait_peer(&ch, some_timeout()));
		else if ((op & 15) == 13)
			(op & 16) != 0 ? check(sv_check(&ch)) : sv_interrupt(&ch);
		else if (op >= 0xe0)
			check((op & 1) != 0 ? sv_finish(&ch, some_timeout()) : sv_abort(&ch, op));
	}
	return 0;
}
