/* SPDX-License-Identifier: MIT */
/*
 * events_cost - what an event loop costs compared with calls that wait: `events_cost [SECONDS]`.
 *
 * Rate: one process sends messages as fast as it can, the other receives them, in calls that wait (spinning
 * first, or asleep at once) or in a loop of ask, poll, call.  Latency: a message and its answer, over two
 * channels.  The three ways take turns, five times; the medians are printed.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "../unit/pair.h"

#define TURNS 5

static double seconds = 1;

enum way { WAITING, ASLEEP, EVENTS };

static sv_channel *open_one(const char *name, enum sv_role role, enum way way)
{
	struct sv_options options = SV_OPTIONS_INIT;
	struct sv_error error = SV_ERROR_INIT;
	sv_channel *ch;

	options.name = name;
	options.flags = SV_MESSAGES;
	options.wait = way == ASLEEP ? SV_WAIT_SLEEP : SV_WAIT_AUTO;
	if (sv_open(&ch, role, &options, -1, &error) != SV_OK) {
		fprintf(stderr, "events_cost: %s\n", error.text);
		exit(1);
	}
	return ch;
}

/* Receive the next message in the chosen way. */
static int take(sv_channel *ch, enum way way, int fd)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	const void *data;
	size_t length;
	int code = sv_msg_peek(ch, &data, &length, way == EVENTS ? 0 : -1);

	while (code == SV_EAGAIN) {
		must(sv_event_ask(ch, 1) == SV_OK && poll(&ready, 1, -1) == 1);
		code = sv_msg_peek(ch, &data, &length, 0);
	}
	return code == SV_OK ? sv_msg_release(ch) : code;
}

static int events_of(sv_channel *ch, enum way way)
{
	int fd = -1;

	must(way != EVENTS || sv_event_fd(ch, &fd) == SV_OK);
	return fd;
}

/* Messages a second. */
static double rate(size_t size, enum way way)
{
	static char text[4096];
	sv_channel *ch;
	double count = 0;
	int64_t start;
	pid_t child = fork();
	int fd;

	must(child != -1);
	if (child == 0) {
		ch = open_one("rate", SV_WRITER, way);
		must(sv_wait_peer(ch, -1) == SV_OK);
		start = sv_now();
		while (sv_now() - start < (int64_t)(seconds * 1e9))
			must(sv_send(ch, text, size, -1) == SV_OK);
		must(sv_finish(ch, -1) == SV_OK && sv_close(ch) == SV_OK);
		_exit(0);
	}
	ch = open_one("rate", SV_READER, way);
	fd = events_of(ch, way);
	must(sv_wait_peer(ch, -1) == SV_OK);
	start = sv_now();
	while (take(ch, way, fd) == SV_OK)
		count++;
	count /= (double)(sv_now() - start) / 1e9;
	must(sv_finish(ch, -1) == SV_OK && sv_close(ch) == SV_OK && waitpid(child, NULL, 0) == child);
	return count;
}

/* Microseconds from a message to its answer. */
static double latency(enum way way)
{
	sv_channel *there, *back;
	const int rounds = (int)(seconds * 4000);
	int64_t start;
	pid_t child = fork();
	int i, fd;

	must(child != -1);
	if (child == 0) {
		there = open_one("there", SV_READER, way);
		back = open_one("back", SV_WRITER, way);
		fd = events_of(there, way);
		while (take(there, way, fd) == SV_OK)
			must(sv_send(back, "pong", 4, -1) == SV_OK);
		must(sv_finish(there, -1) == SV_OK && sv_finish(back, -1) == SV_OK);
		must(sv_close(there) == SV_OK && sv_close(back) == SV_OK);
		_exit(0);
	}
	there = open_one("there", SV_WRITER, way);
	back = open_one("back", SV_READER, way);
	fd = events_of(back, way);
	must(sv_wait_peer(there, -1) == SV_OK && sv_wait_peer(back, -1) == SV_OK);
	start = sv_now();
	for (i = 0; i < rounds; i++)
		must(sv_send(there, "ping", 4, -1) == SV_OK && take(back, way, fd) == SV_OK);
	start = sv_now() - start;
	must(sv_finish(there, -1) == SV_OK && take(back, way, fd) == SV_END);
	must(sv_finish(back, -1) == SV_OK && sv_close(there) == SV_OK && sv_close(back) == SV_OK);
	must(waitpid(child, NULL, 0) == child);
	return (double)start / 1e3 / rounds;
}

static int order(const void *a, const void *b)
{
	return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

static void show(const char *what, double value[3][TURNS])
{
	int way;

	printf("%-28s", what);
	for (way = WAITING; way <= EVENTS; way++) {
		qsort(value[way], TURNS, sizeof **value, order);
		printf(" %12.1f", value[way][TURNS / 2]);
	}
	putchar('\n');
}

int main(int argc, char **argv)
{
	double small[3][TURNS], large[3][TURNS], trip[3][TURNS];
	int turn, way;

	if (argc > 1)
		seconds = atof(argv[1]);
	own_directory();
	for (turn = 0; turn < TURNS; turn++) {
		for (way = WAITING; way <= EVENTS; way++) {
			small[way][turn] = rate(64, (enum way)way) / 1e3;
			large[way][turn] = rate(4096, (enum way)way) / 1e3;
			trip[way][turn] = latency((enum way)way);
		}
	}
	printf("%-28s %12s %12s %12s\n", "", "waiting", "asleep", "events");
	show("64 B, thousand/s", small);
	show("4096 B, thousand/s", large);
	show("there and back, us", trip);
	return directory_is_empty() ? 0 : 1;
}
