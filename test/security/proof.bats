#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Nothing is removed without proof, and no useless record is left: not with files that cannot be reached, refused sides, a
# stopped svstat, or files that change all the time.

load ../lib/common
load ../lib/arena

# Alice's channel at d/meet, whose only side was killed.
killed_at_a_path() {
	arena_open
	sh_in alice 'mkdir d; touch d/meet; echo text >file'
	spawn_in alice writer 'exec svwrite -k d/meet file'
	wait_asleep "${pid[writer]}"
	end_by KILL writer
	left=$(objects $ALICE)
	[ "$(wc -l <<<"$left")" -eq 2 ] || fail "not two objects: $left"
}

@test "if a file cannot be reached, its objects stay and are reported until the file is known to be gone" {
	local why='stale, its rendezvous cannot be opened: Permission denied'
	killed_at_a_path
	sh_in alice 'chmod 000 d'
	run_logged sh_in alice 'svclean && svclean -a && svstat --json'
	assert_status 0
	assert_equal 'reports' "$(grep -c "^left $HOMES/alice/d/meet (.*): $why\$" <<<"$output")" 2
	assert_output_has '"state": "stale"'
	# Without the record, the header of the segment names the file.
	run_logged sh_in alice 'mv /dev/shm/svipc-*/ipc-*/.path.* . && svclean -a'
	assert_output_has ": $why"
	assert_equal 'objects out of reach' "$(objects $ALICE)" "$left"
	sh_in alice 'chmod 700 d'
	run_logged "${alice[@]}" svclean
	assert_output_has removed
	assert_equal 'objects within reach' "$(objects $ALICE)" ''
}

@test "a file that was replaced by a FIFO or by a link that leads nowhere is gone" {
	local how
	for how in mkfifo 'ln -s meet'; do
		killed_at_a_path
		sh_in alice 'rm d/meet; '"$how"' d/meet'
		run_logged "${alice[@]}" svclean -a
		assert_output_has removed
		assert_equal objects "$(objects $ALICE)" ''
		arena_close
	done
}

@test "if no descriptor is left for a file, its objects stay, because its lock counts" {
	skip_unless flock
	local n
	killed_at_a_path
	mkfifo hold
	exec 9<>hold
	spawn_in alice holder 'exec flock d/meet cat' <hold 9>&-
	wait_until "sh_in alice '! flock -n d/meet true'"
	for ((n = 3; n < 20; n++)); do
		run_logged sh_in alice 'ulimit -n $0; svclean -a; exit 0' $n
		assert_equal "objects with $n descriptors" "$(objects $ALICE)" "$left"
	done
	exec 9>&-
	reap holder
	run_logged "${alice[@]}" svclean
	assert_output_has removed
	assert_equal objects "$(objects $ALICE)" ''
}

@test "a side that is refused leaves no record of a channel that another directory made" {
	mkdir -m 700 theirs
	touch meet
	echo text >copy
	spawn reader svread -k meet -o copy
	wait_asleep "${pid[reader]}"
	run_logged env "SVIPC_DIR=$PWD/theirs" svwrite -t 20 -k meet copy
	assert_status 1
	assert_output_has 'same file'
	assert_equal 'records of the refused side' "$(find theirs -type f)" ''
	end_by TERM reader
	assert_nothing_left
}

# Start a process that has the segment mapped once, like a stopped svstat, until descriptor 9 is closed.
look_for_long() {
	mkfifo hold
	exec 9<>hold
	spawn holder ipctool hold "$(svstat --noheadings -o shmid | tr -d ' ')" <hold 9>&-
	wait_until '[ -s holder.out ]'
}

@test "a stopped svstat does not keep a side that waited alone from removing its objects" {
	local side
	for side in svread 'svwrite file'; do
		echo text >file
		# shellcheck disable=SC2086 # words
		spawn side $side
		wait_asleep "${pid[side]}"
		look_for_long
		end_by TERM side
		assert_equal 'files' "$(find "$SVIPC_DIR" -type f)" ''
		assert_equal 'sets' "$(ipc_leaked "$sv_before" "$SVIPC_DIR" | grep '^sem')" ''
		exec 9>&-
		reap holder
		rm hold
		assert_nothing_left
	done
}

@test "a stopped svstat does not keep the last side of a transfer from removing the objects" {
	half_way
	exec 8>&9 9>&-
	look_for_long 8>&-
	exec 8>&-
	ends_well writer
	ends_well reader
	assert_equal 'files' "$(find "$SVIPC_DIR" -type f)" ''
	assert_equal 'sets' "$(ipc_leaked "$sv_before" "$SVIPC_DIR" | grep '^sem')" ''
	exec 9>&-
	reap holder
	assert_nothing_left
}

@test "a path that is replaced each time it is locked: the time-out or TERM ends the wait" {
	local interposed before
	skip_if_sanitized
	interpose swap
	echo text >file
	echo meet >meet
	export SV_SWAP=$PWD/meet
	SV_LIMIT=20 run_logged "${interposed[@]}" svread -t 0.2 -k meet
	assert_status 4
	assert_output_has 'replaced again and again'
	SV_LIMIT=20 run_logged "${interposed[@]}" svwrite -t 0.2 -k meet file
	assert_status 4
	before=$(stat -c %i meet)
	spawn reader "${interposed[@]}" svread -k meet
	wait_until '[ "$(stat -c %i meet)" != '"$before"' ]'
	end_by TERM reader
	assert_status 143
	assert_nothing_left
}

@test "a record from before a restart does not harm a live channel with the same ids and key" {
	skip_unless_own_ipc
	mkdir -m 700 before after
	touch meet
	random_file sent 1000
	# Each namespace counts its ids from 0, as the machine does after a restart.
	mkfifo feed
	cat >half_way <<-'END'
		exec 9<>feed
		svread -k meet -o $1 9>&- & reader=$!
		svwrite -k meet <feed 9>&- & writer=$!
		cat sent >&9
		until cmp -s sent $1; do :; done
	END
	run_logged env "SVIPC_DIR=$PWD/before" unshare --ipc bash -c '
		. ./half_way first
		kill -STOP $reader $writer
		kill -KILL $reader $writer
		wait'
	find before -name ".path.*" | grep -q . || fail 'no record is left'
	# The new namespace often has the number of the old one; then there is nothing to move.
	run_logged env "SVIPC_DIR=$PWD/after" unshare --ipc bash -c '
		mv -T before/ipc-* "before/ipc-$(stat -Lc %i /proc/self/ns/ipc)" 2>/dev/null
		sed -i "s/^made .*/made $(printf %20d $(($(date +%s) - 600)))/" before/ipc-*/.path.*
		. ./half_way second
		cmp <(grep "^set" before/ipc-*/.path.*) <(grep "^set" after/ipc-*/.path.*) && echo the same set
		SVIPC_DIR=$PWD/before svclean -a
		exec 9>&-
		wait $reader && echo the reader is content
		wait $writer && echo the writer is content'
	assert_output_has 'the same set'
	assert_output_has 'the reader is content'
	assert_output_has 'the writer is content'
	assert_output_matches 'removed .*record only'
}
