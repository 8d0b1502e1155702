#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# -d: the writer leaves its data in the channel for a reader that comes later.

load ../lib/common

setup() {
	sv_setup
	skip_if_rmid_forced
	random_file "$WORK/file" 300000
}

@test "-d: the writer returns at once, a later reader takes the data, and nothing is left" {
	run_logged svwrite -d file
	assert_status 0
	assert_output ''
	run_logged svread -o copy
	assert_status 0
	assert_same_file file copy
	assert_nothing_left
}

@test "-d: an empty file, one byte and exactly a page arrive" {
	local size page
	page=$(getconf PAGESIZE)
	for size in 0 1 4096 4097; do
		head -c $size file >part
		run_logged svwrite -d part
		assert_status 0
		assert_equal "capacity for $size bytes" "$(svstat -b -o capacity --noheadings)" \
			$(((size > 0 ? size - 1 : 0) / page * page + page))
		run_logged svread -o copy
		assert_status 0
		assert_same_file part copy
		assert_nothing_left
	done
}

@test "-d: a reader that is waiting already takes the data" {
	spawn reader svread -o copy
	wait_asleep "${pid[reader]}"
	run_logged svwrite -d file
	assert_status 0
	ends_well reader
	assert_same_file file copy
	assert_nothing_left
}

@test "-d: after a reader was killed, the next one gets all of the data" {
	run_logged svwrite -d file
	assert_status 0
	midway signal=9 0 svread -o copy
	reap svread
	assert_status 137
	rm -f copy
	run_logged svread -o copy
	assert_status 0
	assert_same_file file copy
	assert_nothing_left
}

@test "-d: from a pipe with --size; more data than that fails on both sides" {
	run_logged bash -c 'head -c 5000 file | svwrite -d -s 8K'
	assert_status 0
	run_logged svread -o copy
	assert_status 0
	head -c 5000 file >part
	assert_same_file part copy
	run_logged bash -c 'svwrite -d -s 8K <file'
	assert_status 1
	assert_output_has '8192 bytes'
	assert_output_has '--size'
	run_logged svclean
	assert_nothing_left
	run_logged bash -c 'cat file | svwrite -d -s 8K'
	assert_status 1
	assert_nothing_left
}

@test "-d: a second writer is refused and told how much data waits" {
	run_logged svwrite -d file
	assert_status 0
	run_logged svwrite -d file
	assert_status 5
	assert_output_has '300000 bytes'
	assert_output_has 'svclean -a -c default'
	run_logged svwrite file
	assert_status 5
	run_logged svclean -a
	assert_status 0
	assert_nothing_left
}

@test "-d: a writer killed before it has finished leaves a channel that is replaced" {
	midway signal=9 1 svwrite -d file
	reap svwrite
	assert_status 137
	run_logged svclean
	assert_status 0
	assert_output_has 'removed default'
	assert_nothing_left
}

@test "-d and -r are refused if the kernel removes unattached segments" {
	skip_unless_own_ipc
	local option
	for option in -d -r; do
		run_logged unshare --ipc bash -c "echo 1 >/proc/sys/kernel/shm_rmid_forced 2>/dev/null || exit 77
			exec svwrite $option file"
		[ "$status" -ne 77 ] || skip 'may not set kernel.shm_rmid_forced'
		assert_status 1
		assert_output_has 'kernel.shm_rmid_forced'
	done
}
