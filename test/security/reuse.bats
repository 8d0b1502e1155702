#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Somebody else uses an id, a key, a name or a place again: our objects are still found, and every side can still join.

load ../lib/common
load ../lib/arena

@test "a process that finds its name made meanwhile still removes what a dead process left" {
	skip_unless strace
	local file="$RV/n"
	run_logged strace -qq -o trace -e inject=semget:signal=KILL:when=2 svwrite -t 0 -c n /dev/null
	assert_status 137
	[ -e "$file" ] || fail 'no record was left'
	# The file is not there at the first look, but it is there when the process wants to make it.
	run_logged strace -qq -o trace -P n -e inject=openat:error=ENOENT:when=1 svwrite -t 0 -c n /dev/null
	grep -q 'linkat.*EEXIST' trace || skip 'strace cannot hide the file once'
	assert_status 4
	run_logged svclean -a
	assert_nothing_left
}

@test "a side that is stopped between its two objects makes both again" {
	skip_unless strace
	mkfifo input
	exec 9<>input
	spawn writer strace -qq -o trace -e inject=semget:delay_enter=3500000:when=2 svwrite -c n input
	svstat -t 20 --wait n=waiting_reader
	spawn reader svread -c n
	svstat -t 20 --wait n=running
	both=$(pgrep -x 'svwrite|svread' -P "${pid[writer]}"; echo "${pid[reader]}")
	# shellcheck disable=SC2086 # words
	kill -STOP $both && kill -KILL $both
	exec 9>&-
	reap writer
	reap reader
	run_logged svclean
	assert_output_has removed
	assert_nothing_left
}

@test "another user's object that has got the id of an old segment does not block the name" {
	arena_open
	[ -w /proc/sys/kernel/shm_next_id ] || skip 'may not choose the id of a segment'
	sh_in alice 'mkfifo input'
	spawn_in alice writer 'exec svwrite <>input'
	sh_in alice 'svstat -t 20 --wait default=waiting_reader'
	spawn_in alice reader 'exec svread'
	sh_in alice 'svstat -t 20 --wait default=running'
	kill -STOP "${pid[writer]}" "${pid[reader]}"
	kill -KILL "${pid[writer]}" "${pid[reader]}"
	reap writer
	reap reader
	record=$(sh_in alice 'cat /dev/shm/svipc-$UID/ipc-*/default')
	id=$(awk '/^segment/ { print $2 }' <<<"$record") key=$(awk '/^key/ { print $2 }' <<<"$record")
	"${arena_inside[@]}" bash -c "echo $id >/proc/sys/kernel/shm_next_id"
	sh_in mallory 'perl -e "print shmget(hex(shift), 4096, 01000)" $0' "$key" >taken
	assert_equal 'id of the other segment' "$(cat taken)" "$id"
	spawn_in alice writer 'echo text | exec svwrite -t 20'
	run_logged sh_in alice 'exec svread -t 20'
	assert_status 0
	assert_output text
	ends_well writer
	assert_equal "alice's objects" "$(objects $ALICE)" ''
	assert_equal "mallory's objects" "$(objects $MALLORY | wc -l)" 1
}

@test "data in the second place for a directory is found after another user has given up the first place" {
	arena_open
	sh_in mallory "mkdir /dev/shm/svipc-$ALICE"
	sh_in alice 'echo text >file; svwrite -d file'
	sh_in mallory "rmdir /dev/shm/svipc-$ALICE"
	run_logged sh_in alice 'exec svread -t 0'
	assert_status 0
	assert_output text
	assert_equal objects "$(objects $ALICE)" ''
}

@test "an unfinished record does not hide a living peer" {
	skip_unless strace
	arena_open
	sh_in alice 'chmod 711 .; touch meet; chmod 644 meet'
	run_logged sh_in bob 'exec strace -qq -o trace -e inject=shmget:signal=KILL:when=2 svread -m 0666 -k $0/alice/meet' $HOMES
	assert_status 137
	spawn_in alice writer 'echo text | exec svwrite -m 0666 -k meet'
	sh_in alice 'svstat -t 20 -k meet --wait =waiting_reader'
	run_logged sh_in bob 'exec svread -m 0666 -t 20 -k $0/alice/meet' $HOMES
	assert_status 0
	assert_output text
	ends_well writer
}
