#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The helpers of test/lib do what they promise; above all, they fail when they should.
#
# shellcheck disable=SC2016,SC2154 # conditions are text, evaluated later; variables of lib/common

load ../lib/common
load ../lib/suites

# stub NAME <<'END' (shell) ... END: put a program of that name first in PATH.
stub() {
	mkdir -p "$WORK/stubs"
	PATH=$WORK/stubs:$PATH
	{
		echo '#!/bin/sh'
		cat
	} >"$WORK/stubs/$1"
	chmod +x "$WORK/stubs/$1"
}

# Sleep in semop on a set of one semaphore, and remove the set on SIGTERM.  (perl-base has no module with the constants,
# so they are numbers.)
semaphore_sleeper() {
	exec perl -e '
		$id = semget(0, 1, 01600) // die;
		$SIG{TERM} = sub { semctl($id, 0, 0, 0); exit 0 };
		semop($id, pack("s!3", 0, -1, 0));'
}

@test "each test has its own empty work directory and channel directory" {
	[ "$PWD" = "$WORK" ]
	[ -z "$(ls -A "$WORK")" ]
	[ -z "$(ls -A "$RV")" ]
	[ "$(stat -c '%a %u' "$SVIPC_DIR")" = "700 $EUID" ]
}

@test "run_logged takes status and output and logs both with the command" {
	run run_logged bash -c 'echo one; echo two >&2; exit 3'
	[[ ${lines[0]} == "\$ 'bash' '-c' 'echo one; echo two >&2; exit 3'" ]]
	[[ $output == *'status 3'*'| one'*'| two'* ]]
	run_logged bash -c 'echo one; exit 3'
	[ "$status" -eq 3 ]
	[ "$output" = one ]
}

@test "run_logged keeps the outputs apart when asked, gives the command the standard input, and leaves variables alone" {
	local i=17
	echo hello >in
	run_logged --separate-stderr bash -c 'cat; echo two >&2' <in
	[ "$output" = hello ]
	[ "$stderr" = two ]
	assert_equal i "$i" 17
}

@test "run_logged shows a death by signal as the shell does, and ends what hangs" {
	run_logged bash -c 'kill -TERM $$'
	assert_status 143
	SV_LIMIT=1 run_logged sleep 100
	assert_status 124
}

@test "assert_status passes on any of its arguments, else it fails and prints both" {
	status=3
	assert_status 3
	assert_status 0 3
	run ! assert_status 0 1
	[ "$output" = 'status is 3, expected 0 1' ]
}

@test "assertions on output pass, and fail when they should" {
	output='one two' stderr='three'
	local assertion
	for assertion in 'assert_output one two' 'assert_output_has e t' 'assert_output_lacks three' 'assert_output_matches ^one .w' \
		'assert_stderr_has hre' 'assert_stderr_matches h.e'; do
		"${assertion%% *}" "${assertion#* }"
	done
	for assertion in 'assert_output one' 'assert_output_has three' 'assert_output_lacks two' 'assert_output_matches ^two' \
		'assert_stderr_has one' 'assert_stderr_matches ^hre'; do
		(! "${assertion%% *}" "${assertion#* }")
	done
	# The argument is not a pattern.
	(! assert_output_has 'o*o')
	assert_equal word one one
	(! assert_equal word one two)
}

@test "assert_same_file compares byte for byte" {
	printf 'a\0b\n' >one
	printf 'a\0b\n' >two
	printf 'a\0c\n' >three
	assert_same_file one two
	run ! assert_same_file one three
	run ! assert_same_file one missing
}

@test "wait_until waits for a condition, and no longer than its deadline" {
	(
		sleep 0.3
		touch there
	) 3>&- &
	wait_until '[ -e there ]'
	run ! wait_until '[ -e elsewhere ]' 0
	[[ $output == *'[ -e elsewhere ]'* ]]
}

@test "spawn and reap: status, output, standard error and standard input" {
	echo hello >in
	spawn one bash -c 'cat; echo oops >&2; exit 7' <in
	reap one
	assert_status 7
	assert_output hello
	assert_stderr_has oops
	# When a second process has been started, the output of the first is gone.
	local i
	for ((i = 0; i < 20; i++)); do
		echo old | tee one.out >one.err
		spawn one sleep 0
		assert_equal 'what a new process has said' "$(cat one.out one.err)" ''
		reap one
	done
}

@test "a process that spawn starts dies of SIGINT" {
	spawn one sleep 100
	wait_until '[ "$(cat /proc/${pid[one]}/comm)" = sleep ]'
	end_by INT one
	assert_status 130
}

@test "reap fails for what does not end and for what was never started" {
	spawn one sleep 100
	run ! reap one 0
	[[ $output == *'did not end'* ]]
	run ! reap two
	end_by KILL one
	assert_status 137
}

@test "a test that fails ends the functions that it has started in the background" {
	# bats would take a line that begins with @test for a test of this file.
	printf '%s\n' "load $SV_ROOT/test/lib/common" 'forever() { while :; do /bin/true; done; }' \
		'@test "fails" { spawn looks forever; false; }' >inner.bats
	run_logged bats --tap inner.bats
	assert_status 1
	assert_output_has 'not ok 1 fails'
}

