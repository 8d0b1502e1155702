/* SPDX-License-Identifier: MIT */
/*
 * transport.h - one way from one process to another, for messages that are produced and consumed in place.
 *
 * Each transport says how to get room for a message, publish it, look at the next one and give it back.
 * From these four, TRANSPORT_LOOPS makes the loops that are measured, inlined, so that a transport of a few
 * instructions per message is not measured through a pointer.  A message of `size` bytes (a multiple of 8)
 * with number k holds the words k, k+1, ...; the consumer sums what it got and fails on a wrong sum.
 *
 * open and close run in the parent, before and after; attach, the loops and detach in the side's process.
 */
#ifndef TRANSPORT_H
#define TRANSPORT_H

#include <errno.h>
#include <string.h>

#include "bench.h"

enum end { PRODUCER = 0, CONSUMER = 1 };
/* Auto: as the transport likes; spin: awake; sleep: in the kernel. */
enum wait { WAIT_AUTO, WAIT_SPIN, WAIT_SLEEP };

struct transport;

struct link {
	const struct transport *transport;
	size_t size; /* bytes of one message */
	enum wait wait;
	int number; /* of the links of one run, for names */
	void *state;
};

struct transport {
	const char *name;
	enum kind kind;
	bool batch;
	bool spins; /* never sleeps, whatever is asked for */
	bool ring;  /* memory of ring_capacity() that is to be touched before the clock starts */
	const char *(*absent)(size_t size); /* why it cannot carry such messages here, or NULL */
	const char *(*open)(struct link *link);
	void (*attach)(struct link *link, enum end end);
	void (*produce)(struct link *link, uint64_t first, uint64_t n);
	void (*consume)(struct link *link, uint64_t first, uint64_t n);
	void (*ping)(struct link *there, struct link *back, uint64_t n);
	void (*pong)(struct link *there, struct link *back, uint64_t n);
	void (*detach)(struct link *link, enum end end);
	void (*close)(struct link *link);
};

extern const struct transport svipc_messages, svipc_batches, svipc_bytes, svipc_blocks; /* ours.c */
extern const struct transport yardstick;                                                /* yardstick.c */
extern const struct transport pipe_plain, pipe_large, pipe_buffered, pipe_vmsplice;     /* peer_pipe.c */
extern const struct transport unix_stream, unix_seqpacket;                              /* peer_socket.c */
extern const struct transport sysv_queue, posix_queue;                                  /* peer_queue.c */
extern const struct transport posix_semaphores, sysv_lockstep;                          /* peer_shm.c */
extern const struct transport ck_slots;                                                 /* peer_ck.c */
extern const struct transport zeromq;                                                   /* peer_zmq.c */
extern const struct transport bare_lines, bare_semop; /* bare.c: round trips only */

/* One measurement: messages per second (or round trips per second) between two processes. */
struct trial {
	const struct transport *transport;
	size_t size;
	enum wait wait;
	bool roundtrip;
	const int *cpu;
	uint64_t n, warm; /* messages counted, and sent before */
};

struct sample {
	double seconds, cpu;
};

bool trial_run(const struct trial *trial, struct sample *sample, char *why, size_t why_size);
/* Choose n so that a run lasts about settings.trial seconds. */
bool trial_calibrate(struct trial *trial, char *why, size_t why_size);

/* Bytes of a ring for messages of that size: what the library chooses, or room for two and a bit. */
size_t ring_capacity(size_t size);
/* The same as a number of slots, of which more than 4,096 help nobody. */
size_t slot_count(size_t size);
/* Memory that both sides see; fails the side or, in the parent, returns NULL. */
void *shared_memory(size_t size);

/* Vectors of the compiler, so that filling and summing cost the same at every optimisation level; not for the
   few words of a small message, where setting them up costs more than they save. */
#define VECTOR_WORDS 32
typedef uint64_t words4 __attribute__((vector_size(32), aligned(1), may_alias));
/* Not every transport (ZeroMQ) hands out messages that are aligned. */
typedef uint64_t word1 __attribute__((aligned(1), may_alias));

static inline __attribute__((always_inline)) void message_fill(void *data, size_t size, uint64_t k)
{
	word1 *word = data;
	size_t n = size / 8, i = 0;

	if (n >= VECTOR_WORDS) {
		words4 value = { k, k + 1, k + 2, k + 3 };

		for (; i + 4 <= n; i += 4) {
			*(words4 *)(void *)(word + i) = value;
			value += 4;
		}
	}
#pragma GCC unroll 8
	for (; i < n; i++)
		word[i] = k + i;
}

