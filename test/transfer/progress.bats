#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The progress of a transfer: a line on a terminal, JSON, SIGUSR1.  script(1) gives the terminal.

load ../lib/common

# on_terminal NAME SHELL-TEXT: run the text in the background on a terminal of its own.  NAME.out has what appears there,
# and NAME.id the process id of the shell, and of the program that the text executes with exec.
on_terminal() {
	skip_unless script
	spawn "$1" script -qec "echo \$\$ >$1.id; $2" /dev/null
}

# script(1) stops when its child stops, and passes SIGCONT on to it.
stop_writer() {
	kill -STOP "$(cat writer.id)"
	wait_until '[ "$(sv_state "$(cat writer.id)")" = T ]'
}
go_on_writer() {
	wait_until '[ "$(sv_state "${pid[writer]}")" = T ]'
	kill -CONT "${pid[writer]}"
}

# The progress lines that were drawn on a terminal, each on a line of its own and without control sequences.
drawn() {
	tr '\r' '\n' <"$1" | sed -e 's/\x1b\[[0-9;]*[A-Za-z]//g' -e '/^$/d'
}

# A consumer that takes a block for each line in the FIFO `go`.
throttled='while read -r line <go && [ "$(head -c 512K | wc -c)" -gt 0 ]; do :; done'

# Feed `go` until CONDITION is true.
pump_until() {
	local condition=$1 end=$((SECONDS + SV_DEADLINE))
	until eval "$condition"; do
		[ "$SECONDS" -lt "$end" ] || fail "not true in time: $condition" || return 1
		echo >&6
		sleep 0.05
	done
}

# The program catches SIGUSR1.  The name matters, because the shell that executes the program catches many signals too.
sv_catches_usr1() {
	grep -q '^Name:.*sv' "/proc/$1/status" || return 1
	grep -q '^SigCgt:.*[2367abef]..$' "/proc/$1/status"
}

# The process sleeps, but not in a semaphore operation.
sv_blocked_in_write() {
	[ "$(sv_state "$1")" = S ] && ! sv_asleep "$1"
}

longest() {
	drawn "$1" | awk '{ if (length > most) most = length } END { print most + 0 }'
}

@test "-p draws nothing and sets no timer if standard error is not a terminal" {
	skip_unless strace
	random_file data 1M
	spawn reader svread -p -o copy
	run_logged strace -o trace -e trace=setitimer,poll svwrite -p data
	assert_status 0
	assert_output ''
	assert_equal calls "$(grep -c 'setitimer\|poll' trace)" 0
	ends_well reader
	assert_equal 'standard error' "$stderr" ''
}

@test "the line has bytes, times, rates, percent and bar, as far as they fit, and a summary follows at the end" {
	local width
	random_file data 4M
	mkfifo go
	exec 6<>go
	spawn reader svread -s 1M -f --exec "$throttled"
	for width in 80 40 20; do
		: >writer.out
		on_terminal writer "stty cols $width; svwrite -s 1M -p data"
		pump_until 'drawn writer.out | grep -q "B/s"'
		pump_until 'sv_gone "${pid[writer]}"'
		ends_well writer
		assert_output_matches 'svwrite: channel .default.: 4194304 bytes \(4.00 MiB\) in '
		[ "$(drawn writer.out | grep -v 'svwrite: channel' | awk '{ if (length > most) most = length } END { print most }')" \
			-lt "$width" ] || fail "longer than $width: $(drawn writer.out)"
		case $width in
		80) drawn writer.out | grep -E '[0-9.]+ .iB .*[0-9]:[0-9]+ [0-9.]+ .*B/s avg .*/s \[=*>? *\] [0-9]+%' ;;
		40) drawn writer.out | grep -E '^[0-9.]+ .iB [0-9]:[0-9]+ [0-9.]+ .*B/s [0-9]+%' ;;
		esac || fail "parts are missing at $width: $(drawn writer.out)"
		# The line is cleared before the summary.
		[[ $output == *$'\r\e[Ksvwrite: channel'* ]] || fail 'the line was not cleared'
	done
	end_by TERM reader
}

@test "the reader shows the percentage too, and both sides say what they wait for" {
	random_file data 8M
	mkfifo go
	exec 6<>go
	on_terminal writer 'stty cols 100; exec svwrite -s 1M -p data'
	wait_until 'drawn writer.out | grep -q "waiting for a reader"'
	on_terminal reader "stty cols 100; exec svread -s 1M -p --exec '$throttled'"
	pump_until 'drawn reader.out | grep -q "of 8.0 MiB .* [1-9][0-9]*%"'
	wait_until 'drawn writer.out | grep -q "waiting for the reader"'
	wait_until 'drawn reader.out | grep -q "waiting for the command"'
	stop_writer
	pump_until 'drawn reader.out | grep -q "waiting for the writer"'
	go_on_writer
	pump_until 'sv_gone "${pid[writer]}"'
	ends_well writer
	ends_well reader
}

