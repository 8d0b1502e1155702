#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Code that reads shared memory or a record file stays within bounds and keeps its contract, whatever bytes are there.
# This is coverage-guided fuzzing (libFuzzer) with AddressSanitizer and UndefinedBehaviorSanitizer.  The short tests take
# a few seconds, with fixed seeds; each long test takes SV_FUZZ_SECONDS (60), with SV_SEED or a new seed, which it prints.

load ../lib/common
load ../fuzz/fuzz

@test "the judgement of a header accepts any bytes of any size" {
	fuzz header -runs=50000 -max_len=2048
}

@test "positions and thresholds of the ring are right with any peer" {
	fuzz ring -runs=50000 -max_len=512
}

@test "record files and channel names may have any bytes" {
	fuzz record -runs=10000 -max_len=6000
}

@test "numbers on the command line may be any text" {
	fuzz number -runs=100000 -max_len=64
}

@test "byte and message calls keep their contract, whatever peer and kernel do" {
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
