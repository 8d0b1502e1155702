#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Files and directories: a file that is not a rendezvous stays unchanged, even if a variable, a link or another user leads
# a command to it; and a file that was created again is not the old channel, even with the same inode.

load ../lib/common
load ../lib/arena

setup() {
	sv_setup
	mkfifo hold
	seq 20000 >secret
}

teardown() {
	arena_close
	[ -z "${disk-}" ] || rm -rf "$disk"
	sv_teardown
}

# commands NAME: run every command that a user might run with that name by mistake.
commands() {
	local command
	for command in "svwrite -t 0 -d -c $1 secret" "svwrite -t 0 -c $1 secret" "svwrite -t 0 -r -c $1 secret" \
		"svread -t 0 -c $1" "svread -t 0 -r -o out -c $1"; do
		# shellcheck disable=SC2086 # words
		run_logged $command
		assert_status 1 5 || return 1
		assert_output_has "$1" || return 1
	done
	# With a project id the name means another file.
	for command in "svread -t 0 -i 7 -c $1" svclean 'svclean -a' "svclean -a -c $1" "svclean -c $1" 'svclean --older-than 0s' \
		"svclean -a -i 7 -c $1" svstat "svstat -c $1" 'svclean -n'; do
		# shellcheck disable=SC2086 # words
		run_logged $command
	done
}

# Print the directory below SVIPC_DIR in which the rendezvous files of names are.
place_of_names() {
	svwrite -d -s 1M -c probe secret || return 1
	dirname "$(find "$SVIPC_DIR" -name probe)"
	svclean -aq -c probe
}

@test "SVIPC_DIR is a directory that holds the user's files: they stay unchanged" {
	mkdir -m 700 mine
	cp secret mine/numbers
	: >mine/empty
	cp -a mine before
	export SVIPC_DIR=$WORK/mine
	local name
	for name in numbers empty; do
		for command in "svwrite -t 0 -d -s 1M -c $name secret" "svread -t 0 -c $name" 'svclean -a' "svclean -a -c $name" \
			"svwrite -t 0 -i 7 -d -s 1M -c $name secret" svclean; do
			# shellcheck disable=SC2086 # words
			run_logged $command
			assert_same_file mine/$name before/$name || return 1
		done
	done
	svclean -aq
	assert_equal objects "$(ipc_leaked "$sv_before")" ''
}

