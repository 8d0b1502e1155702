#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Every system call of every program fails with every errno that it may have, and the program is killed at its
# entry and exit: a defined status, a message, nobody hangs, nothing is left.

load ../lib/common
load ../lib/sweep

setup_file() {
	link_static
}

setup() {
	export SV_LIMIT=1200
	sv_setup
}

for_each_program() {
	local subject
	for subject in writer reader "writer --resume" "reader --resume"; do
		# shellcheck disable=SC2086 # words
		sweep --case $subject "$@"
		# shellcheck disable=SC2086 # words
		sweep --case $subject --victim-first "$@"
	done
	for subject in leaver taker cleaner statter; do
		sweep --case "$subject" "$@"
	done
}

@test "killed at entry and exit of every system call" {
	for_each_program --kind calls
}

@test "every system call fails with each of its errors" {
	for_each_program --kind errors
}
