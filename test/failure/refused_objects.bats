#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Objects under the key that are no channel, or no channel that this side can use: the refusal names them, and they stay
# untouched.
#
# shellcheck disable=SC2016,SC2030,SC2031,SC2154 # conditions are text, evaluated later; variables of lib/common

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

@test "a foreign segment of a size that no channel has: named, status 5" {
	touch meet
	local segment
	segment=$(ipctool shm meet 83 1000)
	run_logged svread -k meet
	assert_status 5
	assert_output_has "segment $segment"
	ipcrm -m "$segment"
	assert_nothing_left
}

@test "a foreign set under the key, of one, two and three semaphores: named, status 5, untouched" {
	touch meet
	local set count
	for count in 1 2 3; do
		set=$(ipctool sem meet 83 $count)
		run_logged svread -k meet
		assert_status 5
		assert_output_has "semaphore set $set"
		assert_equal 'set' "$(ipctool find sem meet 83)" "$set"
		ipcrm -s "$set"
	done
	assert_nothing_left
}

@test "a channel of another rendezvous with the same key is foreign" {
	spawn alone svread
	wait_asleep "${pid[alone]}"
	# The header names another inode, as of a rendezvous whose inode has the same low bits.
	ipctool set "$(ipctool find shm "$RV/default" 83)" inode 1
	run_logged svwrite /dev/null
	assert_status 5
	assert_output_has 'corrupt channel'
	end_by TERM alone
	svclean -aq
	assert_nothing_left
}

# refused_header FIELD VALUE: a writer refuses the channel of a waiting reader with that value in its header.
refused_header() {
	local segment said
	spawn alone svread
	wait_asleep "${pid[alone]}"
	segment=$(ipctool find shm "$RV/default" 83)
	ipctool set "$segment" "$1" "$2"
	run_logged svwrite /dev/null
	assert_status 5 || return 1
	assert_output_has "$segment" || return 1
	said=$output
	end_by TERM alone
	svclean -aq
	assert_nothing_left || return 1
	output=$said
}

@test "wrong magic is refused" {
	refused_header magic 0x1122334455667788
}

@test "the magic of a machine of the other byte order is refused" {
	refused_header magic 0x0201004350495653
}

@test "another version is refused, and the message says so" {
	refused_header format 0x02000000
	assert_output_has version
}

@test "a capacity that does not fit the segment is refused" {
	refused_header capacity 8192
	refused_header capacity 0
	refused_header capacity 0xffffffffffffffff
}

@test "an impossible header size, impossible flags and an impossible slot are refused" {
	refused_header header_size 8192
	refused_header flags 0xff00
	refused_header reader.slot 77
}

@test "a position of the writer that is out of range ends the reader: corrupt, status 5" {
	half_way
	ipctool set "$(ipc_list | awk '$1 == "shm" { print $2 }')" writer.position 0x4000000000000000
	# A signal makes the reader look again; the writer would store the right position again.
	kill -ALRM "${pid[reader]}"
	reap reader
	assert_status 5
	assert_stderr_has 'corrupt channel'
	exec 9>&-
	reap writer
	assert_status 3 5
	svclean -aq
	assert_nothing_left
}

@test "a position of the reader that is out of range ends the writer: corrupt, status 5" {
	half_way
	ipctool set "$(ipc_list | awk '$1 == "shm" { print $2 }')" reader.position 0x4000000000000000
	exec 9>&-
	reap writer
	assert_status 5
	assert_stderr_has 'corrupt channel'
	reap reader
	assert_status 0 3
	svclean -aq
	assert_nothing_left
}
