#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Whichever side is killed with kill -9, and however often: in the end the output is the input, byte for byte.

load ../lib/common

# SV_SEED repeats an earlier run.
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
