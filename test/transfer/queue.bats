#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# --queue: who finds the channel in use waits for the turn.

load ../lib/common

@test "five writers of one svread -f all get through" {
	local i
	spawn reader svread -f -o 'got-%n'
	for i in 1 2 3 4 5; do
		spawn "writer$i" svwrite --queue - <<<"text $i"
	done
	for i in 1 2 3 4 5; do
		reap "writer$i"
		assert_status 0
	done
	kill "${pid[reader]}"
	reap reader
	assert_equal 'what came' "$(cat got-* | sort)" "$(printf 'text %s\n' 1 2 3 4 5)"
}

@test "a queued reader takes over, is bounded by -t and ended by a signal" {
	spawn first svread -o one
	wait_asleep "${pid[first]}"
	run_logged svread -o two
	assert_status 5
	assert_output_has --queue
	run_logged svread --queue -t 0.2 -o two
	assert_status 4
	spawn ended svread --queue -o two
	wait_until '[ -e two ]'
	kill -TERM "${pid[ended]}"
	reap ended 10
	assert_status 143
	spawn second svread --queue -o two
	run_logged svwrite - <<<1
	assert_status 0
	run_logged svwrite - <<<2
	assert_status 0
	reap first
	reap second
	assert_status 0
	assert_equal two "$(cat two)" 2
	assert_nothing_left
}
