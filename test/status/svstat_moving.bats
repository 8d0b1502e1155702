#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# svstat runs while channels open and close all the time: every row shows a healthy channel.

load ../lib/common

# transfers OPTION...: transfers, one after the other, until there is a file "enough"; all succeed, and none leaves its
# semaphores behind.
transfers() {
	local i
	for ((i = 0; i < 2000; i++)); do
		[ ! -e enough ] || return 0
		svwrite "$@" data &
		svread "$@" >copy || return 1
		wait $! || return 1
		! ipc_leaked "$sv_before" | grep '^sem' || return 1
	done
}

# watched OPTION...: take snapshots while such transfers run; `rows` gets one JSON object a line for each channel in each
# snapshot.
watched() {
	: >rows
	spawn transfers transfers "$@"
	until [ "$(wc -l <rows)" -ge 40 ] || sv_gone "${pid[transfers]}"; do
		svstat --json >snapshot && svstat -A >/dev/null || return 1
		jq -c '.channels[]' snapshot >>rows
	done
	touch enough
	ends_well transfers || return 1
	[ "$(wc -l <rows)" -ge 40 ] || fail "only $(wc -l <rows) rows"
}

# healthy FILTER OPTION...: no row shows anything but a healthy channel; the jq FILTER finds other rows that are wrong.
healthy() {
	skip_unless jq
	random_file data 20000
	watched "${@:2}"
	assert_equal 'wrong rows' "$(wrong_rows "$1" | head -n 5)" ''
	assert_nothing_left
}

@test "a named channel: never stale, foreign or corrupt, and always with its name, key and age" {
	healthy ' or .name != "busy"' -c busy
}

@test "a channel with a path and a project id: never stale, foreign or corrupt, and always with path, key and age" {
	touch meet
	healthy " or .path != \"$WORK/meet\" or .id != 5" -k meet -i 5
}

# The rows that do not show a healthy channel.  A channel has no age before its objects are made.
wrong_rows() {
	jq -c 'select((.state | IN("waiting_reader", "waiting_writer", "running", "finishing", "opening", "closing") | not)
		or (.age == null and (.state | IN("opening", "closing") | not)) or (.age != null and (.age < 0 or .age > 60))
		or .key == null or .key == "0x00000000" or .reason == "" or .path == null'"$1"')' rows
}

@test "--wait is not misled by a channel that opens or closes" {
	local i
	random_file data 20000
	for i in {1..20}; do
		spawn "reader$i" svread -c busy -o "copy$i"
		svstat --wait busy=reader -t "$SV_DEADLINE" || return 1
		spawn "gone$i" svstat --wait busy=gone -t "$SV_DEADLINE"
		svwrite -c busy data || return 1
		reap "reader$i" >/dev/null
		assert_status 0 || return 1
		reap "gone$i" >/dev/null
		assert_status 0 || return 1
	done
	assert_nothing_left
}
