#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Promises about time and speed that no output shows; the system calls show them: a wait during a transfer has no timer, a
# time-out is as long as the user said, a survivor ends at once, large pages are requested, and each --wait policy spins
# as documented.  No test here depends on the speed of the machine.

load ../lib/common
load ../lib/survivor

# limitless PID: the process sleeps in a semaphore operation without a time limit, so only a bell wakes it.  semop has no
# limit; that of semtimedop is its fourth argument.
limitless() {
	local number arguments
	{ read -r number arguments <"/proc/$1/syscall"; } 2>/dev/null || return 1
	# shellcheck disable=SC2086 # words
	set -- $number $arguments
	case $number in
	65 | 193) ;;
	220 | 192 | 420) [ "$5" = 0x0 ] ;;
	*) return 1 ;;
	esac
}

# without_timer NAME: the process sleeps, and limitless.
without_timer() {
	cat /proc/self/syscall >/dev/null 2>&1 || skip 'the kernel does not show system calls'
	wait_asleep "${pid[$1]}" || return 1
	limitless "${pid[$1]}" || fail "$1 sleeps with a time limit"
}

# traced NAME COMMAND...: run it in the background; NAME.trace has the calls in which it may pause.
traced() {
	local name=$1
	shift
	spawn "$name" strace -qq -o "$name.trace" \
		-e trace=semop,semtimedop,nanosleep,clock_nanosleep,select,pselect6,poll,ppoll,epoll_wait,pause,futex "$@"
}

# never_by_the_clock NAME: every pause in the trace ends by another process or a signal, except for pauses of some
# milliseconds for a lock.
never_by_the_clock() {
	local timed
	# A poll that does not wait is no pause.
	timed=$(grep -E 'nanosleep|select|poll\(.*, [1-9][0-9]*\)|semtimedop\(.*\{tv_sec' "$1.trace" |
		grep -vE "resumed>|nanosleep.*tv_sec=0, tv_nsec=[0-9]{1,7}}" || :)
	assert_equal "timed calls of $1" "$timed" ''
}

@test "a side that waits for a peer wakes about once a second, to check that its rendezvous is still there" {
	skip_unless strace
	run_logged strace -qq -o trace -e trace=semop,semtimedop,nanosleep,clock_nanosleep,poll,select,pselect6 svread -q -t 3 -o copy
	[ -s trace ] || skip 'strace may not trace'
	assert_status 4
	# The bounds leave room for a busy machine; the last sleep ends by the time-out.
	run_logged awk -F '[=,}]' '/semtimedop.*tv_sec=/ { for (i = 1; i < NF; i++) { if ($i ~ /tv_sec$/) s = $(i + 1); if ($i ~ /tv_nsec$/) n = $(i + 1) }
		if (++sleeps <= 2 && s + n / 1e9 < 0.5) print } /poll|select/ { print } END { if (sleeps < 2 || sleeps > 5) print sleeps, "sleeps in 3 s" }' trace
	assert_output ''
}

@test "a side that waits during a transfer sets no timer" {
	half_way
	without_timer reader
	half_way_ends
	full_ring
	without_timer writer
	end_by TERM reader
	reap writer
	assert_status 3
	exec 9>&-
}

@test "a reader whose output is a pipe checks its consumer once; the end of the consumer wakes it" {
	cat /proc/self/syscall >/dev/null 2>&1 || skip 'the kernel does not show system calls'
	mkfifo feed sink
	exec 8<>feed
	spawn consumer cat sink 8>&-
	spawn reader bash -c 'exec svread >sink' 8>&-
	spawn writer svwrite feed 8>&-
	echo some >&8
	wait_until '[ -s consumer.out ]'
	wait_until 'limitless ${pid[reader]}'
	kill "${pid[consumer]}"
	reap reader 10
	assert_status 1
	exec 8>&-
	reap writer
}

@test "a reader whose output is a socket checks its consumer at most five times a second" {
	skip_unless strace socat
	mkfifo feed
	exec 8<>feed
	spawn consumer socat -u EXEC:'strace -qq -o trace svread' OPEN:copy,creat 8>&-
	spawn writer svwrite feed 8>&-
	echo some >&8
	wait_until '[ -s copy ]'
	wait_until '[ "$(grep -c "^poll.* 1, 0) *= 0" trace)" -ge 3 ] || sv_gone ${pid[consumer]}'
	[ -s trace ] || skip 'strace may not trace'
	# A complete sleep of 200 ms comes before each check.
	run_logged awk '/^poll.* 1, 0\) += 0/ { looks++; if (before !~ /semtimedop.*tv_nsec=(19[0-9]|200)[0-9]*\}\) = -1 EAGAIN/) print before }
		/^semtimedop/ { before = $0 } END { if (looks < 3) print looks " looks" }' trace
	assert_output ''
	exec 8>&-
	ends_well writer
	reap consumer
}

@test "the side that survives ends at once and waits for no timer" {
	skip_unless strace
	mkfifo feed
	exec 9<>feed
	traced reader svread -o copy 9>&-
	spawn writer svwrite <feed 9>&-
	echo text >&9
	wait_until '[ -s copy ]'
	[ -s reader.trace ] || skip 'strace may not trace'
	end_by KILL writer
	reap reader
	assert_status 3
	exec 9>&-
	# Leave out the first second, after which a waiting side prints whom it waits for.
	sed -i '/semtimedop.*{tv_sec=0, tv_nsec=99/d; /semtimedop.*{tv_sec=1, tv_nsec=0/d' reader.trace
	never_by_the_clock reader
}

