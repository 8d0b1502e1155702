#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# svclean: what it prints about channels and orphans, and which empty files it removes.

load ../lib/common
load ../lib/channels

# An orphaned set, whose last user has ended.  (perl-base has no module with the constants, so they are numbers.)
orphaned_set() {
	perl -e '$id = semget($ARGV[0], 3, 01600) // die; semop($id, pack("s!3", 1, 1, 0)) // die; print "$id\n"' "$1"
}

# An orphaned segment: ipctool has ended, and it was never attached.
orphaned_segment() {
	touch "$1"
	ipctool shm "$1" 7 "$2"
}

# lines_of KIND ID: the two lines that --foreign prints about an object.
lines_of() {
	svclean --foreign | grep -A1 "^$1 $2 of "
}

exists() {
	[ "$(ipc_list | grep -c "^$1 $2 ")" = 1 ]
}

@test "--foreign reports an orphaned segment and set, with owner, key, size, reason and command; the command removes it" {
	skip_unless perl ipcrm jq
	local segment set json
	segment=$(orphaned_segment file 12345)
	set=$(orphaned_set $((0x4d4c4b4a)))
	run_logged svclean --foreign
	assert_status 0
	run_logged lines_of segment "$segment"
	assert_output_matches "^segment $segment of $(id -un) \(key $(ipctool key file 7), 12.06 KiB, unused for [0-9]+s\): "
	assert_output_matches 'never attached, its creator [0-9]+ is gone'
	assert_equal command "${lines[1]}" "    ipcrm -m $segment"
	run_logged lines_of set "$set"
	assert_output_matches "^set $set of $(id -un) \(key 0x4d4c4b4a, 3 semaphores, unused for [0-9]+s\): "
	assert_output_matches 'nobody waits on it, its last user [0-9]+ is gone'
	assert_equal command "${lines[1]}" "    ipcrm -s $set"
	json=$(svclean --foreign --json)
	assert_equal segment "$(jq -c ".foreign[] | select(.kind == \"segment\" and .id == $segment) |
		[.key, .owner, .size, .used, .mode, .remove]" <<<"$json")" \
		"[\"$(ipctool key file 7)\",$EUID,12345,null,\"0600\",\"ipcrm -m $segment\"]"
	assert_equal set "$(jq -c ".foreign[] | select(.kind == \"set\" and .id == $set) |
		[.key, .semaphores, .remove, (.age | . >= 0 and . < 600)]" <<<"$json")" \
		"[\"0x4d4c4b4a\",3,\"ipcrm -s $set\",true]"
	assert_equal 'dry run' "$(jq .dry_run <<<"$json")" true
	run_logged svclean --foreign --older-than=1d
	assert_status 0
	assert_output_lacks "segment $segment "
	assert_output_lacks "set $set "
	# It only reports.
	exists shm "$segment"
	exists sem "$set"
	run_logged svclean -a
	assert_output ''
	exists shm "$segment"
	exists sem "$set"
	lines_of segment "$segment" | tail -n 1 | sh
	lines_of set "$set" | tail -n 1 | sh
	! exists shm "$segment" || fail 'the segment is still there'
	! exists sem "$set" || fail 'the set is still there'
}

@test "--foreign says who was attached last" {
	local segment
	segment=$(orphaned_segment file 12345)
	start holder ipctool hold "$segment" </dev/null
	reap holder
	run_logged lines_of segment "$segment"
	assert_output_matches "nobody is attached, its creator [0-9]+ and last user ${pid[holder]} are gone"
	ipcrm -m "$segment"
}

@test "--foreign does not report an object that is attached, whose creator or user lives, or that was never used" {
	skip_unless perl
	local segment used unused alive id
	segment=$(orphaned_segment file 12345)
	mkfifo hold go
	# A FIFO that is opened for reading and writing does not block.
	exec 9<>hold 8<>go
	start holder ipctool hold "$segment" <hold
	wait_until 'grep -q attached holder.out'
	touch set
	unused=$(ipctool sem set 7 2)
	start live perl -e '$| = 1; $m = shmget(0x41424344, 5000, 01600) // die; $s = semget(0x41424345, 1, 01600) // die;
		semop($s, pack("s!3", 0, 1, 0)) // die; print "$m $s\n"; <STDIN>' <go
	wait_until '[ -s live.out ]'
	read -r alive used <live.out
	svclean --foreign >report
	for id in "segment $segment" "segment $alive" "set $used" "set $unused"; do
		! grep "^$id of" report || return 1
	done
	exec 8>&- 9>&-
	reap live
	reap holder
	svclean --foreign >report
	for id in "segment $segment" "segment $alive" "set $used"; do
		grep -q "^$id of" report || { cat report; fail "not reported: $id"; } || return 1
	done
	ipcrm -m "$segment" -m "$alive" -s "$used" -s "$unused"
}

@test "--foreign never reports a channel, live, stale, left or of another directory" {
	local id kind
	stale dead
	svwrite -d -s 4K -c parked <<<x
	mkdir -m 700 elsewhere
	SVIPC_DIR=$WORK/elsewhere svwrite -d -s 4K -c other <<<x
	svclean --foreign >report
	while read -r kind id _; do
		kind=${kind/shm/segment}
		! grep "^${kind/sem/set} $id of" report || return 1
	done < <(ipc_list)
	SVIPC_DIR=$WORK/elsewhere svclean -aq
	svclean -aq
}

@test "a set left by a channel of another directory is reported as such" {
	local set
	mkdir -m 700 elsewhere
	SVIPC_DIR=$WORK/elsewhere stale dead
	set=$(sed -n 's/^set *//p' elsewhere/ipc-*/dead)
	ipcrm -m "$(sed -n 's/^segment *//p' elsewhere/ipc-*/dead)"
	run_logged lines_of set "$set"
	assert_output_has 'perhaps of a channel in another SVIPC_DIR'
	SVIPC_DIR=$WORK/elsewhere svclean -q
}

# A queue whose last user has ended, with a message left in it.
orphaned_queue() {
	perl -e '$id = msgget($ARGV[0], 01600) // die; msgsnd($id, pack("l! a*", 1, "left"), 0) || die; print "$id\n"' "$1"
}

@test "--foreign reports message queues that nobody uses any more, as fakeroot leaves them" {
	skip_unless perl jq ipcrm
	local queue unused
	queue=$(orphaned_queue $((0x4d4c4b4d)))
	unused=$(perl -e 'print msgget($ARGV[0], 01600) // die' $((0x4d4c4b4e)))
	run_logged lines_of queue "$queue"
	assert_output_matches "^queue $queue of $(id -un) \(key 0x4d4c4b4d, 1 message, unused for [0-9]+s\): "
	assert_output_matches 'nobody has received from it, its last sender [0-9]+ is gone'
	assert_equal command "${lines[1]}" "    ipcrm -q $queue"
	assert_equal json "$(svclean --foreign --json | jq -c ".foreign[] | select(.kind == \"queue\" and .id == $queue) |
		[.key, .messages, .mode, .remove]")" "[\"0x4d4c4b4d\",1,\"0600\",\"ipcrm -q $queue\"]"
	# For a queue that was never used, nothing tells whose it is.
	svclean --foreign >report
	! grep "^queue $unused of" report || return 1
	lines_of queue "$queue" | tail -n 1 | sh
	svclean --foreign >report
	! grep "^queue $queue of" report || return 1
	ipcrm -q "$unused"
}

# The age of an orphan in seconds, from JSON.
age_of() {
	svclean --foreign --json | jq ".foreign[] | select(.kind == \"$1\" and .id == $2) | .age"
}

@test "--foreign counts the age from the last use, not from the last change" {
	skip_unless perl jq ipcrm
	local segment made
	segment=$(orphaned_segment file 12345)
	made=$(date +%s)
	wait_until '[ "$(date +%s)" -ge '$((made + 3))' ]'
	start holder ipctool hold "$segment" </dev/null
	reap holder
	[ "$(age_of segment "$segment")" -lt 3 ]
	run_logged svclean --foreign --older-than=3
	assert_output_lacks "segment $segment "
	ipcrm -m "$segment"
}

@test "--json says what was done with each channel, and its facts" {
	skip_unless jq
	local json
	stale dead
	svwrite -d -s 4K -c parked <<<x
	json=$(svclean -n --json)
	assert_equal actions "$(jq -c '.dry_run, [.channels[] | [.name, .action, .state]] ' <<<"$json" | tr -d '\n')" \
		'true[["dead","would remove","stale"],["parked","left","detached"]]' ||
		assert_equal actions "$(jq -c '.dry_run, [.channels[] | [.name, .action, .state]] ' <<<"$json" | tr -d '\n')" \
			'true[["parked","left","detached"],["dead","would remove","stale"]]'
	json=$(svclean --json -c dead)
	assert_equal action "$(jq -c '[.dry_run, .channels[0].action, .channels[0].capacity]' <<<"$json")" '[false,"removed",4096]'
	json=$(svclean --json -a)
	assert_equal action "$(jq -c '[.channels[] | .name, .action]' <<<"$json")" '["parked","removed"]'
	assert_equal empty "$(svclean --json | jq -c .channels)" '[]'
}

@test "the age is shown, and --older-than leaves what is younger" {
	local shmid
	stale young
	stale old
	shmid=$(sed -n 's/^segment *//p' "$RV/old")
	ipctool set "$shmid" created_s $(($(date +%s) - 3 * 86400 - 60))
	run_logged svclean -n
	assert_output_matches 'would remove old \(segment [0-9]+, set [0-9]+, 3d old\): stale, both sides are gone'
	assert_output_matches 'would remove young \(segment [0-9]+, set [0-9]+, [0-9]+s old\)'
	run_logged svclean --older-than=4d
	assert_output ''
	run_logged svclean --older-than=1h -c young
	assert_output_matches '^left young \(segment [0-9]+, set [0-9]+, [0-9]+s old\): stale, '
	run_logged svclean --older-than=2d
	assert_status 0
	assert_output_matches '^removed old '
	assert_output_lacks young
	run_logged svclean
	assert_output_matches '^removed young '
}

@test "svclean says why it does not remove a channel, also with a foreign object under its key" {
	skip_unless jq
	local segment set
	touch shm set meet
	segment=$(ipctool shm shm 83 8192)
	set=$(ipctool sem set 83 2)
	run_logged svclean -k shm
	assert_status 0
	assert_output_matches "^left $WORK/shm \\(segment $segment, .*\\): foreign, segment $segment of user $EUID has its key"
	run_logged svclean -k set
	assert_status 0
	assert_output_matches "^left $WORK/set \\(set $set, .*\\): foreign, semaphore set $set of user $EUID has its key"
	assert_equal json "$(svclean --json -k set | jq -c '[.channels[] | .action, .state, .semid]')" "[\"left\",\"foreign\",$set]"
	run_logged svclean -k meet
	assert_status 0
	assert_output 'nothing to remove: there is no channel at meet'
	run_logged svclean -k $'no\nfile'
	assert_status 1
	assert_equal lines "${#lines[@]}" 1
	run_logged svclean -q -c typo
	assert_status 0
	assert_output ''
	assert_equal json "$(svclean --json -c typo | jq -c .channels)" '[]'
	ipcrm -m "$segment" -s "$set"
}

@test "what cannot be removed is reported, with status 1, and the others are tried" {
	interpose unremovable
	svwrite -d -s 4K -c one <<<x
	svwrite -d -s 4K -c two <<<x
	run_logged "${interposed[@]}" svclean -a
	assert_status 1
	assert_equal lines "${#lines[@]}" 2
	assert_output_matches 'svclean: channel one: .*Operation not permitted'
	assert_output_matches 'svclean: channel two: .*Operation not permitted'
	run_logged "${interposed[@]}" svclean --json -a -c one
	assert_status 1
	assert_output_has '"action": "failed"'
	svclean -q -a
	assert_nothing_left
}

@test "the suggested command is complete: run unchanged, it removes that channel and no other" {
	local command
	svwrite -d -s 4K -c one <<<x
	svwrite -d -s 4K -c two -i 7 <<<x
	touch "it's a path"
	svwrite -d -s 4K -k "it's a path" <<<x
	for name in '-c one' '-c two -i 7' "-k it\\'s\\ a\\ path"; do
		run_logged bash -c "svclean $name"
		assert_output_has '; to drop it: SVIPC_DIR=' || return 1
		assert_output_lacks '--all' || return 1
		command=${output##*to drop it: }
		run_logged bash -c "cd /; $command"
		assert_equal 'lines' "${#lines[@]}" 1 || return 1
		assert_output_matches '^removed ' || return 1
	done
	assert_nothing_left
}

@test "output that cannot be written is status 1 with the reason; without output a closed stdout does not matter" {
	local command
	stale one >/dev/null
	for command in 'svclean -n' 'svclean --json' 'svclean --foreign --json' 'svstat --json'; do
		run_logged bash -c "$command >&-"
		assert_status 1
		assert_output_has 'cannot write standard output: Bad file descriptor'
	done
	for command in 'svclean -q' svstat; do
		run_logged bash -c "$command >&-"
		assert_status 0
		assert_output ''
	done
	run_logged bash -c 'svstat nowhere >&-'
	assert_status 1
	# What it cannot report it removes nevertheless.
	stale one >/dev/null
	run_logged bash -c 'svclean >/dev/full'
	assert_status 1
	assert_output_has 'No space left on device'
	assert_nothing_left
}
