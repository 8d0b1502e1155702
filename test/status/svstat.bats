#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# svstat: what it shows, in which form, and that it fits into the window.

load ../lib/common
load ../lib/channels

@test "without channels svstat prints nothing and exits with 0; on a terminal it prints 'no channels'" {
	run_logged --separate-stderr svstat
	assert_status 0
	assert_output ''
	assert_equal 'standard error' "$stderr" ''
	skip_unless script
	on_terminal 80 24 'svstat'
	assert_status 0
	grep -q 'no channels' screen
}

@test "each state is named, with the reason, in the table, in detail and in JSON" {
	skip_unless jq
	local json name
	waiting_writer alone
	waiting_reader lonely
	running_transfer busy 12345
	svwrite -d -s 4K -c parked <<<'for later'
	random_file source 200K
	start taker svread -c half -r -s 64K -o copy
	wait_asleep "${pid[taker]}"
	kill -STOP "${pid[taker]}"
	start half svwrite -c half -r source
	wait_until '[ "$(svstat -bo written --noheadings half)" = 65536 ]'
	kill -KILL "${pid[taker]}" "${pid[half]}"
	reap taker
	reap half
	stale dead
	stale broken
	ipctool set "$(svstat -o shmid --noheadings broken)" capacity 12345
	json=$(svstat --json)
	check() {
		local info
		info=$(jq --arg name "$RV/$1" '.channels[] | select(.path == $name)' <<<"$json")
		assert_equal "state of $1" "$(of "$info" .state)" "$2" || return 1
		assert_equal "reason of $1" "$(of "$info" .reason)" "$4" || return 1
		COLUMNS=400 svstat -o path,state --noheadings | grep -Eq "^$RV/$1 +$3\$" ||
			fail "table lacks $1: $3" || return 1
		svstat -o path,state --noheadings | grep -Eq "^$RV/$1 +$2\$" || fail "raw table lacks $1: $2" || return 1
		svstat "$1" | grep -Fqx "state     $3: $4" || fail "detail of $1 lacks $3: $4"
	}
	run_logged svstat -A
	assert_output_has OWNER
	run_logged svstat
	assert_output_lacks OWNER
	check alone waiting_reader 'waiting for a reader' 'no reader has come'
	check lonely waiting_writer 'waiting for a writer' 'no writer has come'
	check busy running running 'writer and reader are attached'
	check parked detached detached 'data was left for a reader'
	check half resumable resumable 'stopped half-way, can go on'
	check dead stale stale 'both sides are gone'
	check broken corrupt corrupt 'it was overwritten: it has impossible values'
	exec 9>&-
	reap busy-reader
	kill "${pid[alone]}" "${pid[lonely]}"
	svclean -aq
}

@test "the facts of a running channel: ids, key, processes, bytes, fill, capacity, mode" {
	skip_unless jq
	local json side key shmid semid
	running_transfer facts 12345
	kill -STOP "${pid[facts-reader]}"
	printf '%s' 1234567 >&9
	wait_until '[ "$(svstat -bo written --noheadings facts)" = 12352 ] || [ "$(svstat -bo written --noheadings facts)" = 12 ]'
	json=$(svstat --json facts | jq '.channels[0]')
	read -r key <"$RV/facts"
	assert_equal record "$key" 'svipc 2'
	read -r _ shmid < <(grep '^segment' "$RV/facts")
	read -r _ semid < <(grep '^set' "$RV/facts")
	assert_equal shmid "$(of "$json" .shmid)" "$shmid"
	assert_equal semid "$(of "$json" .semid)" "$semid"
	assert_equal key "$(of "$json" .key)" "$(ipctool key "$RV/facts" 83)"
	for side in writer reader; do
		assert_equal "$side" "$(of "$json" ".$side.pid")" "${pid[facts-$side]}"
		assert_equal command "$(of "$json" ".$side.command")" "$([ $side = writer ] && echo svwrite || echo svread)"
		assert_equal attached "$(of "$json" ".$side.attached")" true
	done
	assert_equal moved "$(of "$json" .moved)" 5
	assert_equal written "$(of "$json" .written)" 12
	assert_equal filled "$(of "$json" .filled)" 7
	assert_equal capacity "$(of "$json" .capacity)" 1048576
	assert_equal mode "$(of "$json" .mode)" 0600
	assert_equal owner "$(of "$json" .owner)" "$EUID"
	assert_equal rate "$(of "$json" .rate)" null
	assert_equal columns "$(svstat -bo name,shmid,semid,wpid,rpid,moved,filled,fill,capacity --noheadings | tr -s ' ')" \
		"facts $shmid $semid ${pid[facts-writer]} ${pid[facts-reader]} 5 7 0% 1048576"
	kill -CONT "${pid[facts-reader]}"
	exec 9>&-
	reap facts-reader
	assert_output 123451234567
}

@test "one channel by name, -c, -k or -i; a missing one is status 1 and the others are still shown" {
	waiting_writer one
	start other svread -c one -i 9
	wait_asleep "${pid[other]}"
	touch rendezvous
	start path svread -k rendezvous
	wait_asleep "${pid[path]}"
	run_logged svstat one
	assert_status 0
	assert_output_has 'waiting for a reader'
	run_logged svstat -c one -i 9
	assert_status 0
	assert_output_has 'channel   one:9'
	assert_output_has 'waiting for a writer'
	run_logged svstat -k rendezvous
	assert_status 0
	assert_output_has "channel   $WORK/rendezvous"
	run_logged --separate-stderr svstat nowhere one
	assert_status 1
	assert_output_has 'channel   one'
	assert_stderr_has "channel 'nowhere': not found"
	run_logged --separate-stderr svstat -k missing
	assert_status 1
	assert_stderr_has 'missing: cannot use it as a rendezvous'
	run_logged svstat one ../one
	assert_status 2
	assert_output_has 'invalid channel name'
	assert_output_lacks 'channel   one'
	run_logged svstat -o channel,state --noheadings
	assert_status 0
	assert_equal channels "$(sed 's/  .*//' <<<"$output")" "$WORK/rendezvous"$'\none\none:9'
	kill "${pid[one]}" "${pid[other]}" "${pid[path]}"
}

