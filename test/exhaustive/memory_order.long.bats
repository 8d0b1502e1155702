#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# test/exhaustive/memory_order.bats with millions of rounds (SV_ROUNDS).

load ../lib/common

rounds() {
	run_logged env SV_ROUNDS="${SV_ROUNDS:-3000000}" bats --tap "$SV_ROOT/test/exhaustive/memory_order.bats"
	grep '^# ' <<<"$output" >&3 || :
	assert_status 0
}

@test "millions of rounds" {
	export SV_LIMIT=3500
	rounds
}
