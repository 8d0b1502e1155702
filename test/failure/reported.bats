#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# A transfer that ends otherwise than well: each side learns by name what happened on the other, and by its
# exit status whether the transfer is complete.

load ../lib/common

@test "output device full: the reader names it, the writer is told" {
	spawn reader bash -c 'exec svread >/dev/full'
	run_logged svwrite - <<<text
	assert_status 3
	assert_output_has 'the reader'
	assert_output_has 'No space left on device'
	assert_output_has incomplete
	reap reader
	assert_status 1
	assert_stderr_has 'No space left on device'
	assert_stderr_has 'standard output'
	assert_nothing_left
}

@test "output file system full: -o names the file, the writer is told" {
	skip_unless_root
	mkdir small
	skip_unless_own_mounts
	random_file file 1M
	spawn reader unshare --mount bash -c 'mount -t tmpfs -o size=64k none small && exec svread -s 16K -o small/copy'
	run_logged svwrite file
	assert_status 3
	assert_output_has 'No space left on device'
	reap reader
	assert_status 1
	assert_stderr_has small/copy
	assert_nothing_left
}

@test "an output that only fails at close is no success on either side" {
	echo text >file
	midway close=5 0 svread -o copy
	run_logged svwrite file
	assert_status 3
	assert_output_has 'Input/output error'
	reap svread
	assert_status 1
	assert_stderr_has 'Input/output error'
	assert_stderr_has copy
	assert_nothing_left
}

@test "the reader's pipe is closed (EPIPE): named on both sides, not a silent death" {
	# More than pipe and ring can hold.
	random_file file 3M
	spawn reader bash -c 'svread | head -c 1000 >part; exit "${PIPESTATUS[0]}"'
	run_logged svwrite -s 16K file
	assert_status 3
	assert_output_has 'Broken pipe'
	reap reader
	assert_status 1
	assert_stderr_has 'Broken pipe'
	assert_equal 'bytes taken' "$(stat -c %s part)" 1000
	assert_nothing_left
}

@test "an input error amid the file: what came before is delivered, then the error, on both sides" {
	random_file file 300000
	spawn reader svread -s 16K -o copy
	midway errno=5 5 svwrite -s 16K file
	reap svwrite
	assert_status 1
	assert_stderr_has 'cannot read file'
	assert_stderr_has 'Input/output error'
	reap reader
	assert_status 3
	assert_stderr_has 'the writer'
	assert_stderr_has 'Input/output error'
	assert_stderr_has incomplete
	# Five reads of half of the capacity.
	head -c 40960 file >part
	assert_same_file part copy
	assert_nothing_left
}

@test "a real input error (EIO) from the kernel" {
	# Its first byte is that of address 0, where nothing is mapped.
	spawn reader svread
	run_logged svwrite /proc/self/mem
	assert_status 1
	assert_output_has 'Input/output error'
	reap reader
	assert_status 3
	assert_stderr_has 'Input/output error'
	assert_nothing_left
}

@test "an output error amid the file (EIO)" {
	random_file file 300000
	spawn writer svwrite -s 16K file
	midway errno=5 3 svread -s 16K -o copy
	reap svread
	assert_status 1
	assert_stderr_has 'cannot write copy'
	reap writer
	assert_status 3
	assert_stderr_has 'Input/output error'
	assert_nothing_left
}

@test "a directory as input is refused before anything is sent" {
	mkdir directory
	echo text >file
	spawn reader svread -o copy
	wait_asleep "${pid[reader]}"
	run_logged svwrite file directory
	assert_status 1
	assert_output 'svwrite: cannot read directory: Is a directory'
	# The reader has noticed nothing.
	wait_asleep "${pid[reader]}"
	run_logged svwrite file
	assert_status 0
	reap reader
	assert_status 0
	assert_same_file file copy
	assert_nothing_left
}