@test "the line follows the width of the window" {
	random_file data 8M
	mkfifo go
	exec 6<>go
	on_terminal writer 'tty >name; stty cols 120; svwrite -s 1M -p data'
	wait_until 'drawn writer.out | grep -q "waiting for a reader \[.\{40\}"'
	stty -F "$(cat name)" cols 40
	wait_until '[ "$(drawn writer.out | tail -n 1 | wc -c)" -le 40 ]'
	stty -F "$(cat name)" cols 100
	wait_until '[ "$(drawn writer.out | tail -n 1 | wc -c)" -gt 90 ]'
	run_logged svread -o copy
	assert_status 0
	ends_well writer
	assert_same_file data copy
}

@test "an error message does not mix with the progress line" {
	mkfifo input
	on_terminal writer 'svwrite -p input'
	exec 5>input
	spawn reader svread 5>&-
	echo text >&5
	wait_until 'drawn writer.out | grep -q "5 B "'
	end_by KILL reader
	exec 5>&-
	reap writer
	assert_status 3
	[[ $output == *$'\r\e[Ksvwrite: channel'*'died'* ]] || fail 'the line was not cleared before the message'
}

@test "a stopped program draws at once when it continues" {
	local before
	on_terminal writer 'exec svwrite -p /dev/null'
	wait_until 'drawn writer.out | grep -q "waiting for a reader"'
	stop_writer
	before=$(drawn writer.out | wc -l)
	go_on_writer
	wait_until '[ "$(drawn writer.out | wc -l)" -gt '"$before"' ]'
	run_logged svread
	assert_status 0
	ends_well writer
}

@test "a program in the background does not draw" {
	random_file data 2M
	on_terminal writer 'bash -mc "svwrite -p data & wait \$!"'
	spawn reader svread --exec 'sleep 1; cat >/dev/null'
	ends_well writer
	assert_output_lacks '%'
	reap reader
}

@test "--progress=force draws without a terminal" {
	mkfifo input
	spawn writer env COLUMNS=60 svwrite --progress=force input
	exec 5>input
	wait_until 'drawn writer.err | grep -q "waiting for a reader"'
	[ "$(longest writer.err)" -lt 60 ]
	spawn reader svread 5>&-
	exec 5>&-
	ends_well writer
	reap reader
}

