#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Arguments of options: all programs accept the same numbers, and report other values in the same words.

load ../lib/common

@test "a number may start with its decimal point" {
	random_file data 4096
	spawn reader svread -t 60 -s .5K -o copy
	run_logged svwrite -t 60.5 -s .5K data
	assert_status 0
	ends_well reader
	assert_same_file data copy
	run_logged svread -t .001
	assert_status 4
	assert_nothing_left
}

@test "a number that is too large is refused with the largest that is allowed; a word is called invalid" {
	local case says
	while IFS='|' read -r case says; do
		# shellcheck disable=SC2086 # words
		run_logged $case
		assert_status 2 || return 1
		assert_output_has "$says" || return 1
		assert_output_has "Try '${case%% *} --help'" || return 1
	done <<'END'
svread -t 99999999999|--timeout '99999999999' is too large: use at most 2000000 seconds, or omit it for no limit
svwrite -t 99999999999999999999999|--timeout '99999999999999999999999' is too large
svwrite -t 9s|invalid --timeout '9s': use seconds, such as 10 or 0.5
svwrite -s 16E|--size '16E' is too large: use at most 16T
svwrite -s 32T|--size '32T' is too large: use at most 16T
svwrite -s 0|--size '0' is too small
svwrite -s 1.5|invalid --size '1.5': use a number above 0 with K, M or G
svclean --older-than=99999999999d|--older-than '99999999999d' is too large
svclean --older-than=1w|invalid --older-than '1w': use a number with s, m, h or d, such as 2h
END
}

@test "a project id is checked in the same words by all programs" {
	local program id
	for program in svwrite svread svclean svstat; do
		for id in 0 256 x 99999999999 ''; do
			run_logged $program -c some -i "$id"
			assert_status 2 || return 1
			assert_output "$program: invalid --id '$id': use a number from 1 to 255"$'\n'"Try '$program --help'." || return 1
		done
	done
}

@test "control characters in an argument or a path reach the terminal as escapes, in every program" {
	local program odd=$'x\x1b[31m\n\xc2\x9b\xff'
	for program in svwrite svread svclean svstat; do
		run_logged $program -k "$odd"
		[ "$status" -ne 0 ] || return 1
		assert_output_lacks $'\x1b' || return 1
		assert_output_lacks $'\x9b' || return 1
		assert_equal "lines of $program" "${#lines[@]}" 1 || return 1
		run_logged $program -i "$odd"
		assert_status 2 || return 1
		assert_output_has 'x\x1b[31m\x0a\xc2\x9b\xff' || return 1
	done
}
