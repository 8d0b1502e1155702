#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# A system call of a program fails with an errno that it may have, or the program is killed at the entry or exit of the
# call: the status is defined, there is a message, no process hangs and nothing is left.  The short tests take a sample,
# the long ones every call and every error.

load ../lib/common
load ../lib/sweep

setup_file() {
	link_static
}

for_each_program() {
	local subject
	for subject in writer reader 'writer --resume --victim-first' 'reader --resume --victim-first' leaver taker cleaner; do
		# shellcheck disable=SC2086 # words
		sweep --case $subject --seconds 1 --offset "$RANDOM" "$@"
	done
}

@test "a program may be killed at entry and exit of any system call" {
	for_each_program --kind calls
}

@test "any system call may fail with any of its errors" {
	for_each_program --kind errors
}

every() {
	SV_LIMIT=1200 sweep "$@"
}

for_every_program() {
	local subject
	for subject in writer reader "writer --resume" "reader --resume"; do
		# shellcheck disable=SC2086 # words
		every --case $subject "$@"
		# shellcheck disable=SC2086 # words
		every --case $subject --victim-first "$@"
	done
	for subject in leaver taker cleaner statter; do
		every --case "$subject" "$@"
	done
}

# bats test_tags=long
@test "a program may be killed at entry and exit of every system call" {
	for_every_program --kind calls
}

# bats test_tags=long
@test "every system call may fail with each of its errors" {
	for_every_program --kind errors
}
