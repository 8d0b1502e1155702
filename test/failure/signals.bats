#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# A signal ends a side: it tells the other side, leaves nothing behind and dies by that signal.
#
# shellcheck disable=SC2016,SC2154 # conditions are text, evaluated later; variables of lib/common

load ../lib/common

@test "INT, TERM or HUP ends a side: it dies by the signal, and the other side names the signal and has all that came before" {
	local signal side other number
	for side in writer reader; do
		other=reader
		[ $side = writer ] || other=writer
		for signal in INT TERM HUP; do
			number=$(kill -l $signal)
			half_way
			end_by $signal $side
			assert_status $((128 + number))
			exec 9>&-
			reap $other
			assert_status 3
			assert_stderr_has "the $side (pid ${pid[$side]}) was ended by signal $number"
			assert_same_file sent copy
			assert_nothing_left
		done
	done
}

@test "a side that waits alone ends at once by INT, TERM or HUP and leaves nothing" {
	local signal program
	for program in svwrite svread; do
		for signal in INT TERM HUP; do
			spawn alone $program </dev/null
			wait_asleep "${pid[alone]}"
			end_by $signal alone
			assert_status $((128 + $(kill -l $signal)))
			assert_equal 'standard error' "$stderr" ''
			assert_nothing_left
		done
	done
}

@test "SIGTERM ends a writer that waits for its input, and a reader that waits for its output" {
	mkfifo feed sink
	exec 8<>feed 9<>sink
	spawn writer svwrite <feed 8>&- 9>&-
	spawn reader svread -o copy 8>&- 9>&-
	wait_until '[ "$(sv_state "${pid[writer]}")" = S ] && ! sv_asleep "${pid[writer]}"'
	end_by TERM writer
	assert_status 143
	reap reader
	assert_status 3
	# The pipe takes 512 KiB, then the reader blocks in write and then the writer on a full ring.
	random_file file 3M
	spawn writer svwrite -s 4K file 8>&- 9>&-
	spawn reader bash -c 'exec svread >sink' 8>&- 9>&-
	# The writer also sleeps until the reader comes, so wait for both first.
	svstat --wait default=running -t "$SV_DEADLINE"
	wait_asleep "${pid[writer]}"
	end_by TERM reader
	assert_status 143
	reap writer
	assert_status 3
	assert_nothing_left
}

@test "a signal that the parent had ignored stays ignored" {
	skip_unless nohup
	spawn reader nohup svread -o copy
	wait_asleep "${pid[reader]}"
	kill -HUP "${pid[reader]}"
	wait_asleep "${pid[reader]}"
	run_logged svwrite - <<<text
	assert_status 0
	ends_well reader
	assert_equal copy "$(cat copy)" text
}

@test "SIGINT does not end what runs in the background of a script" {
	# A shell without job control starts background processes with SIGINT ignored.
	bash -c 'svread -o copy & echo $! >number' 3>&- 4>&-
	local number
	number=$(cat number)
	wait_asleep "$number"
	kill -INT "$number"
	run_logged svwrite - <<<text
	assert_status 0
	wait_gone "$number"
	assert_equal copy "$(cat copy)" text
}

@test "a store into the read-only ring: the reader reports SIGSEGV with the address, the writer reports a death" {
	skip_if_sanitized
	random_file file 300000
	midway segment 3 svread -s 16K -o copy
	run_logged svwrite -s 16K file
	assert_status 3
	assert_output_has "the reader (pid ${pid[svread]}) died"
	reap svread
	assert_status 139
	local address='([0-9a-f]{8}){1,2}'
	grep -qEx "svread: memory access violation \(SIGSEGV\) at address 0x$address, inside the shared segment; .*" svread.err
	assert_equal 'lines said' "$(grep -c svread: svread.err)" 1
	assert_no_leak
}

@test "a store outside the segment: the writer reports SIGSEGV with the address, the reader reports a death" {
	skip_if_sanitized
	random_file file 300000
	spawn reader svread -s 16K -o copy
	midway outside 3 svwrite -s 16K file
	reap svwrite
	assert_status 139
	assert_stderr_has 'memory access violation (SIGSEGV) at address 0x'
	assert_stderr_has '0040, outside the shared segment'
	reap reader
	assert_status 3
	assert_stderr_has "the writer (pid ${pid[svwrite]}) died"
	head -c 24576 file >part
	assert_same_file part copy
	assert_no_leak
}

@test "SIGSEGV or SIGBUS sent by kill is reported as sent by another process" {
	skip_if_sanitized
	local signal
	for signal in SEGV BUS; do
		spawn alone svread
		wait_asleep "${pid[alone]}"
		end_by $signal alone
		assert_status $((128 + $(kill -l $signal)))
		assert_stderr_has "memory access violation (SIG$signal) sent by another process"
		run_logged svclean
		assert_status 0
		assert_nothing_left
	done
}
