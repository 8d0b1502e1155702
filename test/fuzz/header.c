/* SPDX-License-Identifier: MIT */
/*
 * header.c - the judgement of a header before anything in it is believed, on arbitrary bytes.
 *
 * The header lies in memory of exactly its size, so that a look beyond it is found.  Half of the inputs are
 * laid over a header that is right, to get past its magic.
 */
#include "channel/channel.h"
#include "fuzz.h"

static void make_valid(struct sv_header *header, const struct sv_rendezvous *rv)
{
	header->magic = SV_MAGIC;
	header->format = SV_FORMAT;
	header->ready = SV_READY;
	header->header_size = sv_segment_header_size();
	header->capacity = sv_segment_header_size();
	header->device = rv->device;
	header->inode = rv->inode;
	header->project = (uint32_t)rv->project;
	header->key = (uint32_t)rv->key;
	memcpy(header->path, "/dev/shm/x", sizeof "/dev/shm/x");
}

static void look(const struct sv_header *header, struct fuzz_input *input)
{
	struct sv_sem_facts sem = { .count = SV_SEM_COUNT };
	enum sv_presence presence;
	int role;

	for (role = 0; role < 2; role++) {
		sem.value[0] = fuzz_16(input) & 0x7fff;
		sem.value[1] = fuzz_16(input) & 0x7fff;
		presence = sv_presence_of(header, &sem, (enum sv_role)role);
		REQUIRE(presence == SV_NEVER_CAME || presence == SV_PRESENT || presence == SV_HAS_GONE);
		if (presence == SV_PRESENT)
			REQUIRE(sem.value[role == SV_WRITER ? SV_SEM_DATA : SV_SEM_SPACE] < SV_GONE);
	}
	if (sv_header_of_use(header))
		REQUIRE((header->flags & SV_KEPT) != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sv_rendezvous rv;
	struct fuzz_input input = { data, size };
	struct sv_header *header = aligned_alloc(SV_LINE, sizeof *header);
	unsigned char *bytes = (unsigned char *)header;
	uint8_t how = fuzz_8(&input);
	uint64_t segment = (how & 4) != 0 ? fuzz_64(&input) : 2 * sv_segment_header_size();
	size_t i, offset, length;
	enum sv_trust trust;

	REQUIRE(header != NULL);
	rv.device = 0x19;
	rv.inode = 0x1234;
	rv.project = SV_PROJECT_DEFAULT;
	rv.key = 0x53191234;
	memset(header, 0, sizeof *header);
	if ((how & 1) != 0) {
		make_valid(header, &rv);
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
	trust = sv_header_judge(header, segment, (how & 2) != 0 ? &rv : NULL);
	switch (trust) {
	case SV_TRUST_OK:
		REQUIRE(header->magic == SV_MAGIC && header->format == SV_FORMAT);
		REQUIRE(header->header_size + header->capacity == segment);
		REQUIRE((header->capacity & (header->capacity - 1)) == 0 &&
		        header->capacity >= header->header_size);
		REQUIRE(memchr(header->path, 0, sizeof header->path) != NULL);
		REQUIRE(memchr(header->name, 0, sizeof header->name) != NULL);
		input = (struct fuzz_input){ data, size };
		look(header, &input);
		break;
	case SV_TRUST_FOREIGN:
	case SV_TRUST_UNREADY:
	case SV_TRUST_CORRUPT: break;
	default: REQUIRE(!"a known judgement");
	}
	free(header);
	return 0;
}
