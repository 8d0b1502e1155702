#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# svstat for scripts and for narrow windows: --wait, --raw, order, width; and it stays fast.

load ../lib/common
load ../lib/channels

# still NAME: the process has not ended after it slept between two snapshots.
still() {
	wait_until "[ \"\$(sv_state ${pid[$1]})\" = S ] || sv_gone ${pid[$1]}"
	! sv_gone "${pid[$1]}" || fail "$1 has ended"
}

@test "--wait waits until a channel is there, has a writer or a reader, waits for one, or is gone" {
	start there svstat --wait job
	start writer-there svstat --wait=job=writer -t 60
	start reader-there svstat --wait job=reader
	start waiting svstat --wait job=waiting_reader
	still there
	still writer-there
	waiting_writer job
	ends_well there
	assert_output ''
	ends_well writer-there
	ends_well waiting
	still reader-there
	start gone svstat --wait job=gone
	still gone
	start finish svread -c job
	ends_well finish
	assert_output 'some data'
	ends_well gone
	assert_equal 'standard error' "$stderr" ''
	# The reader may have been too quick to be seen; the next one waits.
	start reader svread -c job
	ends_well reader-there
	run_logged svstat --wait job=waiting_writer -t 20
	assert_status 0
	kill "${pid[reader]}"
}

@test "--wait goes with -k, -c, -i or a name of its own; a detached channel counts as there" {
	touch meet
	start path svstat -k meet -i 7 --wait =reader
	start late svstat -k later --wait ''
	still path
	start reader svread -k meet -i 7
	ends_well path
	end_by TERM reader
	run_logged svstat -k meet -i 7 --wait =gone -t 20
	assert_status 0
	still late
	svwrite -d -s 4K -c parked <<<x
	for name in parked parked=detached; do
		run_logged svstat --wait "$name" -t 0
		assert_status 0 || return 1
	done
	run_logged svstat -c parked --wait =gone -t 0
	assert_status 4
	touch later
	svwrite -d -s 4K -k later <<<x
	ends_well late
	svclean -aq
}

@test "--wait gives up after -t with status 4 and says which state the channel has" {
	local from=$EPOCHREALTIME
	run_logged svstat --wait nowhere -t .2
	assert_status 4
	assert_output 'svstat: channel nowhere: timed out: it is not there'
	[ $((${EPOCHREALTIME/./} - ${from/./})) -ge 200000 ]
	waiting_writer one
	run_logged svstat --wait one=reader -t 0
	assert_status 4
	assert_output 'svstat: channel one: timed out: it is waiting for a reader'
	kill "${pid[one]}"
}

@test "--wait sleeps between two snapshots" {
	skip_unless strace
	run_logged strace -f -c -o counts svstat --wait nowhere -t 1
	assert_status 4
	awk '$NF ~ /nanosleep$/ { slept = $4 } END { exit !(slept >= 1 && slept <= 25) }' counts || { cat counts; fail 'too many rounds'; }
}

@test "--raw, or a pipe: cells have no blanks, and states are those of JSON" {
	skip_unless script
	local columns rows
	touch 'a path'
	start odd bash -c 'exec -a x svread -k "a path"'
	wait_asleep "${pid[odd]}"
	waiting_writer some
	columns=$(svstat -o help | awk '{ printf "%s%s", sep, $1; sep = "," }')
	rows=$(awk -F, '{ print NF }' <<<"$columns")
	svstat -o "$columns" >table
	assert_equal 'fields of each line' "$(awk '{ print NF }' table | sort -u)" "$rows"
	grep -q ' waiting_reader ' table
	grep -Fq 'a\x20path' table
	grep -Fq " ${pid[some]}/svwrite " table
	# On a terminal this happens only with --raw.
	run_logged script -qec "stty cols 400; svstat -o '$columns' --raw" /dev/null
	assert_equal 'on a terminal' "$(tr -d '\r' <<<"$output" | awk '{ print NF }' | sort -u)" "$rows"
	run_logged script -qec "stty cols 400; svstat" /dev/null
	assert_output_has 'waiting for a reader'
	run_logged svstat --raw some
	assert_output_matches '^CHANNEL .*waiting_reader'
	kill "${pid[odd]}" "${pid[some]}"
}

