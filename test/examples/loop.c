/* SPDX-License-Identifier: MIT */
/*
 * Two channels and a socket in one loop: `loop NAME NAME SOCKET` counts the bytes that come through both
 * channels.  It tells the counts to each client that connects to the UNIX socket meanwhile; `loop ask SOCKET`
 * is such a client and prints them.
 *
 * Only poll(2) waits here.  For each channel the loop asks for data, polls, and then reads without waiting.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <svipc.h>

struct input {
	const char *name;
	sv_channel *ch;
	unsigned long long count;
	int done;
};

static int fail(const char *what)
{
	fprintf(stderr, "loop: %s: %s\n", what, strerror(errno));
	return 1;
}

static int open_socket(const char *path, int (*use)(int, const struct sockaddr *, socklen_t))
{
	struct sockaddr_un address;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memset(&address, 0, sizeof address);
	address.sun_family = AF_UNIX;
	if (fd == -1 || strlen(path) >= sizeof address.sun_path)
		return -1;
	strcpy(address.sun_path, path);
	return use(fd, (const struct sockaddr *)&address, sizeof address) == 0 ? fd : -1;
}

static int ask(const char *path)
{
	char text[200];
	ssize_t n;
	int fd = open_socket(path, connect);

	if (fd == -1)
		return fail(path);
	while ((n = read(fd, text, sizeof text)) > 0)
		if (write(STDOUT_FILENO, text, (size_t)n) != n)
			return fail("standard output");
	close(fd);
	return n == 0 ? 0 : fail(path);
}

static void answer(int listener, const struct input input[2])
{
	char text[200];
	int fd = accept(listener, NULL, NULL);
	int n = snprintf(text, sizeof text, "%.64s %llu, %.64s %llu\n", input[0].name, input[0].count,
	                 input[1].name, input[1].count);

	if (fd == -1)
		return;
	/* MSG_NOSIGNAL: a client that is gone already must not end this program. */
	(void)send(fd, text, (size_t)n, MSG_NOSIGNAL);
	close(fd);
}

/*
 * Take what is there now and ask for more; only once, so that a fast writer does not keep the others waiting.
 * SV_OK also at the end.
 */
static int serve(struct input *input)
{
	const void *data;
	size_t got;
	int code = sv_peek(input->ch, 1, &data, &got, 0);

	if (code == SV_OK) {
		input->count += got;
		code = sv_release(input->ch, got);
	} else if (code == SV_END) {
		input->done = 1;
		return sv_finish(input->ch, 0);
	}
	return code == SV_OK || code == SV_EAGAIN ? sv_event_ask(input->ch, 1) : code;
}

static int run(struct input input[2], int listener)
{
	struct pollfd ready[3];
	int i, code;

	ready[2].fd = listener;
	ready[2].events = POLLIN;
	for (i = 0; i < 2; i++) {
		ready[i].events = POLLIN;
		if (sv_event_fd(input[i].ch, &ready[i].fd) != SV_OK ||
		    sv_event_ask(input[i].ch, 1) != SV_OK) {
			fprintf(stderr, "loop: %s\n", sv_last_error(input[i].ch)->text);
			return 1;
		}
	}
	while (!input[0].done || !input[1].done) {
		if (poll(ready, 3, -1) == -1 && errno != EINTR)
			return fail("poll");
		if ((ready[2].revents & POLLIN) != 0)
			answer(listener, input);
		for (i = 0; i < 2; i++) {
			if ((ready[i].revents & POLLIN) == 0)
				continue;
			code = serve(&input[i]);
			if (code != SV_OK) {
				fprintf(stderr, "loop: %s\n", sv_last_error(input[i].ch)->text);
				return 1;
			}
			if (input[i].done)
				ready[i].fd = -1;
		}
	}
	printf("%s %llu, %s %llu\n", input[0].name, input[0].count, input[1].name, input[1].count);
	return 0;
}

int main(int argc, char **argv)
{
	struct sv_options options = SV_OPTIONS_INIT;
	struct sv_error error = SV_ERROR_INIT;
	struct input input[2];
	int i, listener, status;

	if (argc == 3 && strcmp(argv[1], "ask") == 0)
		return ask(argv[2]);
	if (argc != 4) {
		fprintf(stderr, "usage: loop NAME NAME SOCKET | loop ask SOCKET\n");
		return 2;
	}
	memset(input, 0, sizeof input);
	for (i = 0; i < 2; i++) {
		options.name = input[i].name = argv[1 + i];
		if (sv_open(&input[i].ch, SV_READER, &options, -1, &error) != SV_OK) {
			fprintf(stderr, "loop: %s\n", error.text);
			sv_close(input[0].ch);
			return 1;
		}
	}
	listener = open_socket(argv[3], bind);
	status = listener == -1 || listen(listener, 8) == -1 ? fail(argv[3]) : run(input, listener);
	for (i = 0; i < 2; i++)
		if (sv_close(input[i].ch) != SV_OK)
			status = 1;
	unlink(argv[3]);
	return status;
}
