#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# --queue: a side that finds the channel in use waits for its turn.

load ../lib/common

@test "five queued writers all reach one svread -f" {
	local i
	spawn reader svread -f -o 'got-%n'
	for i in 1 2 3 4 5; do
		spawn "writer$i" svwrite --queue - <<<"text $i"
	done
	for i in 1 2 3 4 5; do
		ends_well "writer$i"
	done
	end_by TERM reader
	assert_equal 'what came' "$(cat got-* | sort)" "$(printf 'text %s\n' 1 2 3 4 5)"
}

@test "a queued reader gets the role, obeys -t and ends by a signal" {
	spawn first svread -o one
	wait_asleep "${pid[first]}"
	run_logged svread -o two
	assert_status 5
	assert_output_has --queue
	run_logged svread --queue -t 0.2 -o two
	assert_status 4
	spawn ended svread --queue -o two
	wait_until '[ -e two ]'
	end_by TERM ended 10
	assert_status 143
	spawn second svread --queue -o two
	run_logged svwrite - <<<1
	assert_status 0
	run_logged svwrite - <<<2
	assert_status 0
	reap first
	ends_well second
	assert_equal two "$(cat two)" 2
	assert_nothing_left
}

@test "a process that is not first in the queue sleeps until another one leaves it" {
	skip_unless strace
	spawn first svread -o one
	wait_asleep "${pid[first]}"
	spawn second svread --queue -o two
	wait_until '[ -e "$(echo "$SVIPC_DIR"/ipc-*/.turn.reader.default)" ]'
	spawn third strace -qq -o trace -e trace=ppoll,nanosleep,clock_nanosleep,semtimedop svread --queue -t 100 -o three
	# After some pauses of milliseconds it sleeps 100 ms at a time, and looks at the flag of its signal handler in between.
	wait_until '[ "$(grep -c "^ppoll.* = 0" trace)" -ge 3 ] || sv_gone ${pid[third]}'
	[ -s trace ] || skip 'strace may not trace'
	run_logged sed '1,/^ppoll/d' trace
	assert_output_lacks sleep
	run_logged grep -c '^ppoll.*{tv_sec=0, tv_nsec=\(9[0-9]\|100\)[0-9]\{6\}' trace
	assert_output_matches '^[0-9]+$'
	[ "$output" -ge 3 ] || fail "only $output sleeps were 100 ms long"
	# A process that is killed leaves the queue as well.
	end_by KILL second
	wait_until 'grep -q "^ppoll.* = 1" trace && grep -q "^semtimedop" trace'
	run_logged svwrite - <<<1
	assert_status 0
	reap first
	run_logged svwrite - <<<2
	assert_status 0
	ends_well third
	assert_equal three "$(cat three)" 2
	rm -f two
	assert_nothing_left
}

@test "without --queue a process is refused at once, also while others are in the queue" {
	spawn first svread -o one
	wait_asleep "${pid[first]}"
	spawn second svread --queue -o two
	wait_until '[ -e "$(echo "$SVIPC_DIR"/ipc-*/.turn.reader.default)" ]'
	run_logged svread -o three
	assert_status 5
	assert_output_has --queue
	run_logged svwrite - <<<1
	assert_status 0
	reap first
	run_logged svwrite - <<<2
	assert_status 0
	reap second
	assert_equal two "$(cat two)" 2
	rm -f three
	assert_nothing_left
}
