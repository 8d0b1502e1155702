#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# --exec on both sides: a command is one end of the transfer, which is complete only if the command succeeds.

load ../lib/common

@test "svwrite --exec sends what a command prints" {
	random_file data 3M
	spawn reader svread -o copy
	run_logged svwrite --exec 'cat data; echo "$SVIPC_TRANSFER" >number'
	assert_status 0
	assert_output ''
	ends_well reader
	assert_same_file data copy
	assert_equal number "$(cat number)" 1
	# SIGPIPE and SIGXFSZ, which svwrite itself ignores, end a command.
	spawn reader svread
	run_logged svwrite --exec 'sed -n "s/SigIgn:[[:space:]]*/0x/p" /proc/self/status'
	ends_well reader
	assert_equal 'ignored' $((output & 0x1001000)) 0
	spawn reader svread --lines
	# The command has our standard input.
	run_logged svwrite --lines --exec 'cat; echo two' <<<one
	assert_status 0
	reap reader
	assert_output $'one\ntwo'
	run_logged svwrite -d -s 64K --exec 'echo kept'
	assert_status 0
	run_logged svread
	assert_output kept
	assert_nothing_left
}

@test "--exec: a command that fails or is killed fails the transfer, and both sides say so, on either side" {
	local side other command words
	random_file data 1M
	while IFS='|' read -r side command words; do
		if [ "$side" = svwrite ]; then
			other=writer
			spawn peer svread -o copy
			run_logged svwrite --exec "$command"
		else
			other=reader
			spawn peer svwrite data
			run_logged svread --exec "$command"
		fi
		assert_status 1
		assert_output_has "the command $words"
		reap peer
		assert_status 3
		assert_stderr_has "the $other (pid "
		assert_stderr_has "its command $words"
	done <<'END'
svwrite|echo begun; exit 7|exited with status 7
svwrite|head -c 3M /dev/zero; false|exited with status 1
svwrite|kill -9 $$|was killed by signal 9
svwrite|echo x; kill -TERM $$|was killed by signal 15
svwrite|./no-such-command|exited with status 127
svread|cat >/dev/null; exit 7|exited with status 7
svread|exit 7|exited with status 7
svread|cat >/dev/null; kill -KILL $$|was killed by signal 9
svread|./no-such-command|exited with status 127
svread|head -c 1 >/dev/null|ended before it had read everything
END
	assert_nothing_left
}

@test "--exec: a command that fails is reported at once, even if another process holds its output open" {
	mkfifo hold
	exec 9<>hold
	spawn reader svread -o copy 9>&-
	spawn writer svwrite --exec 'read -r _ <hold & exit 7' 9>&-
	reap writer 10
	assert_status 1
	reap reader 10
	assert_status 3
	assert_stderr_has 'exited with status 7'
	exec 9>&-
}

@test "svwrite --exec: when the reader has gone, the command gets SIGTERM" {
	spawn reader svread
	spawn writer svwrite --exec 'trap "echo told >told; exit 0" TERM; echo ready; while :; do sleep 0.05; done'
	wait_until 'grep -q ready reader.out'
	end_by KILL reader
	reap writer
	assert_status 3
	assert_equal told "$(cat told)" told
}

@test "--exec: the pipe of a command holds much more than usual" {
	spawn reader svread -s 4K -o copy
	wait_asleep "${pid[reader]}"
	kill -STOP "${pid[reader]}"
	spawn writer svwrite -s 4K --exec 'head -c 400000 /dev/zero && touch handed'
	wait_until '[ -e handed ]'
	kill -CONT "${pid[reader]}"
	ends_well writer
	ends_well reader
	assert_equal 'bytes arrived' "$(stat -c %s copy)" 400000
	mkfifo gate
	spawn reader svread -s 4K --exec 'read -r _ <gate; cat >copy'
	spawn writer svwrite -s 4K copy -
	wait_until '[ "$(svstat -b -o moved --noheadings | tr -d " ")" = 400000 ]'
	echo >gate
	ends_well writer
	ends_well reader
	assert_nothing_left
}

@test "--exec: a compound command does not take a failed transfer for a complete one" {
	mkfifo feed
	exec 9<>feed
	spawn reader svread --exec '(cat >part; echo complete >flag)' 9>&-
	spawn writer svwrite feed 9>&-
	echo begun >&9
	wait_until '[ -s part ]'
	end_by KILL writer
	reap reader
	assert_status 3
	[ ! -e flag ] || fail 'the command took the death of the writer for the end of the data'
	exec 9>&-
}

@test "a command that failed is reported at once, even if another process holds its input open and the writer is busy" {
	mkfifo hold
	exec 9<>hold
	random_file data 8M
	# The holder reads nothing, so that svread is stuck in write(2).
	spawn reader svread --exec 'read -r _ <hold & sleep 0.2; exit 7' 9>&-
	run_logged svwrite data 9>&-
	assert_status 3
	assert_output_has 'its command exited with status 7'
	reap reader 10
	assert_status 1
	exec 9>&-
}

@test "a command that closes its input early is reported at once, even if the writer is silent" {
	mkfifo feed hold
	exec 8<>hold 9<>feed
	spawn reader svread --exec 'exec <&-; read -r _ <hold' 8>&- 9>&-
	spawn writer svwrite feed 8>&- 9>&-
	reap reader 10
	assert_status 1
	assert_stderr_has 'the command closed its input before it had read everything'
	exec 9>&- 8>&-
	reap writer
	assert_status 3
	assert_stderr_has 'its command closed its input'
}

