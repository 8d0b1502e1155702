#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Somebody removes a channel's objects with ipcrm, by id or by key, at any time: those who use them end with status 1
# and say what happened, nothing is left, and the next transfer works.

load ../lib/common
load ../lib/survivor

setup() {
	sv_setup
	[ -n "$(type -P ipcrm)" ] || skip 'needs ipcrm'
	random_file "$WORK/file" 100000
}

segment() {
	ipc_list | awk '$1 == "shm" { print $2 }'
}

set_of_two() {
	ipc_list | awk '$1 == "sem" { print $2 }'
}

key() {
	ipctool key "$RV/default" 83
}

# remove OPTION: run ipcrm with an id (-m or -s) or with the key (-M or -S).
remove() {
	case $1 in
	-m) ipcrm -m "$(segment)" ;;
	-s) ipcrm -s "$(set_of_two)" ;;
	*) ipcrm "$1" "$(key)" ;;
	esac
}

# These tests take every object for their own, so they need an IPC namespace of their own.
only_ours() {
	[ -n "${SVIPC_TEST_NAMESPACE-}" ] || skip_unless_own_ipc
	[ "$(ipc_list | wc -l)" -le 2 ] || skip 'needs an IPC namespace without other objects'
}

assert_says_removed() {
	[[ $output$stderr == *removed*ipcrm* ]] || fail "does not say that the channel was removed: $output$stderr"
}

# The side that waits alone ends and says that the channel was removed.
alone_ends() {
	reap alone 10
	assert_status 1
	assert_says_removed
	assert_nothing_left
}

next_one_works() {
	rm -f copy
	pass file
}

# The removal of a set wakes the process that sleeps on it; the removal of a segment does not.
@test "the set removed, by id and by key, while a side waits alone: it ends at once" {
	only_ours
	local program option
	for program in svwrite svread; do
		for option in -s -S; do
			spawn alone $program </dev/null
			wait_asleep "${pid[alone]}"
			remove $option
			alone_ends
		done
	done
	next_one_works
}

@test "the segment removed while a side waits alone: it notices by itself, and the next one starts afresh" {
	only_ours
	local option
	for option in -m -M; do
		spawn alone svread -o lost
		wait_asleep "${pid[alone]}"
		remove $option
		alone_ends
		next_one_works
	done
}

@test "both objects removed while a side waits alone: it ends with status 1" {
	only_ours
	local program
	for program in svwrite svread; do
		spawn alone $program </dev/null
		wait_asleep "${pid[alone]}"
		ipcrm -m "$(segment)" -s "$(set_of_two)"
		alone_ends
	done
	next_one_works
}

@test "the set removed amid a transfer: both sides end with status 1 and say so" {
	only_ours
	local option
	for option in -s -S; do
		half_way
		remove $option
		reap reader
		assert_status 1
		assert_says_removed
		assert_same_file sent copy
		exec 9>&-
		reap writer
		assert_status 1 3
		[[ $stderr == *removed* || $stderr == *reader* ]]
		assert_nothing_left
	done
	next_one_works
}

@test "the set removed while the writer sleeps on a full ring: it ends with status 1" {
	only_ours
	full_ring
	ipcrm -s "$(set_of_two)"
	reap writer
	assert_status 1
	assert_says_removed
	drain_sink
	reap reader
	assert_status 1 3
	reap drain
	assert_nothing_left
	next_one_works
}

@test "the segment removed amid a transfer does no harm, because it was already marked for removal" {
	only_ours
	half_way
	ipcrm -m "$(segment)" 2>/dev/null || :
	# Its key is free, so no segment is found under it.
	run_logged ipcrm -M "$(key)"
	[ "$status" -ne 0 ]
	half_way_ends
	assert_nothing_left
}

@test "the set of a detached channel removed: no program drops the data, and all name the command that does" {
	local program
	only_ours
	run_logged svwrite -d file
	assert_status 0
	ipcrm -s "$(set_of_two)"
	for program in 'svread -t 0.2' 'svwrite -t 0.2' 'svwrite -d file' 'svread -r -t 0.2 -o copy'; do
		# shellcheck disable=SC2086 # words
		run_logged $program </dev/null
		assert_status 1
		assert_output_has 'its semaphores were removed'
		assert_output_has 'svclean -c default'
	done
	run_logged svclean -c default
	assert_output_has 'removed default'
	assert_nothing_left
	next_one_works
}

@test "the segment of a detached channel removed: svclean removes what is left" {
	only_ours
	run_logged svwrite -d file
	assert_status 0
	ipcrm -m "$(segment)"
	run_logged svclean
	assert_status 0
	assert_output_has 'removed default'
	assert_nothing_left
	next_one_works
}

@test "the set of a resumable channel removed while a side waits for the next one: it ends with status 1" {
	only_ours
	spawn reader svread -r -s 16K -o copy
	midway signal=9 5 svwrite -r -s 16K file
	reap svwrite
	wait_until 'grep -q "waiting for the next" reader.err'
	wait_asleep "${pid[reader]}"
	ipcrm -s "$(set_of_two)"
	reap reader
	assert_status 1
	assert_says_removed
	run_logged svclean
	assert_status 0
	assert_nothing_left
	next_one_works
}

@test "the rendezvous file removed amid a transfer: it ends well" {
	half_way
	rm "$RV/default"
	half_way_ends
	assert_nothing_left
	next_one_works
}

@test "the whole directory removed while a side waits: nothing is left when it ends" {
	spawn alone svread
	wait_asleep "${pid[alone]}"
	rm -r "$SVIPC_DIR"
	end_by TERM alone
	assert_status 143
	assert_equal 'objects left' "$(ipc_leaked "$sv_before")" ''
	[ ! -e "$SVIPC_DIR" ]
}
