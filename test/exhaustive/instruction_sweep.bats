#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# A side is killed after exactly N instructions: the other side knows, nothing is lost and nothing is left.  The short
# tests take a sample of N, the long ones every N.

load ../lib/common
load ../lib/sweep

setup_file() {
	link_static
}

# Sweep for a few seconds, with a sample of N from the whole range.
sample() {
	sweep "$@" --seconds 3 --offset "$RANDOM"
}

@test "a writer or a reader may be killed at any instruction from its first semaphore operation on" {
	sample --case writer
	sample --case reader
}

@test "a resumable writer or reader may be killed at any instruction and started again" {
	sample --case writer --resume
	sample --case reader --resume
}

@test "a side may be killed while it makes the channel and the other one comes" {
	sample --case writer --victim-first --from flock
	sample --case reader --resume --victim-first --from flock
}

every() {
	SV_LIMIT=3000 sweep "$@"
}

# bats test_tags=long
@test "a writer may be killed at every instruction from its first semaphore operation on" {
	every --case writer
}

# bats test_tags=long
@test "a reader may be killed at every instruction from its first semaphore operation on" {
	every --case reader
}

# bats test_tags=long
@test "a resumable writer may be killed at every instruction and started again" {
	every --case writer --resume
}

# bats test_tags=long
@test "a resumable reader may be killed at every instruction and started again" {
	every --case reader --resume
}

every_side() {
	local side
	for side in writer reader 'writer --resume' 'reader --resume'; do
		# shellcheck disable=SC2086 # words
		every --case $side "$@" --offset "$RANDOM"
	done
}

# bats test_tags=long
@test "any side may be killed at every 11th instruction, single-stepped all the way" {
	every_side --exact --stride 11
}

# bats test_tags=long
@test "the side that opens the channel first may be killed at every 17th instruction from its first lock on" {
	every_side --victim-first --from flock --stride 17
}

# bats test_tags=long
@test "the side that comes second may be killed at every 17th instruction from its first lock on" {
	every_side --from flock --stride 17
}

# bats test_tags=long
@test "a side may be killed at every 29th instruction of a transfer of several ring lengths" {
	every_side --bytes 9000 --stride 29
}

# bats test_tags=long
@test "svclean that is killed at every 257th instruction harms no live channel" {
	every --case cleaner --from flock --stride 257 --offset "$RANDOM"
}

# bats test_tags=long
@test "a detached transfer that is killed at every 29th instruction leaves all of its data or none" {
	every --case leaver --from flock --stride 29 --offset "$RANDOM"
	every --case taker --from flock --stride 29 --offset "$RANDOM"
}
