#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# test/exhaustive/soak.bats with thousands of transfers (SV_SOAK_COUNT, 3000) from a new seed that is printed, or from SV_SEED;
# a part of it with programs built with sanitizers.

load ../lib/common

setup() {
	sv_setup
	export SV_LIMIT=3400
	: "${SV_SEED:=$((RANDOM * 32768 + RANDOM))}"
}

soak_logged() {
	run_logged soak --seed "$SV_SEED" "$@"
	assert_status 0
	assert_output_has ' 0 failures, '
	sed -n '/left behind/,$s/^/# /p' <<<"$output" >&3
}

@test "thousands of transfers with accidents" {
	soak_logged --count "${SV_SOAK_COUNT:-3000}"
}

@test "hundreds of transfers with accidents, programs built with sanitizers" {
	skip_if_sanitized
	run_logged make -s -C "$SV_ROOT" SANITIZE=address,undefined BUILD="$SVIPC_BUILD/address-undefined" all
	assert_status 0
	soak_logged --count $((${SV_SOAK_COUNT:-3000} / 10)) --programs "$SVIPC_BUILD/address-undefined"
}
