#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Somebody removes a channel's objects with ipcrm, by id or by key, at any time: those who use them end with status 1
# and say what happened, nothing is left, and the next transfer works.

load ../lib/common
load ../lib/channels
load ../lib/survivor

setup() {
	sv_setup
	skip_unless ipcrm
	random_file "$WORK/file" 100000
}

# remove OPTION...: run ipcrm with ids (-m and -s) or with the key (-M or -S).
remove() {
	local option
	for option; do
		case $option in
		-m) ipcrm -m "$(segment_of)" ;;
		-s) ipcrm -s "$(set_of)" ;;
		*) ipcrm "$option" "$(ipctool key "$RV/default" 83)" ;;
		esac
	done
}

# ends_removed NAME: the side ends and says that the channel was removed.
ends_removed() {
	reap "$1" 10
	assert_status 1 || return 1
	assert_stderr_has 'removed by another process (ipcrm? systemd RemoveIPC?)'
}

next_one_works() {
	rm -f copy
	pass file
}

# The removal of a set wakes the process that sleeps on it; that of a segment does not, and the side notices by itself.
@test "the set, the segment or both are removed while a side waits alone: it ends, and the next one starts afresh" {
	local side options
	while read -r side options; do
		spawn alone "$side" </dev/null
		wait_asleep "${pid[alone]}"
		# shellcheck disable=SC2086 # words
		remove $options
		ends_removed alone
		assert_nothing_left
		next_one_works
	done <<-'END'
		svwrite -s
		svwrite -S
		svread -s
		svread -S
		svread -m
		svread -M
		svwrite -m -s
		svread -m -s
	END
}

@test "the set removed amid a transfer: both sides end with status 1 and say so, whichever notices first" {
	local first second option
	for first in writer reader; do
		second=reader
		[ $first = writer ] || second=writer
		for option in -s -S; do
			half_way
			# The side that is stopped notices second, after the other side has reported its failure.
			kill -STOP "${pid[$second]}"
			remove $option
			exec 9>&-
			ends_removed $first
			kill -CONT "${pid[$second]}"
			ends_removed $second
			assert_same_file sent copy
			assert_nothing_left
		done
	done
	next_one_works
}

@test "the set removed while the writer sleeps on a full ring: it ends with status 1" {
	full_ring
	remove -s
	ends_removed writer
	drain_sink
	reap reader
	assert_status 1 3
	reap drain
	assert_nothing_left
	next_one_works
}

@test "the segment removed amid a transfer does no harm, because it was already marked for removal" {
	half_way
	ipcrm -m "$(svstat --noheadings -o shmid)" 2>/dev/null || :
	# Its key is free, so no segment is found under it.
	run ! remove -M
	half_way_ends
	assert_nothing_left
}

@test "the set of a detached channel removed: no program drops the data, and all name the command that does" {
	local program
	run_logged svwrite -d file
	assert_status 0
	remove -s
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
	run_logged svwrite -d file
	assert_status 0
	remove -m
	run_logged svclean
	assert_status 0
	assert_output_has 'removed default'
	assert_nothing_left
	next_one_works
}

@test "the set of a resumable channel removed while a side waits for the next one: it ends with status 1" {
	spawn reader svread -r -s 16K -o copy
	midway signal=9 5 svwrite -r -s 16K file
	reap svwrite
	wait_until 'grep -q "waiting for the next" reader.err'
	wait_asleep "${pid[reader]}"
	remove -s
	ends_removed reader
	run_logged svclean
	assert_status 0
	assert_nothing_left
	next_one_works
}

@test "the set of a resumable channel removed amid a transfer: neither side says that it could go on" {
	midway signal=19 5 svread -r -s 16K -o copy
	spawn writer svwrite -r -s 16K file
	wait_asleep "${pid[writer]}"
	remove -s
	ends_removed writer
	[[ $stderr != *'go on'* ]] || fail 'nothing is kept'
	kill -CONT "${pid[svread]}"
	ends_removed svread
	[[ $stderr != *'go on'* ]] || fail 'nothing is kept'
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
