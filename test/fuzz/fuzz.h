/* SPDX-License-Identifier: MIT */
/* fuzz.h - what the harnesses share: taking values from the fuzzer's bytes, and a check that cannot be
 * compiled out. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUIRE(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); \
			abort(); \
		} \
	} while (0)

/* The rest of the fuzzer's bytes.  Taking beyond the end gives zeros. */
struct fuzz_input {
	const uint8_t *data;
	size_t left;
};

static inline void fuzz_bytes(struct fuzz_input *input, void *to, size_t size)
{
	size_t n = size < input->left ? size : input->left;

	memset(to, 0, size);
	if (n > 0)
		memcpy(to, input->data, n);
	input->data += n;
	input->left -= n;
}

static inline uint8_t fuzz_8(struct fuzz_input *input)
{
	uint8_t value;

	fuzz_bytes(input, &value, sizeof value);
	return value;
}

static inline uint16_t fuzz_16(struct fuzz_input *input)
{
	uint16_t value;

	fuzz_bytes(input, &value, sizeof value);
	return value;
}

static inline uint32_t fuzz_32(struct fuzz_input *input)
{
	uint32_t value;

	fuzz_bytes(input, &value, sizeof value);
	return value;
}

static inline uint64_t fuzz_64(struct fuzz_input *input)
{
	uint64_t value;

	fuzz_bytes(input, &value, sizeof value);
	return value;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
