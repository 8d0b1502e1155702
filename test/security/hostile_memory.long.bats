#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Every byte of the header and of both sides' lines overwritten with four values, in every state that
# test/tools/hostile.c knows; once as built, and a part of it with sanitizers.  SV_SEED repeats a run.

load ../lib/common

setup() {
	sv_setup
	export SV_LIMIT=3400
	: "${SV_SEED:=$((RANDOM * 32768 + RANDOM))}"
}

sweep() {
	run_logged hostile --seed "$SV_SEED" "$@"
	assert_status 0
	echo "# ${lines[0]}" >&3
}

@test "every byte while a writer waits" {
	sweep --only writer-waits
}

@test "every byte while a reader waits" {
	sweep --only reader-waits
}

@test "every byte after a writer died" {
	sweep --only writer-died
}

@test "every byte after a reader died" {
	sweep --only reader-died
}

@test "every byte of a detached channel" {
	sweep --only detached
}

@test "every byte of a resumable channel whose sides have died half-way" {
	sweep --only halfway
}

@test "every byte while the ring is full and the reader stopped" {
	sweep --only paused
}

@test "many bytes while data flows" {
	sweep --only running --sample 1000
}

@test "semaphores, and identity right with all else random" {
	sweep --only semaphores --sample 500
	sweep --only nonsense --sample 500
}

@test "a sample of all states with programs built with sanitizers" {
	skip_if_sanitized
	run_logged make -s -C "$SV_ROOT" SANITIZE=address,undefined BUILD="$SVIPC_BUILD/address-undefined" all
	assert_status 0
	sweep --sample 300 --programs "$SVIPC_BUILD/address-undefined"
}