static inline __attribute__((always_inline)) uint64_t message_sum(const void *data, size_t size)
{
	const word1 *word = data;
	size_t n = size / 8, i = 0;
	uint64_t sum = 0;

	if (n >= VECTOR_WORDS) {
		words4 a = { 0, 0, 0, 0 }, b = { 0, 0, 0, 0 };

		for (; i + 8 <= n; i += 8) {
			a += *(const words4 *)(const void *)(word + i);
			b += *(const words4 *)(const void *)(word + i + 4);
		}
		for (; i + 4 <= n; i += 4)
			a += *(const words4 *)(const void *)(word + i);
		a += b;
		sum = a[0] + a[1] + a[2] + a[3];
	}
#pragma GCC unroll 8
	for (; i < n; i++)
		sum += word[i];
	return sum;
}

static inline uint64_t message_expected(size_t size, uint64_t k)
{
	uint64_t n = size / 8;

	return n * k + n * (n - 1) / 2;
}

struct operations {
	void *(*reserve)(struct link *link, size_t size);
	void (*commit)(struct link *link, size_t size);
	const void *(*peek)(struct link *link, size_t size);
	void (*release)(struct link *link, size_t size);
	void (*flush)(struct link *link); /* publish what commit may have held back; or NULL */
};

static inline __attribute__((always_inline)) void loop_send(struct link *link, size_t size, uint64_t k,
                                                            const struct operations *op)
{
	message_fill(op->reserve(link, size), size, k);
	op->commit(link, size);
}

static inline __attribute__((always_inline)) void loop_receive(struct link *link, size_t size, uint64_t k,
                                                               const struct operations *op)
{
	const void *data = op->peek(link, size);

	if (__builtin_expect(message_sum(data, size) != message_expected(size, k), 0))
		side_fail("wrong data in message %llu", (unsigned long long)k);
	op->release(link, size);
}

/* Small sizes as constants, which is what a program with one type of message has. */
#define WITH_SIZE(size, body) \
	switch (size) { \
	case 8: body(8); break; \
	case 64: body(64); break; \
	default: body(size); \
	}

#define TRANSPORT_LOOPS(name, ...) \
	static const struct operations name##_operations = { __VA_ARGS__ }; \
	static void name##_produce(struct link *link, uint64_t first, uint64_t n) \
	{ \
		const struct operations *const op = &name##_operations; \
		const size_t bytes = link->size; \
		WITH_SIZE(bytes, PRODUCE_LOOP) \
		if (op->flush) \
			op->flush(link); \
	} \
	static void name##_consume(struct link *link, uint64_t first, uint64_t n) \
	{ \
		const struct operations *const op = &name##_operations; \
		const size_t bytes = link->size; \
		WITH_SIZE(bytes, CONSUME_LOOP) \
	} \
	static void name##_ping(struct link *there, struct link *back, uint64_t n) \
	{ \
		const struct operations *const op = &name##_operations; \
		const size_t bytes = there->size; \
		WITH_SIZE(bytes, PING_LOOP) \
	} \
	static void name##_pong(struct link *there, struct link *back, uint64_t n) \
	{ \
		const struct operations *const op = &name##_operations; \
		const size_t bytes = there->size; \
		WITH_SIZE(bytes, PONG_LOOP) \
	}

#define PRODUCE_LOOP(size) \
	for (uint64_t k = first; k < first + n; k++) \
	loop_send(link, size, k, op)
#define CONSUME_LOOP(size) \
	for (uint64_t k = first; k < first + n; k++) \
	loop_receive(link, size, k, op)
#define PING_LOOP(size) \
	for (uint64_t k = 0; k < n; k++) { \
		loop_send(there, size, k, op); \
		if (op->flush) \
			op->flush(there); \
		loop_receive(back, size, k, op); \
	}
#define PONG_LOOP(size) \
	for (uint64_t k = 0; k < n; k++) { \
		loop_receive(there, size, k, op); \
		loop_send(back, size, k, op); \
		if (op->flush) \
			op->flush(back); \
	}

/* The loops' members of a transport. */
#define LOOPS_OF(name) \
	.produce = name##_produce, .consume = name##_consume, .ping = name##_ping, .pong = name##_pong

#if defined(__x86_64__) || defined(__i386__)
#define cpu_pause() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define cpu_pause() __asm__ volatile("isb" ::: "memory")
#else
#define cpu_pause() __asm__ volatile("" ::: "memory")
#endif

#endif
