#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Transfers that are all different, with accidents at random moments: every outcome is one that is allowed, no success is
# reported that is none, nothing is left.  The seed is fixed; test/exhaustive/soak.long.bats takes new ones.

load ../lib/common

soak_logged() {
	run_logged soak --seed "${SV_SEED:-1}" "$@"
	assert_status 0
	sed -n '/left behind/,$s/^/# /p' <<<"$output" >&3
}

@test "100 transfers: plain, resumable, detached; pauses, deaths, signals, removals" {
	export SV_LIMIT=400
	soak_logged --count 100
	assert_output_has ' 0 failures, '
}

@test "a success that is none would be seen: a reader that loses the last byte" {
	mkdir broken
	ln -s "$(type -P svwrite)" broken/svwrite
	ln -s "$(type -P svclean)" broken/svclean
	# The output file is its last argument.
	cat >broken/svread <<-EOF
		#!/bin/sh
		for file; do :; done
		$(type -P svread) "\$@" && truncate -s -1 "\$file"
	EOF
	chmod +x broken/svread
	# A plain one, of a file to a file, in which nothing else happens.
	run_logged soak --seed 1 --only 1 --programs broken
	assert_status 1
	assert_output_has 'the output is incomplete'
}
