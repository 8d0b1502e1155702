#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# A transfer that fails: each side says what happened on the other, and its exit status says whether the transfer is
# complete.

load ../lib/common

# both_report TEXT READER-TEXT: svwrite sends `file` to the process `reader`, which fails: both sides name the reason TEXT, which
# is a regular expression, and the reader also says READER-TEXT.
both_report() {
	run_logged svwrite -s 16K file
	assert_status 3 || return 1
	assert_output_has 'the reader' || return 1
	assert_output_matches "$1" || return 1
	assert_output_has incomplete || return 1
	reap reader
	assert_status 1 || return 1
	assert_stderr_matches "$1" || return 1
	assert_stderr_has "$2" || return 1
	assert_nothing_left
}

@test "an output that is full, too large, or closed by its consumer: both sides report it" {
	random_file file 3M
	spawn reader bash -c 'exec svread >/dev/full'
	both_report 'No space left on device' 'standard output'
	spawn reader bash -c 'ulimit -f 1; exec svread -s 16K -o copy'
	both_report 'File too large' 'cannot write copy: File too large'
	spawn reader bash -c 'svread -s 16K | head -c 1000 >part; exit "${PIPESTATUS[0]}"'
	both_report 'Broken pipe' 'standard output'
	assert_equal 'bytes taken' "$(stat -c %s part)" 1000
}

@test "output file system full: the reader names the file, and the writer reports it too" {
	skip_unless_root
	mkdir small
	skip_unless_own_mounts
	random_file file 1M
	spawn reader unshare --mount bash -c 'mount -t tmpfs -o size=64k none small && exec svread -s 16K -o small/copy'
	both_report 'No space left on device' small/copy
}

@test "an output that fails in the middle, or only at close, is a failure on both sides" {
	random_file file 300000
	local interposed when
	interpose midway
	for when in 'errno=5 3' 'close=5 0'; do
		spawn reader "${interposed[@]}" "SV_MIDWAY=${when% *}" "SV_MIDWAY_AFTER=${when#* }" svread -s 16K -o copy
		both_report '(Input/output|I/O) error' copy
	done
}

@test "an input error in the middle: the bytes before it are delivered, then both sides report the error" {
	random_file file 300000
	spawn reader svread -s 16K -o copy
	midway errno=5 5 svwrite -s 16K file
	reap svwrite
	assert_status 1
	assert_stderr_has 'cannot read file'
	assert_stderr_matches '(Input/output|I/O) error'
	reap reader
	assert_status 3
	assert_stderr_has 'the writer'
	assert_stderr_matches '(Input/output|I/O) error'
	assert_stderr_has incomplete
	# Five reads, each for half of the capacity.
	head -c 40960 file >part
	assert_same_file part copy
	assert_nothing_left
}

@test "both sides report a real input error (EIO) from the kernel" {
	# Reading it starts at address 0, where nothing is mapped.
	spawn reader svread
	run_logged svwrite /proc/self/mem
	assert_status 1
	assert_output_matches '(Input/output|I/O) error'
	reap reader
	assert_status 3
	assert_stderr_matches '(Input/output|I/O) error'
	assert_nothing_left
}

@test "a directory as input, or a missing one, is refused before anything is sent" {
	mkdir directory
	echo text >file
	spawn reader svread -o copy
	wait_asleep "${pid[reader]}"
	run_logged svwrite file directory
	assert_status 1
	assert_output 'svwrite: cannot read directory: Is a directory'
	run_logged svwrite file missing
	assert_status 1
	assert_output 'svwrite: cannot open missing: No such file or directory'
	# The reader has noticed nothing.
	wait_asleep "${pid[reader]}"
	run_logged svwrite file
	assert_status 0
	ends_well reader
	assert_same_file file copy
	assert_nothing_left
}

@test "an unreadable input is refused before anything is sent" {
	echo secret >file
	chmod 000 file
	if [ "$EUID" -eq 0 ]; then
		skip_unless setpriv
		# Root may read any file, unless it gives up its capabilities.
		setpriv --bounding-set -all --inh-caps -all cat file 2>/dev/null && skip 'cannot give up the right to read any file'
		run_logged setpriv --bounding-set -all --inh-caps -all svwrite -t 1 file
	else
		run_logged svwrite -t 1 file
	fi
	assert_status 1
	assert_output 'svwrite: cannot open file: Permission denied'
	assert_nothing_left
}

@test "an output that cannot be opened: nothing is created, and the writer continues to wait" {
	echo text >file
	spawn writer svwrite file
	wait_asleep "${pid[writer]}"
	run_logged svread -o no/such/place
	assert_status 1
	assert_output_has 'no/such/place'
	assert_output_has 'No such file or directory'
	wait_asleep "${pid[writer]}"
	run_logged svread
	assert_status 0
	assert_output text
	ends_well writer
	assert_nothing_left
}

@test "with standard error closed and no /dev/null, no message is written into the output or a record" {
	skip_unless_root
	skip_unless_own_mounts
	mkdir kept
	local hidden='mount --bind /dev/shm kept && mount -t tmpfs none /dev && mkdir /dev/shm && mount --bind kept /dev/shm'
	mkfifo feed
	exec 9<>feed
	# With exec, the reader has the process id of the shell.
	spawn reader unshare --mount bash -c "$hidden && exec svread -v -p -o copy 2>&-" 9>&-
	spawn writer svwrite feed 9>&-
	echo text >&9
	wait_until '[ -s copy ]'
	# SIGUSR1 makes it report to standard error, which is closed.
	kill -USR1 "${pid[reader]}"
	wait_asleep "${pid[reader]}"
	echo more >&9
	wait_until '[ "$(wc -l <copy)" -ge 2 ]'
	exec 9>&-
	ends_well writer
	ends_well reader
	assert_equal copy "$(cat copy)" $'text\nmore'
	spawn alone unshare --mount bash -c "$hidden && exec svread -v -t 0.1 -o new 2>&-"
	reap alone
	assert_status 4
	assert_nothing_left
}
