#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# scripts/run-tests does what it promises; above all, it fails when it should.

load ../lib/common
load ../lib/suites

# program NAME <<'END' (shell) ... END: make a unit test program.
program() {
	{
		echo '#!/bin/sh'
		cat
	} >"$WORK/$1"
	chmod +x "$WORK/$1"
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

@test "run-tests: it also finds an object that is leaked without these helpers" {
	skip_unless_own_ipc
	program leaking <<<'ipcmk -S 2 >/dev/null; echo 1..1; echo ok 1'
	run_tests leaking
	assert_status 1
	assert_output_has 'leak check: left 1 System V objects behind'
}

@test "run-tests: a process that is left running fails the test that started it, and is killed" {
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

@test "run-tests: a test that skips half-way may leave a process, which is killed" {
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

@test "run-tests: it counts the results of unit test programs" {
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

# Each line has the end of the message about the program, then what the program prints, with ; between its lines.
@test "run-tests: malformed TAP is a failure" {
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

@test "run-tests: all correct forms of TAP are accepted" {
	program first <<<'printf "1..3\nok 1 - a\nok\nok 3 # Skipped: no gear\n"'
	program last <<<'printf "# a comment\nok - skip this # no directive\nok 2 a#skip\nan unknown line\n1..2\n"'
	run_tests ./first ./last
	assert_status 0
	assert_output_has 'no gear'
	assert_equal 'last line' "${lines[-1]}" '4 passed, 0 failed, 1 skipped'
}

@test "run-tests: tests with the tag long run with --long only" {
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

@test "run-tests: it fails if no test passed" {
	program none <<<'echo "1..0 # SKIP no gear"'
	run_tests ./none
	assert_status 1
	assert_equal 'last line' "${lines[-1]}" '0 passed, 0 failed, 1 skipped'
}

@test "run-tests: it leaves no directory behind" {
	program unit <<<'echo 1..1; echo ok 1; echo "$TMPDIR" >dirs; echo "$SVIPC_TEST_RENDEZVOUS" >>dirs'
	run_tests ./unit
	assert_status 0
	local dir
	while read -r dir; do
		[ ! -e "$dir" ]
	done <dirs
	assert_equal 'directories seen' "$(wc -l <dirs)" 2
}
