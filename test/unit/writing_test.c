/* SPDX-License-Identifier: MIT */
/* A block that is read or written by the programs: what counts as moved when a signal or a failure comes. */
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "common/messages.h"
#include "common/signals.h"
#include "pair.h"
#include "transfer/files.h"

static struct cli_transfer transfer;

static ssize_t write_to(int fd)
{
	return cli_write(&transfer, fd, "12345", 5);
}

static ssize_t read_from(int fd)
{
	char text[8];

	return cli_read(&transfer, fd, text, sizeof text);
}

int main(void)
{
	int ends[2];

	cli_transfer_init(&transfer, SV_READER);
	must(pipe(ends) == 0);
	is(write_to(ends[1]), 5, "a block is written");
	is(read_from(ends[0]), 5, "and read");
	is(write_to(-1), -1, "a write may fail");
	is(errno, EBADF, "for a reason");
	is(read_from(-1), -1, "so may a read");
	is(errno, EBADF, "for a reason");
	cli_signal = SIGINT;
	is(write_to(ends[1]), 0, "after a signal nothing is written");
	is(read_from(ends[0]), 0, "or read");
	must(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
	is(read(ends[0], &(char){ 0 }, 1), -1, "indeed");
	is(transfer.stop, CLI_FAILED, "and the transfer has failed");
	return tap_done();
}
