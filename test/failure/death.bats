#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# kill -9: the other side knows at once and names the process that died; what is left is found and removed; and the next
# transfer works as if nothing had happened.

load ../lib/common
load ../lib/survivor

# The next transfer on the same channel works.
fresh() {
	random_file fresh 100000
	rm -f copy
	pass fresh
}

# No segment of any kind is there.
assert_no_segment() {
	local left
	left=$(ipc_leaked "$sv_before" | grep '^shm') || return 0
	fail "a segment is there: $left"
}

@test "the writer killed: the reader ends with status 3, names the writer, and has all data that came before" {
	half_way
	end_by KILL writer
	assert_status 137
	reap reader
	assert_status 3
	assert_stderr_has "the writer (pid ${pid[writer]}) died"
	assert_stderr_has incomplete
	assert_same_file sent copy
	assert_nothing_left
	fresh
}

@test "the reader killed while it waits, or ended by a signal that dumps core: the writer ends with status 3 and names it" {
	local signal
	for signal in KILL ABRT; do
		half_way
		end_by $signal reader
		exec 9>&-
		reap writer
		assert_status 3
		assert_stderr_has "the reader (pid ${pid[reader]}) died"
		assert_nothing_left
		fresh
	done
}

@test "the reader killed in write(2) while the writer sleeps on a full ring: the writer names it" {
	full_ring
	kill -KILL "${pid[reader]}"
	reap writer
	assert_status 3
	assert_stderr_has "the reader (pid ${pid[reader]}) died"
	reap reader
	exec 9>&-
	assert_nothing_left
	fresh
}

@test "either side killed while data flows, at different times: the other side names it" {
	local after
	random_file file 2M
	for after in 0 1 7 40; do
		rm -f copy
		spawn writer svwrite -s 16K file
		midway signal=9 $after svread -s 16K -o copy
		reap svread
		assert_status 137
		reap writer
		assert_status 3
		assert_stderr_has "the reader (pid ${pid[svread]}) died"
		assert_nothing_left
		spawn reader svread -s 16K -o copy
		midway signal=9 $after svwrite -s 16K file
		reap svwrite
		assert_status 137
		reap reader
		assert_status 3
		assert_stderr_has "the writer (pid ${pid[svwrite]}) died"
		# Each read was for half of the capacity.
		cmp -n $((after * 8192)) file copy
		assert_equal 'bytes written' "$(stat -c %s copy)" $((after * 8192))
		assert_nothing_left
	done
}

@test "both killed: no segment is left, even before svclean; svclean removes the rest; without it the next transfer works too" {
	both_killed
	assert_no_segment
	run_logged svclean
	assert_status 0
	assert_output_has 'removed default (set '
	assert_nothing_left
	fresh
	both_killed
	fresh
}

@test "the other side waits for a side that is stopped" {
	random_file file 3M
	midway signal=19 5 svwrite -s 16K file
	spawn reader svread -s 16K -o copy
	wait_until '[ "$(sv_state "${pid[svwrite]}")" = T ]'
	wait_asleep "${pid[reader]}"
	kill -CONT "${pid[svwrite]}"
	ends_well svwrite
	ends_well reader
	assert_same_file file copy
	assert_nothing_left
}

@test "a side killed while it waits alone: the next one finds a leftover and starts afresh" {
	local program
	for program in svwrite svread; do
		spawn alone $program </dev/null
		wait_asleep "${pid[alone]}"
		end_by KILL alone
		fresh
	done
}

@test "a side killed just before attaching: the other one continues to wait and serves the next one" {
	skip_unless strace
	local waits killed
	random_file file 100000
	for waits in 'svwrite file' 'svread -o copy'; do
		killed='svread -o copy'
		[ "$waits" = 'svwrite file' ] || killed='svwrite file'
		# shellcheck disable=SC2086 # words
		spawn waits $waits -v
		wait_asleep "${pid[waits]}"
		# shellcheck disable=SC2086 # words
		run_logged strace -qq -o trace -e inject=semop,semtimedop:signal=KILL:when=1 $killed
		assert_status 137
		# The side wakes once by itself, to print after a second whom it waits for.
		wait_until 'grep -q waiting waits.err'
		wait_asleep "${pid[waits]}"
		# shellcheck disable=SC2086 # words
		run_logged $killed -t 10
		assert_status 0
		ends_well waits
		assert_same_file file copy
		assert_nothing_left
		rm copy
	done
}

@test "the reader killed after all data came but before its answer: no success for the writer" {
	random_file file 10000
	spawn writer svwrite file
	wait_asleep "${pid[writer]}"
	# Its first write is for all of the data, so it has released nothing.
	midway signal=9 0 svread -o copy
	reap writer
	assert_status 3
	assert_stderr_has "the reader (pid ${pid[svread]}) died"
	reap svread
	assert_nothing_left
}

@test "the reader killed while it closes its output: no success for the writer" {
	skip_unless strace
	random_file file 10000
	spawn writer svwrite file
	wait_asleep "${pid[writer]}"
	# The file copy is named, because the reader closes other descriptors before.
	run_logged strace -qq -o trace -e trace=close -P "$WORK/copy" -e inject=close:signal=KILL svread -o "$WORK/copy"
	assert_status 137
	reap writer
	assert_status 3
	assert_same_file file copy
	assert_nothing_left
}

@test "the writer killed while it waits for the final answer: the reader has all data and says so" {
	lost_writer
	drain_sink
	ends_well reader
	reap drain
	assert_same_file file drain.out
	assert_nothing_left
}

@test "a new process waits for a transfer that is about to end, then starts a new one" {
	lost_writer
	# The reader of the old transfer is still at work.
	spawn next svwrite - 9>&- <<<next
	wait_asleep "${pid[next]}"
	drain_sink
	reap reader
	reap drain
	run_logged svread
	assert_status 0
	assert_output next
	ends_well next
	assert_nothing_left
}

@test "a side killed while it holds the lock and creates: it does not block the next one, and svclean removes what it left" {
	skip_unless strace
	local where
	# The second shmget makes the segment, the second semget the set; the first of each only looks.
	for where in shmget:signal=KILL:when=2 semget:signal=KILL:when=2 shmat:signal=KILL:when=1 shmat:signal=KILL:when=2 \
		semctl:signal=KILL:when=1; do
		run_logged strace -qq -o trace -e "inject=$where" svread
		assert_status 137
		fresh
		run_logged strace -qq -o trace -e "inject=$where" svread
		assert_status 137
		run_logged svclean
		assert_status 0
		[[ $where == shmget* ]] || assert_output_has 'removed default'
		assert_nothing_left
	done
}

