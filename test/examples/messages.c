/* SPDX-License-Identifier: MIT */
/*
 * Whole messages produced and consumed in place: `messages w NAME COUNT` sends samples, `messages r NAME`
 * adds them up.
 *
 * No copy is made: the writer fills a struct inside the segment, the reader reads that very struct.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <svipc.h>

struct sample {
	uint64_t number;
	double value;
};

/* A batch of messages is published in one step; a single message is published by its own commit. */
#define BATCH 64

static int produce(sv_channel *ch, uint64_t count)
{
	struct sample *sample;
	void *place;
	uint64_t i;
	int code = SV_OK;

	for (i = 1; i <= count && code == SV_OK; i++) {
		code = sv_msg_reserve(ch, sizeof *sample, &place, -1);
		if (code != SV_OK)
			break;
		sample = place;
		sample->number = i;
		sample->value = (double)i / 2;
		code = i % BATCH == 0 ? sv_msg_commit(ch, sizeof *sample) : sv_msg_stage(ch, sizeof *sample);
	}
	/* sv_finish() publishes what is still staged and waits until the reader has processed it. */
	return code == SV_OK ? sv_finish(ch, -1) : code;
}

static int consume(sv_channel *ch)
{
	const struct sample *sample;
	const void *place;
	uint64_t count = 0;
	double sum = 0;
	size_t length;
	int code;

	while ((code = sv_msg_peek(ch, &place, &length, -1)) == SV_OK) {
		sample = place;
		/* What the other side sends is checked like any input. */
		if (length == sizeof *sample) {
			count++;
			sum += sample->value;
		}
		code = sv_msg_release(ch);
		if (code != SV_OK)
			return code;
	}
	if (code != SV_END)
		return code;
	printf("%" PRIu64 " samples, sum %.1f\n", count, sum);
	return sv_finish(ch, -1);
}

int main(int argc, char **argv)
{
	struct sv_options options = SV_OPTIONS_INIT;
	struct sv_error error = SV_ERROR_INIT;
	sv_channel *ch;
	int writes = argc == 4 && strcmp(argv[1], "w") == 0, code;

	if (!writes && (argc != 3 || strcmp(argv[1], "r") != 0)) {
		fprintf(stderr, "usage: messages w NAME COUNT | messages r NAME\n");
		return 2;
	}
	options.name = argv[2];
	options.flags = SV_MESSAGES;
	if (sv_open(&ch, writes ? SV_WRITER : SV_READER, &options, -1, &error) != SV_OK) {
		fprintf(stderr, "messages: %s\n", error.text);
		return 1;
	}
	code = writes ? produce(ch, strtoull(argv[3], NULL, 10)) : consume(ch);
	if (code != SV_OK)
		fprintf(stderr, "messages: %s\n", sv_last_error(ch)->text);
	/* Closing without sv_finish() tells the peer that the transfer was cut short. */
	return sv_close(ch) == SV_OK && code == SV_OK ? 0 : 1;
}
