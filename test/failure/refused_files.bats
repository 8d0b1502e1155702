#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# A channel directory or a rendezvous file that another user could have put there is refused.

load ../lib/common

@test "SVIPC_DIR that is a symbolic link, a file, or missing its parent is refused" {
	mkdir -m 700 real
	ln -s real link
	touch plain
	local place
	for place in link plain; do
		SVIPC_DIR=$WORK/$place run_logged svread -t 0
		assert_status 1
		assert_output_has "refusing $WORK/$place"
	done
	SVIPC_DIR=$WORK/no/where run_logged svread -t 0
	assert_status 1
	assert_output_has "$WORK/no/where"
	assert_equal 'files' "$(ls -A real)" ''
}

@test "SVIPC_DIR that others may use is refused, and the message names the mode it needs" {
	mkdir shared
	local mode
	for mode in 770 750 701 777 1777; do
		chmod $mode shared
		SVIPC_DIR=$WORK/shared run_logged svread -t 0
		assert_status 1
		assert_output_has "$WORK/shared"
		assert_output_has 0700
		SVIPC_DIR=$WORK/shared run_logged svclean
		assert_status 1
		SVIPC_DIR=$WORK/shared run_logged svstat
		assert_status 1
		assert_output_has 'others may use it'
	done
	chmod 700 shared
	SVIPC_DIR=$WORK/shared run_logged svread -t 0
	assert_status 4
}

@test "SVIPC_DIR of another owner is refused" {
	skip_unless_root
	mkdir -m 700 theirs
	chown 65534 theirs
	SVIPC_DIR=$WORK/theirs run_logged svread -t 0
	assert_status 1
	assert_output_has 'user 65534'
}

@test "SVIPC_DIR that does not exist is created, for this user alone" {
	umask 0
	SVIPC_DIR=$WORK/new run_logged svread -t 0
	assert_status 4
	assert_equal mode "$(stat -c %a new)" 700
}

@test "a symbolic link, FIFO, directory or device in place of the rendezvous file is refused" {
	echo precious >target
	ln -s "$WORK/target" "$RV/link"
	ln -s "$WORK/nothing" "$RV/dangling"
	mkfifo "$RV/fifo"
	mkdir "$RV/directory"
	local name
	for name in link dangling fifo directory; do
		run_logged svread -c $name -t 1
		assert_status 5
		assert_output_has "$RV/$name"
		run_logged svwrite -c $name -t 1 /dev/null
		assert_status 5
		assert_output_has "$RV/$name"
	done
	assert_equal content "$(cat target)" precious
	[ ! -e nothing ]
	run_logged svclean -a
	assert_equal content "$(cat target)" precious
	assert_equal 'objects left' "$(ipc_leaked "$sv_before")" ''
}

@test "a rendezvous file of another owner in the directory is refused" {
	skip_unless_root
	touch "$RV/default"
	chown 65534 "$RV/default"
	run_logged svread -t 0
	assert_status 5
	assert_output_has 'another user'
}

@test "-k with a FIFO, device or socket is refused without side effects" {
	mkfifo fifo
	run_logged svread -k fifo -t 1
	assert_status 1
	assert_output_has 'regular file'
	run_logged svwrite -k /dev/null -t 1 /dev/null
	assert_status 1
	assert_output_has 'regular file'
	assert_nothing_left
}
