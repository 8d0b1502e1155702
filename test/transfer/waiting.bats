#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What svwrite and svread show while they wait to open a channel: for its lock, and for their turn.

load ../lib/common

# locked NAME: make that channel, and hold its lock until descriptor 8 is closed.
locked() {
	spawn first svread -c "$1" -o first
	wait_asleep "${pid[first]}"
	exec 8<"$(echo "$SVIPC_DIR"/ipc-*/"$1")"
	flock -x 8
}

@test "-v says once that another process has the lock, and continues when it is free" {
	skip_unless flock
	locked busy
	spawn writer svwrite -v -c busy - <<<text 8>&-
	spawn quiet svread -c busy -o second -t 1.5 8>&-
	wait_until 'grep -q "while another process was opening or closing it" writer.err'
	reap quiet
	assert_status 4
	assert_equal 'lines without -v' "$(wc -l <quiet.err)" 1
	run_logged svread -v -c busy -t 0 8>&-
	assert_status 4
	assert_equal 'lines without a wait' "${#lines[@]}" 1
	exec 8>&-
	ends_well writer
	assert_equal 'told' "$(grep -c 'opening or closing' writer.err)" 1
	ends_well first
	assert_nothing_left
}

@test "-t 0: a reader whose output goes to another program does not wait either" {
	mkfifo input
	spawn writer svwrite input
	exec 7>input
	run_logged bash -c 'svread -t 0 | cat; exit "${PIPESTATUS[0]}"'
	assert_status 4
	exec 7>&-
	reap writer
}

@test "-v, progress and SIGUSR1 work while a program waits to open a channel, and it keeps its place in the queue" {
	spawn first svread -o first
	wait_asleep "${pid[first]}"
	spawn second svread --queue -v --progress=json -o second
	wait_until 'grep -q "\"state\": \"opening\", \"waiting\": \"waiting for its turn\"" second.err'
	spawn third svread --queue --progress=json -o third
	wait_until 'grep -q "waiting for its turn" third.err'
	kill -USR1 "${pid[second]}"
	wait_until 'grep -q "0 bytes .*, waiting for its turn" second.err'
	local i
	for i in 1 2 3; do
		run_logged svwrite - <<<$i
		assert_status 0
	done
	for i in first second third; do
		ends_well $i
	done
	assert_equal 'told' "$(grep -c 'in use: waiting for its turn' second.err)" 1
	assert_equal 'in order' "$(cat first second third | paste -sd ' ')" '1 2 3'
	locked busy
	spawn writer svwrite -c busy --progress=json - <<<text 8>&-
	wait_until 'grep -q "\"state\": \"opening\"" writer.err'
	end_by INT writer
	assert_status 130
	assert_stderr_has '"status": 130'
	exec 8>&-
	end_by TERM first
	assert_nothing_left
}
