#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Transfers that are all different, with accidents at random moments: every outcome is allowed, no false success is
# reported, and nothing is left.  The seed is fixed.  The long tests run SV_SOAK_COUNT (3000) transfers, and a tenth of
# that with sanitizers, with SV_SEED or a new seed, which they print.

load ../lib/common

soak_logged() {
	run_logged soak --seed "${SV_SEED:-1}" "$@"
	assert_status 0
	sed -n '/left behind/,$s/^/# /p' <<<"$output" >&3
}

@test "100 transfers of every kind end rightly, with pauses, deaths, signals and removals" {
	export SV_LIMIT=400
	soak_logged --count 100
	assert_output_has ' 0 failures, '
}

@test "a false success is noticed: a reader that loses the last byte" {
	mkdir broken
	ln -s "$(type -P svwrite)" broken/svwrite
	ln -s "$(type -P svclean)" broken/svclean
	# The output file is its last argument.
	cat >broken/svread <<-EOF
		#!/bin/sh
		for file; do :; done
		$(type -P svread) "\$@" && truncate -s -1 "\$file"
	EOF
	chmod +x broken/svread
	# Number 1 is a plain transfer from a file to a file, without accidents.
	run_logged soak --seed 1 --only 1 --programs broken
	assert_status 1
	assert_output_has 'the output is incomplete'
}

many() {
	: "${SV_SEED:=$((RANDOM * 32768 + RANDOM))}"
	SV_LIMIT=3400 soak_logged "$@"
	assert_output_has ' 0 failures, '
}

# bats test_tags=long
@test "thousands of transfers with accidents end rightly" {
	many --count "${SV_SOAK_COUNT:-3000}"
}

# bats test_tags=long
@test "hundreds of transfers with accidents end rightly, with programs built with sanitizers" {
	skip_if_sanitized
	SV_LIMIT=500 run_logged make -s -C "$SV_ROOT" SANITIZE=address,undefined BUILD="$SVIPC_BUILD/address-undefined" all
	assert_status 0
	many --count $((${SV_SOAK_COUNT:-3000} / 10)) --programs "$SVIPC_BUILD/address-undefined"
}
