#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What scripts build on: messages of lines, commands as readers, one transfer after another.

load ../lib/common

# hand TEXT OPTION...: TEXT from svwrite to svread, both with the options; what came is in the file `copy`.
hand() {
	printf '%b' "$1" >sent
	spawn reader svread "${@:2}" -o copy
	run_logged svwrite "${@:2}" sent
	assert_status 0
	reap reader
	assert_status 0
}

stop() {
	kill -"$2" "${pid[$1]}"
	reap "$1"
}

# --- messages

@test "lines arrive as they were, empty ones and a last one without a newline too" {
	local text
	for text in 'one\ntwo\n' 'one\n\n\nlast' '\n' 'x' '' 'a\0b\r\n\xff\xfe\n\0'; do
		hand "$text" --lines
		assert_same_file sent copy
	done
}

@test "records that end with NUL arrive as they were" {
	hand 'one\ntwo\0\0three\0' --null
	assert_same_file sent copy
	hand 'one\0last' -0
	assert_same_file sent copy
}

@test "many lines of many lengths, through a small channel" {
	seq 100000 | awk '{ printf "%*d\n", $1 % 301, $1 }' >many
	spawn reader svread --lines -o copy
	run_logged svwrite --lines -s 4K many
	assert_status 0
	reap reader
	assert_status 0
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

@test "a line is handed over at once, while the input stays open" {
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
	reap writer
	assert_status 0
	reap reader
	assert_status 0
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
	assert_stderr_has 'Message too long'
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
	stop first TERM
	assert_status 143
	spawn first svread
	wait_asleep "${pid[first]}"
	run_logged svwrite -0 /dev/null
	assert_status 5
	assert_output_has 'it carries bytes, not messages'
	stop first TERM
	assert_status 143
}

@test "lines and records that end with NUL do not mix, whoever comes first" {
	spawn first svwrite --lines -t 60 /dev/null
	wait_asleep "${pid[first]}"
	run_logged svread -0
	assert_status 5
	stop first TERM
	spawn first svread --lines
	wait_asleep "${pid[first]}"
	run_logged svwrite -0 /dev/null
	assert_status 5
	assert_output_has 'do not end with NUL'
	stop first TERM
}

@test "the lines before one that is too long arrive, and are counted" {
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

@test "lines are left for a later reader" {
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

@test "what does not go with messages is wrong usage" {
	run_logged svwrite --lines -0 /dev/null
	assert_status 2
	run_logged svread --lines -r -o copy
	assert_status 2
	assert_output_has '--resume is for bytes'
}

# --- a command

@test "a command has the data as its standard input and the number in SVIPC_TRANSFER" {
	random_file data 3M
	spawn reader svread --exec 'cat >copy; echo "$SVIPC_TRANSFER"'
	run_logged svwrite data
	assert_status 0
	reap reader
	assert_status 0
	assert_output 1
	assert_same_file data copy
}

@test "lines go to a command at once" {
	mkfifo input
	spawn reader svread --lines --exec 'while read -r line; do echo "$line" >last; done'
	spawn writer svwrite --lines input
	exec 5>input
	echo one >&5
	wait_until '[ "$(cat last 2>/dev/null)" = one ]'
	exec 5>&-
	reap writer
	assert_status 0
	reap reader
	assert_status 0
}

@test "a command that fails fails the transfer, and the writer says with what status" {
	local command
	for command in 'cat >/dev/null; exit 7' 'exit 7'; do
		spawn reader svread --exec "$command"
		random_file data 1M
		run_logged svwrite data
		assert_status 3
		assert_output_has 'the reader (pid '
		assert_output_has 'its command exited with status 7'
		reap reader
		assert_status 1
		assert_stderr_has 'the command exited with status 7'
	done
	spawn reader svread --exec 'cat >/dev/null; kill -KILL $$'
	run_logged svwrite data
	assert_status 3
	assert_output_has 'its command was killed by signal 9'
	reap reader
	assert_status 1
	assert_stderr_has 'the command was killed by signal 9'
	spawn reader svread --exec ./no-such-command
	run_logged svwrite data
	assert_status 3
	assert_output_has 'exited with status 127'
	reap reader
	assert_status 1
}

@test "a command that fails while the writer is silent is reported at once" {
	mkfifo input
	spawn writer svwrite input
	exec 5>input
	run_logged svread --exec 'exit 9'
	assert_status 1
	assert_output_has 'exited with status 9'
	exec 5>&-
	reap writer
	assert_status 3
	assert_stderr_has 'exited with status 9'
}

@test "a command that ends well before it has read everything fails the transfer" {
	random_file data 3M
	spawn reader svread --exec 'head -c 1 >/dev/null'
	run_logged svwrite data
	assert_status 3
	reap reader
	assert_status 1
	assert_stderr_has 'before it had read everything'
}

@test "a command inherits no descriptor and no mapping of the channel" {
	spawn reader svread --exec 'cat >/dev/null; ls -l /proc/self/fd; grep SYSV /proc/self/maps'
	spawn writer svwrite /dev/null
	reap reader
	# grep found nothing
	assert_status 1
	assert_output_lacks "$SVIPC_DIR"
	assert_output_lacks SYSV
	reap writer
	assert_status 3
}

@test "when the writer dies the command is told by SIGTERM, not by the end of its input alone" {
	mkfifo input
	spawn reader svread --exec 'trap "echo stopped; exit 0" TERM; echo ready; while :; do read -r line; done'
	spawn writer svwrite input
	exec 5>input
	wait_until 'grep -q ready reader.out'
	kill -KILL "${pid[writer]}"
	exec 5>&-
	reap reader
	assert_status 3
	assert_output_has stopped
	reap writer
}

# --- one after another

@test "-f writes each transfer to a file of its own" {
	local number
	mkdir out
	spawn reader svread -f -o 'out/100%%-%n'
	for number in 1 2 3; do
		run_logged svwrite - <<<"transfer $number"
		assert_status 0
		assert_equal "file $number" "$(cat "out/100%-$number")" "transfer $number"
	done
	stop reader INT
	assert_status 130
	assert_equal files "$(ls out)" $'100%-1\n100%-2\n100%-3'
}

@test "-f writes all transfers to standard output" {
	spawn reader svread -f
	run_logged svwrite - <<<one
	assert_status 0
	run_logged svwrite - <<<two
	assert_status 0
	stop reader TERM
	assert_status 143
	assert_output $'one\ntwo'
}

@test "-f takes the lines of one writer after another" {
	spawn reader svread -f --lines
	run_logged svwrite --lines - <<<one
	run_logged svwrite - <<<bytes
	assert_status 5
	run_logged svwrite --lines - <<<two
	assert_status 0
	stop reader INT
	assert_status 130
	assert_output $'one\ntwo'
}

@test "-f --exec runs the command for each, and goes on after one that failed" {
	spawn reader svread -f --exec 'cat >"got.$SVIPC_TRANSFER"; test "$SVIPC_TRANSFER" != 2'
	run_logged svwrite - <<<one
	assert_status 0
	run_logged svwrite - <<<two
	assert_status 3
	assert_output_has 'exited with status 1'
	run_logged svwrite - <<<three
	assert_status 0
	stop reader INT
	assert_status 130
	assert_stderr_has 'transfer 2 failed; waiting for the next one'
	assert_equal got "$(cat got.1 got.2 got.3)" $'one\ntwo\nthree'
}

@test "-f goes on after a writer that died, and after a file that could not be made" {
	mkfifo input
	spawn reader svread -f -o 'out/%n'
	run_logged svwrite - <<<lost
	assert_status 3
	assert_output_has 'No such file or directory'
	mkdir out
	spawn writer svwrite input
	exec 5>input
	echo begun >&5
	wait_until '[ -s out/2 ]'
	kill -KILL "${pid[writer]}"
	exec 5>&-
	reap writer
	run_logged svwrite - <<<three
	assert_status 0
	stop reader TERM
	assert_status 143
	assert_stderr_has 'transfer 1 failed'
	assert_stderr_has 'transfer 2 failed'
	assert_equal third "$(cat out/3)" three
}

@test "-f ends when no writer comes in time" {
	run_logged svread -f -t 0.2
	assert_status 4
}

@test "-f does not empty a file before a writer has come" {
	echo precious >file-1
	spawn reader svread -f -o 'file-%n'
	wait_asleep "${pid[reader]}"
	stop reader INT
	assert_status 130
	assert_equal file "$(cat file-1)" precious
}

@test "a second -f on the same channel is refused" {
	spawn reader svread -f
	wait_asleep "${pid[reader]}"
	run_logged svread -f
	assert_status 5
	assert_output_has busy
	stop reader INT
}

@test "contradictions of -f, --exec and -o are wrong usage" {
	run_logged svread -f -o file
	assert_status 2
	assert_output_has '%n'
	run_logged svread -f -o 'file-%n-%d'
	assert_status 2
	run_logged svread -o file --exec cat
	assert_status 2
	run_logged svread -r -o 'file-%n' -f
	assert_status 2
	run_logged svread -r --exec cat
	assert_status 2
}

@test "without -f a percent sign in the name of a file is one" {
	spawn reader svread -o '%n%'
	run_logged svwrite - <<<text
	assert_status 0
	reap reader
	assert_equal file "$(cat '%n%')" text
}

@test "a closed standard stream is an error, and never becomes the file that is written" {
	spawn reader sh -c 'exec svread -o copy 2>&- >&-'
	run_logged svwrite - <<<text
	assert_status 0
	reap reader
	assert_status 0
	spawn reader sh -c 'exec svread -o copy -t 0.1 2>&-'
	reap reader
	assert_status 4
	assert_equal copy "$(cat copy)" text
	# Before the channel is opened: whoever waits there goes on waiting.
	run_logged sh -c 'exec svread >&-'
	assert_status 1
	assert_output_has 'standard output: Bad file descriptor'
	run_logged sh -c 'exec svwrite <&-'
	assert_status 1
	assert_output_has 'standard input: Bad file descriptor'
	assert_equal channels "$(ls "$RV")" ''
}

# examples FILE: each literal block of the examples of a manual page, as files example.N.
examples() {
	awk '/^[.]Sh/ { inside = $2 == "EXAMPLES" }
		inside && /^[.]Bd -literal/ { n++; literal = 1; next }
		/^[.]Ed/ { literal = 0 }
		inside && literal { gsub(/\\e/, "\\"); gsub(/\\\(aq/, "\047"); gsub(/\\-/, "-"); print >("example." n) }' "$1"
}

@test "the examples of the manual pages run" {
	local page example count
	for page in svwrite svread; do
		rm -f example.*
		examples "$SV_ROOT/src/man/$page.1"
		count=0
		for example in example.*; do
			mkdir "$page.$example"
			cd "$page.$example" || return 1
			random_file data.img 300K
			run_logged sh -e "../$example"
			assert_status 0
			cd ..
			count=$((count + 1))
		done
		[ "$count" -ge 4 ] || fail "$page.1: only $count examples were found"
	done
}

@test "options in --help and in the manual page are the same" {
	local program
	for program in svwrite svread; do
		"$program" --help | grep -oE -- '--[a-z]+' | sort -u >help
		grep '^[.]It Fl' "$SV_ROOT/src/man/$program.1" | grep -oE 'Fl Fl [a-z]+' | sed 's/Fl Fl /--/' | sort -u >manual
		diff help manual || fail "$program"
	done
}

@test "--help fits a screen" {
	local program
	for program in svwrite svread; do
		run_logged "$program" --help
		assert_status 0
		[ "${#lines[@]}" -le 24 ] || fail "$program: ${#lines[@]} lines"
		assert_equal 'lines too long' "$(printf '%s\n' "${lines[@]}" | grep -E '^.{80}')" ''
	done
}
