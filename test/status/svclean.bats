#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# svclean removes stale channels and says so, for each of its options.

load ../lib/common
load ../lib/channels
load ../lib/survivor

@test "nothing to do: svclean prints nothing and exits with 0" {
	run_logged svclean
	assert_status 0
	assert_output ''
	run_logged svclean -n -a
	assert_status 0
	assert_output ''
	SVIPC_DIR=$WORK/none run_logged svclean
	assert_status 0
	assert_output ''
	[ ! -e none ]
}

@test "a channel whose lone writer was killed: one line with objects and reason, all removed" {
	stale one
	local segment set
	segment=$(segment_of one)
	set=$(set_of one)
	run_logged svclean
	assert_status 0
	assert_equal 'lines' "${#lines[@]}" 1
	assert_output_matches "^removed one \(segment $segment, set $set, .*\): stale, "
	assert_nothing_left
}

@test "-n only shows, in the same words, and changes nothing; -q removes and prints nothing" {
	stale one
	left_alone -n
	assert_output_matches '^would remove one \(segment'
	run_logged svclean -n -q
	assert_output ''
	run_logged svclean -q
	assert_status 0
	assert_output ''
	assert_nothing_left
}

@test "-c takes only that channel" {
	stale one
	stale two
	run_logged svclean -c one
	assert_status 0
	assert_output_has 'removed one'
	assert_output_lacks two
	run_logged svclean -n
	assert_output_has 'would remove two'
	assert_output_lacks 'remove one'
	run_logged svclean -c nowhere
	assert_status 0
	assert_output 'nothing to remove: there is no channel nowhere'
	run_logged svclean
	assert_nothing_left
}

@test "-k and -i take only that channel" {
	touch meet
	local id
	for id in 5 6; do
		spawn writer svwrite -k meet -i $id /dev/null
		wait_asleep "${pid[writer]}"
		kill -KILL "${pid[writer]}"
		wait_gone "${pid[writer]}"
	done
	run_logged svclean -k meet
	assert_status 0
	assert_output 'nothing to remove: there is no channel at meet'
	run_logged svclean -k meet -i 5
	assert_output_has 'removed'
	assert_output_has meet
	run_logged svclean -n
	assert_equal 'lines' "${#lines[@]}" 1
	run_logged svclean
	assert_output_has 'removed'
	[ -e meet ]
	assert_nothing_left
}

@test "--older-than leaves what is of unknown age: a set without a segment, and a record without objects" {
	both_killed -c set
	stale record
	ipcrm -m "$(segment_of record)" -s "$(set_of record)"
	left_alone -a --older-than=1s
	assert_output ''
	run_logged svclean --older-than 0
	assert_status 0
	assert_output_matches '(^|'$'\n'')removed set \(set [0-9]+, of unknown age\): stale, '
	assert_output_matches '(^|'$'\n'')removed record \(record only, of unknown age\): stale, '
	assert_nothing_left
}

@test "the rendezvous file was deleted: the segment leads svclean to the stale channel" {
	stale one
	rm "$RV/one"
	run_logged svclean
	assert_status 0
	assert_output_has 'removed one'
	assert_nothing_left
}

@test "a channel with a corrupt header that nobody uses is removed, because its record proves that it is ours" {
	local field
	for field in format capacity header_size flags; do
		stale one
		ipctool set "$(segment_of one)" $field 12345
		run_logged svclean
		assert_status 0
		if [ $field = format ]; then
			# Another version may have made it, with data that somebody needs.
			assert_output_lacks 'removed'
			run_logged svclean -a
		fi
		assert_output_has 'removed one'
		assert_equal "segments left after $field" "$(ipc_leaked "$sv_before")" ''
	done
	assert_nothing_left
}

@test "transfers survive svclean -a in a loop beside them, byte for byte" {
	local i
	random_file file 2M
	cat >loop <<-'END'
		until [ -e stop ]; do svclean -a || exit; done
	END
	spawn loop bash loop
	for i in {1..8}; do
		spawn writer svwrite -s 16K -c beside$((i % 2)) file
		run_logged svread -s 16K -c beside$((i % 2)) -o copy
		assert_status 0
		ends_well writer
		assert_same_file file copy
		rm copy
	done
	touch stop
	ends_well loop
	# svclean may remove a record that a process has made and not yet locked; the process then makes another.
	assert_equal 'what svclean removed' "$(grep -v 'record only' <<<"$output")" ''
	assert_nothing_left
}
