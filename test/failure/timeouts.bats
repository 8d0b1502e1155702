#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Time-outs, and what a side that waits says to a person.

load ../lib/common
load ../lib/survivor

@test "-t: each side alone gives up with status 4 and says whom it waited for" {
	run_logged svwrite -t 0.1 /dev/null
	assert_status 4
	assert_output_has 'timed out'
	assert_output_has 'reader'
	run_logged svread --timeout=0.1
	assert_status 4
	assert_output_has 'writer'
	# No wait at all, and a wait longer than the second after which a side prints whom it waits for.
	local command
	for command in 'svwrite -t 0 /dev/null' 'svread -t 0' 'svread -t 1.2'; do
		# shellcheck disable=SC2086 # words
		run_logged $command
		assert_status 4
	done
	assert_nothing_left
}

@test "-t in the reader and a writer that sends nothing: both sides report it" {
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

@test "-t in the writer and a reader that takes nothing: both sides report it" {
	mkfifo sink
	exec 9<>sink
	random_file file 3M
	spawn reader bash -c 'exec svread -s 4K >sink' 9>&-
	run_logged svwrite -s 4K -t 0.3 file
	assert_status 4
	assert_output_has 'timed out waiting for the reader'
	# Make room, so that the reader can take what is left and then learn of it.
	drain_sink
	reap reader
	assert_status 3
	assert_stderr_has 'gave up waiting'
	reap drain
	assert_nothing_left
}

@test "a slow side does not time out while bytes move" {
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
	ends_well writer
	ends_well reader
}

@test "-q prints errors only" {
	spawn reader svread -q -o copy
	run_logged svwrite -q - <<<text
	assert_status 0
	assert_output ''
	ends_well reader
	assert_equal 'standard error' "$stderr" ''
	run_logged svread -q -t 0.1
	assert_status 4
	assert_output_has 'timed out'
}

@test "on a terminal a waiting side says whom it waits for and what to type" {
	skip_unless script
	spawn reader script -qec "svread -c 'a.name' -i 9 -o copy" /dev/null
	wait_until 'grep -q "waiting for a writer" reader.out'
	run_logged cat reader.out
	assert_output_has 'svwrite -c a.name -i 9'
	assert_output_has "channel 'a.name'"
	assert_output_has 'ipc:['
	# The command that it printed works.
	run_logged svwrite -c a.name -i 9 - <<<text
	assert_status 0
	ends_well reader
	assert_equal copy "$(cat copy)" text
}

@test "without a terminal the hint comes after 10 s, with -v after 1 s, with -q never" {
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
	ends_well reader
	assert_equal copy "$(cat copy)" text
}