@test "a missing input is refused before anything is sent" {
	echo text >file
	spawn reader svread -o copy
	wait_asleep "${pid[reader]}"
	run_logged svwrite file missing
	assert_status 1
	assert_output 'svwrite: cannot open missing: No such file or directory'
	run_logged svwrite file
	assert_status 0
	reap reader
	assert_same_file file copy
	assert_nothing_left
}

@test "an unreadable input is refused before anything is sent" {
	echo secret >file
	chmod 000 file
	if [ "$EUID" -eq 0 ]; then
		skip_unless setpriv
		# Root reads anything, unless it gives that up.
		setpriv --bounding-set -all --inh-caps -all cat file 2>/dev/null && skip 'root reads it nevertheless'
		run_logged setpriv --bounding-set -all --inh-caps -all svwrite -t 1 file
	else
		run_logged svwrite -t 1 file
	fi
	assert_status 1
	assert_output 'svwrite: cannot open file: Permission denied'
	assert_nothing_left
}

@test "an output that cannot be opened: nothing is created, the writer goes on waiting" {
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
	reap writer
	assert_status 0
	assert_nothing_left
}

@test "closed standard input or output is an error, not a hang" {
	run_logged bash -c 'exec svwrite <&-'
	assert_status 1
	assert_output_has 'standard input'
	spawn writer svwrite - <<<text
	run_logged bash -c 'exec svread >&-'
	assert_status 1
	assert_output_has 'standard output'
	run_logged svread
	assert_output text
	reap writer
	assert_status 0
	assert_nothing_left
}

# ended_by SIGNAL SIDE: that side gets the signal half-way: it dies by it, the other says so.
ended_by() {
	local signal=$1 side=$2 other=writer number
	number=$(kill -l "$signal")
	[ "$side" = reader ] || other=reader
	half_way
	kill -"$signal" "${pid[$side]}"
	reap "$side"
	assert_status $((128 + number))
	exec 9>&-
	reap $other
	assert_status 3
	assert_stderr_has "the $side (pid ${pid[$side]}) was ended by signal $number"
	assert_nothing_left
}

@test "SIGINT ends the writer: it dies by it, the reader names it" {
	ended_by INT writer
}

@test "SIGTERM ends the writer: it dies by it, the reader names it" {
	ended_by TERM writer
}

@test "SIGHUP ends the writer: it dies by it, the reader names it" {
	ended_by HUP writer
}

@test "SIGINT ends the reader: it dies by it, the writer names it" {
	ended_by INT reader
}

@test "SIGTERM ends the reader: it dies by it, the writer names it" {
	ended_by TERM reader
}

@test "SIGHUP ends the reader: it dies by it, the writer names it" {
	ended_by HUP reader
}

@test "what was handed over before the writer was interrupted is in the output" {
	half_way
	kill -INT "${pid[writer]}"
	reap writer
	reap reader
	assert_status 3
	assert_same_file sent copy
}

@test "a side that waits alone ends at once by INT, TERM or HUP and leaves nothing" {
	local signal program
	for program in svwrite svread; do
		for signal in INT TERM HUP; do
			spawn alone $program </dev/null
			wait_asleep "${pid[alone]}"
			kill -$signal "${pid[alone]}"
			reap alone
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
	kill -TERM "${pid[writer]}"
	reap writer
	assert_status 143
	reap reader
	assert_status 3
	# The pipe takes 512 KiB, then the reader blocks in write and then the writer on a full ring.
	random_file file 3M
	spawn writer svwrite -s 4K file 8>&- 9>&-
	spawn reader bash -c 'exec svread >sink' 8>&- 9>&-
	wait_asleep "${pid[writer]}"
	kill -TERM "${pid[reader]}"
	reap reader
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
	reap reader
	assert_status 0
	assert_equal copy "$(cat copy)" text
}

