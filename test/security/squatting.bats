#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Another user, mallory, takes the keys of the next 50 files in advance.  She makes segments and sets of mode 0666 that
# look like a channel in some state, and plays the other side.  Nothing that a victim sends reaches her, none of her bytes
# reach a victim, a name still works, and her objects stay unchanged.

load ../lib/common
load ../lib/arena

setup() {
	sv_setup
	mkfifo hold
	arena_open
}

STATES='waiting-writer waiting-reader running detached resumable stale owed unready version zero segment set'

# squat STATE [OPTION...]: mallory does this in the background, with her bytes, until unharmed() kills her.
squat() {
	sh_in mallory 'echo INJECTED >bytes'
	spawn mallory "${mallory[@]}" attack squat --data bytes --loot loot "$@" <>"$WORK/hold"
	wait_until 'grep -qx ready "$WORK/mallory.out"' || return 1
	hers=$(objects $MALLORY)
	[ "$(wc -l <<<"$hers")" -ge 50 ] || fail 'nothing was squatted'
}

# unharmed USER: mallory's objects are unchanged and she has got nothing.  Then remove them and her.
unharmed() {
	assert_equal 'objects of mallory' "$(objects $MALLORY)" "$hers" || return 1
	assert_equal 'what mallory got' "$("${mallory[@]}" cat loot)" '' || return 1
	sh_in "$1" 'rm -f copy*; ! svclean -aq; svclean -aq'
	assert_equal 'objects of mallory after svclean' "$(objects $MALLORY)" "$hers" || return 1
	assert_equal 'objects of others' "$(objects)" "$hers" || return 1
	kill -KILL "${pid[mallory]}"
	wait_gone "${pid[mallory]}" || return 1
	"${root[@]}" ipcrm --all
	assert_equal objects "$(objects)" ''
}

# between USER WRITER-OPTIONS READER-OPTIONS: one transfer between two processes of the user, which must be exact.
between() {
	sh_in "$1" 'seq 20000 >secret; rm -f copy'
	# A reader first, unless the writer leaves its data.
	# shellcheck disable=SC2016 # for another shell
	if [[ $2 != *-d* ]]; then
		spawn_in "$1" reader "exec svread -t 20 $3"
	fi
	run_logged sh_in "$1" "svwrite -t 20 $2 secret"
	assert_status 0 || return 1
	if [[ $2 == *-d* ]]; then
		spawn_in "$1" reader "exec svread -t 20 $3"
	fi
	ends_well reader || return 1
	run_logged sh_in "$1" 'cmp secret copy'
	assert_status 0
}

# names USER STATE: transfers through names work while mallory forges that state.
names() {
	local options all=('|-o copy' '-d -s 1M|-o copy')
	[[ $2 != waiting-* ]] || all+=('-r|-r -o copy' '--lines|--lines -o copy' "|--exec 'cat >copy'")
	squat "$2" 50 || return 1
	for options in "${all[@]}"; do
		between "$1" "${options%%|*}" "${options#*|}" || return 1
	done
	unharmed "$1"
}

@test "a name of an ordinary user works and is safe, whatever was forged under its keys" {
	local state
	for state in $STATES; do
		echo "# $state"
		names alice "$state"
	done
}

@test "a name of root works and is safe, whatever was forged under its keys" {
	local state
	for state in waiting-writer waiting-reader detached resumable stale set; do
		echo "# $state"
		names root "$state"
	done
}

@test "a name with a project id of its own is safe too" {
	local state
	for state in waiting-writer waiting-reader detached stale; do
		echo "# $state"
		squat "$state" 50 --project 7
		between alice '-i 7' '-i 7 -o copy'
		unharmed alice
	done
}

# refused USER SCRIPT: status 5, and the message names mallory.
refused() {
	local user=$1
	shift
	run_logged sh_in "$user" "$@"
	assert_status 5 || return 1
	assert_output_has "user $MALLORY"
}

# paths USER STATE: a path in a directory that only the user may enter is refused if mallory took its key; the message
# names her.
paths() {
	local command all=('svwrite -t 5 -k private/meet secret' 'svread -t 5 -k private/meet -o copy'
		'svread -t 5 -r -o copy -k private/meet' 'svwrite -t 5 -r -k private/meet secret')
	[[ $2 != waiting-* ]] || all+=('svwrite -t 5 -d -s 1M -k private/meet secret'
		'svwrite --lines -t 5 -k private/meet secret' 'svread --lines -t 5 -k private/meet -o copy'
		"svread -t 5 -k private/meet --exec 'cat >ran'")
	squat "$2" 50 || return 1
	sh_in "$1" 'rm -rf private; mkdir -m 700 private; touch private/meet; seq 20000 >secret'
	for command in "${all[@]}"; do
		refused "$1" "$command" || return 1
	done
	run_logged sh_in "$1" 'cat ran copy'
	assert_output_lacks INJECTED || return 1
	# Another project id is another key.
	between "$1" '-k private/meet -i 9' '-k private/meet -i 9 -o copy' || return 1
	unharmed "$1"
}

@test "a path whose key was taken is refused and the message names the user, whatever state was forged" {
	local state
	for state in $STATES; do
		echo "# $state"
		paths alice "$state"
	done
}

@test "root is refused too at a path whose key was taken" {
	local state
	for state in waiting-writer waiting-reader detached resumable stale; do
		echo "# $state"
		paths root "$state"
	done
}

@test "in a user namespace without a map, where all users look alike, no user is joined" {
	local side
	sh_in alice 'unshare --user true' || skip 'may not make a user namespace'
	squat waiting-reader 50
	sh_in alice 'mkdir -m 700 private; touch private/meet; seq 20000 >secret'
	for side in 'svwrite -t 5 -k private/meet secret' 'svread -t 5 -k private/meet'; do
		run_logged sh_in alice 'unshare --user $0' "$side"
		assert_status 5
	done
	assert_equal 'what mallory got' "$("${mallory[@]}" cat loot)" ''
	assert_equal 'objects of mallory' "$(objects $MALLORY)" "$hers"
}
