#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# svbench runs, reports what it measured in forms that programs can read, and leaves nothing.  No test here
# looks at a time.
# shellcheck disable=SC2154 # stderr and pid belong to the helpers

load ../lib/common

# The least that measures anything: a few seconds, inside the test's own directory.
measure() {
	run_logged --separate-stderr svbench --quick --rounds 1 --size 1M --dir "$WORK" --disk "$WORK" "$@"
}

@test "limits: a table, and JSON and TSV that parse" {
	skip_unless jq
	measure --only limits --json out.json --tsv out.tsv
	assert_status 0
	assert_output_has 'limits: machine'
	assert_output_has 'semop call'
	assert_equal 'progress on what is no terminal' "$stderr" ''
	assert_equal 'rows that failed' "$(jq '[.rows[] | select(.status == "failed")] | length' out.json)" 0
	assert_equal 'rounds' "$(jq '.rows[] | select(.name == "semop call") | .value.rounds | length' out.json)" 1
	assert_equal 'facts' "$(jq -r '.facts.svipc' out.json)" "$(svwrite -V | awk '{ print $NF; exit }')"
	# Every line of the TSV has the columns that its heading names.
	assert_equal 'columns' "$(grep -v '^#' out.tsv | awk -F '\t' '{ print NF }' | sort -u)" 20
	assert_equal 'rows' "$(grep -vc '^#' out.tsv)" "$(jq '.rows | length + 1' out.json)"
}

@test "startup and scaling: whole programs are measured, aims are listed" {
	measure --only startup,scaling --aims
	assert_status 0
	assert_output_has 'svwrite | svread'
	assert_output_lacks FAILED
	assert_output_matches 'greeting, start to end.*met'
	assert_output_has 'not measured'
}

@test "nothing is left, neither files nor objects, also after an interrupt" {
	spawn bench svbench --only programs --size 16M --dir "$WORK" --disk "$WORK"
	wait_until 'compgen -G "$WORK/svbench-*/input*" >/dev/null'
	kill -INT "${pid[bench]}"
	reap bench
	assert_status 130
	assert_equal 'files left' "$(compgen -G "$WORK/svbench-*" || :)" ''
	assert_no_leak
}

@test "what does not end by the deadline has failed, and the program goes on" {
	mkdir stubs
	printf '#!/bin/sh\nexec sleep 100\n' >stubs/svwrite
	cp stubs/svwrite stubs/svread
	chmod +x stubs/*
	measure --only startup --programs stubs --deadline 1
	assert_status 1
	assert_output_has 'FAILED: not done after 1 s'
	assert_output_matches "sh -c 'echo . cat' .* ms "
}

@test "options are strict" {
	local wrong
	for wrong in --no-such-option extra '--rounds 0' '--rounds 100' '--rounds 3x' '--only limits,nothing' '--size 0' \
		'--size 5T' '--size 3K' '--capacity 3M' '--deadline' '--deadline -1'; do
		# shellcheck disable=SC2086 # words
		run_logged --separate-stderr svbench $wrong
		assert_status 2
		assert_equal 'standard output' "$output" ''
		assert_stderr_has 'svbench: '
	done
	run_logged svbench --only limits --json /nowhere/out.json
	assert_status 1
	assert_output_has "cannot write '/nowhere/out.json'"
}

@test "--help names every group, --version the version" {
	run_logged svbench --help
	assert_status 0
	local group
	for group in limits messages roundtrip samecpu programs startup idle scaling many; do
		assert_output_matches "  $group "
	done
	run_logged svbench --version
	assert_status 0
	assert_output_matches '^svbench [0-9]+\.[0-9]+'
}
