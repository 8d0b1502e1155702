#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The benchmark runs, reports every failure, and leaves nothing; all repeats count for its aims.  No test here looks at a
# time.
# shellcheck disable=SC2154 # stderr and pid belong to the helpers

load ../lib/common

bench="$SV_ROOT/test/bench"

# Measure as little as possible, in the test's directory.
measure() {
	run_logged --separate-stderr svbench --repeats 1 --rounds 1 --trial 1 --file 1 --dir "$WORK" --disk "$WORK" "$@"
}

# stub NAME [SCRIPT]: put a program of that name first in PATH; it fails, or runs SCRIPT.
stub() {
	mkdir -p stubs
	printf '#!/bin/sh\n%s\n' "${2-exit 7}" >"stubs/$1"
	chmod +x "stubs/$1"
	PATH=$WORK/stubs:$PATH
}

@test "messages: a row for each way, with all columns" {
	measure --only roundtrip,onecpu
	assert_status 0
	assert_equal 'columns' "$(awk -F '\t' '{ print NF }' <<<"$output" | sort -u)" 16
	assert_equal 'points of ours' "$(awk -F '\t' '$5 == "ours" { print $1, $2 }' <<<"$output" | sort -u | wc -l)" 5
	assert_equal 'points of a rival or a limit' \
		"$(awk -F '\t' '$5 == "rival" || $5 == "limit" { print $1, $2 }' <<<"$output" | sort -u | wc -l)" 5
}

@test "programs: a file is copied to each output" {
	measure --only files,small
	assert_status 0
	assert_output_has $'to tmpfs\t1048576\tsvwrite and svread'
	assert_output_has $'greeting\t18\tsvread, then svwrite'
	assert_equal 'files left' "$(compgen -G "$WORK/svbench-*" || :)" ''
	assert_no_leak
}

@test "a failed rival is a failure" {
	stub cat
	measure --only small
	assert_status 1
	assert_stderr_has 'cat | cat : FAILED'
	assert_output_has 'svwrite and svread'
}

@test "a run that does not end by the deadline has failed" {
	stub svwrite 'exec sleep 100'
	cp stubs/svwrite stubs/svread
	measure --only small --programs stubs --deadline 1
	assert_status 1
	assert_stderr_has 'FAILED: not done after 1 s'
}

@test "nothing is left, neither files nor objects, after an interrupt" {
	spawn bench svbench --only files --file 64 --dir "$WORK" --disk "$WORK"
	wait_until 'compgen -G "$WORK/svbench-*/input*" >/dev/null'
	end_by INT bench
	assert_status 130
	assert_equal 'files left' "$(compgen -G "$WORK/svbench-*" || :)" ''
	assert_no_leak
}

@test "options are strict, and --help names every group" {
	local wrong group
	for wrong in --no-such-option extra '--rounds 0' '--rounds 100' '--rounds 3x' '--only small,nothing' '--file 0' \
		'--trial' '--deadline -1'; do
		# shellcheck disable=SC2086 # words
		run_logged --separate-stderr svbench $wrong
		assert_status 2
		assert_equal 'standard output' "$output" ''
		assert_stderr_has 'svbench: '
	done
	run_logged svbench --help
	assert_status 0
	for group in messages batches roundtrip paced onecpu small files; do
		assert_output_matches "  $group "
	done
}

# results NUMBER...: make results.tsv with our rate of 8 B messages in each repeat, beside a ring with a rate of 100.
results() {
	local repeat=0 value
	for value; do
		repeat=$((repeat + 1))
		printf 'messages\t8 B\t8\tsvipc messages\tours\t\tall\tM/s\thigher\t%d\t5\t%s\t1\t999\t0\tx\n' $repeat "$value"
		printf 'messages\t8 B\t8\tring\tlimit\t\tall\tM/s\thigher\t%d\t5\t100\t1\t999\t0\tx\n' $repeat
	done >results.tsv
}

@test "an aim is met when it holds in every repeat" {
	results 75 71 90
	run_logged "$bench/aims" results.tsv
	assert_output_matches 'messages, 8 B +0.75 +0.71 .. +0.9 .* met'
	assert_output_has '1 met, 0 not met'
	assert_status 2
	results 75 69 90
	run_logged "$bench/aims" results.tsv
	assert_output_matches 'messages, 8 B +0.75 +0.69 .. +0.9 .* NOT MET'
	assert_status 1
}

@test "the table has a row for each rival" {
	results 75 69 90
	run_logged "$bench/table" results.tsv
	assert_status 0
	assert_output_has '| 8 B, M/s | svipc messages | 75 (1 to 999); 0 x | ring |  | 100 (1 to 999); 0 x | 0.75 (0.69 to 0.90) |'
}

# --- the stored results ----------------------------------------------------------------------------------------------

@test "the stored results are of this code" {
	assert_equal 'code' "$(awk -F '\t' '$1 == "# code" { print $2 }' "$bench/results.tsv")" "$("$bench/code")"
	assert_equal 'commit' "$(awk -F '\t' '$1 == "# commit" { print length($2) }' "$bench/results.tsv")" 40
	# Another instruction changes the digest of the code, another comment does not.
	mkdir -p tree/src/lib tree/src/programs tree/test
	cp -r "$SV_ROOT/src/lib" tree/src
	cp -r "$SV_ROOT/src/programs/transfer" tree/src/programs
	cp -r "$bench" tree/test
	echo '/* text */' >>tree/src/lib/ring/spin.c
	assert_equal 'with another comment' "$(tree/test/bench/code)" "$("$bench/code")"
	echo 'int one;' >>tree/src/lib/ring/spin.c
	[ "$(tree/test/bench/code)" != "$("$bench/code")" ]
}

@test "tables, aims and plots are made from results.tsv" {
	mkdir stored
	cp "$bench/README.md" stored
	"$bench/store" "$bench/results.tsv" stored
	local file
	for file in README.md results.tsv messages.svg small.svg; do
		cmp "$bench/$file" "stored/$file" || fail "test/bench/$file: run test/bench/store"
	done
}
