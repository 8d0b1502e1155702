#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Options of all programs: both forms work; a wrong option is reported with status 2 and changes nothing.  number_test has
# more numbers, good and bad.

load ../lib/common

# refused PROGRAM ARG...: status 2 and a message that names the program and points to --help.
refused() {
	run_logged "$@" </dev/null
	assert_status 2 || return 1
	[ "${#lines[@]}" -le 2 ] || fail 'more than two lines' || return 1
	[[ ${lines[0]} == "$1: "* ]] || fail "does not start with $1:" || return 1
	assert_output_has "Try '$1 --help'."
}

# Each line has a command, and a part of what it says.
@test "wrong usage is status 2 and says what is wrong; nothing is made" {
	local command says
	touch meet
	while IFS='|' read -r command says; do
		# shellcheck disable=SC2086 # words
		refused $command || return 1
		assert_output_has "$says" || return 1
	done <<'END'
svwrite -Z|
svread --no-such-option|
svread -o|
svwrite --quiet=yes|
svread file|use -o
svclean default|use -c
svread -t 99999999999|--timeout '99999999999' is too large: use at most 2000000 seconds, or omit it for no limit
svwrite -t 99999999999999999999999|--timeout '99999999999999999999999' is too large
svwrite -t 9s|invalid --timeout '9s': use seconds, such as 10 or 0.5
svwrite -s 16E|--size '16E' is too large: use at most 16T
svwrite -s 32T|--size '32T' is too large: use at most 16T
svwrite -s 0|--size '0' is too small
svwrite -s 1.5|invalid --size '1.5': use a number above 0 with K, M or G
svread --size=1Y|--size '1Y'
svwrite -m 0640 meet|--mode '0640'
svread --mode=|--mode ''
svread --wait=never|--wait
svwrite --wait= meet|--wait
svclean --older-than=99999999999d|--older-than '99999999999d' is too large
svclean --older-than=1w|invalid --older-than '1w': use a number with s, m, h or d, such as 2h
svwrite --progress=maybe|auto, force or json
svwrite -p force|write --progress=force, or ./force
svread -p json|write --progress=json
svwrite -c name -k meet|
svread -c name -k meet|
svwrite -N name meet|
svwrite -d -r meet|
svwrite -d|--size
svwrite -d --lines meet|needs --size
svwrite --lines -0 meet|
svwrite --exec true meet|
svwrite --exec true -r|
svread -r|--resume needs --output FILE
svread -r --exec cat|
svread -o copy --exec cat|
svread --lines -r -o copy|--resume is for bytes
svread -f -o copy|%n
svread -f -o copy-%n-%d|
svread -f -r -o copy-%n|
svread --sync|
svread --atomic|
svread --atomic -r -o copy|
svclean -c name -k meet|
svclean -i 5|
svclean --json -q|
svclean --foreign -q|
svclean --foreign -a|
svclean --foreign -c x|
svclean --foreign -k /|
svclean --foreign x|
svstat -x|invalid option
svstat --al=1|doesn't allow an argument
svstat -i 5|--id goes with a channel
svstat -c a b|exclude each other
svstat -c a -k b|exclude each other
svstat -k a b|exclude each other
svstat -A a|exclude each other
svstat --json -o name|exclude each other
svstat --raw --json|--json and --raw exclude each other
svstat -o ,|invalid --columns
svstat -o name,|invalid --columns
svstat -o name,,key|invalid --columns
svstat -o nam|invalid --columns
svstat --count=3|--count goes with --watch
svstat -w --count=0|invalid --count
svstat -w --count=x|invalid --count
svstat -w0|invalid --watch
svstat -w 0.05|invalid --watch
svstat --watch=x|invalid --watch
svstat --watch=-1|invalid --watch
svstat --watch=99999|invalid --watch
svstat --wait a=nonsense|invalid state 'nonsense' of --wait
svstat --wait a= -t 0|invalid state ''
svstat --wait a b c|--wait goes with one channel
svstat --wait a b|--wait has a channel already
svstat --wait a -A|--wait goes with one channel
svstat --wait a --json|--wait goes with one channel
svstat --wait a -w|--wait goes with one channel
svstat -t 1|--timeout goes with --wait
END
	[ ! -e copy ] || fail 'an output was made'
	assert_nothing_left
}

