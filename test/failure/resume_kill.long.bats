#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Exactly once across kill -9: whichever side is killed and however often, the output ends byte for byte the same.

load ../lib/common

setup() {
	export SV_LIMIT=1200
	sv_setup
}

@test "1 GiB with -r while both sides are killed 200 times at random: byte-exact, nothing left" {
	local seed=${SV_SEED:-$((RANDOM << 15 | RANDOM))}
	random_file input 1G
	run_logged killer --kills 200 --size 64K --seed "$seed" input output
	echo "# $output" >&3
	assert_status 0
	assert_no_leak
}
