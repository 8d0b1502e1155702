#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The helpers of test/lib and scripts/run-tests do what they promise; above all, they fail when they should.

load ../lib/common

# A suite to be run by a test: suite NAME <<'END' ... END, with "case" for "@test" and "tags" for "# bats test_tags=",
# which bats would take for some of this file.
suite() {
	{
		printf 'load %q\n' "$SV_ROOT/test/lib/common"
		sed 's/^case /@test /; s/^tags /# bats test_tags=/'
	} >"$WORK/$1.bats"
}

# A unit test program: program NAME <<'END' (shell) ... END
program() {
	{
		echo '#!/bin/sh'
		cat
	} >"$WORK/$1"
	chmod +x "$WORK/$1"
}

run_tests() {
	run_logged env -u SVIPC_TEST_SUMMARY "$SV_ROOT/scripts/run-tests" "$@"
}

# A stand-in for a program: stub NAME <<'END' (shell) ... END
stub() {
	mkdir -p "$WORK/stubs"
	PATH=$WORK/stubs:$PATH
	{
		echo '#!/bin/sh'
		cat
	} >"$WORK/stubs/$1"
	chmod +x "$WORK/stubs/$1"
}

# A process that sleeps in semop, on a set of one semaphore, which it removes on SIGTERM.  (Numbers: the smallest
# perl has semget, but no module with its constants.)
semaphore_sleeper() {
	exec perl -e '
		$id = semget(0, 1, 01600) // die;
		$SIG{TERM} = sub { semctl($id, 0, 0, 0); exit 0 };
		semop($id, pack("s!3", 0, -1, 0));'
}