@test "SIGINT does not end what runs in the background of a script" {
	# A shell without job control starts it with SIGINT ignored.
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

@test "-t: each side alone gives up with status 4 and says whom it missed" {
	run_logged svwrite -t 0.1 /dev/null
	assert_status 4
	assert_output_has 'timed out'
	assert_output_has 'reader'
	assert_nothing_left
	run_logged svread --timeout=0.1
	assert_status 4
	assert_output_has 'writer'
	assert_nothing_left
	# Longer than the second after which a person is told whom it waits for.
	run_logged svread --timeout=1.2
	assert_status 4
	assert_nothing_left
}

@test "-t 0 does not wait" {
	run_logged svwrite -t 0 /dev/null
	assert_status 4
	run_logged svread -t 0
	assert_status 4
	assert_nothing_left
}

@test "-t in the reader: a writer that falls silent; both ends are told" {
	half_way -t 3
	reap reader
	assert_status 4
	assert_stderr_has 'timed out waiting for the writer'
	exec 9>&-
	reap writer
	assert_status 3
	assert_stderr_has 'gave up waiting'
	assert_nothing_left
}

@test "-t in the writer: a reader that takes nothing; both ends are told" {
	mkfifo sink
	exec 9<>sink
	random_file file 3M
	spawn reader bash -c 'exec svread -s 4K >sink' 9>&-
	run_logged svwrite -s 4K -t 0.3 file
	assert_status 4
	assert_output_has 'timed out waiting for the reader'
	# Make room, so that the reader can take what is left and then learn of it.
	spawn drain cat sink 9>&-
	wait_until 'cmp -s -n 4096 file drain.out'
	exec 9>&-
	reap reader
	assert_status 3
	assert_stderr_has 'gave up waiting'
	reap drain
	assert_nothing_left
}

@test "a slow side is not timed out as long as something moves" {
	mkfifo feed
	exec 9<>feed
	spawn reader svread -t 5 -o copy 9>&-
	spawn writer svwrite -t 5 <feed 9>&-
	local i
	for i in 1 2 3 4 5; do
		printf %d $i >&9
		wait_until "[ \"\$(cat copy)\" = $(seq -s '' $i) ]"
	done
	exec 9>&-
	reap writer
	assert_status 0
	reap reader
	assert_status 0
}

@test "a store into the segment where it is read-only: SIGSEGV with address and place, the writer is told" {
	skip_if_sanitized
	random_file file 300000
	midway segment 3 svread -s 16K -o copy
	run_logged svwrite -s 16K file
	assert_status 3
	assert_output_has "the reader (pid ${pid[svread]}) died"
	reap svread
	assert_status 139
	assert_stderr_has 'memory access violation (SIGSEGV) at address 0x'
	assert_stderr_has 'inside the shared segment'
	assert_equal 'lines said' "$(grep -c svread: svread.err)" 1
	assert_no_leak
}

@test "a store outside the segment, in the writer: SIGSEGV says so, the reader is told" {
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

@test "SIGSEGV sent by kill, SIGBUS too: said as such" {
	skip_if_sanitized
	local signal
	for signal in SEGV BUS; do
		spawn alone svread
		wait_asleep "${pid[alone]}"
		kill -$signal "${pid[alone]}"
		reap alone
		assert_status $((128 + $(kill -l $signal)))
		assert_stderr_has "memory access violation (SIG$signal) sent by another process"
		run_logged svclean
		assert_status 0
		assert_nothing_left
	done
}

@test "the other side is told of a SIGSEGV" {
	skip_if_sanitized
	half_way
	kill -SEGV "${pid[writer]}"
	reap writer
	assert_status 139
	reap reader
	assert_status 3
	assert_stderr_has "the writer (pid ${pid[writer]}) died"
	assert_no_leak
}

@test "-q says nothing but errors" {
	spawn reader svread -q -o copy
	run_logged svwrite -q - <<<text
	assert_status 0
	assert_output ''
	reap reader
	assert_status 0
	assert_equal 'standard error' "$stderr" ''
	run_logged svread -q -t 0.1
	assert_status 4
	assert_output_has 'timed out'
}

@test "on a terminal a side that waits says whom for and what to type" {
	skip_unless script
	# script(1) gives it a terminal.
	spawn reader script -qec "svread -c 'a.name' -i 9 -o copy" /dev/null
	wait_until 'grep -q "waiting for a writer" reader.out'
	run_logged cat reader.out
	assert_output_has 'svwrite -c a.name -i 9'
	assert_output_has "channel 'a.name'"
	assert_output_has 'ipc:['
	# What it said to type is right.
	run_logged svwrite -c a.name -i 9 - <<<text
	assert_status 0
	reap reader
	assert_status 0
	assert_equal copy "$(cat copy)" text
}

@test "without a terminal the hint comes after 10 s, with -v after one; with -q it does not" {
	spawn log svread -c three
	spawn quiet svread -q -c one
	spawn told svwrite -v -c two /dev/null
	wait_until 'grep -q "waiting for a reader" told.err'
	assert_equal 'a second later' "$(cat log.err)" ''
	assert_equal 'last words' "$(sed 's/.*type: //' told.err)" "SVIPC_DIR=$SVIPC_DIR svread -c two"
	wait_until '[ -s log.err ]'
	assert_equal 'the command' "$(sed 's/.*type: //' log.err)" "SVIPC_DIR=$SVIPC_DIR svwrite -c three"
	grep -F "file $SVIPC_DIR" log.err
	assert_equal 'standard error' "$(cat quiet.err)" ''
	kill "${pid[quiet]}" "${pid[told]}" "${pid[log]}"
	reap quiet
	reap told
	reap log
	assert_equal 'lines in the log' "$(wc -l <log.err)" 1
}

@test "the command in the hint can be pasted, whatever is in a name" {
	local dir="$WORK/it's a \$dir" file=$'two words \e[31m'
	mkdir -m 700 "$dir"
	touch "$file"
	SVIPC_DIR=$dir spawn reader svread -v -k "$file" -o copy
	wait_until 'grep -q type: reader.err'
	assert_equal 'lines' "$(wc -l <reader.err)" 1
	assert_equal 'escape sequences' "$(grep -c $'\e' reader.err)" 0
	sed 's/.*type: //' reader.err >hint.sh
	run_logged bash -c "echo text | SVIPC_DIR= $(cat hint.sh)"
	assert_status 0
	reap reader
	assert_status 0
	assert_equal copy "$(cat copy)" text
}

@test "a limit on the size of files is an error like any other, on both sides" {
	random_file file 1M
	spawn reader bash -c 'ulimit -f 1; exec svread -s 16K -o copy'
	run_logged svwrite file
	assert_status 3
	assert_output_has 'File too large'
	reap reader
	assert_status 1
	assert_stderr_has 'cannot write copy: File too large'
	assert_nothing_left
}

@test "with standard error closed and no /dev/null, no message lands in the output or in a record" {
	skip_unless_root
	skip_unless_own_mounts
	mkdir kept
	local hidden='mount --bind /dev/shm kept && mount -t tmpfs none /dev && mkdir /dev/shm && mount --bind kept /dev/shm'
	mkfifo feed
	exec 9<>feed
	# exec, so that it has the process id of the shell.
	spawn reader unshare --mount bash -c "$hidden && exec svread -v -p -o copy 2>&-" 9>&-
	spawn writer svwrite feed 9>&-
	echo text >&9
	wait_until '[ -s copy ]'
	# It reports, to nobody, and says nothing else until the writer goes on.
	kill -USR1 "${pid[reader]}"
	wait_asleep "${pid[reader]}"
	echo more >&9
	wait_until '[ "$(wc -l <copy)" -ge 2 ]'
	exec 9>&-
	reap writer
	assert_status 0
	reap reader
	assert_status 0
	assert_equal copy "$(cat copy)" $'text\nmore'
	spawn alone unshare --mount bash -c "$hidden && exec svread -v -t 0.1 -o new 2>&-"
	reap alone
	assert_status 4
	assert_nothing_left
}
