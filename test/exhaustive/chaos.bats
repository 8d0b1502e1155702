#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Random walks through the life of channels, with two users, two IPC namespaces, and accidents of every kind.  The top of
# test/tools/chaos.c lists what must always hold.  The seed is fixed; the long test takes SV_SEED or a new seed, which it
# prints, and walks SV_CHAOS_WALKS (3000) times.

load ../lib/common

chaos_logged() {
	skip_if_sanitized
	run_logged chaos --seed "${SV_SEED:-1}" "$@"
	[ "$status" -ne 77 ] || skip "${lines[0]}"
	echo "# ${lines[0]}: $(tail -n 1 <<<"$output")" >&3
	assert_status 0 || return 1
	assert_output_has ' 0 violations'
}

# broken PROGRAM <<'END' (shell) ... END: make a directory `broken` with the programs, in which PROGRAM is this script.
broken() {
	local program
	mkdir broken
	for program in svwrite svread svclean svstat; do
		[ $program = "$1" ] || ln -s "$(type -P $program)" broken/$program
	done
	cat >"broken/$1"
	chmod +x "broken/$1"
}

@test "in dozens of random walks there is no false success, disturbance, endless wait or dead end" {
	SV_LIMIT=400 chaos_logged --walks 40
}

@test "a disturbed transfer is noticed: a cleaner that removes live channels" {
	broken svclean <<-'END'
		#!/bin/sh
		ipcs -m | awk '/^0x/ { print $2 }' | xargs -rn 1 ipcrm -m
		ipcs -s | awk '/^0x/ { print $2 }' | xargs -rn 1 ipcrm -s
	END
	skip_if_sanitized
	run_logged chaos --seed 1 --walks 28 --programs "$PWD/broken"
	[ "$status" -ne 77 ] || skip "${lines[0]}"
	assert_status 1
	assert_output_has 'a third party disturbed the live transfer'
}

@test "a false success is noticed: a reader that loses the last byte" {
	# -o FILE is last.
	broken svread <<-'END'
		#!/bin/sh
		for file; do :; done
		setpriv --pdeathsig KILL "${0%/*}/real" "$@" && truncate -s -1 "$file"
	END
	ln -s "$(type -P svread)" broken/real
	skip_if_sanitized
	run_logged chaos --seed 1 --walks 12 --programs "$PWD/broken"
	[ "$status" -ne 77 ] || skip "${lines[0]}"
	assert_status 1
	assert_output_has 'what no writer sent'
}

# bats test_tags=long
@test "the same holds in thousands of random walks" {
	: "${SV_SEED:=$((RANDOM * 32768 + RANDOM))}"
	SV_LIMIT=3400 chaos_logged --walks "${SV_CHAOS_WALKS:-3000}"
}
