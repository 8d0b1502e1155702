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

@test "nothing is lost with publishers that use full fences" {
	interleaved --case fences
}

@test "nothing is lost with light publishers, which leave the fence to the sleeper, and become heavy and light again" {
	interleaved --case light
}

@test "nothing is lost if the sides may not use membarrier(2)" {
	interleaved --case no-membarrier
}

@test "nothing is lost if the sides spin before they sleep" {
	interleaved --case spinning
}

@test "nothing is lost if a side is killed at any step" {
	interleaved --case killed
}

@test "nothing is lost if a side of a resumable channel is killed at any step, and started again" {
	interleaved --case resumed
}

@test "sv_interrupt() works from a signal handler at any step" {
	interleaved --case interrupted
}

@test "a side is stopped at any step: the other returns when its time-out has passed" {
	interleaved --case stopped
}

@test "nothing is lost with all of these at once" {
	interleaved --case all
}

# bats test_tags=long
@test "nothing is lost in a million runs of each" {
	: "${SV_SEED:=$((RANDOM * 32768 + RANDOM))}"
	SV_LIMIT=3400 interleaved --runs "${SV_RUNS:-1000000}"
}