@test "a key that leads to another user's objects is called foreign, and the objects are named" {
	touch shm set
	ipctool shm shm 83 8192
	ipctool sem set 83 2
	run_logged svstat -k shm
	assert_status 0
	assert_output_has "state     foreign: segment $(ipctool find shm shm 83) of user $EUID has its key"
	run_logged svstat -k set
	assert_status 0
	assert_output_has "state     foreign: semaphore set $(ipctool find sem set 83) of user $EUID has its key"
	run_logged svstat
	assert_status 0
	assert_output ''
	ipcrm -m "$(ipctool find shm shm 83)"
	ipcrm -s "$(ipctool find sem set 83)"
}

@test "--all shows the channels of other directories, with their owner, also to a user without a directory" {
	local dir
	waiting_writer here
	mkdir -m 700 elsewhere
	for dir in elsewhere none; do
		SVIPC_DIR=$WORK/$dir run_logged svstat -o path --noheadings
		assert_output ''
		# Other tests have channels too.
		SVIPC_DIR=$WORK/$dir run_logged svstat -A -o path,owner --noheadings
		assert_status 0
		assert_output_matches "$RV/here +$(id -un)"
	done
	kill "${pid[here]}"
}

@test "the table fits terminals from 12 to 200 columns in every form, and shows more on wide ones" {
	local width options name=a-name-of-some-length-for-a-channel path="a path that is quite long for a table, and has blanks"
	waiting_writer $name
	running_transfer narrow x
	touch "$path"
	start path svread -k "$path"
	wait_asleep "${pid[path]}"
	for width in 12 13 18 24 40 60 80 132 200; do
		for options in '' -A '-w0.1 --count=2 --noheadings' '-o channel,reason,writer,key' narrow $name \
			'-w0.1 --count=2 narrow nowhere'; do
			# shellcheck disable=SC2086 # words
			COLUMNS=$width svstat $options >table || fail "status $? of $options" || return 1
			[ "$(longest table)" -le "$width" ] || { cat table; fail "$options: wider than $width"; } || return 1
			[ -n "$options" ] || assert_equal "lines at $width" "$(wc -l <table)" 4 || return 1
		done
	done
	COLUMNS=40 svstat >table
	grep -q '^narrow .*running' table
	COLUMNS=80 svstat >table
	grep -Eq "^narrow .* ${pid[narrow-writer]} svwrite +${pid[narrow-reader]} svread " table
	COLUMNS=200 svstat >table
	grep -q '^CHANNEL .* KEY .* SHMID .* CAPACITY .* REASON$' table
	exec 9>&-
	reap narrow-reader
	kill "${pid[$name]}" "${pid[path]}"
}

@test "-o accepts every column of -o help, in upper or lower case, and refuses others" {
	local columns
	waiting_writer some
	run_logged svstat -o help
	assert_status 0
	columns=$(awk '{ printf "%s%s", sep, $1; sep = "," }' <<<"$output")
	run_logged svstat -o "$columns"
	assert_status 0
	assert_equal lines "${#lines[@]}" 2
	run_logged svstat -o "${columns^^}" --noheadings
	assert_status 0
	assert_equal lines "${#lines[@]}" 1
	for columns in '' 'name key'; do
		run_logged svstat -o "$columns"
		assert_status 2
		assert_output_has 'invalid --columns'
	done
	kill "${pid[some]}"
}

@test "output that cannot be written is an error" {
	local option
	for option in '-o help' --json '-w --count=1'; do
		run_logged sh -c "svstat $option >/dev/full"
		assert_status 1 || return 1
		assert_output_has 'cannot write standard output' || return 1
	done
}

@test "JSON is valid whatever a path holds, and the table shows paths and commands escaped" {
	skip_unless jq
	local odd
	odd=$'dir "q" \\ \t\x1b[31m \xff \xc3\xbc'
	mkdir "$odd"
	cp "$(type -P svread)" $'r\x1b[7m'
	start reader $'./r\x1b[7m' -k "$odd"
	wait_asleep "${pid[reader]}"
	run_logged svstat --json
	assert_status 0
	assert_equal path "$(jq -r '.channels[0].path' <<<"$output")" "$WORK/${odd/$'\xff'/$'\xef\xbf\xbd'}"
	svstat >table
	svstat -k "$odd" >>table
	svstat -o path,reader >>table
	grep -Fq '\x1b[31m' table
	grep -Fq 'r\x1b[7m' table
	assert_equal 'raw bytes' "$(LC_ALL=C tr -d '[:print:]\n' <table)" ''
	kill "${pid[reader]}"
}

@test "120 channels are all shown, in the order of the numbers in their names" {
	local i
	for i in {8..127}; do
		svwrite -d -s 4K -c "many$i" <<<x
	done
	run_logged svstat -o name --noheadings
	assert_status 0
	assert_output "$(printf 'many%d\n' {8..127})"
	run_logged svclean -a
	assert_status 0
	assert_equal removed "$(grep -c '^removed many' <<<"$output")" 120
	run_logged svstat
	assert_output ''
}
