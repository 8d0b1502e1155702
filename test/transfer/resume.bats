#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# -r: kill either side, or both, start the same command again, and the transfer continues where it stopped.

load ../lib/common

setup() {
	sv_setup
	skip_if_rmid_forced
	random_file "$WORK/file" 300000
}

# Both sides of a resumable transfer of file to copy, through a ring that needs many rounds.
W=(svwrite -r -s 16K file)
R=(svread -r -s 16K -o copy)

# A resumable transfer whose writer was killed after 5 blocks of 8192; the reader waits for the next.
killed_writer() {
	spawn reader "${R[@]}"
	midway signal=9 5 "${W[@]}"
	reap svwrite
	assert_status 137
	wait_until 'grep -q "waiting for the next" reader.err'
	wait_asleep "${pid[reader]}"
	assert_equal 'bytes arrived' "$(stat -c %s copy)" 40960
}

killed_reader() {
	spawn writer "${W[@]}"
	midway signal=9 5 "${R[@]}"
	reap svread
	assert_status 137
	wait_until 'grep -q "waiting for the next" writer.err'
	wait_asleep "${pid[writer]}"
}

# Nobody is attached, the channel holds data.
killed_both() {
	killed_reader
	end_by KILL writer
}

finish_all() {
	spawn reader "${R[@]}"
	run_logged "${W[@]}"
	assert_status 0
	ends_well reader
	assert_same_file file copy
	assert_nothing_left
}

@test "-r without a death works like a plain transfer, in both orders of start" {
	both_orders file -r -s 16K
	: >file
	pass file -r
}

@test "writer killed: the reader says so and waits; a new writer resumes" {
	killed_writer
	assert_equal 'who died' "$(grep -c "the writer (pid ${pid[svwrite]}) died" reader.err)" 1
	run_logged "${W[@]}"
	assert_status 0
	assert_output_has 'going on at byte 40960'
	ends_well reader
	assert_same_file file copy
	assert_nothing_left
}

@test "reader killed: the writer says so and waits; a new reader resumes" {
	killed_reader
	assert_equal 'who died' "$(grep -c "the reader (pid ${pid[svread]}) died" writer.err)" 1
	# Bytes that the dead reader wrote but did not release are overwritten, not repeated.
	head -c 5000 /dev/urandom >>copy
	run_logged "${R[@]}"
	assert_status 0
	assert_output_has 'going on at byte'
	ends_well writer
	assert_same_file file copy
	assert_nothing_left
}

@test "both killed: both resume, whichever starts first" {
	killed_both
	finish_all
	rm copy
	killed_both
	spawn writer "${W[@]}"
	wait_asleep "${pid[writer]}"
	run_logged "${R[@]}"
	assert_status 0
	ends_well writer
	assert_same_file file copy
	assert_nothing_left
}

@test "each side is killed many times in turn" {
	for _ in 1 2 3 4; do
		midway signal=9 3 "${W[@]}"
		midway signal=9 3 "${R[@]}"
		# The survivor waits for the next peer: kill it too.
		wait_until 'sv_gone ${pid[svwrite]} || sv_gone ${pid[svread]}'
		wait_until 'sv_gone ${pid[svwrite]} || sv_asleep ${pid[svwrite]}'
		wait_until 'sv_gone ${pid[svread]} || sv_asleep ${pid[svread]}'
		kill -KILL "${pid[svwrite]}" "${pid[svread]}" 2>/dev/null || :
		reap svwrite
		reap svread
		cmp -n "$(stat -c %s copy)" file copy
	done
	finish_all
}

@test "after a side was ended by a signal that it could handle, the next one resumes" {
	killed_writer
	end_by TERM reader
	assert_status 143
	run_logged svclean
	assert_status 0
	assert_output_has 'left default'
	finish_all
}

@test "the reader killed after its last write: the writer waits, and a new reader ends the transfer" {
	printf 'short' >file
	spawn writer "${W[@]}"
	wait_asleep "${pid[writer]}"
	midway signal=9 0 "${R[@]}"
	reap svread
	assert_status 137
	wait_until 'grep -q "waiting for the next" writer.err'
	run_logged "${R[@]}"
	assert_status 0
	ends_well writer
	assert_same_file file copy
	assert_nothing_left
}

@test "another input file, or one that has changed or grown, is refused, and nothing is lost" {
	killed_both
	cp -p file before
	cp file other
	run_logged svwrite -r -s 16K other
	assert_status 1
	assert_output_has 'another input file'
	local change
	for change in 'touch -d "1 hour ago" file' 'echo more >>file; touch -r before file'; do
		eval "$change"
		run_logged "${W[@]}"
		assert_status 1
		assert_output_has 'has changed'
		truncate -s 300000 file
		touch -r before file
	done
	finish_all
}