@test "--progress=json prints one object a second, and one at the end with the status" {
	mkfifo input
	spawn writer svwrite --progress=json input
	exec 5>input
	wait_until 'grep -q "\"state\": \"waiting_reader\", \"waiting\": \"waiting for a reader\"" writer.err'
	spawn reader svread -o copy 5>&-
	echo text >&5
	wait_until 'grep -q "\"state\": \"running\", \"waiting\": \"waiting for input\", \"start\": 0, \"bytes\": 5," writer.err'
	exec 5>&-
	ends_well writer
	[[ ${stderr##*$'\n'} =~ ^\{\"program\":\ \"svwrite\",\ \"channel\":\ \"default\",\ \"transfer\":\ null,\ \"state\":\ \"complete\",.*\"bytes\":\ 5,.*\"total\":\ null,.*\"status\":\ 0,\ \"error\":\ null\}$ ]]
	assert_equal 'lines that are no object' "$(grep -vc '^{"program".*}$' writer.err)" 0
	reap reader
	random_file data 1M
	spawn writer svwrite data
	run_logged --separate-stderr svread --progress=json -c default -o /dev/full
	assert_status 1
	[[ ${stderr##*$'\n'} =~ \"state\":\ \"failed\",.*\"total\":\ 1048576,.*\"status\":\ 1,\ \"error\":\ \".*/dev/full:\ No\ space ]]
	if command -v jq >/dev/null; then
		grep '^{' <<<"$stderr" | jq -e . >/dev/null
	fi
	reap writer
	assert_status 3
}

@test "SIGUSR1 prints one line at any time and does not disturb the transfer" {
	mkfifo input
	spawn writer svwrite input
	# At first the writer waits in open(2) of the FIFO.
	wait_until 'sv_catches_usr1 ${pid[writer]}'
	kill -USR1 "${pid[writer]}"
	wait_until 'grep -q "0 bytes.*waiting for input" writer.err'
	exec 5>input
	wait_asleep "${pid[writer]}"
	kill -USR1 "${pid[writer]}"
	wait_until 'grep -q "0 bytes (0 B) in .* s, 0 B/s, waiting for a reader" writer.err'
	spawn reader svread -o copy 5>&-
	printf 'first text\n' >&5
	wait_until '[ -s copy ]'
	kill -USR1 "${pid[writer]}"
	wait_until 'grep -Eq "11 bytes [(]11 B[)] in [0-9.]+ s, .*/s, waiting for input" writer.err'
	wait_asleep "${pid[reader]}"
	kill -USR1 "${pid[reader]}"
	wait_until 'grep -Eq "11 bytes [(]11 B[)] in [0-9.]+ s, .*/s, waiting for the writer" reader.err'
	printf 'second text\n' >&5
	exec 5>&-
	ends_well writer
	ends_well reader
	assert_equal copy "$(cat copy)" $'first text\nsecond text'
	assert_equal 'lines of the reader' "$(wc -l <reader.err)" 1
}

@test "thousands of SIGUSR1 to a side that does not sleep are not taken for its death" {
	skip_unless perl
	mkfifo input output
	exec 6<>output
	spawn reader svread -o output 6<&-
	spawn writer svwrite input 6<&-
	exec 5>input
	head -c 2M /dev/zero >&5
	# The reader is blocked, because the pipe of its output holds less.
	wait_until 'sv_blocked_in_write ${pid[reader]}'
	perl -e '
		open F, "<", "reader.err";
		while ($n < 9000 && kill("USR1", $ARGV[0])) { $n++ while <F>; seek F, 0, 1 }' "${pid[reader]}"
	head -c 2M <&6 >copy
	wait_asleep "${pid[reader]}"
	echo more >&5
	wait_until 'read -r -t 1 line <&6 && [ "$line" = more ]'
	exec 5>&- 6<&-
	ends_well writer
	ends_well reader
}

@test "ticks and SIGUSR1 do not lengthen a time-out" {
	local end=$((SECONDS + 20))
	spawn writer svwrite --progress=force -t 2 /dev/null
	wait_until 'sv_catches_usr1 ${pid[writer]}'
	until sv_gone "${pid[writer]}"; do
		[ "$SECONDS" -lt "$end" ] || fail 'it has not timed out' || return 1
		kill -USR1 "${pid[writer]}" 2>/dev/null || :
		sleep 0.1
	done
	reap writer
	assert_status 4
}

@test "JSON: elapsed never decreases, a failure to open is an object, and a transfer that never began has none" {
	skip_unless jq
	mkfifo input
	spawn writer svwrite --progress=json input
	exec 5>input
	wait_until '[ "$(grep -c waiting_reader writer.err)" -ge 2 ]'
	spawn reader svread -o copy 5>&-
	echo text >&5
	wait_until 'grep -q "\"running\"" writer.err'
	exec 5>&-
	reap writer
	reap reader
	assert_equal 'elapsed grows' "$(jq -s '[.[].elapsed] | . == sort' writer.err)" true
	run_logged svwrite --progress=json missing
	assert_status 1
	assert_equal 'error' "$(tail -n 1 <<<"$output" | jq -r '.state, .status, .error')" \
		$'failed\n1\ncannot open missing: No such file or directory'
	run_logged svread --progress=json -o no/such/file
	assert_status 1
	assert_equal 'error' "$(tail -n 1 <<<"$output" | jq -r '.status')" 1
	spawn reader svread -f -o 'file-%n' --progress=json
	run_logged svwrite - <<<text
	assert_status 0
	wait_until 'grep -q "\"complete\"" reader.err'
	wait_asleep "${pid[reader]}"
	end_by TERM reader
	assert_equal 'numbers of what ended' "$(jq -c 'select(.status != null) | [.transfer, .state]' reader.err)" '[1,"complete"]'
}

@test "Ctrl-C leaves the last figures on the screen" {
	mkfifo input
	on_terminal writer 'exec svwrite -p input'
	exec 5>input
	spawn reader svread 5>&-
	echo text >&5
	wait_until 'drawn writer.out | grep -q "5 B "'
	kill -INT "$(cat writer.id)"
	exec 5>&-
	reap writer
	reap reader
	drawn writer.out | tail -n 1 | grep -E '^svwrite: 5 B '
}

@test "a dumb terminal gets no escape sequence" {
	mkfifo input
	on_terminal writer 'TERM=dumb exec svwrite -p input'
	exec 5>input
	wait_until 'grep -q "waiting for a reader" writer.out'
	spawn reader svread 5>&-
	exec 5>&-
	ends_well writer
	reap reader
	assert_equal 'escape sequences' "$(grep -c $'\e' writer.out)" 0
}

@test "-N: the lines of two programs on one terminal do not mix, and each has a name" {
	mkfifo input
	on_terminal both 'svwrite -p -N one -c one input & svread -p -N two -c two; wait'
	exec 5>input
	wait_until 'grep -q "^two: .*waiting for a writer" both.out && grep -q "^one: .*waiting for a reader" both.out'
	spawn reader svread -c one 5>&-
	exec 5>&-
	reap reader
	run_logged svwrite -c two /dev/null
	reap both
}
