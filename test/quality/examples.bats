#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The examples of the library do what their first comments say, also with the programs as their peers.

load ../lib/common

setup() {
	sv_setup
	PATH=$SVIPC_BUILD/test/examples:$PATH
}

@test "bytes: a stream arrives, and the other side reports an error" {
	random_file data 300K
	spawn reader bytes r example
	run_logged bash -c 'bytes w example <data'
	assert_status 0
	ends_well reader
	cmp data reader.out
	spawn reader svread -c example -o copy
	run_logged bash -c 'bytes w example <data'
	assert_status 0
	ends_well reader
	assert_same_file data copy
	spawn reader bash -c 'bytes r example >/dev/full'
	run_logged bash -c 'bytes w example <data'
	assert_status 1
	assert_output_has 'No space left on device'
	reap reader
	assert_status 1
	assert_nothing_left
}

@test "messages: samples are added up in place" {
	spawn reader messages r example
	run_logged messages w example 1000
	assert_status 0
	ends_well reader
	assert_output '1000 samples, sum 250250.0'
	assert_nothing_left
}

@test "loop: two channels and a socket are served at once" {
	random_file first 3M
	spawn loop loop one two socket
	wait_until '[ -S socket ]'
	run_logged loop ask socket
	assert_status 0
	assert_output 'one 0, two 0'
	# One writer stays, another one comes and goes meanwhile.
	mkfifo slow
	spawn slow svwrite -q -c one slow
	exec 5>slow
	printf 12345 >&5
	wait_until '[ "$(loop ask socket)" = "one 5, two 0" ]'
	run_logged svwrite -q -c two first
	assert_status 0
	run_logged loop ask socket
	assert_output 'one 5, two 3145728'
	exec 5>&-
	ends_well slow
	ends_well loop
	assert_output 'one 5, two 3145728'
	assert_nothing_left
}

@test "loop: a writer that is killed ends it with the reason" {
	mkfifo slow
	spawn loop loop one two socket
	spawn slow svwrite -q -c one slow
	exec 5>slow
	printf 12345 >&5
	wait_until '[ "$(loop ask socket 2>/dev/null)" = "one 5, two 0" ]'
	kill -KILL "${pid[slow]}"
	exec 5>&-
	reap slow
	reap loop
	assert_status 1
	assert_stderr_has "the writer (pid ${pid[slow]}) died"
	assert_nothing_left
}

@test "worker: each job runs in its own process, and its end is the end of the transfer" {
	local i
	for i in 1 2 3 4 5; do echo "echo job $i >out.$i"; done >jobs.txt
	spawn worker worker jobs
	run_logged svwrite -q --lines -c jobs jobs.txt
	assert_status 0
	assert_equal 'what the jobs did' "$(cat out.*)" "$(printf 'job %d\n' 1 2 3 4 5)"
	ends_well worker
	echo 'exit 3' >jobs.txt
	spawn worker worker jobs
	run_logged svwrite -q --lines -c jobs jobs.txt
	assert_status 3
	reap worker
	assert_status 1
	assert_stderr_has 'a job failed'
	assert_nothing_left
}

# static_program EXAMPLE: link an example with nothing but the static library.
static_program() {
	# shellcheck disable=SC2086 # CC may be words
	${CC:-cc} -static -o "$1" "-I$SV_ROOT/include" "$SV_ROOT/test/examples/$1.c" "$SVIPC_BUILD/libsvipc.a" 2>static.err ||
		skip "cannot link statically: $(tail -n 1 static.err)"
}

@test "a static program without events contains no code that starts a thread" {
	skip_if_sanitized
	skip_unless nm
	static_program bytes
	run_logged nm bytes
	assert_output_has ' T sv_open'
	assert_output_lacks sv_event
	assert_output_lacks pthread_create
	static_program loop
	run_logged nm loop
	assert_output_has ' T sv_event_fd'
	assert_output_has pthread_create
}
