#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Takers (readers of detached data) die or are refused while the writer still writes: no reader gets bytes that were not
# sent, the data can still be taken, and the writer gets the true result.

load ../lib/common

# A writer with -d that has sent 60,000 bytes through a ring of 64 KiB and has not ended; descriptor 9 is its input.
leaving_writer() {
	mkfifo feed
	exec 9<>feed
	random_file file 95536
	head -c 60000 file >first
	spawn writer svwrite -d -s 64K <feed 9>&-
	cat first >&9
	wait_until 'svstat --noheadings -o kind | grep -q detached'
}

taker_dies() {
	spawn taker svread -o copy
	wait_until 'cmp -s first copy'
	end_by KILL taker
	rm copy
}

@test "a taker dies and more data comes than fits: the writer is refused, and no reader gets wrong bytes" {
	leaving_writer
	taker_dies
	tail -c 35536 file >&9
	exec 9>&-
	reap writer
	assert_status 1
	assert_stderr_has '65536 bytes'
	run_logged svread -t 0 -o copy
	[ "$status" -ne 0 ] || fail 'a false success'
	svclean -aq
	assert_nothing_left
}

@test "a taker dies and the rest fits: the writer ends with 0, and the next taker gets all of the data" {
	leaving_writer
	taker_dies
	head -c 65000 file | tail -c 5000 >&9
	exec 9>&-
	ends_well writer
	taker_of_all
}

taker_of_all() {
	run_logged svread -t 20 -o copy
	assert_status 0 || return 1
	head -c 65000 file >all
	assert_same_file all copy || return 1
	assert_nothing_left
}

@test "refused takers do not disturb the live writer" {
	local refused
	leaving_writer
	for refused in 'svread --lines -t 1' 'svread -r -o other -t 1' 'svwrite -t 1 first' 'svwrite -d first'; do
		# shellcheck disable=SC2086 # words
		run_logged $refused
		[ "$status" -ne 0 ] || fail 'it was not refused'
	done
	run_logged bash -c 'ulimit -v 20000; exec svread -t 1 -o other'
	head -c 65000 file | tail -c 5000 >&9
	exec 9>&-
	ends_well writer
	taker_of_all
}
