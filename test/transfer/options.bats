#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Options of svwrite, svread and svclean: both forms work; a wrong option is reported with status 2 and changes nothing.

load ../lib/common

# refused PROGRAM ARG...: status 2 and a message that names the program and points to --help; nothing is made.
refused() {
	run_logged "$@" </dev/null
	assert_status 2 || return 1
	[ "$(wc -l <<<"$output")" -le 2 ] || fail 'more than two lines' || return 1
	[[ ${lines[0]} == "$1: "* ]] || fail "does not start with $1:" || return 1
	assert_output_has "Try '$1 --help'." || return 1
	nothing_made
}

# There is no new file.  (The teardown of each test looks for objects.)
nothing_made() {
	local made
	made=$(ls -A "$RV")
	[ -z "$made" ] || fail "made $made"
}

@test "--help and --version in both forms go to standard output" {
	local program option
	for program in svwrite svread svclean; do
		for option in -h --help; do
			run_logged --separate-stderr $program $option
			assert_status 0
			assert_output_has "Usage: $program"
			assert_equal 'standard error' "$stderr" ''
		done
		for option in -V --version; do
			run_logged --separate-stderr $program $option
			assert_status 0
			assert_output_matches "^$program [0-9]+\.[0-9]+\.[0-9]+$"
			assert_equal 'standard error' "$stderr" ''
		done
	done
	assert_nothing_left
}

@test "--help and --version into a full device are errors" {
	local program option
	for program in svwrite svread svclean; do
		for option in --help --version; do
			run_logged bash -c "exec $program $option >/dev/full"
			assert_status 1
			assert_output_has 'No space left on device'
		done
	done
}

@test "--help creates no directory" {
	local dir=$SVIPC_DIR
	SVIPC_DIR=$WORK/none run_logged svread --help
	assert_status 0
	[ ! -e none ]
	[ -d "$dir" ]
}

@test "an unknown option is refused in both forms" {
	local program
	for program in svwrite svread svclean; do
		refused $program -Z
		refused $program --no-such-option
	done
}

@test "an option without its argument is refused" {
	local option
	for option in -c -i -k -m -s -t --channel --id --path --mode --size --timeout --wait; do
		refused svwrite $option
		refused svread $option
	done
	refused svread -o
	refused svclean --older-than
}

@test "an argument that a program or an option does not take is refused" {
	refused svread file
	assert_output_has "use -o"
	refused svclean default
	assert_output_has "use -c"
	refused svwrite --quiet=yes
}

@test "bad sizes are refused" {
	local size
	for size in '' 0 -1 +1 x 1x 1KK 1.5 .5 .K 1. 1.K ' 1' '1 ' 0x10 99999999999999999999 99999999999G 64KX; do
		refused svwrite -s "$size"
		assert_output_has "--size '$size'"
	done
	refused svread --size=1Y
}

@test "sizes too large to be mapped are refused before anything is created" {
	run_logged svwrite -s 4E /dev/null
	[ "$status" -ne 0 ]
	assert_output_has "--size '4E' is too large"
	assert_nothing_left
}

@test "bad time-outs are refused" {
	local time
	for time in '' -1 x 1s 1. . 1e3 99999999999 '1 '; do
		refused svread -t "$time"
		assert_output_has "--timeout '$time'"
	done
}

@test "bad project ids are refused" {
	local id
	for id in '' 0 -1 256 1x 0x1 99999999999; do
		refused svread -i "$id"
		refused svclean -c default -i "$id"
	done
}

@test "bad modes are refused" {
	local mode
	for mode in '' 0 7 0640 0620 0664 0777 0700 0060 0400 888 06660 u=rw 1600; do
		refused svwrite -m "$mode" /dev/null
	done
}

@test "names that could leave the directory or look like an option are refused" {
	local name
	for name in '' . .. .hidden -dash a/b ../up '/abs' 'a b' $'a\nb' 'ä' "$(printf 'x%.0s' {1..65})"; do
		run_logged svwrite --channel="$name" -t 0 /dev/null
		assert_status 2
		assert_output_has 'invalid channel name'
		nothing_made
	done
}

@test "good names work, up to 64 characters" {
	local name
	for name in a A.b_c-9 "$(printf 'x%.0s' {1..64})"; do
		run_logged svread -c "$name" -t 0
		assert_status 4
		assert_output_has "'$name'"
		assert_nothing_left
	done
}

@test "bad waiting policies and ages are refused" {
	refused svread --wait=never
	refused svwrite --wait= /dev/null
	local age
	for age in '' x 2x 1.5h -1 2hh; do
		refused svclean "--older-than=$age"
	done
}

@test "options that exclude each other are refused" {
	touch meet
	refused svwrite -c name -k meet
	refused svread -c name -k meet
	refused svclean -c name -k meet
	refused svclean -i 5
	refused svwrite -d -r meet
	refused svread -r
	refused svwrite -N name meet
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
	refused svread -o copy -s 64K -t soon
	assert_equal content "$(cat copy)" precious
}

@test "a usage error does not need a channel directory" {
	SVIPC_DIR=/proc/none run_logged svwrite -t soon
	assert_status 2
}

@test "-p takes only an attached argument; a separate word such as 'force' is refused, not taken for a file" {
	refused svwrite -p force
	assert_output_has 'write --progress=force, or ./force'
	refused svread -p json
	assert_output_has 'write --progress=json'
	echo text >json
	spawn reader svread -pjson -o copy
	run_logged svwrite -p ./json
	assert_status 0
	reap reader
	assert_same_file json copy
}

@test ".5 means half a second or half a KiB" {
	run_logged svread -t .1 -s .5K
	assert_status 4
}

@test "1,500 files can be sent with 1,024 descriptors, and are all checked first" {
	local i
	for ((i = 0; i < 1500; i++)); do echo "$i"; done | split -l 1 -a 4 - part.
	cat part.* >whole
	spawn reader svread -o copy
	run_logged bash -c 'ulimit -n 1024 && exec svwrite part.*'
	assert_status 0
	reap reader
	assert_same_file whole copy
	run_logged bash -c 'ulimit -n 1024 && exec svwrite -t 0 part.* missing'
	assert_status 1
	assert_output_has 'cannot open missing'
}
