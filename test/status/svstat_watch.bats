#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# svstat --watch: one snapshot after another, on a screen, as blocks of text or as lines of JSON.

load ../lib/common
load ../lib/channels

@test "--watch without a terminal prints blocks or lines of JSON, with rates from the second on" {
	skip_unless jq
	waiting_writer idle
	run_logged svstat -w0.1 --count=3
	assert_status 0
	assert_equal blocks "$(grep -c '^1 channel, 0 running' <<<"$output")" 3
	assert_equal rows "$(grep -c '^idle ' <<<"$output")" 3
	run_logged svstat -w 0.1 --count=2 --json idle
	assert_status 0
	assert_equal lines "${#lines[@]}" 2
	assert_equal 'first rate' "$(of "${lines[0]}" '.channels[0].rate')" null
	assert_equal 'second rate' "$(of "${lines[1]}" '.channels[0].rate')" 0
	run_logged svstat -w0.1 --count=2 -o name --noheadings
	assert_output $'idle\nidle'
	# Named channels stay in their order.
	waiting_writer busy
	run_logged svstat -w0.1 --count=1 -o name --noheadings idle busy
	assert_output $'idle\nbusy'
	# --watch waits for a channel that is not there.
	run_logged svstat -w0.1 --count=2 later
	assert_status 0
	assert_output_has '1 not there'
	kill "${pid[idle]}" "${pid[busy]}"
}

@test "the rate counts the bytes since the previous snapshot" {
	skip_unless jq
	running_transfer flow
	start watch svstat -w0.1 --json --count=8 flow
	wait_until 'head -c 10000 /dev/zero >&9; sv_gone "${pid[watch]}"'
	ends_well watch
	local looks=$output
	exec 9>&-
	reap flow-reader >/dev/null
	# Two snapshots are at least the interval apart, so rates times interval add up to at most the bytes that were moved.
	jq -se '(map(.channels[0].moved) | max - min) as $moved | (map(.channels[0].rate // 0) | add * 0.1) as $sum
		| $sum > 0 and $sum <= $moved' <<<"$looks"
}

@test "--watch on a terminal: frames fit it, and it is restored afterwards" {
	skip_unless script
	local size text columns rows
	waiting_writer one
	waiting_writer two
	waiting_writer three
	for size in '80 24' '40 12' '40 5' '30 3'; do
		read -r columns rows <<<"$size"
		on_terminal "$columns" "$rows" 'svstat -w0.1 --count=2; echo status $?'
		grep -q 'status 0' screen || return 1
		text=$(cat -v screen)
		[[ $text == *'^[[?1049h^[[?25l'*'^[[?25h^[[?1049l'* ]] || fail "screen not restored: $text" || return 1
		sed -n '/\x1b\[?25l/,/\x1b\[?25h/p' screen | sed -e 's/.*\x1b\[?25l//' -e 's/\x1b\[?25h.*//' >frames
		frames frames >text
		[ "$(longest text)" -le "$columns" ] || { cat text; fail "wider than $columns"; } || return 1
		# No frame scrolls: it has fewer line feeds than the terminal has lines.
		assert_equal "too many lines at $size" "$(tr '\n' '|' <frames | sed -e 's/|$//' -e 's/\x1b\[H/\n/g' |
			awk -F'|' -v most="$rows" '/\x1b\[K/ && NF > most' | head -c 100)" '' || return 1
	done
	on_terminal 40 4 'svstat -w0.1 --count=1'
	grep -q '\.\.\. and 2 more' screen
	# A terminal may not know its size.
	local i
	echo x >data
	for i in {1..25}; do
		svwrite -d -c "left$i" data
	done
	on_terminal 0 0 'env -u LINES -u COLUMNS svstat -w0.1 --count=1'
	frames screen | grep -q '\.\.\. and 7 more'
	svclean -qa
	on_terminal 40 12 'svstat -w0.1 --count=1 one'
	grep -q 'waiting for a reader' screen
	kill "${pid[one]}" "${pid[two]}" "${pid[three]}"
}

@test "--watch: a space shows the next snapshot; q ends it with status 0, a signal with that signal; the terminal is restored" {
	skip_unless script
	local key signal
	mkfifo keys
	for key in q Q; do
		# A FIFO that is opened for reading and writing does not block.
		exec 8<>keys
		start quitter script -qec 'stty -a >before; svstat -w60; echo status $? >status; stty -a >after' /dev/null <keys
		# The second snapshot follows soon, because only that has rates.
		wait_until '[ "$(grep -c "no channels" quitter.out)" -ge 2 ]'
		printf ' ' >&8
		wait_until '[ "$(grep -c "no channels" quitter.out)" -ge 3 ]'
		printf $key >&8
		reap quitter
		exec 8>&-
		assert_equal status "$(cat status)" 'status 0' || return 1
		assert_same_file before after || return 1
	done
	for signal in INT TERM HUP; do
		rm -f status
		start ended script -qec "sh -c 'echo \$\$ >id; exec svstat -w60'; echo status \$? >status; stty -a >after" /dev/null </dev/null
		wait_until 'grep -q "no channels" ended.out'
		kill "-$signal" "$(cat id)"
		reap ended
		assert_equal status "$(cat status)" "status $((128 + $(kill -l $signal)))" || return 1
		assert_same_file before after || return 1
		[[ $(cat -v ended.out) == *'^[[?25h^[[?1049l'* ]] || fail 'screen not restored' || return 1
	done
}

@test "--watch ends with status 1 if it cannot write to the terminal" {
	on_terminal 80 24 'svstat -w0.1 1</dev/tty; echo $? >status'
	assert_equal status "$(<status)" 1
}

@test "a dumb terminal gets blocks" {
	skip_unless script
	local term
	for term in '' dumb; do
		on_terminal 80 24 "TERM=$term svstat -w0.1 --count=2"
		assert_status 0
		! grep -q $'\x1b' screen || fail "escape sequences with TERM=$term" || return 1
	done
	on_terminal 80 24 'TERM=w svstat -w0.1 --count=1'
	grep -q $'\x1b' screen
}
