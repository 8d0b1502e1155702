#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# --lines and --null: each line or record is a message.

load ../lib/common

# hand TEXT OPTION...: send TEXT (escapes as in printf) with the options on both sides; the file `copy` has what arrived.
hand() {
	printf '%b' "$1" >sent
	spawn reader svread "${@:2}" -o copy
	run_logged svwrite "${@:2}" sent
	assert_status 0
	assert_output ''
	ends_well reader
}

@test "lines arrive unchanged, also empty ones and a last one without a newline" {
	local text
	for text in 'one\ntwo\n' 'one\n\n\nlast' '\n' 'x' '' 'a\0b\r\n\xff\xfe\n\0'; do
		hand "$text" --lines
		assert_same_file sent copy
	done
}

@test "records that end with NUL arrive unchanged" {
	hand 'one\ntwo\0\0three\0' --null
	assert_same_file sent copy
	hand 'one\0last' -0
	assert_same_file sent copy
}

@test "many lines of many lengths pass through a small channel" {
	seq 100000 | awk '{ printf "%*d\n", $1 % 301, $1 }' >many
	spawn reader svread --lines -o copy
	run_logged svwrite --lines -s 4K many
	assert_status 0
	ends_well reader
	assert_same_file many copy
}

@test "several inputs are joined as cat joins them" {
	printf 'one\ntw' >first
	printf 'o\nthree' >second
	spawn reader svread --lines
	run_logged svwrite --lines -v first second
	assert_status 0
	assert_output_has '3 messages, 13 bytes'
	reap reader
	assert_output $'one\ntwo\nthree'
}

@test "a line is delivered at once, while the input stays open" {
	mkfifo input
	spawn reader svread --lines -o copy
	spawn writer svwrite --lines input
	exec 5>input
	printf 'first\nsec' >&5
	wait_until '[ "$(cat copy 2>/dev/null)" = first ]'
	printf 'ond\n' >&5
	wait_until '[ "$(cat copy)" = "first
second" ]'
	exec 5>&-
	ends_well writer
	ends_well reader
}

@test "a line longer than the channel is an error that names --size" {
	head -c 70000 /dev/zero | tr '\0' x >long
	echo >>long
	spawn reader svread --lines -o copy -s 64K
	run_logged svwrite --lines long
	assert_status 1
	assert_output_matches 'line 1 is longer than the [0-9]+ bytes .*--size'
	reap reader
	assert_status 3
	assert_stderr_matches 'Message too (long|large)'
	spawn reader svread --lines -o copy -s 128K
	run_logged svwrite --lines long
	assert_status 0
	reap reader
	assert_same_file long copy
}

@test "lines and bytes do not mix, whoever comes first" {
	spawn first svwrite --lines -t 60 /dev/null
	wait_asleep "${pid[first]}"
	run_logged svread
	assert_status 5
	assert_output_has 'it carries messages, not bytes'
	end_by TERM first
	assert_status 143
	spawn first svread
	wait_asleep "${pid[first]}"
	run_logged svwrite -0 /dev/null
	assert_status 5
	assert_output_has 'it carries bytes, not messages'
	end_by TERM first
	assert_status 143
}

@test "lines and records that end with NUL do not mix, whoever comes first" {
	spawn first svwrite --lines -t 60 /dev/null
	wait_asleep "${pid[first]}"
	run_logged svread -0
	assert_status 5
	end_by TERM first
	spawn first svread --lines
	wait_asleep "${pid[first]}"
	run_logged svwrite -0 /dev/null
	assert_status 5
	assert_output_has 'do not end with NUL'
	end_by TERM first
}

@test "the lines before a line that is too long arrive and are counted" {
	seq 30 >good
	{ cat good; head -c 70000 /dev/zero | tr '\0' x; echo; } >lines
	spawn reader svread --lines -o copy -s 64K
	run_logged svwrite --lines lines
	assert_status 1
	assert_output_has 'line 31 is longer'
	reap reader
	assert_status 3
	assert_same_file good copy
}

@test "-d --lines leaves lines for a later reader" {
	seq 1000 >lines
	run_logged svwrite -d --lines lines
	assert_status 2
	assert_output_has 'needs --size'
	run_logged svwrite -d --lines -s 4K lines
	assert_status 1
	assert_output_has 'larger than the channel'
	run_logged svwrite -d --lines -s 64K lines
	assert_status 0
	run_logged svread --lines -o copy
	assert_status 0
	assert_same_file lines copy
}

@test "options that exclude messages are wrong usage" {
	run_logged svwrite --lines -0 /dev/null
	assert_status 2
	run_logged svread --lines -r -o copy
	assert_status 2
	assert_output_has '--resume is for bytes'
}