@test "a file in place of a rendezvous is refused and stays unchanged" {
	local place name
	place=$(place_of_names)
	cd "$place"
	cp "$WORK/secret" numbers
	: >empty
	# These look almost like a record.
	echo svipc >'cut'
	printf '\0\0\0\0' >zeros
	svwrite -d -s 1M -c real "$WORK/secret"
	cp real copied
	{ cat real && echo more; } >long
	sed 's/^key .*/key 53535353/' real >other
	cp real shared
	chmod 600 ./*
	chmod 640 shared
	cp -a . "$WORK/before"
	cd "$WORK"
	for name in numbers empty cut zeros copied long other shared; do
		echo "# $name"
		commands $name || return 1
		assert_equal 'inode and links' "$(stat -c '%s %h' "$place/$name")" "$(stat -c '%s %h' before/$name)" || return 1
		assert_same_file "$place/$name" before/$name || return 1
		# The commands have cleaned everything else.
		[ -e "$place/real" ] || svwrite -d -s 1M -c real secret
	done
	rm "$place"/{numbers,empty,cut,zeros,copied,long,other,shared}
	svclean -aq
	assert_equal objects "$(ipc_leaked "$sv_before")" ''
}

@test "among files with temporary names svstat removes nothing, and svclean only a record" {
	local place command
	place=$(place_of_names)
	run_logged svwrite -d -s 1M -c left secret
	assert_status 0
	cp "$place/left" "$place/.new.1.1"
	cp secret "$place/.new.1.2"
	cp "$place/left" "$place/.new.notes"
	mkfifo "$place/.new.1.3" "$place/.path.fifo" "$place/fifo"
	ln -s /etc/passwd "$place/.path.link"
	for command in svstat 'svstat -A' 'svclean -n' 'svclean -n -a'; do
		# shellcheck disable=SC2086 # words
		run_logged timeout 10 $command
		assert_status 0 || return 1
		assert_equal "files after $command" "$(cd "$place" && echo .new*)" '.new.1.1 .new.1.2 .new.1.3 .new.notes' || return 1
	done
	run_logged timeout 10 svclean
	assert_equal 'files after svclean' "$(cd "$place" && echo .new*)" '.new.1.2 .new.1.3 .new.notes'
	assert_same_file secret "$place/.new.1.2"
	assert_equal 'others' "$(cd "$place" && echo .path.* fifo)" '.path.fifo .path.link fifo'
	rm "$place"/.new.* "$place"/.path.* "$place/fifo"
	svclean -aq
}

@test "hard links: a second name protects a user's data, and a channel's file" {
	local place
	place=$(place_of_names)
	cp secret "$place/precious"
	chmod 600 "$place/precious"
	ln "$place/precious" "$place/twin"
	commands precious
	assert_same_file secret "$place/precious"
	assert_equal links "$(stat -c %h "$place/precious")" 2
	rm "$place"/{precious,twin}
	# A rendezvous with two names would be two channels with one key.
	run_logged svwrite -d -s 1M -c one secret
	assert_status 0
	ln "$place/one" "$place/two"
	run_logged svread -t 0 -c two
	assert_status 5
	assert_output_lacks 20000
	run_logged svclean -aq -c two
	rm "$place/two"
	run_logged svread -t 5 -c one -o copy
	assert_status 0
	assert_same_file secret copy
}

@test "a swap of the directory below a parent that everybody may write to harms no file" {
	local i
	arena_open
	sh_in root 'mkdir -m 777 /tmp/open'
	sh_in alice '
		seq 20000 >secret
		mkdir -m 700 precious /tmp/open/channels
		for name in default one two; do cp secret precious/$name; : >precious/empty-$name; done
		ls -A precious >list'
	"${mallory[@]}" ln -s $HOMES/alice/precious /tmp/open/link
	spawn mallory "${mallory[@]}" attack swap /tmp/open/channels /tmp/open/link <>"$WORK/hold"
	wait_until 'grep -qx ready "$WORK/mallory.out"'
	run_logged sh_in alice '
		export SVIPC_DIR=/tmp/open/channels
		for i in {1..120}; do
			svwrite -q -t 0 -d -s 1M -c one secret; svread -q -t 0 -c two; svclean -q -a; svwrite -q -t 0 -d -s 1M -c empty-two secret
			svclean -q -a -c empty-one; svread -q -t 0 -c one; svwrite -q -t 0 -d -s 1M secret; svread -t 0
		done >/dev/null 2>&1
		ls -A precious | diff - list && for name in default one two; do
			cmp secret precious/$name && [ ! -s precious/empty-$name ] || exit; done'
	assert_status 0
	end_by KILL mallory
	# The channels that were left in the intended directory can be removed.
	run_logged sh_in alice '
		[ ! -L /tmp/open/channels ] || { rm -rf back; }
		for dir in /tmp/open/channels /tmp/open/link; do [ -L $dir ] || SVIPC_DIR=$dir svclean -q -a; done; svclean -q -a; true'
	assert_equal "alice's objects" "$(objects $ALICE)" ''
}

# Alice's commands while another user has taken her default directory: they work in a fallback, or the refusal names
# SVIPC_DIR.
taken() {
	run_logged sh_in alice 'seq 20000 >secret; svread -t 0'
	if [ "$status" != 4 ]; then
		assert_status 1 || return 1
		assert_output_has SVIPC_DIR || return 1
		local refusal=$output
		run_logged sh_in alice 'mkdir -p -m 700 own; SVIPC_DIR=$PWD/own svread -t 0'
		assert_status 4 || return 1
		output=$refusal
		return
	fi
	# There is a fallback: both sides and the tools must choose the same one.
	spawn_in alice reader 'exec svread -t 20 -o copy'
	run_logged sh_in alice 'svwrite -t 20 secret'
	assert_status 0 || return 1
	ends_well reader || return 1
	run_logged sh_in alice 'cmp secret copy && svwrite -s 1M -d secret && svstat && svclean -a && svstat'
	assert_output_has detached
}

@test "another user makes the default directory first: there is a fallback, or a refusal that names the user" {
	local how
	for how in 'mkdir -m 700' 'mkdir -m 777' 'touch' 'mkfifo' 'ln -s /tmp' "ln -s $HOMES/alice"; do
		echo "# $how"
		arena_open
		sh_in mallory "$how /dev/shm/svipc-$ALICE"
		taken || return 1
		arena_close
		arena_open
		sh_in mallory "$how /dev/shm/svipc-$ALICE; $how /tmp/svipc-$ALICE"
		taken || return 1
		assert_output_has "user $MALLORY"
		arena_close
	done
}

@test "the user's own default directory with a wrong mode is refused, and the message says which is right" {
	arena_open
	sh_in alice 'mkdir -m 755 /dev/shm/svipc-$UID'
	run_logged "${alice[@]}" svread -t 0
	assert_status 1
	assert_output_has "/dev/shm/svipc-$ALICE"
	assert_output_has 0700
	assert_equal "alice's objects" "$(objects $ALICE)" ''
}

@test "only root can reach root's default directory" {
	arena_open
	sh_in mallory 'for dir in /dev/shm /tmp; do mkdir -m 700 $dir/svipc-0; done'
	sh_in root 'seq 20000 >secret'
	spawn_in root reader 'exec svread -t 20 -o copy'
	run_logged sh_in root 'svwrite -t 20 secret'
	assert_status 0
	ends_well reader
	run_logged sh_in root 'cmp secret copy && svwrite -s 1M -d secret && svstat && svclean -a'
	assert_status 0
	assert_output_has detached
}

@test "a side that waits has the default directory open only once" {
	arena_open
	sh_in alice 'mkdir -m 700 /dev/shm/svipc-$UID'
	spawn_in alice reader 'exec svread'
	wait_asleep "${pid[reader]}"
	run_logged bash -c "readlink /proc/${pid[reader]}/fd/* | grep -cx '/dev/shm/svipc-$ALICE'"
	assert_output 1
	end_by TERM reader
}

# Make a directory $disk on a file system that gives the inode of a removed file to the next file.
disk() {
	local place
	for place in "$WORK" /var/tmp "$SV_ROOT" "$HOME"; do
		disk=$(mktemp -d "$place/svipc-disk.XXXXXX" 2>/dev/null) || continue
		touch "$disk/probe"
		! attack reuse "$disk/probe" 2>/dev/null || return 0
		rm -rf "$disk"
		disk=
	done
	skip 'needs a file system that reuses inodes'
}

@test "a path that was created again with the same inode does not lead to the old channel's data" {
	disk
	touch "$disk/meet"
	run_logged svwrite -d -s 1M -k "$disk/meet" secret
	assert_status 0
	attack reuse "$disk/meet"
	run_logged svread -t 0 -k "$disk/meet"
	assert_status 4 5
	assert_output_lacks 20000
	# After at most one svclean the path works.
	run_logged svclean -a -k "$disk/meet"
	run_logged svclean -a
	spawn reader svread -t 20 -k "$disk/meet" -o copy
	run_logged svwrite -t 20 -k "$disk/meet" secret
	assert_status 0
	reap reader
	assert_same_file secret copy
	assert_no_leak
}

@test "another name whose file has got the same inode does not lead to it either" {
	disk
	local i
	export SVIPC_DIR=$disk/channels
	run_logged svwrite -d -s 1M -c one secret
	assert_status 0
	find "$SVIPC_DIR" -name one -delete
	for i in 1 2 3; do
		run_logged svread -t 0 -c two-$i
		assert_status 4
		assert_output_lacks 20000
		run_logged svwrite -t 0 -d -s 1M -c three-$i secret
		assert_status 0
	done
	run_logged svclean -a
	assert_equal 'objects' "$(ipc_leaked "$sv_before")" ''
}

@test "a path is created again while a side waits on the old one: no side joins it, and it is told" {
	disk
	touch "$disk/meet"
	spawn writer svwrite -t 20 -k "$disk/meet" secret
	wait_asleep "${pid[writer]}"
	rm "$disk/meet"
	touch "$disk/meet"
	run_logged svread -t 0 -k "$disk/meet"
	assert_status 4 5
	assert_output_lacks 20000
	reap writer 15
	[ "$status" -ne 0 ]
	svclean -aq || :
	svclean -aq -k "$disk/meet" || :
	assert_equal 'objects' "$(ipc_leaked "$sv_before")" ''
}
