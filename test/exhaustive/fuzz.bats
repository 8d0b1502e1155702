#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Whatever bytes another process has left in shared memory or in a record file, the code that looks at them stays
# within bounds and within its contract: coverage-guided fuzzing (libFuzzer) under AddressSanitizer and
# UndefinedBehaviorSanitizer.  A few seconds each with
# fixed seeds; the long ones go on for SV_FUZZ_SECONDS each (60), from a new seed that is printed, or from SV_SEED.

load ../lib/common
load ../fuzz/fuzz

@test "the judgement of a header: any bytes, any size" {
	fuzz header -runs=50000 -max_len=2048
}

@test "positions and thresholds of the ring: any peer" {
	fuzz ring -runs=50000 -max_len=512
}

@test "record files and channel names: any bytes" {
	fuzz record -runs=10000 -max_len=6000
}

@test "numbers on the command line: any text" {
	fuzz number -runs=100000 -max_len=64
}

@test "byte and message calls on a channel whose peer and kernel do anything" {
	fuzz channel -runs=15000 -max_len=512
}

long() {
	: "${SV_SEED:=$((RANDOM * 32768 + RANDOM + 1))}"
	fuzz "$1" -max_total_time="${SV_FUZZ_SECONDS:-60}" -max_len="$2"
}

# bats test_tags=long
@test "the judgement of a header, for long" {
	long header 2048
}

# bats test_tags=long
@test "positions and thresholds of the ring, for long" {
	long ring 512
}

# bats test_tags=long
@test "record files and channel names, for long" {
	long record 6000
}

# bats test_tags=long
@test "numbers on the command line, for long" {
	long number 64
}

# bats test_tags=long
@test "byte and message calls, for long" {
	long channel 1024
}
