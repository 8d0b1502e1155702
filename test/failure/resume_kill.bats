#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Exactly once across kill -9: whichever side is killed and however often, the output ends byte for byte the same.

load ../lib/common

# What SV_SEED says is tried again.
seed() {
	echo "${SV_SEED:-$((RANDOM << 15 | RANDOM))}"
}

@test "32 MiB with -r while both sides are killed 20 times at random: byte-exact, nothing left" {
	random_file input 32M
	run_logged killer --kills 20 --size 16K --seed "$(seed)" input output
	echo "# $output" >&3
	assert_status 0
	assert_no_leak
}

# bats test_tags=long
@test "1 GiB with -r while both sides are killed 200 times at random: byte-exact, nothing left" {
	random_file input 1G
	SV_LIMIT=1200 run_logged killer --kills 200 --size 64K --seed "$(seed)" input output
	echo "# $output" >&3
	assert_status 0
	assert_no_leak
}