@test "each test has an own, empty work and channel directory" {
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

@test "run_logged keeps the two outputs apart when asked" {
	run_logged --separate-stderr bash -c 'echo one; echo two >&2'
	[ "$output" = one ]
	[ "$stderr" = two ]
}

@test "run_logged leaves its caller's variables alone" {
	local i=17
	run_logged --separate-stderr true
	run_logged true
	assert_equal i "$i" 17
}

@test "run_logged gives the command the standard input" {
	echo hello >in
	run_logged cat <in
	assert_output hello
}

@test "run_logged shows a death by signal as the shell does, and ends what hangs" {
	run_logged bash -c 'kill -TERM $$'
	assert_status 143
	SV_LIMIT=1 run_logged sleep 100
	assert_status 124
}

@test "assert_status passes on any of its arguments, else fails and says both" {
	status=3
	assert_status 3
	assert_status 0 3
	run ! assert_status 0 1
	[ "$output" = 'status is 3, expected 0 1' ]
}

@test "assertions on output pass" {
	output='one two' stderr='three'
	assert_output 'one two'
	assert_output_has 'e t'
	assert_output_lacks three
	assert_output_matches '^one .w'
	assert_stderr_has hre
	assert_equal word one one
}

@test "assertions on output fail when they should" {
	output='one two' stderr='three'
	local assertion
	for assertion in 'assert_output one' 'assert_output_has three' 'assert_output_lacks two' \
		'assert_output_matches ^two' 'assert_stderr_has one' 'assert_equal word one two'; do
		(! $assertion)
	done
	# A text is a text, not a pattern.
	(! assert_output_has 'o*o')
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
	# Nothing that the first one said is there when the second has been started.
	local i
	for ((i = 0; i < 20; i++)); do
		echo old | tee one.out >one.err
		spawn one sleep 0
		assert_equal 'what a new process has said' "$(cat one.out one.err)" ''
		reap one
	done
}

@test "what spawn starts dies of SIGINT" {
	spawn one sleep 100
	wait_until '[ "$(cat /proc/${pid[one]}/comm)" = sleep ]'
	kill -INT "${pid[one]}"
	reap one
	assert_status 130
}

@test "reap fails for what does not end and for what was never started" {
	spawn one sleep 100
	run ! reap one 0
	[[ $output == *'did not end'* ]]
	run ! reap two
	kill -KILL "${pid[one]}"
	reap one
	assert_status 137
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
	reap one
	assert_status 0
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

@test "in an IPC namespace that is shared, channels of somebody else are no leak, and a set without a file is" {
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

@test "skip_unless skips script where there are no terminals" {
	stub script <<<'exit 1'
	suite skipping <<-'END'
		case "one" { skip_unless script; false; }
	END
	run_tests skipping.bats
	assert_output_has 'cannot make a terminal'
}

@test "skip_unless skips and names the tool" {
	suite skipping <<-'END'
		case "one" { skip_unless bash no-such-tool; false; }
		case "two" { skip_unless bash; }
	END
	run_tests skipping.bats
	assert_status 0
	assert_output_has 'needs no-such-tool'
	assert_output_has '1 passed, 0 failed, 1 skipped'
}

@test "run-tests: a leaked object fails the test that made it, and only that one" {
	skip_unless_own_ipc
	suite leaking <<-'END'
		case "leaks" { ipcmk -M 4096; }
		case "does not" { :; }
	END
	run_tests leaking.bats
	assert_status 1
	assert_output_has 'left behind: shm'
	assert_output_has '1 passed, 1 failed, 0 skipped'
}

@test "run-tests: an object leaked without these helpers is found too" {
	skip_unless_own_ipc
	program leaking <<<'ipcmk -S 2 >/dev/null; echo 1..1; echo ok 1'
	run_tests leaking
	assert_status 1
	assert_output_has 'leak check: left 1 System V objects behind'
}

@test "run-tests: a process left running fails the test that started it, and is ended" {
	export LINGERING=$WORK/pid
	suite lingering <<-'END'
		case "lingers" { sleep 1000 >/dev/null 2>&1 3>&- 4>&- & echo $! >"$LINGERING"; }
		case "does not" { :; }
	END
	run_tests lingering.bats
	assert_status 1
	assert_output_has 'left running'
	assert_output_has '1 passed, 1 failed, 0 skipped'
	wait_gone "$(cat pid)"
}

@test "run-tests: a test that skips amid its course may leave a process, which is ended" {
	export LINGERING=$WORK/pid
	suite skipping <<-'END'
		case "skips late" { sleep 1000 >/dev/null 2>&1 3>&- 4>&- & echo $! >"$LINGERING"; skip late; }
		case "does not" { :; }
	END
	run_tests skipping.bats
	assert_status 0
	assert_output_has '1 passed, 0 failed, 1 skipped'
	wait_gone "$(cat pid)"
}

@test "run-tests: a failed test shows its log, a passed one does not" {
	suite mixed <<-'END'
		case "good" { run_logged echo all is well; }
		case "bad" { run_logged echo here is why; assert_status 1; }
	END
	run_tests mixed.bats
	assert_status 1
	assert_output_has 'here is why'
	assert_output_has 'status is 0, expected 1'
	assert_output_lacks 'all is well'
	assert_equal 'last line' "${lines[-1]}" '1 passed, 1 failed, 0 skipped'
}

@test "run-tests: counts what unit test programs print" {
	program unit <<<'echo 1..3; echo "ok 1 - a"; echo "not ok 2 - b"; echo "ok 3 - c # SKIP no gear"; exit 1'
	run_tests ./unit
	assert_status 1
	assert_output_has 'not ok 2 - b'
	assert_output_has 'no gear'
	assert_equal 'last line' "${lines[-1]}" '1 passed, 1 failed, 1 skipped'
}

@test "run-tests: a program that crashes, prints no plan, stops early or fails silently is a failed test" {
	program crash <<<'echo 1..1; echo ok 1; kill -SEGV $$'
	program plan <<<'echo ok 1'
	program early <<<'echo 1..2; echo ok 1'
	program silent <<<'echo 1..1; echo ok 1; exit 5'
	run_tests ./crash ./plan ./early ./silent ./missing
	assert_status 1
	assert_output_has 'crash: not ok - ended by signal 11'
	assert_output_has 'plan: not ok - printed no plan'
	assert_output_has 'early: not ok - ran 1 of 2 tests'
	assert_output_has 'silent: not ok - ended with status 5'
	assert_output_has 'missing: not ok - cannot be run'
	assert_equal 'last line' "${lines[-1]}" '4 passed, 5 failed, 0 skipped'
}

# Each line: the end of what is said of the program, then what the program prints, with ; between its lines.
@test "run-tests: TAP that is not as it must be is a failure" {
	local why lines number=0
	while IFS='|' read -r why lines; do
		number=$((number + 1))
		program "tap$number" <<<"echo '$lines' | tr ';' '\n'"
		run_tests "./tap$number"
		assert_status 1
		assert_output_has "$why"
		assert_output_lacks ' 0 failed'
	done <<-'END'
		not ok 1 - a # skip|1..2;not ok 1 - a # skip no gear;ok 2
		not ok 1 # TODO|1..2;not ok 1 # TODO later;ok 2
		bailed out|1..1;ok 1;Bail out!
		bailed out: no disk|ok 1;Bail out! no disk;1..1
		test number 1 came where 2 was due|1..3;ok 1;ok 1;ok 1
		test number 3 came where 2 was due|1..2;ok 1;ok 3
		test number 0 came where 1 was due|1..1;ok 0
		printed a second plan, 1..2|1..2;ok 1;1..2;ok 2
		ran a test after its plan|ok 1;1..2;ok 2
		ran 1 of 2 tests|1..2;ok 1
		ran 3 of 2 tests|1..2;ok 1;ok 2;ok 3
		ran 1 of 0 tests|1..0 # SKIP no gear;ok 1
		printed no plan|ok 1;  1..1
		printed no plan|ok 1;1..1st
	END
}

@test "run-tests: TAP in its several right forms" {
	program first <<<'printf "1..3\nok 1 - a\nok\nok 3 # Skipped: no gear\n"'
	program last <<<'printf "# a comment\nok - skip this # no directive\nok 2 a#skip\nan unknown line\n1..2\n"'
	run_tests ./first ./last
	assert_status 0
	assert_output_has 'no gear'
	assert_equal 'last line' "${lines[-1]}" '4 passed, 0 failed, 1 skipped'
}

@test "run-tests: what is tagged long runs with --long only" {
	suite mixed <<-'END'
		tags long
		case "slow" { echo "slow ran" >&3; }
		case "fast" { :; }
	END
	suite slow <<-'END'
		tags other,long
		case "slow" { :; }
	END
	run_tests mixed.bats slow.bats
	assert_status 0
	assert_output_has 'all of its tests take minutes'
	assert_equal 'last line' "${lines[-1]}" '1 passed, 0 failed, 1 skipped'
	run_tests --long mixed.bats slow.bats
	assert_equal 'last line' "${lines[-1]}" '3 passed, 0 failed, 0 skipped'
}

@test "run-tests: a suite that does not parse is a failed test" {
	suite broken <<<'case "no end" {'
	run_tests broken.bats
	assert_status 1
	assert_equal 'last line' "${lines[-1]}" '0 passed, 1 failed, 0 skipped'
}

@test "run-tests: a file that runs out of time is a failed test" {
	program slow <<<'echo 1..1; exec sleep 100'
	run_tests --timeout 1 ./slow
	assert_status 1
	assert_output_has 'slow: not ok - still running after 1 seconds'
}

@test "run-tests: nothing passed is a failure" {
	program none <<<'echo "1..0 # SKIP no gear"'
	run_tests ./none
	assert_status 1
	assert_equal 'last line' "${lines[-1]}" '0 passed, 0 failed, 1 skipped'
}

@test "run-tests: leaves no directory behind" {
	program unit <<<'echo 1..1; echo ok 1; echo "$TMPDIR" >dirs; echo "$SVIPC_TEST_RENDEZVOUS" >>dirs'
	run_tests ./unit
	assert_status 0
	local dir
	while read -r dir; do
		[ ! -e "$dir" ]
	done <dirs
	assert_equal 'directories seen' "$(wc -l <dirs)" 2
}

@test "mutate: the same seed makes the same mutants, which are one change of code each" {
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
}
