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
	spawn reader svread --lines -v
	run_logged svwrite --lines -v first second
	assert_status 0
	assert_output_has '3 messages, 13 bytes'
	reap reader
	assert_stderr_has '3 messages, 13 bytes'
	assert_output $'one\ntwo\nthree'
}

@test "lines that are there already are written together" {
	skip_unless strace
	seq 1000 >file
	svwrite -d --lines -s 64K file
	run_logged strace -qq -o trace -e trace=write -P "$PWD/copy" svread --lines -o "$PWD/copy"
	assert_status 0
	assert_same_file file copy
	[ "$(grep -c write trace)" -le 10 ] || fail "$(grep -c write trace) writes"
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

@test "a line longer than the channel is an error that names --size; the lines before it arrive and are counted" {
	seq 30 >good
	{ cat good; head -c 70000 /dev/zero | tr '\0' x; echo; } >lines
	spawn reader svread --lines -o copy -s 64K
	wait_asleep "${pid[reader]}"
	run_logged svwrite --lines lines
	assert_status 1
	assert_output_matches 'line 31 is longer than the [0-9]+ bytes .*--size'
	reap reader
	assert_status 3
	assert_stderr_matches 'Message too (long|large)'
	assert_same_file good copy
	spawn reader svread --lines -o copy -s 128K
	wait_asleep "${pid[reader]}"
	run_logged svwrite --lines lines
	assert_status 0
	reap reader
	assert_same_file lines copy
}

@test "lines, bytes, and records that end with NUL do not mix, whoever comes first" {
	local first second says
	while IFS='|' read -r first second says; do
		# shellcheck disable=SC2086 # words
		spawn first $first
		wait_asleep "${pid[first]}"
		# shellcheck disable=SC2086 # words
		run_logged $second
		assert_status 5
		assert_output_has "$says"
		end_by TERM first
		assert_status 143
	done <<-'END'
		svwrite --lines /dev/null|svread|it carries messages, not bytes
		svread|svwrite -0 /dev/null|it carries bytes, not messages
		svwrite --lines /dev/null|svread -0|do not end with NUL
		svread --lines|svwrite -0 /dev/null|do not end with NUL
	END
}

@test "-d --lines leaves lines for a later reader" {
	seq 1000 >lines
	run_logged svwrite -d --lines -s 4K lines
	assert_status 1
	assert_output_has 'larger than the channel'
	run_logged svwrite -d --lines -s 64K lines
	assert_status 0
	run_logged svread --lines -o copy
	assert_status 0
	assert_same_file lines copy
}
