#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# On which channel two sides meet: -c, -i, -k and the default directory.

load ../lib/common

@test "two channels at once do not mix" {
	random_file one 3000000
	random_file two 3000000
	spawn reader1 svread -c one -o copy1
	spawn reader2 svread -c two -o copy2
	spawn writer1 svwrite -c one one
	spawn writer2 svwrite -c two two
	local side
	for side in reader1 reader2 writer1 writer2; do
		ends_well $side
	done
	assert_same_file one copy1
	assert_same_file two copy2
	assert_nothing_left
}

@test "the same name with another -i is another channel" {
	spawn reader1 svread -i 1
	spawn reader2 svread -i 2
	run_logged svwrite -i 2 - <<<two
	assert_status 0
	run_logged svwrite -i 1 - <<<one
	assert_status 0
	reap reader1
	assert_output one
	reap reader2
	assert_output two
	assert_no_leak
}

@test "-k takes a file, by absolute or relative path or through a symbolic link" {
	random_file file 200000
	echo content >meet
	ln -s meet link
	mkdir deeper
	local path
	for path in "$WORK/meet" link; do
		spawn reader svread -k "$path" -o copy
		run_logged bash -c 'cd deeper && exec svwrite -k ../meet ../file'
		assert_status 0
		ends_well reader
		assert_same_file file copy
	done
	# The file belongs to the user, so it stays.
	assert_equal content "$(cat meet)" content
	assert_nothing_left
}

@test "-k takes a directory, and goes with an id" {
	mkdir meet
	spawn reader1 svread -k meet
	spawn reader2 svread -k meet -i 7
	run_logged svwrite -k ./meet/ -i 7 - <<<seven
	assert_status 0
	run_logged svwrite -k meet - <<<plain
	assert_status 0
	reap reader1
	assert_output plain
	reap reader2
	assert_output seven
	[ -d meet ]
	assert_nothing_left
}

@test "-k with a path that does not exist is an error that says so" {
	run_logged svwrite -k nowhere /dev/null
	assert_status 1
	assert_output_has nowhere
	assert_output_has 'No such file'
	run_logged svread -k nowhere
	assert_status 1
	assert_nothing_left
}

@test "without SVIPC_DIR the channel is in a directory of the user's own" {
	local directory
	another_user
	# An empty SVIPC_DIR counts as none; another value would be used.
	as=(setpriv --reuid 65534 --regid 65533 --clear-groups env SVIPC_DIR=)
	# The user can write to both, except in a root directory that has only a bare /dev.
	for directory in /dev/shm /tmp; do
		! "${as[@]}" test -w $directory || break
	done
	directory+=/svipc-65534
	# No other process uses this user's default directory.
	[ ! -e $directory ] || skip "$directory exists"
	spawn reader "${as[@]}" svread
	wait_until '[ -e "$(echo '$directory'/ipc-*/default)" ]'
	assert_equal 'mode and owner' "$(stat -c '%a %u' $directory)" '700 65534'
	run_logged "${as[@]}" svwrite - <<<text
	assert_status 0
	reap reader
	assert_output text
	assert_equal 'files left' "$(find $directory ! -type d)" ''
	rm -r $directory
}
