#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Killed after exactly N instructions, for every N: the other side knows, nothing is lost, nothing is left.

load ../lib/common
load ../lib/sweep

setup_file() {
	link_static
}

setup() {
	export SV_LIMIT=3000
	sv_setup
}

@test "a writer killed at every instruction from its first semaphore operation on" {
	sweep --case writer
}

@test "a reader killed at every instruction from its first semaphore operation on" {
	sweep --case reader
}

@test "a resumable writer killed at every instruction, then started again" {
	sweep --case writer --resume
}

@test "a resumable reader killed at every instruction, then started again" {
	sweep --case reader --resume
}

@test "any side killed at every 11th instruction, single-stepped all the way" {
	local side resume
	for side in writer reader; do
		for resume in '' --resume; do
			# shellcheck disable=SC2086 # nothing, or one word
			sweep --case $side $resume --exact --stride 11 --offset "$RANDOM"
		done
	done
}

@test "a side killed at every 17th instruction from the first lock on, that opens the channel first" {
	local side resume
	for side in writer reader; do
		for resume in '' --resume; do
			# shellcheck disable=SC2086 # nothing, or one word
			sweep --case $side $resume --victim-first --from flock --stride 17 --offset "$RANDOM"
		done
	done
}

@test "a side killed at every 17th instruction from the first lock on, that comes second" {
	local side resume
	for side in writer reader; do
		for resume in '' --resume; do
			# shellcheck disable=SC2086 # nothing, or one word
			sweep --case $side $resume --from flock --stride 17 --offset "$RANDOM"
		done
	done
}

@test "a side killed at every 29th instruction of a transfer of several ring lengths" {
	local side resume
	for side in writer reader; do
		for resume in '' --resume; do
			# shellcheck disable=SC2086 # nothing, or one word
			sweep --case $side $resume --bytes 9000 --stride 29 --offset "$RANDOM"
		done
	done
}

@test "svclean, killed at every 257th instruction, harms no live channel" {
	sweep --case cleaner --from flock --stride 257 --offset "$RANDOM"
}

@test "a detached transfer killed at every 29th instruction: left whole, or not at all" {
	sweep --case leaver --from flock --stride 29 --offset "$RANDOM"
	sweep --case taker --from flock --stride 29 --offset "$RANDOM"
}
