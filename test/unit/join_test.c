/* SPDX-License-Identifier: MIT */
/* How svread -f joins a channel again and again: it reports once why that fails. */
#include <string.h>

#include "common/messages.h"
#include "pair.h"
#include "transfer/join.h"

static sv_channel *writer_of(unsigned flags)
{
	struct sv_options options = options_of(flags, 65536);

	return open_side(SV_WRITER, &options);
}

static void refuses(struct cli_transfer *t, bool reported, const char *what)
{
	cli_forget_failure();
	ok(cli_transfer_open(t) == CLI_BUSY && t->refused == SV_EMODE && t->ch == NULL &&
	           (*cli_last_failure() != '\0') == reported,
	   "%s", what);
}

int main(void)
{
	struct cli_transfer t;
	sv_channel *writer;

	own_directory();
	cli_transfer_init(&t, SV_READER);
	t.options.name = "unit";
	writer = writer_of(SV_MESSAGES);
	refuses(&t, true, "a writer of another kind is reported");
	refuses(&t, false, "but only once");
	must(sv_close(writer) == SV_OK);
	writer = writer_of(0);
	is(cli_transfer_open(&t), CLI_OK, "a writer of the same kind is joined");
	is(t.block, 65536 / 4, "a reader takes a quarter of the ring at a time");
	is(cli_transfer_close(&t, CLI_OK), CLI_OK, "it is left");
	ok(t.ch == NULL, "and not used any more");
	must(sv_close(writer) == SV_OK);
	writer = writer_of(SV_MESSAGES);
	refuses(&t, true, "after that another one is reported again");
	must(sv_close(writer) == SV_OK);
	t.role = SV_WRITER;
	t.options.capacity = 65536;
	is(cli_transfer_open(&t), CLI_OK, "a channel is made");
	is(t.block, 65536 / 2, "a writer fills half of the ring at a time");
	must(sv_close(t.ch) == SV_OK);
	ok(directory_is_empty(), "the directory is empty");
	return tap_done();
}
