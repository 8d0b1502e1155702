#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# valgrind finds no invalid access, no use of an uninitialised value and no leak.

load ../lib/common

setup() {
	sv_setup
	skip_unless valgrind
	skip_if_sanitized
	# valgrind replaces malloc only in programs that are linked dynamically.
	PATH=$SVIPC_BUILD/test/dynamic:$PATH
}

# Memory that is still pointed to when a program ends is no leak.
checked=(valgrind -q --error-exitcode=99 --leak-check=full "--show-leak-kinds=definite,indirect,possible"
	"--errors-for-leak-kinds=definite,indirect,possible")

@test "valgrind finds nothing in a transfer of 300 KB through a ring of 16 KiB" {
	random_file file 300000
	spawn reader "${checked[@]}" svread -t 50 -s 16K -o copy
	run_logged "${checked[@]}" svwrite -t 50 -s 16K file
	assert_status 0
	ends_well reader
	assert_equal 'what the reader said' "$stderr" ''
	assert_same_file file copy
	assert_nothing_left
}

@test "valgrind finds nothing in a resumable and a detached transfer" {
	echo text >file
	spawn reader "${checked[@]}" svread -t 50 -r -o copy
	run_logged "${checked[@]}" svwrite -t 50 -r file
	assert_status 0
	ends_well reader
	run_logged "${checked[@]}" svwrite -d file
	assert_status 0
	run_logged "${checked[@]}" svread -o copy
	assert_status 0
	assert_same_file file copy
	assert_nothing_left
}

@test "valgrind finds nothing after failures: no peer, a wrong option, a missing input, a full output" {
	run_logged "${checked[@]}" svread -t 0.1
	assert_status 4
	run_logged "${checked[@]}" svwrite missing
	assert_status 1
	run_logged "${checked[@]}" svwrite -d /dev/null
	assert_status 2
	spawn reader "${checked[@]}" bash -c 'exec svread -t 50 >/dev/full'
	run_logged "${checked[@]}" svwrite -t 50 - <<<text
	assert_status 3
	reap reader
	assert_status 1
	assert_nothing_left
}

@test "valgrind finds nothing in svclean, with and without a channel to remove" {
	run_logged "${checked[@]}" svclean
	assert_status 0
	assert_output ''
	spawn writer svwrite /dev/null
	wait_asleep "${pid[writer]}"
	end_by KILL writer
	run_logged "${checked[@]}" svclean
	assert_status 0
	assert_output_has 'removed default'
	assert_nothing_left
}

# A child of a test that ends without closing leaks nothing of the library.
@test "valgrind finds nothing in the unit tests of the public calls" {
	local unit
	# What belongs to a thread that still runs when its process ends is possibly lost.
	checked+=(--child-silent-after-fork=yes "--errors-for-leak-kinds=definite,indirect")
	for unit in message_test api_test events_test queue_test deadline_test; do
		[ -x "$SVIPC_BUILD/test/$unit" ] || fail "$unit is not built"
		SV_LIMIT=120 run_logged "${checked[@]}" "$SVIPC_BUILD/test/$unit"
		assert_status 0
		assert_output_lacks 'not ok'
	done
}