@test "the time-out of -t is as long as it says, while waiting for a peer and during a transfer" {
	skip_unless strace
	local started
	started=${EPOCHREALTIME/./}
	run_logged strace -qq -o trace -e trace=semtimedop svread -t 0.5
	[ -s trace ] || skip 'strace may not trace'
	assert_status 4
	[ $((${EPOCHREALTIME/./} - started)) -ge 500000 ] || fail 'it ended too early'
	limits_at_most 0.5 trace
	mkfifo feed
	exec 9<>feed
	spawn writer svwrite <feed 9>&-
	echo text >&9
	run_logged strace -qq -o trace -e trace=semtimedop svread -t 0.5 -o copy
	assert_status 4
	limits_at_most 0.5 trace
	exec 9>&-
	reap writer
	assert_status 3
}

# limits_at_most SECONDS TRACE: no sleep has a longer limit, and the sleeps that ended by their limit are no longer in sum.
limits_at_most() {
	sed -n 's/.*tv_sec=\([0-9]*\), tv_nsec=\([0-9]*\)}) = \(.*\)/\1 \2 \3/p' "$2" | awk -v most="$1" '
		{ limit = $1 + $2 / 1e9; if (limit > most) bad = 1 }
		/EAGAIN/ { sum += limit }
		END { if (NR == 0) { print "no sleep with a limit"; exit 1 }
			if (bad || sum > most * 1.001) { print "limits up to more than", most, "in all", sum; exit 1 } }'
}

@test "large pages are requested for much data, but not for little" {
	skip_unless strace
	random_file much 16M
	random_file little 100K
	local file
	for file in much little; do
		spawn reader svread -s 16M -o copy
		run_logged strace -qq -o $file.trace -e trace=madvise svwrite -s 16M $file
		assert_status 0
		ends_well reader
	done
	[ -s much.trace ] || skip 'strace may not trace'
	# strace before 6.2 does not know MADV_COLLAPSE.
	[ "$(grep -c 'MADV_COLLAPSE\|0x19' much.trace)" -gt 0 ] || fail 'no large page was requested'
	assert_equal 'asked for little' "$(grep -c 'MADV_COLLAPSE\|0x19' little.trace)" 0
}

@test "--wait: spin spins for long, auto for a little, sleep not at all" {
	local interposed policy
	skip_if_sanitized
	[ "$(nproc)" -gt 1 ] || skip 'needs two CPUs'
	interpose clock
	declare -A looks
	for policy in sleep auto spin; do
		rm -f feed copy
		mkfifo feed
		exec 9<>feed
		spawn reader "${interposed[@]}" SV_CLOCK_STEP=100 SV_CLOCK_CPU=1 SV_CLOCK_LOOKS=looks \
			svread --wait=$policy -o copy 9>&-
		spawn writer "${interposed[@]}" SV_CLOCK_CPU=0 svwrite --wait=$policy <feed 9>&-
		echo text >&9
		wait_until '[ -s copy ]'
		wait_asleep "${pid[reader]}"
		exec 9>&-
		ends_well writer
		ends_well reader
		looks[$policy]=$(cat looks)
		echo "$policy: ${looks[$policy]} looks at the clock, 0.1 us each"
	done
	[ "${looks[sleep]}" -lt 50 ] || fail 'sleep spins'
	[ "${looks[auto]}" -gt 50 ] || fail 'auto does not spin'
	[ "${looks[auto]}" -lt 20000 ] || fail 'auto spins too long'
	[ "${looks[spin]}" -gt 50000 ] || fail 'spin does not spin'
}

@test "the rate that is shown is the rate at which the bytes came" {
	skip_unless jq
	mkfifo feed
	exec 9<>feed
	spawn reader svread -o /dev/null 9>&-
	spawn writer svwrite --progress=json 9>&- <feed
	local i
	# Send more at each tick.
	for i in 1 2 3 4; do
		head -c $((i * 50000)) /dev/zero >&9
		wait_until "[ \"\$(grep -c '\"bytes\": *[1-9]' writer.err)\" -ge $i ]"
	done
	exec 9>&-
	ends_well writer
	reap reader
	# Each rate is between the slowest and the fastest tick so far; the last line has the average.
	run_logged jq -rs '
		. as $all | [range(1; length - 1) | . as $i | $all[$i] as $line |
			[range(1; $i + 1) | ($all[.].bytes - $all[. - 1].bytes) / ([$all[.].elapsed - $all[. - 1].elapsed, 0.001] | max)] as $rates |
			select($line.state == "running" and ($line.rate > 1.1 * ($rates | max) + 1 or $line.rate < 0.9 * ($rates | min) - 1)) | $line],
		[$all[-1] | select((.average - .bytes / .elapsed | fabs) > 0.05 * .average)] | tojson' writer.err
	assert_status 0
	assert_output $'[]\n[]'
}

@test "a resumed output is cut where the next byte belongs, even if its reader wrote too much" {
	random_file file 100000
	spawn writer svwrite -r -s 16K file
	midway signal=9 2 svread -r -s 16K -o copy
	reap svread
	assert_status 137
	wait_asleep "${pid[writer]}"
	head -c 200000 /dev/zero >>copy
	run_logged svread -r -s 16K -o copy
	assert_status 0
	ends_well writer
	assert_same_file file copy
}
