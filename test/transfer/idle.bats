#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# A side that waits does nothing at all: no system call, no context switch, until it is woken.  With and without
# membarrier(2), on one CPU and on all.

load ../lib/common
load ../lib/survivor

# How long a test watches a waiting side, in seconds.  A side that polls so often that nobody notices a delay polls at
# least once in this time.
WINDOW=0.6

switches() {
	awk '/ctxt_switches/ { sum += $2 } END { print sum }' "/proc/$1/status"
}

cpu_time() {
	local line
	line=$(<"/proc/$1/stat")
	# After the name in parentheses, fields 12 and 13 are user and system time.
	awk '{ print $12 + $13 }' <<<"${line##*) }"
}

# idle NAME [LOOKS]: the process sleeps in semop and does not run during the window, or runs at most LOOKS times a second
# without measurable CPU time.
idle() {
	local before after time begun=${EPOCHREALTIME/[.,]/} most=0
	wait_asleep "${pid[$1]}" || return 1
	before=$(switches "${pid[$1]}")
	time=$(cpu_time "${pid[$1]}")
	sleep $WINDOW
	after=$(switches "${pid[$1]}")
	# On a busy machine the window may have become longer.
	[ $# -eq 1 ] || most=$((($2 * (${EPOCHREALTIME/[.,]/} - begun) + 999999) / 1000000))
	[ $((after - before)) -le $most ] || fail "$((after - before)) context switches of $1, not $most" || return 1
	assert_equal "CPU time of $1" "$(cpu_time "${pid[$1]}")" "$time"
}

preload() {
	local interposed
	interpose nomembarrier || return 1
	export "${interposed[@]:1}" "SV_NO_MEMBARRIER=$1"
}

light() {
	ipctool get "$(ipc_list | awk '$1 == "shm" { print $2 }')" writer.light
}

@test "a side that waits alone uses no CPU time" {
	spawn writer svwrite -v -c one /dev/null
	spawn reader svread -v -c two
	local side
	for side in writer reader; do
		# After a second it has printed whom it waits for.
		wait_until "grep -q waiting $side.err"
		idle $side 2
		end_by TERM $side
	done
}

@test "a reader that waits for a silent writer uses no CPU time" {
	half_way
	idle reader
	half_way_ends
}

@test "a writer that waits for a blocked reader uses no CPU time" {
	full_ring
	idle writer
	end_by TERM reader
	reap writer
	assert_status 3
	exec 9>&-
}

@test "with every --wait policy a side falls asleep" {
	local policy
	for policy in auto spin sleep; do
		half_way --wait=$policy
		idle reader
		half_way_ends
	done
}

@test "a waiting side makes no system call" {
	skip_unless strace
	half_way
	spawn strace strace -qq -o calls -p "${pid[reader]}" 9>&-
	# Attaching strace interrupts the sleep; the first line of the log is its new start.
	wait_until '[ -s calls ]' || { cat strace.err; skip 'strace may not trace'; }
	wait_asleep "${pid[reader]}"
	local before
	before=$(wc -l <calls)
	sleep $WINDOW
	assert_equal 'lines of strace' "$(wc -l <calls)" "$before"
	half_way_ends
	reap strace
}

@test "a block costs a read, at most one bell and at most one sleep" {
	skip_unless strace
	random_file file 32M
	# strace slows the writer down so much that its reader may sleep each time.
	spawn reader svread -s 64K -o copy
	run_logged strace -qq -f -c -o counts -e trace=semop,semtimedop,read svwrite -s 64K file
	assert_status 0
	ends_well reader
	assert_same_file file copy
	awk '$NF == "read" { reads = $4 } $NF ~ /^semt?/ { semops += $4 }
		END { print reads, semops; exit !(reads >= 1024 && semops <= 2 * reads + 16) }' counts
}

@test "both sides can share one CPU" {
	skip_unless taskset
	local cpu
	cpu=$(taskset -cp $$ | sed 's/.*: *\([0-9]*\).*/\1/')
	random_file file 4M
	spawn reader taskset -c "$cpu" svread -s 64K -o copy
	run_logged taskset -c "$cpu" svwrite -s 64K file
	assert_status 0
	ends_well reader
	assert_same_file file copy
	assert_nothing_left
}

@test "without membarrier(2) at all both sides use full fences" {
	preload all
	random_file file 4M
	pass file -s 16K
	half_way
	assert_equal 'light' "$(light)" 0
	idle reader
	half_way_ends
}

@test "a writer uses full fences before its reader comes, and while it has to wake its reader" {
	spawn writer svwrite - </dev/null
	wait_asleep "${pid[writer]}"
	assert_equal 'light, alone' "$(light)" 0
	end_by TERM writer
	half_way
	# Its reader is asleep now.
	echo more | tee -a sent >&9
	wait_until 'cmp -s sent copy'
	assert_equal 'light, after a bell' "$(light)" 0
	half_way_ends
}

@test "a side with membarrier(2) works with a side without it" {
	random_file file 4M
	local side
	for side in svwrite svread; do
		rm -f copy
		(
			[ $side = svread ] && preload all
			exec svread -s 16K -o copy
		) 3>&- 4>&- &
		local reader=$!
		if [ $side = svwrite ]; then
			(
				preload all
				exec timeout 60 svwrite -s 16K file
			)
		else
			timeout 60 svwrite -s 16K file
		fi
		wait $reader
		assert_same_file file copy
	done
	assert_nothing_left
}

@test "a reader that may not run membarrier(2) uses no CPU time while it waits" {
	# The reader has registered, so that its peer's barriers reach it, but cannot run one: its writer publishes with fences.
	preload fence
	mkfifo feed
	exec 9<>feed
	spawn reader svread -o copy 9>&-
	wait_asleep "${pid[reader]}"
	spawn writer svwrite <feed 9>&-
	wait_until '[ "$(ipctool get "$(ipc_list | awk "\$1 == \"shm\" { print \$2 }")" writer.slot)" = 2 ]'
	idle reader
	echo text >&9
	wait_until '[ -s copy ]'
	idle reader
	exec 9>&-
	ends_well writer
	ends_well reader
}
