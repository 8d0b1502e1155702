/* SPDX-License-Identifier: MIT */
/* A reader never sees a message before all of its bytes: it looks when the copy is half-way. */
#include <setjmp.h>
#include <sys/mman.h>

#include "pair.h"

static sigjmp_buf amid;

static void fault(int number)
{
	(void)number;
	siglongjmp(amid, 1);
}

int main(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), len;
	struct sigaction action = { .sa_handler = fault };
	const void *data;
	struct pair pair;
	char *text;

	own_directory();
	pair = open_pair(SV_MESSAGES, 65536);
	must(sv_wait_peer(pair.writer, 0) == SV_OK && sv_wait_peer(pair.reader, 0) == SV_OK);
	/* Its second page cannot be read, so the copy stops there. */
	text = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	must(text != MAP_FAILED && mprotect(text + page, page, PROT_NONE) == 0);
	must(sigaction(SIGSEGV, &action, NULL) == 0);
	if (sigsetjmp(amid, 1) == 0) {
		sv_send(pair.writer, text, 2 * page, 0);
		ok(false, "the copy is stopped half-way");
	} else {
		ok(true, "the copy is stopped half-way");
		is(sv_msg_peek(pair.reader, &data, &len, 0), SV_EAGAIN,
		   "the reader sees nothing of the message");
	}
	must(sv_send(pair.writer, "whole", 5, 0) == SV_OK);
	is(sv_msg_peek(pair.reader, &data, &len, 0), SV_OK, "the next one is seen");
	ok(len == 5 && memcmp(data, "whole", 5) == 0, "and is whole");
	close_pair(&pair);
	ok(directory_is_empty(), "nothing is left");
	return tap_done();
}
