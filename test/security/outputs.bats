#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# svread --atomic in a directory in which other users can make files: they gain nothing by it, and cannot stop it.

load ../lib/common
load ../lib/arena

setup() {
	sv_setup
	arena_open
	"${arena_inside[@]}" mkdir -m 777 $HOMES/shared
}

# replace USER: that user replaces the file by one with mallory's bytes.
replace() {
	local -n user=$1
	sh_in mallory 'echo payload >payload'
	spawn_in mallory writer "exec svwrite -t 20 -k $HOMES/shared -m 0666 payload"
	run_logged "${user[@]}" svread -t 20 -k $HOMES/shared -m 0666 --atomic -o $HOMES/shared/file
	assert_status 0 || return 1
	reap writer
	assert_status 0 || return 1
	assert_equal content "$("${arena_inside[@]}" cat $HOMES/shared/file)" payload
}

@test "--atomic over another user's setuid file makes no setuid file of the caller's" {
	local user id
	for user in root alice; do
		sh_in mallory "rm -f $HOMES/shared/file && echo old >$HOMES/shared/file && chmod 6755 $HOMES/shared/file"
		replace $user || return 1
		id=$([ $user = root ] && echo 0 || echo $ALICE)
		assert_equal 'owner and mode' "$("${arena_inside[@]}" stat -c '%u %a' $HOMES/shared/file)" "$id 755" || return 1
	done
}

@test "--atomic gives the file its name although others have taken the temporary ones" {
	# As the reader starts, its temporary name is taken: by a user who guessed it, or by a reader that was killed.
	cat >take <<-'END'
		for suffix in '' .0 .1; do echo taken >"$0.$$$suffix"; done
		exec svread -t 20 -k "${0%/*}" -m 0666 --atomic -o "$0"
	END
	sh_in mallory 'echo payload >payload'
	spawn_in mallory writer "exec svwrite -t 20 -k $HOMES/shared -m 0666 payload"
	run_logged "${alice[@]}" bash -c "$(cat take)" $HOMES/shared/file
	assert_status 0
	reap writer
	assert_status 0
	assert_equal content "$("${arena_inside[@]}" cat $HOMES/shared/file)" payload
	assert_equal 'other files' "$("${arena_inside[@]}" bash -c "cat $HOMES/shared/file.*" | sort -u)" taken
	assert_equal 'their number' "$("${arena_inside[@]}" bash -c "ls $HOMES/shared | wc -l")" 4
}
