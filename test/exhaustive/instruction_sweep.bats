#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Killed after exactly N instructions, for N at random: the other side knows, nothing is lost, nothing is left.
# test/exhaustive/instruction_sweep.long.bats takes every N.

load ../lib/common
load ../lib/sweep

setup_file() {
	link_static
}

# A few seconds each: a sample that is spread over the whole course.
sample() {
	sweep "$@" --seconds 3 --offset "$RANDOM"
}

@test "a writer or a reader killed at any instruction from its first semaphore operation on" {
	sample --case writer
	sample --case reader
}

@test "a resumable writer or reader killed at any instruction, then started again" {
	sample --case writer --resume
	sample --case reader --resume
}

@test "a side killed while it makes the channel, when the other is just coming" {
	sample --case writer --victim-first --from flock
	sample --case reader --resume --victim-first --from flock
}