@test "another output file is refused, and nothing is lost" {
	killed_both
	cp copy other
	run_logged svread -r -o other
	assert_status 1
	assert_output_has 'another output file'
	assert_same_file copy other
	finish_all
}

@test "an output shorter than the bytes already taken is refused and stays unchanged" {
	killed_both
	head -c 100 file >copy
	spawn writer "${W[@]}"
	run_logged "${R[@]}"
	assert_status 1
	assert_output_has 'copy has 100 bytes but '
	assert_output_lacks 'going on at'
	assert_output_lacks 'the same commands'
	assert_equal 'size of the output' "$(stat -c %s copy)" 100
	# The writer has learned of the refusal, or waits for another reader.
	kill -TERM "${pid[writer]}" 2>/dev/null || :
	reap writer
	assert_status 3 143
	run_logged svclean -a
	assert_status 0
	assert_nothing_left
}

@test "an input or output that cannot seek is wrong usage, and nothing is created" {
	run_logged bash -c 'echo x | svwrite -r'
	assert_status 2
	assert_output_has 'standard input cannot be read again from the middle'
	run_logged svwrite -r file file
	assert_status 2
	assert_output_has 'several files'
	mkfifo fifo
	exec 9<>fifo
	run_logged svread -r -o fifo
	assert_status 2
	exec 9>&-
	assert_nothing_left
}

@test "-r on one side only: the second side, writer or reader, is refused with status 5 and told what to do" {
	local first second says
	while IFS='|' read -r first second says; do
		# shellcheck disable=SC2086 # words
		spawn first $first
		wait_asleep "${pid[first]}"
		# shellcheck disable=SC2086 # words
		run_logged $second
		assert_status 5
		assert_output_has "$says"
		wait_asleep "${pid[first]}"
		end_by TERM first
		svclean -aq
	done <<-'END'
		svwrite -r file|svread -o copy|--resume
		svread -r -o copy|svwrite file|--resume
		svwrite file|svread -r -o copy|not resumable
		svread -o copy|svwrite -r file|not resumable
	END
	assert_nothing_left
}

@test "starting without -r on a resumable channel that holds data says so and leaves it" {
	killed_both
	run_logged svwrite file
	assert_status 5
	assert_output_has '--resume'
	run_logged svread -o elsewhere
	assert_status 5
	finish_all
}

@test "a second writer and a second reader are refused on a resumable channel too" {
	killed_writer
	run_logged svread -r -o elsewhere
	assert_status 5
	assert_output_has "pid ${pid[reader]}"
	run_logged "${W[@]}"
	assert_status 0
	ends_well reader
	assert_nothing_left
}

@test "-t limits the wait for the first peer, too; nothing is kept" {
	run_logged "${W[@]}" -t 0
	assert_status 4
	assert_output_lacks 'the data is kept'
	assert_nothing_left
}

@test "-t limits the wait for the next peer; the channel stays for later" {
	spawn reader "${R[@]}" -t 0.3
	midway signal=9 5 "${W[@]}"
	reap svwrite
	reap reader
	assert_status 4
	run_logged svclean -n
	assert_output_has 'resumable'
	finish_all
}

@test "svclean removes a resumable channel only with -a" {
	killed_both
	run_logged svclean
	assert_status 0
	assert_output_has 'left default'
	assert_output_has 'svclean -a -c default'
	run_logged svclean -q
	assert_status 0
	assert_output ''
	run_logged svclean -c default
	assert_status 0
	run_logged svclean -n -a
	assert_output_has 'would remove default'
	run_logged svclean -a
	assert_status 0
	assert_output_has 'removed default'
	assert_nothing_left
}

@test "svclean -a does not touch a resumable channel that a side waits on" {
	killed_writer
	run_logged svclean -a
	assert_status 0
	assert_output_lacks removed
	run_logged "${W[@]}"
	assert_status 0
	ends_well reader
	assert_same_file file copy
	assert_nothing_left
}

@test "an error of one side ends a resumable transfer for the other too; both say that it can go on, and it does" {
	midway errno=28 5 "${R[@]}"
	run_logged "${W[@]}"
	assert_status 3
	assert_output_has 'No space left on device'
	assert_output_has 'the same commands on both sides go on'
	reap svread
	assert_status 1
	assert_stderr_has 'No space left on device'
	assert_stderr_has "the data is kept in memory; the same commands on both sides go on at byte 20480; to drop it: SVIPC_DIR=$SVIPC_DIR svclean -a -c default"
	spawn writer "${W[@]}"
	run_logged --separate-stderr "${R[@]}" --progress=json
	assert_status 0
	assert_stderr_has 'going on at byte 20480'
	assert_stderr_matches '"start": 20480, "bytes": 300000,.*"status": 0'
	ends_well writer
	assert_same_file file copy
	assert_nothing_left
}
