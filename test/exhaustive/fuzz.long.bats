#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The fuzzing of test/exhaustive/fuzz.bats for SV_FUZZ_SECONDS each (60), from a new seed that is printed, or from SV_SEED.

load ../lib/common
load ../fuzz/fuzz

long() {
	: "${SV_SEED:=$((RANDOM * 32768 + RANDOM + 1))}"
	fuzz "$1" -max_total_time="${SV_FUZZ_SECONDS:-60}" -max_len="$2"
}

@test "the judgement of a header: any bytes, any size" {
	long header 2048
}

@test "positions and thresholds of the ring: any peer" {
	long ring 512
}

@test "record files and channel names: any bytes" {
	long record 6000
}

@test "numbers on the command line: any text" {
	long number 64
}

@test "byte and message calls on a channel whose peer and kernel do anything" {
	long channel 1024
}
