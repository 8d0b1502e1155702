#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# -f: one transfer after another, each to a file or a command of its own.

load ../lib/common

@test "-f writes each transfer to a file of its own" {
	local number
	mkdir out
	spawn reader svread -f -o 'out/100%%-%n'
	for number in 1 2 3; do
		run_logged svwrite - <<<"transfer $number"
		assert_status 0
		assert_equal "file $number" "$(cat "out/100%-$number")" "transfer $number"
	done
	end_by INT reader
	assert_status 130
	assert_equal files "$(ls out)" $'100%-1\n100%-2\n100%-3'
}

@test "-f writes all transfers to standard output" {
	spawn reader svread -f
	run_logged svwrite - <<<one
	assert_status 0
	run_logged svwrite - <<<two
	assert_status 0
	end_by TERM reader
	assert_status 143
	assert_output $'one\ntwo'
}

@test "-f takes the lines of one writer after another" {
	spawn reader svread -f --lines
	run_logged svwrite --lines - <<<one
	run_logged svwrite - <<<bytes
	assert_status 5
	# Each transfer is written as it comes, with nothing before it.
	printf t | run_logged svwrite --lines -
	run_logged svwrite --lines - <<<wo
	assert_status 0
	end_by INT reader
	assert_status 130
	assert_output $'one\ntwo'
}

@test "-f --exec runs the command for each transfer, and continues after one that failed" {
	spawn reader svread -f --exec 'cat >"got.$SVIPC_TRANSFER"; test "$SVIPC_TRANSFER" != 2'
	run_logged svwrite - <<<one
	assert_status 0
	run_logged svwrite - <<<two
	assert_status 3
	assert_output_has 'exited with status 1'
	run_logged svwrite - <<<three
	assert_status 0
	end_by INT reader
	assert_status 130
	assert_stderr_has 'transfer 2 failed; waiting for the next one'
	assert_equal got "$(cat got.1 got.2 got.3)" $'one\ntwo\nthree'
}

@test "-f continues after a writer died, and after a file could not be created" {
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
	end_by TERM reader
	assert_status 143
	assert_stderr_has 'transfer 1 failed'
	assert_stderr_has 'transfer 2 failed'
	assert_equal third "$(cat out/3)" three
}

@test "-f: while the channel carries another kind of content, svread says so once, and looks again each second" {
	skip_unless strace
	# Before it opens the channel, it looks whether it could make the file; before the second file it stops there.
	local svread
	spawn reader strace -fqq -ttt -o trace -P "$PWD/2" -e trace=?stat,?newfstatat -e inject=?stat,?newfstatat:signal=STOP:when=1 \
		svread -f -o "$PWD/%n"
	run_logged svwrite - <<<one
	assert_status 0
	wait_until 'grep -q "stopped by SIGSTOP" trace'
	spawn other svwrite --lines - <<<text
	wait_asleep "${pid[other]}"
	read -r svread _ <trace
	kill -CONT "$svread"
	wait_until '[ "$(grep -c ENOENT trace)" -ge 3 ]'
	awk '/ENOENT/ { if (++looks > 2 && $2 - before < 1) exit 1; before = $2 }' trace || fail "$(<trace)"
	end_by TERM other
	run_logged svwrite - <<<two
	assert_status 0
	wait_until 'grep -q two 2'
	kill "$svread"
	reap reader
	assert_status 143
	assert_equal told "$(grep -c 'carries messages' reader.err)" 1
}

@test "-f ends when no writer comes in time" {
	run_logged svread -f -t 0.2
	assert_status 4
}

@test "-f does not empty a file before a writer has come" {
	echo precious >file-1
	spawn reader svread -f -o 'file-%n' --progress=json
	wait_asleep "${pid[reader]}"
	end_by INT reader
	assert_status 130
	# There was no transfer, so there is no last object of it.
	assert_equal ends "$(grep -c '"status"' reader.err)" 0
	assert_equal file "$(cat file-1)" precious
}

@test "without -f a percent sign in a file name is only a percent sign" {
	spawn reader svread -o '%n%'
	run_logged svwrite - <<<text
	assert_status 0
	reap reader
	assert_equal file "$(cat '%n%')" text
}