@test "a command that has read every byte may close its input early, once the writer has finished" {
	local take='head -c 5 >got; until [ -e go ]; do sleep 0.05; done'
	spawn reader svread --exec "$take; exec <&-; touch closed; sleep 0.3; echo rest >>got"
	spawn writer svwrite - <<<1234
	wait_until '[ -s got ]'
	# The writer has no more to send, and sleeps until the reader has finished.
	wait_asleep "${pid[writer]}"
	touch go
	ends_well writer
	ends_well reader
	assert_equal 'it was waited for' "$(tail -n 1 got)" rest
	# While the writer may still send more, closing the input is too early.
	rm go got closed
	mkfifo feed
	exec 8<>feed
	spawn reader svread --exec "$take; exec <&-; sleep 1" 8>&-
	spawn writer svwrite feed 8>&-
	echo 1234 >&8
	wait_until '[ -s got ]'
	touch go
	reap reader
	assert_status 1
	assert_stderr_has 'closed its input before it had read everything'
	reap writer
	assert_status 3
	exec 8>&-
	assert_nothing_left
}

@test "a command that ends with 0 but leaves bytes unread is a failure, even if the pipe could hold them all" {
	random_file data 100K
	spawn reader svread --exec 'sleep .3'
	run_logged svwrite data
	assert_status 3
	assert_output_has 'its command ended before it had read everything'
	reap reader
	assert_status 1
	assert_stderr_has 'the command ended before it had read everything'
	# A command that stops after the last byte has read everything.
	spawn reader svread --exec 'head -c 102400 >copy'
	run_logged svwrite data
	assert_status 0
	ends_well reader
	assert_same_file data copy
}

@test "-t limits the wait for a command that does not end, and for one that does not read" {
	mkfifo hold
	exec 9<>hold
	spawn reader svread -t 1 --exec 'cat >/dev/null; read -r _ <hold' 9>&-
	run_logged svwrite - <<<text 9>&-
	assert_status 3
	reap reader 10
	assert_status 4
	assert_stderr_has 'timed out waiting for the command'
	random_file data 8M
	spawn reader svread -t 1 --exec 'read -r _ <hold' 9>&-
	run_logged svwrite data 9>&-
	assert_status 3
	reap reader 10
	assert_status 4
	exec 9>&-
}

@test "a reader whose consumer has ended ends too, while the writer is silent" {
	mkfifo feed
	exec 9<>feed
	spawn reader bash -c 'svread | true; exit "${PIPESTATUS[0]}"' 9>&-
	spawn writer svwrite feed 9>&-
	reap reader 10
	assert_status 1
	assert_stderr_has 'Broken pipe'
	exec 9>&-
	reap writer
	# It may have waited for the writer before.
	mkfifo go
	spawn late bash -c 'svread | { read -r _ <go; }; exit "${PIPESTATUS[0]}"'
	wait_until 'svstat --wait default=reader -t 0'
	# By a second descriptor of the pipe it is told of the consumer's end.
	pid[svread]=$(svstat -bo rpid --noheadings default | tr -d ' ')
	wait_until 'readlink /proc/"${pid[svread]}"/fd/* | grep pipe: | sort | uniq -d | grep -q .'
	exec 9<>feed
	spawn writer svwrite feed 9>&-
	svstat --wait default=running -t "$SV_DEADLINE"
	echo >go
	reap late 10
	assert_status 1
	exec 9>&-
	reap writer
	# This also happens before a writer has come; with -q nothing is printed.
	run_logged bash -c 'svread | true; exit "${PIPESTATUS[0]}"'
	assert_status 1
	run_logged bash -c 'svread -q | true; exit "${PIPESTATUS[0]}"'
	assert_status 1
	assert_output ''
	assert_nothing_left
}

@test "svread -f ends when nobody reads its standard output any more" {
	spawn reader bash -c 'svread -f | head -n 1; exit "${PIPESTATUS[0]}"'
	run_logged svwrite - <<<one
	assert_status 0
	reap reader 10
	assert_status 1
	assert_output one
	assert_nothing_left
}

@test "svread --exec: a command gets the data on its standard input and the number in SVIPC_TRANSFER" {
	random_file data 3M
	spawn reader svread --exec 'cat >copy; echo "$SVIPC_TRANSFER"'
	run_logged svwrite data
	assert_status 0
	ends_well reader
	assert_output 1
	assert_same_file data copy
}

@test "each line goes to a command at once" {
	mkfifo input
	spawn reader svread --lines --exec 'while read -r line; do echo "$line" >last; done'
	spawn writer svwrite --lines input
	exec 5>input
	echo one >&5
	wait_until '[ "$(cat last 2>/dev/null)" = one ]'
	exec 5>&-
	ends_well writer
	ends_well reader
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

@test "a command inherits no descriptor and no mapping of the channel" {
	spawn reader svread --exec 'cat >/dev/null; ls -l /proc/self/fd; grep SYSV /proc/self/maps'
	spawn writer svwrite /dev/null
	reap reader
	# This is the status of the command: grep found nothing.
	assert_status 1
	assert_output_lacks "$SVIPC_DIR"
	assert_output_lacks SYSV
	reap writer
	assert_status 3
}

@test "svread --exec: when the writer dies, the command gets SIGTERM and not only the end of its input" {
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
