#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The demo that the README offers.

load ../lib/common

@test "scripts/demo shows the greeting, hands over 1 GiB, compares it, and leaves nothing behind" {
	skip_if_sanitized
	[ "$(awk '$1 == "MemAvailable:" { print $2 }' /proc/meminfo)" -gt 3500000 ] || skip 'needs 3.5 GB of free memory'
	SV_LIMIT=300 run_logged "$SV_ROOT/scripts/demo"
	[[ $output != *'no directory with'* ]] || skip 'needs 2 GiB of space'
	assert_status 0
	assert_output_has 'Process A sends data: "Hello, Process B!"'
	assert_output_has 'Process B receives data: "Hello, Process B!"'
	assert_output_matches '1073741824 bytes in .* MB/s, compared: identical'
	assert_output_has 'Nothing is left behind.'
	assert_nothing_left
}
