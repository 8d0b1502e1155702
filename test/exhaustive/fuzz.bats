#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Whatever bytes another process has left in shared memory or in a record file, the code that looks at them stays
# within bounds and within its contract: coverage-guided fuzzing (libFuzzer) under AddressSanitizer and
# UndefinedBehaviorSanitizer.  Here a few seconds with fixed seeds; test/exhaustive/fuzz.long.bats goes on for minutes.

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