@test "--help, and wrong usage, need no channel directory and make none" {
	SVIPC_DIR=$WORK/none run_logged svread --help
	assert_status 0
	[ ! -e none ]
	SVIPC_DIR=/proc/none run_logged svwrite -t soon
	assert_status 2
}

@test "a project id is checked in the same words by all programs" {
	local program id
	for program in svwrite svread svclean svstat; do
		for id in 0 256 x ''; do
			run_logged $program -c some -i "$id"
			assert_status 2 || return 1
			assert_output "$program: invalid --id '$id': use a number from 1 to 255"$'\n'"Try '$program --help'." || return 1
		done
	done
}

@test "names that could leave the directory or look like an option are refused, in the same words by all programs" {
	local name option rule='use 1 to 64 of A-Z a-z 0-9 . _ - and do not start with . or -'
	for name in '' . .. .hidden -dash a/b '/abs' 'a b' 'ä' "$(printf 'x%.0s' {1..65})"; do
		run_logged svwrite --channel="$name" -t 0 /dev/null
		assert_status 2
		assert_output_has "svwrite: invalid channel name '"
		assert_output_has "': $rule"
	done
	for option in 'svwrite -c' 'svread -c' 'svclean -c' 'svstat -c' 'svstat --wait'; do
		# shellcheck disable=SC2086 # words
		run_logged $option ../up
		assert_status 2
		assert_output "${option%% *}: invalid channel name '../up': $rule"
	done
	assert_nothing_left
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

@test "good names work, up to 64 characters, and so do numbers that start with their decimal point" {
	local name
	for name in a A.b_c-9 "$(printf 'x%.0s' {1..64})"; do
		run_logged svread -c "$name" -t .001 -s .5K
		assert_status 4
		assert_output_has "'$name'"
		assert_nothing_left
	done
}

@test "every option works in its long form" {
	touch meet
	echo text >file
	spawn reader svread --path=meet --id=9 --mode=0600 --output=copy --quiet --size=16K --timeout=30 --wait=sleep
	run_logged svwrite --path meet --id 9 --mode 0600 --quiet --size 16K --timeout 30 --wait auto file
	assert_status 0
	ends_well reader
	assert_same_file file copy
	spawn reader svread --channel=long --verbose --resume --output=copy
	run_logged svwrite --channel=long --verbose --resume file
	assert_status 0
	ends_well reader
	assert_same_file file copy
	run_logged svwrite --detach --channel=left file
	assert_status 0
	run_logged svclean --channel=left --dry-run --all
	assert_output_has 'would remove left'
	run_logged svclean --all --quiet
	assert_status 0
	assert_output ''
	assert_nothing_left
}

@test "every option works in its short form, also bundled" {
	touch meet
	echo text >file
	spawn reader svread -qk meet -i9 -m600 -ocopy -s16K -t30
	run_logged svwrite -qkmeet -i 9 -m 600 -s 16K -t 30 file
	assert_status 0
	ends_well reader
	assert_same_file file copy
	spawn reader svread -vrocopy -cshort
	run_logged svwrite -rvc short file
	assert_status 0
	ends_well reader
	run_logged svwrite -dcleft file
	assert_status 0
	run_logged svclean -nacleft
	assert_output_has 'would remove left'
	run_logged svclean -aq
	assert_output ''
	assert_nothing_left
}

@test "the objects have the mode of -m, whatever the umask is" {
	umask 077
	touch meet
	spawn reader svread -k meet -m 0660
	wait_asleep "${pid[reader]}"
	local key
	key=$((0x$(ipctool key meet 83 | cut -c 3-)))
	assert_equal 'segment mode' "$(awk -v key=$key '$1 == key { print $3 }' /proc/sysvipc/shm)" 660
	assert_equal 'set mode' "$(awk -v key=$key '$1 == key { print $3 }' /proc/sysvipc/sem)" 660
	end_by TERM reader
	assert_nothing_left
}

@test "a wrong last option is reported before anything is done" {
	echo precious >copy
	run_logged svread -o copy -s 64K -t soon
	assert_status 2
	assert_equal content "$(cat copy)" precious
}

@test "-p takes only an attached argument; a file may have the name of one" {
	echo text >json
	spawn reader svread -pjson -o copy
	run_logged svwrite -p ./json
	assert_status 0
	reap reader
	assert_same_file json copy
}
