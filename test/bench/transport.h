/* SPDX-License-Identifier: MIT */
/*
 * transport.h - one way from one process to another, for messages that are produced and consumed in place.
 *
 * A transport says how to get room for a message, publish it, look at the next one and give it back.  From
 * these four TRANSPORT makes the loops that are measured, inlined, so that a transport of a few instructions
 * a message is not measured through a pointer.  A message of `size` bytes (a multiple of 8) with number k
 * holds the words k, k+1, ...; the consumer sums all of them and fails on a wrong sum.
 *
 * open and close run in the parent; attach, the loops and detach in the side's process.
 */
#ifndef BENCH_TRANSPORT_H
#define BENCH_TRANSPORT_H

#include "bench.h"
#include "svipc.h"

enum end { PRODUCER, CONSUMER };

struct transport;

struct link {
	const struct transport *transport;
	size_t size; /* bytes of a message */
	int number;  /* number of the link within a sample, for names */
	enum sv_wait wait;
	int pause;       /* pause instructions before a side looks at the other's position again */
	size_t capacity; /* bytes of a ring or a pipe */
	size_t block;    /* bytes that are published at once */
	void *state;
};

struct transport {
	bool (*open)(struct link *link);
	void (*attach)(struct link *link, enum end end);
	void (*produce)(struct link *link, uint64_t first, uint64_t n);
	void (*consume)(struct link *link, uint64_t first, uint64_t n);
	void (*ping)(struct link *there, struct link *back, uint64_t n);
	void (*pong)(struct link *there, struct link *back, uint64_t n);
	void (*detach)(struct link *link, enum end end);
	void (*close)(struct link *link);
};

extern const struct transport our_messages, our_batches, our_bytes;     /* ours.c */
extern const struct transport ring_messages, ring_batches, ck_messages; /* rings.c */
extern const struct transport pipe_messages, pipe_batches;              /* pipes.c */

/* Vectors of the compiler, so that filling and summing cost the same at every optimisation level; not for the
 * few words of a small message, where setting them up costs more than they save. */
#define VECTOR_WORDS 32
typedef uint64_t words4 __attribute__((vector_size(32), aligned(1), may_alias));
typedef uint64_t word1 __attribute__((may_alias));

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

struct operations {
	void *(*reserve)(struct link *link, size_t size);
	void (*commit)(struct link *link, size_t size);
	const void *(*peek)(struct link *link, size_t size);
	void (*release)(struct link *link, size_t size);
	void (*flush)(struct link *link); /* publish what commit may have held back; or NULL */
};

static inline __attribute__((always_inline)) void send_one(struct link *link, size_t size, uint64_t k,
                                                           const struct operations *op)
{
	message_fill(op->reserve(link, size), size, k);
	op->commit(link, size);
}

static inline __attribute__((always_inline)) void receive_one(struct link *link, size_t size, uint64_t k,
                                                              const struct operations *op)
{
	const void *data = op->peek(link, size);
	uint64_t n = size / 8;

	if (__builtin_expect(message_sum(data, size) != n * k + n * (n - 1) / 2, 0))
		side_fail("wrong data in message %llu", (unsigned long long)k);
	op->release(link, size);
}

/* Small sizes as constants, which is what a program with one type of message has. */
#define WITH_SIZE(bytes, loop) \
	switch (bytes) { \
	case 8: loop(8) break; \
	case 64: loop(64) break; \
	default: loop(bytes) break; \
	}
#define PRODUCE_LOOP(size) \
	for (uint64_t k = first; k < first + n; k++) \
		send_one(link, size, k, op);
#define CONSUME_LOOP(size) \
	for (uint64_t k = first; k < first + n; k++) \
		receive_one(link, size, k, op);

#define TRANSPORT(name, open_, attach_, detach_, close_, ...) \
	static const struct operations name##_operations = { __VA_ARGS__ }; \
	static void name##_produce(struct link *link, uint64_t first, uint64_t n) \
	{ \
		const struct operations *const op = &name##_operations; \
		WITH_SIZE(link->size, PRODUCE_LOOP) \
		if (op->flush != NULL) \
			op->flush(link); \
	} \
	static void name##_consume(struct link *link, uint64_t first, uint64_t n) \
	{ \
		const struct operations *const op = &name##_operations; \
		WITH_SIZE(link->size, CONSUME_LOOP) \
	} \
	static void name##_ping(struct link *there, struct link *back, uint64_t n) \
	{ \
		for (uint64_t k = 0; k < n; k++) { \
			send_one(there, 64, k, &name##_operations); \
			receive_one(back, 64, k, &name##_operations); \
		} \
	} \
	static void name##_pong(struct link *there, struct link *back, uint64_t n) \
	{ \
		for (uint64_t k = 0; k < n; k++) { \
			receive_one(there, 64, k, &name##_operations); \
			send_one(back, 64, k, &name##_operations); \
		} \
	} \
	const struct transport name = { open_,       attach_,     name##_produce, name##_consume, \
		                        name##_ping, name##_pong, detach_,        close_ }

#if defined __x86_64__ || defined __i386__
#define cpu_pause() __builtin_ia32_pause()
#elif defined __aarch64__
#define cpu_pause() __asm__ volatile("isb" ::: "memory")
#else
#define cpu_pause() __asm__ volatile("" ::: "memory")
#endif

#endif
