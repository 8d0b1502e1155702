#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The library's wait and ring code runs in many random orders of steps, with store buffers: no wake-up, byte, death or end
# is lost, and no side rings or polls without need.  See test/tools/interleave.c.

load ../lib/common

setup() {
	# A sanitizer does not understand stacks that a program switches itself.
	skip_if_sanitized
	sv_setup
}

interleaved() {
	run_logged interleave --seed "${SV_SEED:-1}" --runs "${SV_RUNS:-5000}" "$@"
	assert_status 0
	sed 's/^interleave/#/' <<<"$output" >&3
}

@test "publishers with full fences" {
	interleaved --case fences
}

@test "light publishers, which leave the fence to the sleeper, and become heavy and light again" {
	interleaved --case light
}

@test "sides that may not use membarrier(2)" {
	interleaved --case no-membarrier
}

@test "sides that spin before they sleep" {
	interleaved --case spinning
}

@test "a side is killed at any step" {
	interleaved --case killed
}

@test "a side of a resumable channel is killed at any step, and started again" {
	interleaved --case resumed
}

@test "sv_interrupt() from a signal handler at any step" {
	interleaved --case interrupted
}

@test "a side is stopped at any step: the other returns when its time-out has passed" {
	interleaved --case stopped
}

@test "all of these at once" {
	interleaved --case all
}

# bats test_tags=long
@test "a million runs of each" {
	: "${SV_SEED:=$((RANDOM * 32768 + RANDOM))}"
	SV_LIMIT=3400 interleaved --runs "${SV_RUNS:-1000000}"
}
