#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# svclean leaves alone what is in use, what holds data, and what is not this user's channel.

load ../lib/common
load ../lib/channels
load ../lib/survivor

@test "a side that waits alone is in use" {
	local program
	for program in svwrite svread; do
		spawn alone $program </dev/null
		wait_asleep "${pid[alone]}"
		left_alone -a
		left_alone -a -c default
		assert_output_has 'left default'
		end_by TERM alone
	done
	assert_nothing_left
}

@test "a running transfer is in use, although its segment can no longer be found, and also while it is stopped" {
	half_way
	left_alone -a
	left_alone -a -c default
	assert_output_has 'left default'
	kill -STOP "${pid[writer]}" "${pid[reader]}"
	left_alone -a
	kill -CONT "${pid[writer]}" "${pid[reader]}"
	half_way_ends
	assert_nothing_left
}

@test "a transfer is in use while one side is dead and the other has not noticed" {
	half_way
	kill -STOP "${pid[reader]}"
	kill -KILL "${pid[writer]}"
	wait_gone "${pid[writer]}"
	left_alone -a
	kill -CONT "${pid[reader]}"
	reap reader
	assert_status 3
	assert_nothing_left
}

@test "a detached channel is removed only with -a" {
	echo text >file
	run_logged svwrite -d file
	assert_status 0
	left_alone
	assert_output_has 'left default'
	assert_output_has "to drop it: SVIPC_DIR=$SVIPC_DIR svclean -a -c default"
	left_alone -q
	run_logged svclean -a
	assert_output_has 'removed default'
	assert_nothing_left
}

@test "a detached channel that is being read stays, even with -a" {
	random_file file 1500000
	mkfifo sink
	exec 9<>sink
	run_logged svwrite -d file
	assert_status 0
	spawn reader bash -c 'exec svread >sink' 9>&-
	wait_until '[ "$(svclean -n -a -c default | grep -c ^left)" = 1 ]'
	left_alone -a
	drain_sink
	ends_well reader
	reap drain
	assert_same_file file drain.out
	assert_nothing_left
}

@test "a channel whose lock is held is left alone" {
	skip_unless flock
	stale one
	spawn holder bash -c 'exec 5<"$RV/one" && flock 5 && echo locked && exec sleep 1000'
	wait_until '[ -s holder.out ]'
	left_alone -a
	left_alone -a -c one
	assert_output_has locked
	end_by TERM holder
	run_logged svclean
	assert_output_has 'removed one'
	assert_nothing_left
}

@test "a foreign set that has got the key of ours is left alone" {
	stale one
	ipcrm -s "$(set_of one)" -m "$(segment_of one)"
	local set
	set=$(ipctool sem "$RV/one" 83 2)
	run_logged svclean -a
	assert_status 0
	# The record named no object any more, so svclean has removed it.
	run_logged svclean -a -c one
	assert_equal 'set' "$(ipc_list | awk '$1 == "sem" { print $2 }')" "$set"
	ipcrm -s "$set"
}

@test "a forged record that names foreign objects does not harm them" {
	touch "$RV/one" elsewhere
	local segment set
	segment=$(ipctool shm elsewhere 1 8192)
	set=$(ipctool sem elsewhere 1 2)
	rm "$RV/one"
	ipctool record "$RV/one" 83 "$segment" "$set"
	run_logged svclean -a
	assert_equal 'segment' "$(ipctool find shm elsewhere 1)" "$segment"
	assert_equal 'set' "$(ipctool find sem elsewhere 1)" "$set"
	run_logged svclean -a -c one
	assert_equal 'segment' "$(ipctool find shm elsewhere 1)" "$segment"
	assert_equal 'set' "$(ipctool find sem elsewhere 1)" "$set"
	ipcrm -m "$segment" -s "$set"
	svclean -aq
}

@test "the rendezvous file was deleted while a side waits: the channel is still in use" {
	spawn alone svread
	wait_asleep "${pid[alone]}"
	# Once a second a waiting side checks that others can find it, and ends if they cannot.
	kill -STOP "${pid[alone]}"
	rm "$RV/default"
	left_alone -a
	kill "${pid[alone]}"
	kill -CONT "${pid[alone]}"
	reap alone
	assert_nothing_left
}

@test "a stale segment that somebody still has attached is left alone" {
	stale one
	mkfifo hold
	exec 9<>hold
	spawn holder ipctool hold "$(segment_of one)" <hold 9>&-
	wait_until '[ -s holder.out ]'
	left_alone -a
	exec 9>&-
	reap holder
	run_logged svclean
	assert_output_has 'removed one'
	assert_nothing_left
}

@test "another user's channel cannot be removed" {
	another_user
	stale one
	run_logged "${as[@]}" svclean -a
	assert_status 0
	assert_output_lacks removed
	run_logged "${as[@]}" env "SVIPC_DIR=$SVIPC_DIR" svclean -a
	assert_status 1
	run_logged svclean
	assert_output_has 'removed one'
	assert_nothing_left
}

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
			assert_output_has 'all 100000 bytes had arrived before: this ends the earlier transfer'
		else
			run_logged svclean -a
			assert_output_has 'removed default'
		fi
		assert_nothing_left
	done
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
