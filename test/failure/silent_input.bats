#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# A writer that waits for its own input still notices when its reader ends.

load ../lib/common

# A writer whose input never comes, and its reader, both attached.
silent_writer() {
	mkfifo input
	exec 7<>input
	spawn reader svread "$@" -o out
	spawn writer svwrite "$@" input
	wait_until 'svstat --json | grep -q "\"running\""'
	# The writer is in poll(2) or read(2), not in a semaphore operation.
	wait_until '[ "$(awk "{ print \$3 }" /proc/${pid[writer]}/stat)" = S ]'
}

# ends_at_once SIGNAL TEXT: when the reader gets that signal, the writer ends and says TEXT.
ends_at_once() {
	kill "-$1" "${pid[reader]}"
	reap writer
	assert_status 3
	assert_stderr_has "$2"
	reap reader
	assert_nothing_left
}

@test "a writer with silent input ends at once when its reader is killed" {
	silent_writer
	ends_at_once KILL died
}

@test "a writer with silent input ends at once when its reader is ended by a signal" {
	silent_writer
	ends_at_once TERM 'signal 15'
}

@test "a writer of lines with silent input ends at once when its reader is killed" {
	silent_writer --lines
	ends_at_once KILL died
}

@test "a writer with silent input ends at once when its reader is killed, also after it has shown its progress" {
	silent_writer --progress=force
	wait_until 'grep -q "waiting for input" writer.err'
	ends_at_once KILL died
}
