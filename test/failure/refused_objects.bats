#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Objects under the key that are no channel, or no channel that this side can use: the refusal names them, and they stay
# untouched.

load ../lib/common

@test "a foreign segment under the key: named, status 5, untouched" {
	touch meet
	local segment before
	segment=$(ipctool shm meet 83 12288)
	before=$(grep " $segment " /proc/sysvipc/shm | awk '{ print $2, $4, $7 }')
	run_logged svread -k meet
	assert_status 5
	assert_output_has "segment $segment"
	assert_output_has "key $(ipctool key meet 83)"
	assert_output_has 'nothing was touched'
	assert_output_lacks 'Operation not permitted'
	run_logged svwrite -k meet /dev/null
	assert_status 5
	assert_equal 'segment' "$(grep " $segment " /proc/sysvipc/shm | awk '{ print $2, $4, $7 }')" "$before"
	ipcrm -m "$segment"
	assert_nothing_left
}

@test "a segment of a size that no channel has, or a set of one, two or three semaphores: named, status 5, untouched" {
	touch meet
	local object kind id
	for object in 'shm 1000' 'sem 1' 'sem 2' 'sem 3'; do
		kind=${object% *}
		id=$(ipctool "$kind" meet 83 "${object#* }")
		run_logged svread -k meet
		assert_status 5
		assert_output_matches "(segment|semaphore set) $id "
		assert_equal "$kind" "$(ipctool find "$kind" meet 83)" "$id"
		ipc_leaked "$sv_before" "$SVIPC_DIR" | ipc_remove
	done
	assert_nothing_left
}

# At a path the object is in the way; a name gets another file, and so another key.
@test "an object under the key of a name: the name works, and the object stays" {
	local object before
	random_file file 100000
	for object in 'shm 1' 'shm 8191' 'shm 20481' 'sem 1' 'sem 3'; do
		ipctool record "$RV/default" 83 -1 -1
		ipctool "${object% *}" "$RV/default" 83 "${object#* }" >/dev/null
		before=$(ipc_list)
		spawn writer svwrite -t 30 file
		run_logged svread -t 30 -o copy
		assert_status 0
		ends_well writer
		assert_same_file file copy
		run_logged svclean -a
		assert_status 0
		run_logged svclean -a -c default
		assert_equal 'the object' "$(ipc_list)" "$before"
		ipc_leaked "$sv_before" "$SVIPC_DIR" | ipc_remove
	done
	assert_nothing_left
}
