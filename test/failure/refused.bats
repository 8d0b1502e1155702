#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The system or another user does not allow something: the message says what to do, the status is right, and nothing is
# left.

load ../lib/common

# limited LIMIT=VALUE COMMAND...: run it in an IPC namespace of its own with kernel.LIMIT set; nothing is left.
limited() {
	local limit=$1
	shift
	skip_unless_own_ipc
	run_logged unshare --ipc bash -c '
		echo "${0#*=}" 2>/dev/null >"/proc/sys/kernel/${0%%=*}" || exit 77
		"$@"
		status=$?
		tail -qn +2 /proc/sysvipc/shm /proc/sysvipc/sem >left
		exit $status' "$limit" "$@"
	[ "$status" -ne 77 ] || skip "may not set kernel.${limit%%=*}"
	assert_equal 'objects left' "$(cat left)" '' || return 1
	assert_equal 'files left' "$(ls -A "$RV")" ''
}

@test "address space (ulimit -v) too small for the mapping: says ulimit, and nothing is left" {
	skip_if_sanitized
	local side
	for side in svread 'svwrite /dev/null'; do
		run_logged bash -c "ulimit -v 100000; exec $side -s 64M"
		assert_status 1
		assert_output_has 'ulimit -v'
		assert_output_matches '(Cannot allocate|Out of) memory'
		assert_nothing_left
	done
}

@test "address space too small for another process's channel: that one continues to wait, unharmed" {
	skip_if_sanitized
	spawn writer svwrite -s 64M - <<<text
	wait_asleep "${pid[writer]}"
	run_logged bash -c 'ulimit -v 100000; exec svread'
	assert_status 1
	assert_output_has 'ulimit -v'
	wait_asleep "${pid[writer]}"
	run_logged svread
	assert_status 0
	assert_output text
	ends_well writer
	assert_nothing_left
}

@test "kernel.shmmax too small for --size: the message names both" {
	limited shmmax=65536 svread -s 1M -t 0
	assert_status 1
	assert_output_has 'kernel.shmmax'
	assert_output_has '--size'
	limited shmmax=8192 svread -s 4K -t 0
	assert_status 4
}

@test "kernel.shmall too small: the message says that it is not disk space" {
	limited shmall=10 svread -s 1M -t 0
	assert_status 1
	assert_output_has 'kernel.shmall'
	assert_output_has 'not disk space'
	assert_output_has svclean
}

@test "kernel.shmmni reached: the message says that it is not disk space" {
	limited shmmni=0 svwrite -t 0 /dev/null
	assert_status 1
	assert_output_has 'kernel.shmmni'
	assert_output_has 'not disk space'
}

@test "kernel.sem reached: no set can be made, and the segment is removed again" {
	local values
	for values in '250 32000 32 0' '250 1 32 128' '1 32000 32 128'; do
		limited "sem=$values" svread -t 0
		assert_status 1
		assert_output_has 'semaphores'
	done
}

@test "if a set may not take three operations at once, attaching fails with the reason and the set is removed" {
	limited 'sem=250 32000 1 128' svread -t 0
	assert_status 1
	assert_output_has 'semaphore set'
}

@test "a second writer and a second reader are refused and told who has the role" {
	half_way
	run_logged svwrite /dev/null
	assert_status 5
	assert_output_has busy
	run_logged svread
	assert_status 5
	assert_output_has busy
	half_way_ends
	local program
	for program in svwrite svread; do
		spawn alone $program </dev/null
		wait_asleep "${pid[alone]}"
		run_logged $program </dev/null
		assert_status 5
		assert_output_has "pid ${pid[alone]}"
		wait_asleep "${pid[alone]}"
		end_by TERM alone
	done
	assert_nothing_left
}

@test "another user's channel, not shared: permission denied also with -m, and what to do" {
	another_user
	touch meet
	chmod 644 meet
	spawn writer svwrite -k meet - <<<text
	wait_asleep "${pid[writer]}"
	run_logged "${as[@]}" svread -k meet -m 0666
	assert_status 5
	assert_output_has 'of user 0'
	run_logged "${as[@]}" svread -k meet
	assert_status 5
	assert_output_has 'of user 0'
	assert_output_has '--mode=0660'
	wait_asleep "${pid[writer]}"
	run_logged svread -k meet
	assert_output text
	reap writer
	assert_nothing_left
}

@test "-m 0666 lets two users meet, whoever comes first" {
	another_user
	touch meet
	chmod 666 meet
	random_file file 300000
	chmod 644 file
	spawn writer svwrite -k meet -m 0666 file
	wait_asleep "${pid[writer]}"
	run_logged "${as[@]}" bash -c 'svread -k meet -m 0666 >theirs/copy'
	assert_status 0
	ends_well writer
	assert_same_file file theirs/copy
	spawn reader "${as[@]}" bash -c 'exec svread -k meet -m 0666 >theirs/copy'
	wait_asleep "${pid[reader]}"
	# Both sides must give -m.
	run_logged svwrite -k meet file
	assert_status 5
	assert_output_has 'user 65534'
	run_logged svwrite -k meet -m 0666 file
	assert_status 0
	ends_well reader
	assert_same_file file theirs/copy
	assert_equal 'objects left' "$(ipc_leaked "$sv_before")" ''
	assert_equal 'records left' "$(find theirs "$SVIPC_DIR" -name '.path.*')" ''
}

@test "-m 0660 lets the group in, and nobody else, on both sides" {
	another_user
	touch meet
	chown 0:65533 meet
	chmod 666 meet
	local maker=(env "SVIPC_DIR=$PUBLIC/maker" setpriv --reuid 12345 --regid 65533 --clear-groups)
	# shellcheck disable=SC2034 # by reference
	local stranger=(env "SVIPC_DIR=$PUBLIC/stranger" setpriv --reuid 54321 --regid 54321 --clear-groups)
	mkdir -m 700 maker stranger
	chown 12345 maker
	chown 54321 stranger
	spawn writer "${maker[@]}" svwrite -k meet -m 0660 - <<<text
	wait_asleep "${pid[writer]}"
	local refused
	for refused in 'stranger 0660' 'stranger 0666' 'as 0600'; do
		local -n who=${refused% *}
		run_logged "${who[@]}" svread -k meet -m "${refused#* }"
		assert_status 5
		assert_output_has 'user 12345'
	done
	run_logged "${as[@]}" svread -k meet -m 0660
	assert_status 0
	assert_output text
	ends_well writer
	assert_equal 'objects left' "$(tail -qn +2 /proc/sysvipc/shm /proc/sysvipc/sem | grep -wE '12345|65534')" ''
}

@test "no file descriptor left: the message says so, and nothing is left" {
	run_logged bash -c 'exec 3>&- 4>&-; ulimit -n 4; exec svread -t 0'
	assert_status 1
	assert_output_matches 'Too many open files|No file descriptors available'
	assert_nothing_left
}

@test "a default size above kernel.shmmax is made smaller; an explicit one is refused" {
	skip_unless_own_ipc
	random_file file 1M
	run_logged unshare --ipc bash -c '
		echo 200000 >/proc/sys/kernel/shmmax || exit 77
		svread -o copy & svwrite file && wait $! && ! svwrite -s 1M -t 0 file'
	[ "$status" -ne 77 ] || skip 'may not set kernel.shmmax'
	assert_status 0
	assert_output_has 'kernel.shmmax'
	assert_same_file file copy
}
