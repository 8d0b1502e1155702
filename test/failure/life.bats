#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Two processes interfere with each other in the life of a channel: the rendezvous file is replaced while somebody waits
# for its lock, or is made at the same time, and sides leave.

load ../lib/common

# Hold the lock of a rendezvous file that a killed side left, with descriptor 8.
locked_leftover() {
	spawn dead svread
	wait_asleep "${pid[dead]}"
	end_by KILL dead
	file=$(find "$SVIPC_DIR" -name default -type f)
	[ -n "$file" ] || fail 'no rendezvous file' || return 1
	exec 8<"$file"
	flock 8
}

# Wait until the process has that file open: then it can only wait for the lock.
wait_for_lock() {
	wait_until "sv_gone $1 || ls -l /proc/$1/fd 2>/dev/null | grep -qF '$file'"
}

@test "a rendezvous that is removed while a side waits for its lock is made anew, so that both meet" {
	skip_unless flock
	locked_leftover
	spawn reader svread -o copy 8>&-
	wait_for_lock "${pid[reader]}"
	svclean_by_hand
	exec 8<&-
	wait_asleep "${pid[reader]}"
	echo text >sent
	run_logged svwrite -t 10 sent
	assert_status 0
	ends_well reader
	assert_same_file sent copy
	assert_nothing_left
}

# Do what svclean does, while the test holds the lock.
svclean_by_hand() {
	rm "$file"
	ipc_leaked "$sv_before" "$SVIPC_DIR" | ipc_remove
}

@test "svclean that waits for the lock leaves a new rendezvous of the same name alone" {
	skip_unless flock
	locked_leftover
	spawn cleaner svclean -a 8>&-
	wait_for_lock "${pid[cleaner]}"
	svclean_by_hand
	spawn writer svwrite /dev/null 8>&-
	wait_asleep "${pid[writer]}"
	exec 8<&-
	reap cleaner
	run_logged svread -t 10
	assert_status 0
	ends_well writer
	assert_nothing_left
}

@test "the process that removes a channel's objects holds its lock" {
	skip_unless strace
	local side
	echo text >file
	spawn reader strace -qq -o reader.trace -e trace=flock,semctl svread -o copy
	run_logged strace -qq -o writer.trace -e trace=flock,semctl svwrite file
	reap reader
	[ -s reader.trace ] || skip 'strace may not trace'
	[ "$(cat reader.trace writer.trace | grep -c IPC_RMID)" -ge 1 ] || fail 'nobody removed the set'
	for side in reader writer; do
		awk '/flock.*LOCK_(EX|SH).* = 0/ { held = 1 } /flock.*LOCK_UN/ { held = 0 }
			/IPC_RMID/ && !held { print FILENAME ": " $0; bad = 1 } END { exit bad }' $side.trace
	done
}

@test "without O_TMPFILE a new rendezvous has two names for a moment; a process that comes then waits for its maker" {
	local interposed
	skip_if_sanitized
	interpose named
	echo text >sent
	spawn writer "${interposed[@]}" "SV_GO=$PWD/go" svwrite sent
	wait_until '[ "$(stat -c %h "$RV/default" 2>/dev/null)" = 2 ]'
	file=$RV/default
	spawn reader svread -o copy
	wait_for_lock "${pid[reader]}"
	touch go
	ends_well writer
	ends_well reader
	assert_same_file sent copy
	assert_nothing_left
}

@test "without O_TMPFILE a maker that is killed before its rendezvous has one name leaves nothing in the way" {
	local interposed
	skip_if_sanitized
	interpose named
	echo text >sent
	spawn maker "${interposed[@]}" "SV_GO=$PWD/go" svwrite sent
	wait_until '[ "$(stat -c %h "$RV/default" 2>/dev/null)" = 2 ]'
	ln "$RV/default" "$SVIPC_DIR/mine"
	end_by KILL maker
	run_logged svread -t 0
	assert_status 5
	assert_output_has 'has another name too (a hard link)'
	assert_equal 'names' "$(stat -c %h "$SVIPC_DIR/mine")" 2
	rm "$SVIPC_DIR/mine"
	spawn writer svwrite sent
	run_logged svread -o copy
	assert_status 0
	ends_well writer
	assert_same_file sent copy
	assert_nothing_left
}

@test "another process makes the rendezvous first and dies: its objects are removed" {
	local interposed
	skip_unless strace
	skip_if_sanitized
	interpose named
	run_logged strace -qq -o trace -e inject=semctl:signal=KILL:when=1 svread
	assert_status 137
	[ "$(ipc_leaked "$sv_before" "$SVIPC_DIR" | wc -l)" -eq 2 ] || fail 'not two objects'
	run_logged "${interposed[@]}" SV_BLIND=default svread -t 0.1
	assert_status 4
	assert_nothing_left
}
