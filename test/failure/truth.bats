#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Messages name the true cause of a failure and blame nobody else.

load ../lib/common
load ../lib/arena

@test "if a security module refuses shmat, no user is blamed" {
	skip_unless strace
	local side
	for side in svread 'svwrite /dev/null'; do
		# shellcheck disable=SC2086 # words
		run_logged strace -qq -o trace -e inject=shmat:error=EACCES $side
		assert_status 1
		assert_output_has 'security module'
		assert_output_lacks 'another user'
		assert_nothing_left
	done
}

@test "a system without System V IPC: the error says so, and no file is left" {
	skip_unless strace
	local side
	for side in svread 'svwrite /dev/null'; do
		# shellcheck disable=SC2086 # words
		run_logged strace -qq -o trace -e inject=shmget,semget:error=ENOSYS $side
		assert_status 1
		assert_output_has 'Function not implemented'
		assert_equal 'files' "$(find "$SVIPC_DIR" -type f)" ''
	done
}

@test "another user's svstat of a path calls a live channel live, or says that it may not look" {
	arena_open
	chmod 755 .
	sh_in alice 'chmod 711 .; touch meet private; seq 10 >secret'
	spawn_in alice one 'exec svwrite -m 0666 -k meet secret'
	wait_asleep "${pid[one]}"
	spawn_in alice two 'exec svwrite -k private secret'
	wait_asleep "${pid[two]}"
	run_logged "${bob[@]}" svstat -o state,mode -k "$HOMES/alice/meet"
	assert_status 0
	assert_output_has waiting_reader
	assert_output_lacks foreign
	run_logged "${bob[@]}" svstat -k "$HOMES/alice/private"
	assert_output_has foreign
	assert_output_has "user $ALICE"
	assert_output_lacks 0000
	kill "${pid[one]}" "${pid[two]}"
	reap one
	reap two
}
