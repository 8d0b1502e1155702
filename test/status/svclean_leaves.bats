#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# svclean leaves alone what is in use, what holds data, and what is not this user's channel.

load ../lib/common
load ../lib/channels
load ../lib/survivor

D=default

@test "a side that waits alone is in use" {
	local program
	for program in svwrite svread; do
		spawn alone $program </dev/null
		wait_asleep "${pid[alone]}"
		left_alone -a
		left_alone -a -c $D
		assert_output_has 'left default'
		end_by TERM alone
	done
	assert_nothing_left
}

@test "a running transfer is in use, although its segment can no longer be found" {
	half_way
	left_alone -a
	left_alone -a -c $D
	assert_output_has 'left default'
	half_way_ends
	assert_nothing_left
}

@test "a transfer with stopped processes is in use" {
	half_way
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

@test "a foreign segment and a foreign set under a channel's key are left alone" {
	ipctool record "$RV/one" 83 -1 -1
	ipctool record "$RV/two" 83 -1 -1
	local segment set
	segment=$(ipctool shm "$RV/one" 83 8191)
	set=$(ipctool sem "$RV/two" 83 3)
	# The size of the segment and the number of semaphores show that they are not ours.
	local objects
	objects=$(ipc_list)
	run_logged svclean -a
	assert_status 0
	run_logged svclean -a -c one
	assert_status 0
	run_logged svclean -a -c two
	assert_status 0
	assert_equal objects "$(ipc_list)" "$objects"
	ipcrm -m "$segment" -s "$set"
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

@test "a file in the directory that is not one of our records stays" {
	echo mine >"$RV/notes"
	echo 'svipc 1' >"$RV/half"
	mkdir "$RV/directory"
	mkfifo "$RV/fifo"
	ln -s /etc/passwd "$RV/link"
	mkfifo "$RV/.path.fifo" "$RV/.new.1.1"
	ln -s /etc/passwd "$RV/.path.link"
	run_logged svclean -a
	assert_status 0
	assert_equal 'files' "$(ls -A "$RV" | LC_ALL=C sort | tr '\n' ' ')" \
		'.new.1.1 .path.fifo .path.link directory fifo half link notes '
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