@test "ends_well fails if the status is not 0, or the process does not end" {
	spawn one true
	ends_well one
	spawn two false
	run ! ends_well two
	spawn three sleep 100
	run ! ends_well three 0
	kill -KILL "${pid[three]}"
	wait_gone "${pid[three]}"
}

@test "wait_gone: a process that has ended, and one that has not" {
	spawn one true
	wait_gone "${pid[one]}"
	spawn two sleep 100
	run ! wait_gone "${pid[two]}" 0
	kill -KILL "${pid[two]}"
	wait_gone "${pid[two]}"
}

@test "wait_asleep: only a sleep in a semaphore operation counts" {
	skip_unless perl
	spawn one semaphore_sleeper
	wait_asleep "${pid[one]}"
	kill -TERM "${pid[one]}"
	ends_well one
	run ! wait_asleep "${pid[one]}"
	[[ $output == *'has ended'* ]]
	spawn two sleep 100
	wait_until '[ "$(sv_state "${pid[two]}")" = S ]'
	run ! wait_asleep "${pid[two]}" 0
	kill -KILL "${pid[two]}"
}

@test "assert_no_leak fails when svclean has something to do, or fails itself" {
	stub svclean <<<'exit 0'
	assert_no_leak
	stub svclean <<<'echo "channel x: would be removed"'
	run ! assert_no_leak
	[[ $output == *'channel x'* ]]
	stub svclean <<<'exit 1'
	run ! assert_no_leak
}

@test "assert_no_leak fails on a segment and on a semaphore set with this project's key" {
	skip_unless ipcmk perl
	stub svclean <<<'exit 0'
	local kind
	for kind in 'shmget(0x53000001, 4096, 0600 | 01000)' 'semget(0x53000001, 2, 0600 | 01000)'; do
		perl -e "defined($kind) or die"
		run ! assert_no_leak
		ipc_leaked "$sv_before" "$SVIPC_DIR" | ipc_remove
		assert_no_leak
	done
}

@test "in a shared IPC namespace, channels of other processes are no leak, but a set without a file is" {
	local elsewhere
	unset SVIPC_TEST_NAMESPACE
	elsewhere=$(mktemp -d /dev/shm/svipc-test.XXXXXX 2>/dev/null || mktemp -d /tmp/svipc-test.XXXXXX)
	spawn other env "SVIPC_DIR=$elsewhere" svwrite -c other /dev/null
	wait_asleep "${pid[other]}"
	run ipc_leaked "$sv_before" "$SVIPC_DIR"
	kill "${pid[other]}"
	local of_other=$output
	reap other
	rm -rf "$elsewhere"
	assert_equal 'leaks of another' "$of_other" ''
	spawn own svwrite -c own /dev/null
	wait_asleep "${pid[own]}"
	run ipc_leaked "$sv_before" "$SVIPC_DIR"
	kill "${pid[own]}"
	local of_own=$output
	reap own
	assert_equal 'own objects' "$(cut -d ' ' -f 1 <<<"$of_own")" $'shm\nsem'
}

@test "skip_unless skips and names the tool, and script needs a terminal" {
	stub script <<<'exit 1'
	suite skipping <<-'END'
		case "one" { skip_unless bash no-such-tool; false; }
		case "two" { skip_unless bash; }
		case "three" { skip_unless script; false; }
	END
	run_tests skipping.bats
	assert_status 0
	assert_output_has 'needs no-such-tool'
	assert_output_has 'cannot make a terminal'
	assert_output_has '1 passed, 0 failed, 2 skipped'
}

@test "mutate: the same seed makes the same mutants, and each mutant changes code in one place" {
	skip_unless perl
	run_logged "$SV_ROOT/test/mutants/mutate" --list --seed 3 --count 200
	assert_status 0
	assert_equal mutants "${#lines[@]}" 200
	assert_equal 'comments and directives among them' "$(grep -cE ': (/\*|#)' <<<"$output")" 0
	local first=$output
	run "$SV_ROOT/test/mutants/mutate" --list --seed 3 --count 200
	assert_equal 'once more' "$output" "$first"
	run "$SV_ROOT/test/mutants/mutate" --list --seed 4 --count 200
	[ "$output" != "$first" ]
	run "$SV_ROOT/test/mutants/mutate" --list --seed 3 --skip 150 --count 50
	assert_equal 'the last of them' "$output" "$(tail -n 50 <<<"$first")"
}

@test "mutate: each mutant that counts as equivalent is a change of a line that the sources have" {
	local line file
	cat "$SV_ROOT"/test/mutants/equivalent_* >all
	while IFS= read -r line; do
		file=${line%%: *}
		line=${line#*: }
		grep -qF -- "${line%%  =>  *}" "$SV_ROOT/$file" || echo "$file: $line"
	done < <(grep '^src/' all) >stale
	[ "$(grep -c '^src/' all)" -gt 100 ]
	assert_equal 'lines that no source has' "$(<stale)" ''
}