@test "--watch shows the busiest first" {
	mkfifo feed
	waiting_writer a-idle
	start z-reader svread -c z-busy
	start z-writer svwrite -c z-busy feed
	exec 9>feed
	start watch svstat -w0.1 --count=60 --noheadings -o name
	# The first block has no rates yet and is in order of names.  The second begins with the busy channel, so there are two
	# lines of it in a row.
	wait_until 'printf %1000s >&9; [ "$(uniq -d watch.out)" = z-busy ]'
	assert_equal first "$(head -n 1 watch.out)" a-idle
	kill "${pid[watch]}"
	exec 9>&-
	reap z-reader
	kill "${pid[a-idle]}"
}

@test "in a narrow window the bar is dropped before a name is cut, and the clock is dropped, not cut" {
	waiting_writer nightly-backup-of-all
	COLUMNS=80 svstat -w --count=1 >table
	grep -q '^nightly-backup-of-all .*\[ *\] *0%' table
	head -n 1 table | grep -Eq '^1 channel, 0 running, 0/s  [0-9][0-9]:[0-9][0-9]:[0-9][0-9]$'
	COLUMNS=47 svstat -w --count=1 >table
	grep -q '^nightly-backup-of-all no reader .* 0%$' table
	! grep -q '\[' table || fail 'the line has a bar'
	COLUMNS=26 svstat -w --count=1 >table
	grep -q '^nightly-backup-of-all ' table
	assert_equal 'summary' "$(head -n 1 table)" '1 channel, 0 running, 0/s'
	COLUMNS=12 svstat -w --count=1 >table
	assert_equal 'summary' "$(head -n 1 table)" '1 channel'
	kill "${pid[nightly-backup-of-all]}"
}

@test "a screen line is cleared before it is written, because later some terminals would clear its last character" {
	skip_unless script
	waiting_writer one
	run_logged script -qec 'stty cols 80 rows 3; svstat -w0.1 --count=1' screen
	sed -E 's/\x1b\[[?0-9]*[A-JL-Za-z]//g' screen | grep -q $'[a-zA-Z0-9%] *\x1b\[K' && fail 'the line was cleared after the text'
	grep -q $'^\x1b\[Kone ' <(tr -d '\r' <screen)
	kill "${pid[one]}"
}

@test "the reason why --watch ended is printed after the screen was restored" {
	skip_unless script
	chmod 755 "$SVIPC_DIR"
	run_logged script -qec 'svstat -w; echo status $?' /dev/null
	chmod 700 "$SVIPC_DIR"
	assert_output_has 'status 1'
	[[ ${output##*$'\e[?1049l'} == *'others may use it'* ]] || fail 'the message is lost with the screen'
}

@test "svstat reads nothing about other processes but their names" {
	skip_unless strace
	waiting_writer one
	waiting_reader two
	local options
	for options in '' -A --json '-w0.1 --count=2' one "-o $(svstat -o help | awk '{ printf "%s%s", sep, $1; sep = "," }')"; do
		# shellcheck disable=SC2086 # words
		COLUMNS=300 run_logged strace -f -e trace=open,openat -o trace svstat $options
		assert_status 0 || return 1
		assert_equal "files of processes, $options" "$(grep -o '"/proc/[0-9][^"]*' trace | grep -v '/comm$')" '' || return 1
	done
	kill "${pid[one]}" "${pid[two]}"
}

@test "the directory is read once, however many channels there are" {
	skip_unless strace
	local i count=()
	for i in {1..20}; do
		svwrite -d -s 4K -c "left$i" <<<x
		if [ "$i" -eq 1 ] || [ "$i" -eq 20 ]; then
			run_logged strace -qq -o trace -e trace=getdents,getdents64,readlink,readlinkat svstat
			assert_status 0
			# A program with a leak sanitizer traces itself, so strace cannot.
			[ -s trace ] || skip 'strace may not trace'
			count+=("$(grep -c '^[a-z]' trace)")
		fi
	done
	assert_equal 'calls for 20 channels and for 1' "${count[1]}" "${count[0]}"
	svclean -aq
}

@test "an unknown value is null in JSON: the age of a channel whose objects are gone" {
	skip_unless jq ipcrm
	local shmid semid
	waiting_writer dead
	read -r shmid semid < <(svstat -o shmid,semid --noheadings dead)
	end_by KILL dead
	ipcrm -m "$shmid" -s "$semid"
	assert_equal facts "$(svstat --json dead | jq -c '.channels[0] | [.state, .shmid, .semid, .created, .age]')" \
		'["stale",null,null,null,null]'
	assert_equal age "$(svstat -o age --noheadings dead)" '?'
	svclean -q -c dead
}
