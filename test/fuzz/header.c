/* SPDX-License-Identifier: MIT */
/*
 * header.c - the judgement of a header before anything in it is believed, on arbitrary bytes.
 *
 * The header lies in memory of exactly its size, so that a look beyond it is found.  Half of the inputs are
 * laid over a header that is right, to get past its magic.
 */
#include "channel/channel.h"
#include "fuzz.h"

static void make_valid(struct sv_header *header)
{
	header->magic = SV_MAGIC;
	header->format = SV_FORMAT;
	header->ready = SV_READY;
	header->header_size = sv_segment_header_size();
	header->capacity = sv_segment_header_size();
	header->generation = 0x1234567890;
	header->device = 0x19;
	header->inode = 0x1234;
	header->project = SV_PROJECT_DEFAULT;
	header->key = 0x53191234;
	memcpy(header->path, "/dev/shm/x", sizeof "/dev/shm/x");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	struct sv_header *header = aligned_alloc(SV_LINE, sizeof *header);
	unsigned char *bytes = (unsigned char *)header;
	uint8_t how = fuzz_8(&input);
	uint64_t segment = (how & 4) != 0 ? fuzz_64(&input) : 2 * sv_segment_header_size();
	size_t i, offset, length;
	enum sv_trust trust;

	REQUIRE(header != NULL);
	memset(header, 0, sizeof *header);
	if ((how & 1) != 0) {
		make_valid(header);
		/* Patches: where, how long, what. */
		while (input.left > 0) {
			offset = fuzz_16(&input) % sizeof *header;
			length = fuzz_8(&input) % 9;
			for (i = 0; i < length && offset + i < sizeof *header; i++)
				bytes[offset + i] = fuzz_8(&input);
		}
	} else {
		fuzz_bytes(&input, header, sizeof *header);
	}
	trust = sv_header_judge(header, segment);
	switch (trust) {
	case SV_TRUST_OK:
		REQUIRE(header->magic == SV_MAGIC && header->format == SV_FORMAT);
		REQUIRE(header->header_size + header->capacity == segment);
		REQUIRE((header->capacity & (header->capacity - 1)) == 0 &&
		        header->capacity >= header->header_size);
		REQUIRE(memchr(header->path, 0, sizeof header->path) != NULL);
		REQUIRE(memchr(header->name, 0, sizeof header->name) != NULL);
		for (i = 0; i < 2; i++)
			REQUIRE(header->side[i].slot <= SV_SLOT_LEFT);
		break;
	case SV_TRUST_FOREIGN:
	case SV_TRUST_UNREADY:
	case SV_TRUST_VERSION:
	case SV_TRUST_CORRUPT: break;
	default: REQUIRE(!"a known judgement");
	}
	free(header);
	return 0;
}
