#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# svclean keeps what somebody may still need, and what it does not recognise, unless the user asks for more.

load ../lib/common
load ../lib/survivor

@test "svclean without -a keeps the success that a restarted svwrite -r must learn of" {
	local how
	random_file file 100000
	for how in told cleaned; do
		rm -f copy
		spawn reader svread -r -o copy
		wait_asleep "${pid[reader]}"
		kill -STOP "${pid[reader]}"
		spawn writer svwrite -r file
		wait_asleep "${pid[writer]}"
		# All data is in the ring.  The writer is killed before it can see the reader's answer.
		kill -STOP "${pid[writer]}"
		kill -CONT "${pid[reader]}"
		ends_well reader
		assert_same_file file copy
		end_by KILL writer
		run_logged svclean
		assert_output_has 'left default'
		assert_output_has resumable
		if [ $how = told ]; then
			run_logged svwrite -r -t 20 file
			assert_status 0
		else
			run_logged svclean -a
			assert_output_has 'removed default'
		fi
		assert_nothing_left
	done
}

@test "--older-than removes nothing of unknown age" {
	both_killed
	run_logged svclean --older-than=1s
	assert_status 0
	assert_output_lacks removed
	run_logged svclean -n
	assert_output_has 'of unknown age'
	run_logged svclean
	assert_output_has 'removed default'
	assert_nothing_left
}

@test "a foreign object with the key of a channel that was never completed stays" {
	skip_unless strace
	local segment set
	touch meet
	# It is killed after it has written its record, before it makes the segment: the first shmget only looks.
	run_logged strace -qq -o trace -e inject=shmget:error=ENOSPC:signal=KILL:when=2 svread -t 1 -k meet
	[ -n "$(find "$RV" -name '.path.*')" ] || fail 'no record'
	assert_equal 'objects' "$(ipc_leaked "$sv_before")" ''
	segment=$(ipctool shm meet 83 12345)
	set=$(ipctool sem meet 83 3)
	run_logged svclean -a
	assert_status 0
	assert_equal 'the foreign segment' "$(ipctool find shm meet 83)" "$segment"
	assert_equal 'the foreign set' "$(ipctool find sem meet 83)" "$set"
	ipcrm -m "$segment" -s "$set"
	svclean -q
	assert_nothing_left
}
