#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Two IPC namespaces with one directory: each sees only its own channels and does not take the others' for stale.

load ../lib/common
load ../lib/arena

setup() {
	sv_setup
	arena_open
	sh_in alice 'seq 20000 >secret'
}

@test "another IPC namespace with the same directory: no live, detached or resumable channel is taken for stale" {
	local command
	arena_second || skip 'may not make a second IPC namespace'
	run_logged "${alice[@]}" svwrite -d -s 1M -c detached secret
	spawn waits "${alice[@]}" svwrite -c waits secret
	wait_asleep "${pid[waits]}"
	spawn resumes "${alice[@]}" svwrite -s 8K -r -c resumes secret
	wait_asleep "${pid[resumes]}"
	end_by KILL resumes
	before=$(objects)
	for command in svclean 'svclean -a' 'svclean -a -c waits' 'svclean -a -c detached' 'svclean -a -c resumes' \
		'svread -t 0 -c waits' 'svread -t 0 -c detached' 'svread -t 0 -r -o nothing -c resumes' 'svwrite -t 0 -c waits secret' \
		'svwrite -t 0 -c detached secret' svstat svclean; do
		# shellcheck disable=SC2086 # words
		run_logged "${elsewhere[@]}" $command
		[ "$status" -ne 0 ] || [[ $command == svclean* || $command == svstat ]] || fail 'it joined a channel of the other namespace' || return 1
		stays "$before" || return 1
	done
	assert_equal 'objects of the other namespace' \
		"$("${elsewhere[@]}" cat /proc/sysvipc/shm /proc/sysvipc/sem | grep -v key || :)" ''
	run_logged sh_in alice 'svread -t 20 -c detached -o copy && cmp secret copy && rm copy'
	assert_status 0
	run_logged sh_in alice 'svread -t 20 -c waits -o copy && cmp secret copy && rm copy'
	assert_status 0
	ends_well waits
	spawn resumes "${alice[@]}" svwrite -t 20 -r -c resumes secret
	run_logged sh_in alice 'svread -t 20 -r -c resumes -o copy && cmp secret copy'
	assert_status 0
	ends_well resumes
	assert_equal objects "$(objects)" ''
}

@test "both namespaces use one name at the same time, for two channels" {
	arena_second || skip 'may not make a second IPC namespace'
	spawn one "${alice[@]}" svwrite -t 20 secret
	wait_asleep "${pid[one]}"
	sh_in alice 'seq 30000 >secret2'
	spawn two "${elsewhere[@]}" svwrite -t 20 secret2
	wait_asleep "${pid[two]}"
	run_logged sh_in elsewhere 'svread -t 20 -o copy2 && cmp secret2 copy2'
	assert_status 0
	ends_well two
	run_logged sh_in alice 'svread -t 20 -o copy && cmp secret copy'
	assert_status 0
	ends_well one
	assert_equal objects "$(objects)" ''
}

@test "without /proc a process does not know its IPC namespace: every command refuses, says what to do, and touches nothing" {
	local command directory
	local covered=("${arena_inside[@]}" unshare --mount bash -c 'mount -t tmpfs none /proc && exec "$@"' --)
	"${covered[@]}" bash -c '[ ! -e /proc/self ]' || skip 'may not cover /proc'
	spawn waits "${alice[@]}" svwrite -c waits secret
	wait_asleep "${pid[waits]}"
	before=$(objects)
	sh_in alice 'mkdir -m 700 own'
	for directory in '' "$HOMES/alice/own" "$HOMES/alice/new"; do
		for command in 'svwrite -t 0 secret' 'svwrite -t 0 -c waits secret' 'svread -t 0 -c waits' 'svwrite -d -k secret secret' \
			'svread -t 0 -k secret' svclean 'svclean -a' 'svclean -a -c waits' svstat 'svstat -c waits' 'svstat -k secret'; do
			# shellcheck disable=SC2086 # words
			run_logged --separate-stderr "${covered[@]}" setpriv --reuid "$ALICE" --regid "$ALICE" --clear-groups \
				env -C "$HOMES/alice" SVIPC_DIR="$directory" "PATH=$HOMES/bin:$PATH" $command
			assert_status 1 || return 1
			assert_stderr_has 'mount /proc' || return 1
			assert_equal lines "$(wc -l <<<"$stderr")" 1 || return 1
			stays "$before" || return 1
		done
	done
	assert_equal 'what was made' "$("${alice[@]}" find own new /dev/shm/svipc-"$ALICE" -name 'ipc-0' 2>/dev/null)" ''
	assert_equal 'what is there' "$("${alice[@]}" ls -x)" 'own  secret'
	run_logged sh_in alice 'svread -t 20 -c waits -o copy && cmp secret copy'
	assert_status 0
	reap waits
	assert_status 0
}
